//! `exec` and `eval` of text, which is compiled as [`syntax`](super::syntax) says, and code whose
//! conditional annotations are recorded as [`conditional_annotations`] says.
//!
//! Can go with that.

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyStr},
    function::{FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

use super::{
    conditional_annotations, quotients_in_trees,
    surrogates_in_trees::{compile_tree, may_write, mend_tree},
    syntax::{compile_corrected, parse_corrected, source_text},
    trees_in_pieces,
};
use crate::upstream::{self, CALL_COMPILING};

/// The flag of `compile` that asks for a tree: `ast.PyCF_ONLY_AST`.
const ONLY_AST: u32 = 0x400;

static FUNCTIONS: [PyMethodDef; 2] = [
    PyMethodDef::new_const(
        "exec",
        exec,
        PyMethodFlags::empty(),
        ItemDoc::static_text(
            "exec($module, source, /, globals=None, locals=None, *, closure=None)\n--\n\n",
        ),
    ),
    PyMethodDef::new_const(
        "eval",
        eval,
        PyMethodFlags::empty(),
        ItemDoc::static_text("eval($module, source, /, globals=None, locals=None)\n--\n\n"),
    ),
];

/// Has functions that compile text called as is said here.
pub(super) fn correct() {
    // Called once.
    let _ = CALL_COMPILING.set(call);
}

/// Puts both into `builtins`.
pub(super) fn begin(vm: &VirtualMachine) -> PyResult<()> {
    let builtins = vm.builtins.as_object();
    for function in &FUNCTIONS {
        let name = function.name;
        let function = function
            .to_function()
            .with_module(vm.ctx.intern_str("builtins"))
            .with_module_object(builtins.to_owned())
            .into_ref(&vm.ctx);
        builtins.set_attr(name, function, vm)?;
    }
    Ok(())
}

fn exec(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    upstream::call("builtins", "exec", args, vm)
}

fn eval(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    upstream::call("builtins", "eval", args, vm)
}

/// Calls one of upstream's functions that compile text: with that text, or with another one.
fn call(
    name: &str,
    args: FuncArgs,
    vm: &VirtualMachine,
    call: &dyn Fn(FuncArgs) -> PyResult,
) -> PyResult {
    if name == "exec"
        && let Some(code) = compiled(&args, vm)?
    {
        let mut args = args;
        args.args[0] = code;
        return call(args);
    }
    let Some(source) = args.args.first().and_then(|source| source_text(source)) else {
        return match args.args.first().cloned() {
            Some(tree) if name == "compile" && !wants_tree(&args, vm) => {
                let compile = || call(args.clone());
                let compile = || quotients_in_trees::compile_tree(&tree, vm, &compile);
                compile_tree(&tree, vm, &compile).inspect(mend_code)
            }
            Some(tree) if name == "compile" => compile_tree(&tree, vm, &|| call(args.clone())),
            _ => call(args),
        };
    };
    let is_expression = match name {
        "eval" => true,
        "compile" => {
            let mode = args.args.get(2).or_else(|| args.kwargs.get("mode"));
            mode.is_some_and(|mode| {
                mode.try_to_value::<String>(vm)
                    .is_ok_and(|mode| mode == "eval")
            })
        }
        _ => false,
    };
    let source = source.to_owned();
    let wants_tree = name == "compile" && wants_tree(&args, vm);
    let compile = |text: &str| {
        if wants_tree && let Some(tree) = trees_in_pieces::parsed(&args, text, vm)? {
            return Ok(tree);
        }
        let mut args = args.clone();
        if text != source {
            args.args[0] = vm.ctx.new_str(text).into();
        }
        call(args)
    };
    let result = if wants_tree {
        parse_corrected(&source, is_expression, vm, compile)?
    } else {
        compile_corrected(&source, is_expression, vm, compile)?
    };
    if name == "compile" && may_write(&source) {
        mend_tree(&result, &source, vm)?;
    }
    if name == "compile" {
        mend_code(&result);
    }
    Ok(result)
}

/// Whether `compile` is asked for a tree.
fn wants_tree(args: &FuncArgs, vm: &VirtualMachine) -> bool {
    let flags = args.args.get(3).or_else(|| args.kwargs.get("flags"));
    let flags = flags.and_then(|flags| flags.try_to_value::<u32>(vm).ok());
    flags.is_some_and(|flags| flags & ONLY_AST != 0)
}

fn mend_code(result: &PyObjectRef) {
    if let Some(code) = result.downcast_ref::<PyCode>() {
        conditional_annotations::mend(code);
    }
}

/// The code of a text that `exec` is given: upstream's `exec` would run it as soon as it is
/// compiled. `None` if the arguments are others: upstream's raises its errors, or runs code.
fn compiled(args: &FuncArgs, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    let Some(source) = args.args.first() else {
        return Ok(None);
    };
    let is_text =
        source.downcast_ref::<PyStr>().is_some() || source.class().slots.as_buffer.load().is_some();
    let mut keywords = args.kwargs.iter();
    let are_right = keywords.all(|(name, value)| match name.as_str() {
        Ok("globals") => is_scope(value, vm),
        Ok("locals") => true,
        Ok("closure") => vm.is_none(value),
        _ => false,
    });
    let globals = args.args.get(1);
    if !is_text
        || args.args.len() > 3
        || !globals.is_none_or(|globals| is_scope(globals, vm))
        || !are_right
    {
        return Ok(None);
    }
    let text = |text: &str| vm.ctx.new_str(text).into();
    let args = FuncArgs::from(vec![source.clone(), text("<string>"), text("exec")]);
    upstream::call("builtins", "compile", args, vm).map(Some)
}

/// Whether it is what `exec` takes for the globals.
fn is_scope(globals: &PyObjectRef, vm: &VirtualMachine) -> bool {
    vm.is_none(globals) || globals.fast_isinstance(vm.ctx.types.dict_type)
}

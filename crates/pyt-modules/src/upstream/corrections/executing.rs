//! `exec` and `eval` of text, which is compiled as [`syntax`](super::syntax) says, and code that is
//! changed once it is compiled, as [`conditional_annotations`] and [`comprehension_variables`] say.
//!
//! Can go with that.

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyStr},
    function::{FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

use super::{
    code_in_pieces, comprehension_variables, conditional_annotations, negative_numbers_in_trees,
    quotients_in_trees, surrogates_in_trees,
    syntax::{Compilation, compile_corrected, source_text},
    trees_in_pieces,
};
use crate::upstream::{self, CALL_COMPILING};

/// `ast.PyCF_ONLY_AST`.
const ONLY_AST: i32 = 0x400;
/// What `ast.PyCF_OPTIMIZED_AST` has besides.
const OPTIMIZED_AST: i32 = 0x8000;

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
            Some(tree) if name == "compile" => {
                let compile = || call(args.clone());
                let makes_tree = asked_of_compile(&args, vm).makes_tree;
                let compile =
                    || negative_numbers_in_trees::compile_tree(&tree, makes_tree, vm, &compile);
                let compile = || match makes_tree {
                    true => compile(),
                    false => quotients_in_trees::compile_tree(&tree, vm, compile),
                };
                surrogates_in_trees::compile_tree(&tree, vm, &compile).inspect(mend_result)
            }
            _ => call(args),
        };
    };
    let to = match name {
        "compile" => asked_of_compile(&args, vm),
        _ => Compilation {
            is_expression: name == "eval",
            makes_tree: false,
        },
    };
    let source = source.to_owned();
    let result = compile_corrected(&source, to, vm, |text| {
        if to.makes_tree
            && let Some(tree) = trees_in_pieces::parsed(&args, text, vm)?
        {
            return Ok(tree);
        }
        if name == "compile"
            && let Some(code) = code_in_pieces::asked(&args, text, vm)?
        {
            return Ok(code);
        }
        let mut args = args.clone();
        if text != source {
            args.args[0] = vm.ctx.new_str(text).into();
        }
        call(args)
    })?;
    if name == "compile" && surrogates_in_trees::may_write(&source) {
        surrogates_in_trees::mend_tree(&result, &source, vm)?;
    }
    if name == "compile" {
        mend_result(&result);
    }
    Ok(result)
}

/// What the arguments of `compile` ask for.
fn asked_of_compile(args: &FuncArgs, vm: &VirtualMachine) -> Compilation {
    let argument = |index: usize, name: &str| {
        let argument = args.args.get(index).or_else(|| args.kwargs.get(name))?;
        Some(argument.to_owned())
    };
    let mode = argument(2, "mode").and_then(|mode| mode.try_to_value::<String>(vm).ok());
    let flags = argument(3, "flags").and_then(|flags| flags.try_to_value::<i32>(vm).ok());
    let flags = flags.unwrap_or_default();
    Compilation {
        is_expression: mode.is_some_and(|mode| mode == "eval"),
        makes_tree: flags & ONLY_AST != 0 && flags & OPTIMIZED_AST == 0,
    }
}

fn mend_result(result: &PyObjectRef) {
    if let Some(code) = result.downcast_ref::<PyCode>() {
        mend_code(code);
    }
}

/// Changes code that was just compiled, and the code inside it, to what the compiler should have
/// made. Code that has run may not be passed.
pub fn mend_code(code: &Py<PyCode>) {
    conditional_annotations::mend(code);
    comprehension_variables::mend(code);
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

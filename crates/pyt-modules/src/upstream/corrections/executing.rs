//! `exec` and `eval` of text, which is compiled as [`syntax`](super::syntax) says.
//!
//! Can go with that.

use rustpython_vm::{
    AsObject, PyResult, VirtualMachine,
    function::{FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

use super::{
    surrogates_in_trees::{compile_tree, may_write, mend_tree},
    syntax::{compile_corrected, source_text},
};
use crate::upstream::{self, CALL_COMPILING};

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
    let Some(source) = args.args.first().and_then(|source| source_text(source)) else {
        return match args.args.first().cloned() {
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
    let result = compile_corrected(&source, is_expression, vm, |text| {
        let mut args = args.clone();
        if text != source {
            args.args[0] = vm.ctx.new_str(text).into();
        }
        call(args)
    })?;
    if name == "compile" && may_write(&source) {
        mend_tree(&result, &source, vm)?;
    }
    Ok(result)
}

//! Errors of damaged data that `zlib.decompress` is given have the number that zlib gives them in
//! their message: `Error -3 while decompressing data: incorrect header check`. Upstream's have the
//! library's words only, those of `zlib.decompressobj` still do.
//!
//! Can go when upstream's `zlib` puts the number before the words.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyModule, PyModuleDef, PyStr},
    function::{Callee, FuncArgs, PyMethodDef},
};

use crate::upstream::{definitions, derived::derive_named};

/// What the library says of damaged data.
const OF_DATA: [&str; 18] = [
    "header crc mismatch",
    "incorrect data check",
    "incorrect header check",
    "incorrect length check",
    "invalid bit length repeat",
    "invalid block type",
    "invalid code -- missing end-of-block",
    "invalid code lengths set",
    "invalid distance code",
    "invalid distance too far back",
    "invalid distances set",
    "invalid literal/length code",
    "invalid literal/lengths set",
    "invalid stored block lengths",
    "invalid window size",
    "too many length or distance symbols",
    "unknown compression method",
    "unknown header flags set",
];

pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("zlib", correct)
}

fn correct(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    static OURS: OnceLock<Option<PyMethodDef>> = OnceLock::new();
    let Some(ours) = OURS.get_or_init(numbering) else {
        return Ok(());
    };
    let function = ours
        .to_function()
        .with_module(vm.ctx.intern_str("zlib"))
        .with_module_object(module.to_owned().into())
        .into_ref(&vm.ctx);
    module.as_object().set_attr(ours.name, function, vm)
}

/// `decompress`, with numbers in its errors.
fn numbering() -> Option<PyMethodDef> {
    let methods = definitions().get("zlib")?.methods;
    let method = methods.iter().find(|method| method.name == "decompress")?;
    let upstream = method.func;
    let number = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        upstream(vm, args, callee).inspect_err(|error| {
            if let Some(message) = numbered(error.as_object()) {
                let args = vm.ctx.new_tuple(vec![vm.ctx.new_str(message).into()]);
                // It fails for what is no exception only.
                let _ = error.as_object().set_attr("args", args, vm);
            }
        })
    };
    Some(PyMethodDef {
        func: Box::leak(Box::new(number)),
        ..method.clone()
    })
}

/// CPython's message in the place of upstream's.
fn numbered(error: &PyObject) -> Option<String> {
    let args = error.downcast_ref::<PyBaseException>()?.args();
    let [only]: &[PyObjectRef] = args.as_slice() else {
        return None;
    };
    let text = only.downcast_ref::<PyStr>()?.to_str()?;
    let is_of_data = OF_DATA.contains(&text);
    is_of_data.then(|| format!("Error -3 while decompressing data: {text}"))
}

//! Errors of damaged data that `zlib.decompress` is given have the number that zlib gives them in
//! their message: `Error -3 while decompressing data: incorrect header check`. Upstream's have the
//! library's words only, those of `zlib.decompressobj` still do.
//!
//! Can go when upstream's `zlib` puts the number before the words.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyBaseException, PyModuleDef, PyStr},
    function::{Callee, FuncArgs, PyMethodDef},
};

use super::zlib_flushes;
use crate::upstream::{definitions, derived::with_methods};

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

/// The guards replace functions of a definition, so this is one of it.
pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    static OURS: OnceLock<Option<&'static PyModuleDef>> = OnceLock::new();
    *OURS.get_or_init(|| {
        let original = *definitions().get("zlib")?;
        let methods: Vec<_> = original.methods.iter().map(numbering).collect();
        Some(with_methods(original, methods.leak()))
    })
}

/// The method; `decompress` with numbers in its errors. What `decompressobj` makes is corrected
/// elsewhere.
fn numbering(method: &PyMethodDef) -> PyMethodDef {
    match method.name {
        "decompress" => {}
        "decompressobj" => return zlib_flushes::correcting(method),
        _ => return method.clone(),
    }
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
    PyMethodDef {
        func: Box::leak(Box::new(number)),
        ..method.clone()
    }
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

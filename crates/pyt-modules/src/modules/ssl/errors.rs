//! Errors of TLS in OpenSSL's words, where programs look for these.
//!
//! Knows upstream's words, and nothing of sockets.

use rustpython_vm::{
    AsObject, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyStr},
};

/// What upstream says where the other side does not speak TLS.
const NO_TLS: &str = "before TLS handshake with data";

/// An error of upstream's, as CPython raises it.
pub(super) fn as_cpythons(error: PyBaseExceptionRef, vm: &VirtualMachine) -> PyBaseExceptionRef {
    // It fails for what is no exception only.
    let _ = word(&error, vm);
    error
}

fn word(error: &PyBaseExceptionRef, vm: &VirtualMachine) -> PyResult<()> {
    let args = error.args();
    let [number, text, ..] = args.as_slice() else {
        return Ok(());
    };
    let text = text.downcast_ref::<PyStr>().and_then(|text| text.to_str());
    if text != Some(NO_TLS) {
        return Ok(());
    }
    // urllib3 recognises a proxy without TLS by these words.
    let text = vm
        .ctx
        .new_str("[SSL: WRONG_VERSION_NUMBER] wrong version number");
    let object = error.as_object();
    object.set_attr("strerror", text.clone(), vm)?;
    let args = vm.ctx.new_tuple(vec![number.clone(), text.into()]);
    object.set_attr("args", args, vm)?;
    set_reason(error, "WRONG_VERSION_NUMBER", vm)
}

/// The error, with OpenSSL's name for what it comes from.
pub(super) fn with_reason(
    error: PyBaseExceptionRef,
    reason: &str,
    vm: &VirtualMachine,
) -> PyResult<PyBaseExceptionRef> {
    set_reason(&error, reason, vm)?;
    Ok(error)
}

fn set_reason(error: &PyBaseExceptionRef, reason: &str, vm: &VirtualMachine) -> PyResult<()> {
    let object = error.as_object();
    object.set_attr("library", vm.ctx.new_str("SSL"), vm)?;
    object.set_attr("reason", vm.ctx.new_str(reason), vm)
}

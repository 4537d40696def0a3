//! A `SyntaxError` of the compiler has the place of the error in its `args`, as CPython's has; and
//! an unexpected indent is called so, and shown at its end.
//!
//! Can go when upstream's `new_syntax_error` makes it so.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyStr},
};

/// Gives an error that the compiler has made what it lacks.
pub(super) fn mend(error: &Py<PyBaseException>, vm: &VirtualMachine) {
    // If this fails, the error stays as upstream made it.
    let _ = try_mend(error, vm);
}

fn try_mend(error: &Py<PyBaseException>, vm: &VirtualMachine) -> PyResult<()> {
    let object = error.as_object();
    if text_of(object, vm)? == "unexpected indentation" {
        // Upstream has the indent as a range of columns, from the first to behind the last.
        let end: i64 = object.get_attr("end_offset", vm)?.try_to_value(vm)?;
        object.set_attr("msg", vm.ctx.new_str("unexpected indent"), vm)?;
        object.set_attr("offset", vm.ctx.new_int(end - 1), vm)?;
        object.set_attr("end_offset", vm.ctx.new_int(-1), vm)?;
    }
    if text_of(object, vm)? == "unindent does not match any outer indentation level" {
        object.set_attr("end_offset", vm.ctx.new_int(-1), vm)?;
    }
    if error.args().len() != 1 {
        return Ok(());
    }
    let message = object.get_attr("msg", vm)?;
    let names = [
        "filename",
        "lineno",
        "offset",
        "text",
        "end_lineno",
        "end_offset",
    ];
    let place = names.into_iter().map(|name| object.get_attr(name, vm));
    let place: Vec<PyObjectRef> = place.collect::<PyResult<_>>()?;
    let place = vm.ctx.new_tuple(place);
    let args = vm.ctx.new_tuple(vec![message, place.into()]);
    object.set_attr("args", args, vm)
}

fn text_of(error: &PyObject, vm: &VirtualMachine) -> PyResult<String> {
    let message = error.get_attr("msg", vm)?;
    let text = message
        .downcast_ref::<PyStr>()
        .and_then(|text| text.to_str());
    Ok(text.unwrap_or_default().to_owned())
}

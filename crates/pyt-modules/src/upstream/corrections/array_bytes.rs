//! `array.array(typecode, bytes)` refuses bytes that are no whole number of items. Upstream leaves
//! some of them out, or takes more than there are.
//!
//! Can go when upstream's `PyArray::py_new` checks the length as `frombytes` does.

use rustpython_vm::{
    PyObject, PyResult, VirtualMachine,
    builtins::{PyByteArray, PyBytes, PyStr, PyType, PyTypeRef},
    function::FuncArgs,
};

use super::replaced_new::UpstreamNew;

static UPSTREAM: UpstreamNew = UpstreamNew::unknown();

pub(super) fn correct(array: &PyType) {
    UPSTREAM.replace(array, new);
}

fn new(class: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    if let [typecode, bytes] = &args.args[..]
        && let Some(length) = length(bytes)
        && item_size(typecode).is_some_and(|size| length % size != 0)
    {
        return Err(vm.new_value_error("bytes length not a multiple of item size"));
    }
    UPSTREAM.call(class, args, vm)
}

fn length(bytes: &PyObject) -> Option<usize> {
    if let Some(bytes) = bytes.downcast_ref::<PyBytes>() {
        return Some(bytes.as_bytes().len());
    }
    Some(bytes.downcast_ref::<PyByteArray>()?.borrow_buf().len())
}

/// The bytes of an item; `None` for what is no typecode.
fn item_size(typecode: &PyObject) -> Option<usize> {
    Some(match typecode.downcast_ref::<PyStr>()?.to_str()? {
        "b" | "B" => 1,
        "h" | "H" => size_of::<libc::c_short>(),
        "i" | "I" => size_of::<libc::c_int>(),
        "l" | "L" => size_of::<libc::c_long>(),
        "q" | "Q" => size_of::<libc::c_longlong>(),
        "u" => size_of::<libc::wchar_t>(),
        "w" => size_of::<u32>(),
        "f" => size_of::<f32>(),
        "d" => size_of::<f64>(),
        _ => return None,
    })
}

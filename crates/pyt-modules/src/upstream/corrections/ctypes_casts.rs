//! `ctypes.cast` of a function, and to a class of functions. Upstream casts a function to the
//! address of the place where its address is kept, and refuses classes of functions.
//!
//! `cast` is an instance of `CFuncPtr` whose address upstream knows; the correction stands in the
//! class's slot for calls.
//!
//! Can go when upstream's `cast_impl` knows `CFuncPtr`.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyInt, PyType, PyTypeRef},
    function::FuncArgs,
};

use super::{
    ctypes_callbacks::{address_in, class_below},
    slots::renew_descriptors,
};

type Call = fn(&PyObject, FuncArgs, &VirtualMachine) -> PyResult;

static UPSTREAM: OnceLock<Call> = OnceLock::new();

/// The attribute of a function that has been cast, with what must live as long.
const KEPT: &str = "_pyt_cast_from_";

/// Corrects `CFuncPtr`.
pub(super) fn correct(class: &Py<PyType>, ctx: &Context) {
    if let Some(upstream) = class.slots.call.load()
        && UPSTREAM.set(upstream).is_ok()
    {
        class.slots.call.store(Some(call));
        // Classes of Python's take their slot from the descriptor. The class is the process's, and
        // is corrected once.
        let class: &'static PyTypeRef = Box::leak(Box::new(class.to_owned()));
        renew_descriptors(class, &["__call__"], ctx);
    }
}

fn call(function: &PyObject, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let Some(upstream) = UPSTREAM.get() else {
        return Err(vm.new_system_error("ctypes was not set up"));
    };
    // `ctypes.cast(source, to)` calls it with `(source, source, to)`.
    if let [source, again, to] = args.args.as_slice()
        && source.is(again)
        && args.kwargs.is_empty()
        && let Some(cast) = cast(function, source, to, *upstream, vm)?
    {
        return Ok(cast);
    }
    upstream(function, args, vm)
}

/// The cast, if a function or a class of functions is part of it, and `function` is `cast`.
fn cast(
    function: &PyObject,
    source: &PyObjectRef,
    to: &PyObjectRef,
    upstream: Call,
    vm: &VirtualMachine,
) -> PyResult<Option<PyObjectRef>> {
    let is_from_function =
        class_below("CFuncPtr", &source.class().to_owned().into(), vm)?.is_some();
    let to_functions = class_below("CFuncPtr", to, vm)?;
    if !is_from_function && to_functions.is_none() {
        return Ok(None);
    }
    let address = |function: &PyObject| {
        let bytes = vm.ctx.types.bytes_type.as_object();
        let bytes: PyObjectRef = bytes.call((function.to_owned(),), vm)?;
        address_in(&bytes, vm)
    };
    let own = vm.import("_ctypes", 0)?.get_attr("_cast_addr", vm)?;
    let own: usize = own.try_to_value(vm)?;
    if address(function)? != own {
        return Ok(None);
    }
    let pointer_class = vm.import("ctypes", 0)?.get_attr("c_void_p", vm)?;
    let pointer = if is_from_function {
        pointer_class.call((address(source)?,), vm)?
    } else {
        let args = vec![source.clone(), source.clone(), pointer_class];
        upstream(function, args.into(), vm)?
    };
    let Some(class) = to_functions else {
        let args = vec![pointer, source.clone(), to.clone()];
        return upstream(function, args.into(), vm).map(Some);
    };
    let value = pointer.get_attr("value", vm)?;
    let value = if value.downcast_ref::<PyInt>().is_some() {
        value
    } else {
        vm.ctx.new_int(0).into()
    };
    let cast = class.as_object().call((value,), vm)?;
    cast.set_attr(KEPT, source.clone(), vm)?;
    Ok(Some(cast))
}

//! `socket.recvmsg_into`, which upstream lacks: a message goes into the program's buffers.
//!
//! Can go when upstream's `_socket.socket` has the method.

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, TryFromObject, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyTuple, PyType, PyTypeRef},
    function::{ArgBytesLike, ArgMemoryBuffer, FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

use crate::upstream::derived::derive_named;

static METHOD: PyMethodDef = PyMethodDef::new_const(
    "recvmsg_into",
    recvmsg_into,
    PyMethodFlags::METHOD,
    ItemDoc::static_text(
        "recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)\n\n\
         Receive normal data and ancillary data from the socket, scattering the\n\
         non-ancillary data into a series of buffers.",
    ),
);

pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("_socket", add)
}

fn add(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let class = module.as_object().get_attr("socket", vm)?;
    let Ok(class) = class.downcast::<PyType>() else {
        return Ok(());
    };
    let name = vm.ctx.intern_str(METHOD.name);
    if class.attributes.contains(name) {
        return Ok(());
    }
    // A native class is never freed.
    let class: &'static PyTypeRef = Box::leak(Box::new(class));
    shared_classes::set_attribute(
        class,
        name,
        METHOD.to_method(class, &vm.ctx).into_ref(&vm.ctx).into(),
    );
    Ok(())
}

fn recvmsg_into(
    socket: PyObjectRef,
    buffers: PyObjectRef,
    rest: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult {
    let buffers: Vec<PyObjectRef> = buffers.try_to_value(vm)?;
    let buffers = buffers
        .into_iter()
        .map(|buffer| ArgMemoryBuffer::try_from_object(vm, buffer));
    let buffers: Vec<ArgMemoryBuffer> = buffers.collect::<PyResult<_>>()?;
    let length: usize = buffers.iter().map(ArgMemoryBuffer::len).sum();
    let mut args = vec![vm.ctx.new_int(length).into()];
    args.extend(rest.args);
    let message = vm.call_method(&socket, "recvmsg", FuncArgs::new(args, rest.kwargs))?;
    let Some([data, others @ ..]) = message.downcast_ref::<PyTuple>().map(Py::as_slice) else {
        return Err(vm.new_system_error("recvmsg returned no tuple"));
    };
    let data = ArgBytesLike::try_from_object(vm, data.clone())?;
    let data = data.borrow_buf();
    let mut left: &[u8] = &data;
    for buffer in &buffers {
        let mut buffer = buffer.borrow_buf_mut();
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        left = &left[count..];
    }
    let mut result = vec![vm.ctx.new_int(data.len()).into()];
    result.extend(others.iter().cloned());
    Ok(vm.ctx.new_tuple(result).into())
}

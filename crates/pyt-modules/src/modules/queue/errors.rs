//! The exceptions of `queue`.

use rustpython_vm::{
    AsObject, PyPayload, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyException},
    pyclass, pyexception,
    types::Constructor,
};

/// There was no item to be had from a queue in time.
#[pyexception(name = "Empty", module = "_queue", base = PyException)]
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct PyEmpty(PyException);

#[pyexception]
impl PyEmpty {}

/// There was no room in a queue in time.
#[pyexception(name = "Full", module = "queue", base = PyException)]
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct PyFull(PyException);

#[pyexception]
impl PyFull {}

/// The queue has been shut down.
#[pyexception(name = "ShutDown", module = "queue", base = PyException)]
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct PyShutDown(PyException);

#[pyexception]
impl PyShutDown {}

pub(super) fn empty(vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_exception_empty(PyEmpty::class(&vm.ctx).to_owned())
}

/// Whether this is what [`empty`] gives.
pub(crate) fn is_empty(raised: &PyBaseExceptionRef, vm: &VirtualMachine) -> bool {
    raised.fast_isinstance(PyEmpty::class(&vm.ctx))
}

pub(super) fn full(vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_exception_empty(PyFull::class(&vm.ctx).to_owned())
}

pub(super) fn shut_down(vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_exception_empty(PyShutDown::class(&vm.ctx).to_owned())
}

pub(super) fn too_many_done(vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_value_error("task_done() called too many times")
}

//! Why what holds a lock or a thread cannot be pickled or copied, in CPython's words.
//!
//! The classes call this from `__getstate__`, so that a subclass may still define how it is
//! pickled. The module must never know one of them.

use rustpython_vm::{PyObject, PyResult, VirtualMachine};

/// The TypeError for `object`, which is what cannot be pickled.
///
/// It names a class of ours with its module and a subclass without, as CPython does.
pub(crate) fn refuse(object: &PyObject, vm: &VirtualMachine) -> PyResult {
    refuse_for(&object.class().slot_name(), vm)
}

/// The TypeError of an object that cannot be pickled for the `class` of something inside it.
pub(crate) fn refuse_for(class: &str, vm: &VirtualMachine) -> PyResult {
    Err(vm.new_type_error(format!("cannot pickle '{class}' object")))
}

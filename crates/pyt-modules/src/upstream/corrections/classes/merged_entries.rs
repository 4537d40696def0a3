//! `{**other}` takes the entries of a dictionary whose class derives from `dict` and iterates as
//! `dict` does, whatever `__getitem__` the class has. Upstream calls that for each key.
//!
//! So classes that derive from `dict` and have a `__getitem__` in Python get a slot that looks at
//! the instruction that the thread is at. At a `DICT_UPDATE`, which gets only the items of what is
//! merged, it reads the entry.
//!
//! A `keys` in Python is called all the same. `f(**other)` calls both by their names, past the slot
//! (`docs/differences.md`).
//!
//! Can go when upstream's `merge_object_with_override` asks which iterator the class has.

use std::sync::OnceLock;

use rustpython_vm::{
    Py, PyObject, PyResult, VirtualMachine,
    builtins::{PyDict, PyType},
    bytecode::Opcode,
    protocol::PyMapping,
    vm::thread::get_current_frame,
};

use super::{
    super::{dict_entries::has_plain_iterator, instructions::opcode_at},
    names_of_called::defines,
    set_only_descriptors::for_subclasses,
};

type Subscript = fn(PyMapping<'_>, &PyObject, &VirtualMachine) -> PyResult;

/// Upstream's slot that calls a method written in Python.
static CALL_GETITEM: OnceLock<Subscript> = OnceLock::new();

const GETITEM: &str = "__getitem__";

/// `class` has been created, or has other methods.
pub(super) fn look_through(class: &Py<PyType>, vm: &VirtualMachine) {
    if !class.fast_issubclass(vm.ctx.types.dict_type) {
        return;
    }
    let slot = &class.slots.as_mapping.subscript;
    if let Some(found) = slot.load() {
        if CALL_GETITEM.get().is_none() && defines(class, GETITEM, vm) {
            // Another thread may have been first, with the same function.
            let _ = CALL_GETITEM.set(found);
        }
        let known = CALL_GETITEM.get();
        if known.is_some_and(|known| std::ptr::fn_addr_eq(*known, found)) {
            slot.store(Some(get_item));
        }
    }
}

/// An attribute has been stored on `class`, or deleted: upstream may have set the slot anew.
pub(super) fn stored(class: &Py<PyType>, name: &str, vm: &VirtualMachine) {
    if name == GETITEM || name == "__bases__" {
        for_subclasses(class, &mut |class| look_through(class, vm));
    }
}

fn get_item(mapping: PyMapping<'_>, key: &PyObject, vm: &VirtualMachine) -> PyResult {
    if is_merging()
        && has_plain_iterator(mapping.obj, vm)
        && let Some(dict) = mapping.obj.downcast_ref::<PyDict>()
        && let Some(value) = dict.inner_getitem_opt(key, vm)?
    {
        return Ok(value);
    }
    match CALL_GETITEM.get() {
        Some(slot) => slot(mapping, key, vm),
        None => Err(vm.new_system_error("the interpreter lacks the slot for __getitem__")),
    }
}

/// Whether the thread's instruction merges a mapping.
fn is_merging() -> bool {
    let frame = get_current_frame();
    // SAFETY: the frame that this thread is in is alive.
    let Some(running) = (unsafe { frame.as_ref() }) else {
        return false;
    };
    // It is set to the next instruction before one is executed.
    let index = (running.get_lasti() as usize).checked_sub(1);
    let opcode = index.and_then(|index| opcode_at(running.code(), index));
    opcode == Some(Opcode::DictUpdate)
}

//! Native classes of which `object.__new__` would make instances without contents refuse to be
//! instantiated.
//!
//! Upstream's classes that define no `__new__` inherit the one of `object`, unless they say
//! otherwise. For a class whose instances have contents of their own, what it makes is an object
//! whose contents were never written.

use rustpython_vm::{VirtualMachine, builtins::PyType, types::PyTypeFlags};

/// Has the class refuse to be instantiated, if `object.__new__` would do it and cannot.
pub(super) fn guard(class: &PyType, vm: &VirtualMachine) {
    const REFUSE: PyTypeFlags = PyTypeFlags::from_slice(&[PyTypeFlags::DISALLOW_INSTANTIATION]);
    let object = vm.ctx.types.object_type;
    let (slots, plain) = (&class.slots, &object.slots);
    let address = |slots: &rustpython_vm::types::PyTypeSlots| slots.new.load().map(|f| f as usize);
    if slots.basicsize > plain.basicsize && address(slots) == address(plain) {
        slots.flags.replace_masked(REFUSE, REFUSE);
        slots.new.store(None);
        slots.vectorcall.store(None);
    }
}

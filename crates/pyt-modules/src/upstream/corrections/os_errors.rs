//! Classes that derive from `ConnectionError`, `TimeoutError` and the other classes of `OSError`,
//! also from those of `ssl`, and have an `__init__` of their own, can be called with what that
//! takes, keywords too.
//!
//! `OSError` leaves the arguments to a class's `__init__` if the class has its own one, and makes
//! instances by `OSError`'s function, which upstream recognises by its address. Upstream's other
//! classes have functions that call that one and do nothing else.
//!
//! And the arguments of an error that the interpreter raises are the number and the text:
//! `ConnectionRefusedError(111, 'Connection refused')`. Upstream's have three times `None` behind.
//! They are shortened when they are read, by `args` or `repr` ([`messages`](super::messages)).
//!
//! Can go when upstream's `oserror_use_init` knows these classes, and its `OSErrorBuilder` leaves
//! out what is not there.

use rustpython_vm::{
    AsObject, Context, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyBaseException, PyType},
};
#[cfg(feature = "ssl")]
use rustpython_vm::{Py, builtins::PyModule};

use super::messages;

/// How many arguments upstream's errors have.
const UPSTREAMS_ARGUMENTS: usize = 5;

pub(super) fn correct(ctx: &Context) {
    let class = ctx.exceptions.os_error;
    let new = class.slots.new.load();
    let mut pending = vec![class.to_owned()];
    while let Some(class) = pending.pop() {
        class.slots.new.store(new);
        class.slots.repr.store(Some(messages::repr_of));
        let subclasses = class.subclasses.read();
        let subclasses = subclasses.iter().filter_map(|subclass| subclass.upgrade());
        pending.extend(subclasses.filter_map(|subclass| subclass.downcast::<PyType>().ok()));
    }
}

/// Corrects the classes of a module that derive from `OSError`: those that do not exist yet when
/// [`correct`] looks for them.
#[cfg(feature = "ssl")]
pub(crate) fn correct_module(module: &Py<PyModule>, vm: &VirtualMachine) {
    let base = vm.ctx.exceptions.os_error;
    let new = base.slots.new.load();
    for (_, value) in &module.dict() {
        if let Some(class) = value.downcast_ref::<PyType>()
            && class.fast_issubclass(base)
        {
            class.slots.new.store(new);
        }
    }
}

/// The arguments that CPython's error has in the place of upstream's.
pub(super) fn arguments(exception: &PyObject, vm: &VirtualMachine) -> Option<Vec<PyObjectRef>> {
    if !exception.fast_isinstance(vm.ctx.exceptions.os_error) {
        return None;
    }
    let args = exception.downcast_ref::<PyBaseException>()?.args();
    let args = args.as_slice();
    let are_upstreams =
        args.len() == UPSTREAMS_ARGUMENTS && args[2..].iter().all(|arg| vm.is_none(arg));
    are_upstreams.then(|| args[..2].to_vec())
}

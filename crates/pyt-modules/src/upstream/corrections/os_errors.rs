//! Classes that derive from `ConnectionError`, `TimeoutError` and the other classes of `OSError`,
//! and have an `__init__` of their own, can be called with what that takes, keywords too.
//!
//! `OSError` leaves the arguments to a class's `__init__` if the class has its own one, and makes
//! instances by `OSError`'s function, which upstream recognises by its address. Upstream's other
//! classes have functions that call that one and do nothing else.
//!
//! Can go when upstream's `oserror_use_init` knows these.

use rustpython_vm::{Context, builtins::PyType};

pub(super) fn correct(ctx: &Context) {
    let class = ctx.exceptions.os_error;
    let new = class.slots.new.load();
    let mut pending = vec![class.to_owned()];
    while let Some(class) = pending.pop() {
        class.slots.new.store(new);
        let subclasses = class.subclasses.read();
        let subclasses = subclasses.iter().filter_map(|subclass| subclass.upgrade());
        pending.extend(subclasses.filter_map(|subclass| subclass.downcast::<PyType>().ok()));
    }
}

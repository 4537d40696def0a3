//! Attributes of the native classes, which all interpreters of the process share. What these
//! attributes are is not known here.
//!
//! Upstream caches what a class has, for the whole process and without counting references. Its
//! `PyType::set_attr` first empties that cache and then stores the value. A thread of another
//! interpreter, which no lock of this one keeps out, may look the attribute up in between: then the
//! cache has the old value again, or that there is none, and keeps it. So the cache is emptied once
//! more after the store, and what was there is never freed. While there is no such thread, which is
//! so at the first start of a process, where most attributes are stored, once is enough.

use std::{
    mem,
    sync::atomic::{AtomicBool, Ordering},
};

use rustpython_vm::{
    PyObjectRef,
    builtins::{PyStrInterned, PyType},
};

/// Whether a thread other than the one that makes the process's first interpreter may look up what
/// a class has.
static HAS_READERS: AtomicBool = AtomicBool::new(false);

/// From now on other threads may look up what native classes have. To be called by each start of an
/// interpreter before it runs code of a program or of the host.
pub fn expect_readers() {
    HAS_READERS.store(true, Ordering::SeqCst);
}

/// Stores `value` as the attribute `name` of a native class.
///
/// The value before is kept to the end of the process. So what is large is stored once for the
/// process, not in each interpreter.
pub fn set_attribute(class: &PyType, name: &'static PyStrInterned, value: PyObjectRef) {
    let before = class.get_direct_attr(name);
    class.set_attr(name, value);
    forget_cached(class, name);
    mem::forget(before);
}

/// Removes the attributes `names` of a native class, those that it has. As [`set_attribute`], it
/// keeps the values to the end of the process.
///
/// To have the caches forget a class costs thousands of instructions, so they do once for all
/// names.
pub fn remove_attributes(class: &PyType, names: &[&'static PyStrInterned]) {
    for &name in names {
        mem::forget(class.get_direct_attr(name));
        class.attributes.remove(name);
    }
    if let Some(name) = names.first() {
        forget_cached(class, name);
    }
}

/// Has the caches look up anew what `class` and its subclasses have.
fn forget_cached(class: &PyType, name: &'static PyStrInterned) {
    if HAS_READERS.load(Ordering::SeqCst) {
        // Upstream passes a class by that has no cached attributes, and its subclasses with it; one
        // of these may have got some in between.
        let _ = class.get_attr(name);
    }
    class.modified();
}

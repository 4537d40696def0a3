//! What a `Thread` object holds, under its lock.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use pyt_vm::threads::Handle;
use rustpython_vm::{PyObjectRef, builtins::PyStrRef, object::TraverseFn};

/// What a `Thread` object holds.
#[derive(Default)]
pub(crate) struct Fields {
    pub(crate) initialized: bool,
    pub(crate) target: Option<PyObjectRef>,
    pub(crate) args: Option<PyObjectRef>,
    pub(crate) kwargs: Option<PyObjectRef>,
    pub(crate) name: Option<PyStrRef>,
    pub(crate) daemon: bool,
    pub(crate) context: Option<PyObjectRef>,
    /// The `Event` behind `_started`, made when Python code asks for it.
    pub(crate) started: Option<PyObjectRef>,
    pub(crate) stderr: Option<PyObjectRef>,
    pub(crate) handle: Arc<Handle>,
}

impl Fields {
    fn objects(&self) -> impl Iterator<Item = &PyObjectRef> {
        [
            &self.target,
            &self.args,
            &self.kwargs,
            &self.context,
            &self.started,
            &self.stderr,
        ]
        .into_iter()
        .flatten()
    }

    fn take_objects(&mut self) -> impl Iterator<Item = PyObjectRef> {
        [
            self.target.take(),
            self.args.take(),
            self.kwargs.take(),
            self.context.take(),
            self.started.take(),
            self.stderr.take(),
        ]
        .into_iter()
        .flatten()
    }
}

/// A lock around the fields of an object that the collector may visit. No Python code runs, and
/// no object is dropped, while it is held.
#[derive(Default)]
pub(crate) struct Guarded(Mutex<Fields>);

impl Guarded {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Fields> {
        self.0.lock()
    }

    pub(crate) fn handle(&self) -> Arc<Handle> {
        self.lock().handle.clone()
    }

    pub(crate) fn visit(&self, f: &mut TraverseFn<'_>) {
        if let Some(fields) = self.0.try_lock() {
            fields.objects().for_each(|object| f(object));
        }
    }

    pub(crate) fn clear(&self, out: &mut Vec<PyObjectRef>) {
        if let Some(mut fields) = self.0.try_lock() {
            out.extend(fields.take_objects());
        }
    }
}

//! What a `Thread` object holds, under its lock.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use rustpython_vm::{PyObjectRef, builtins::PyStrRef, object::TraverseFn};

use crate::thread::Handle;

/// What a `Thread` object holds.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) initialized: bool,
    pub(super) target: Option<PyObjectRef>,
    pub(super) args: Option<PyObjectRef>,
    pub(super) kwargs: Option<PyObjectRef>,
    pub(super) name: Option<PyStrRef>,
    pub(super) daemon: bool,
    pub(super) context: Option<PyObjectRef>,
    /// The `Event` behind `_started`, made when somebody asks for it.
    pub(super) started: Option<PyObjectRef>,
    pub(super) stderr: Option<PyObjectRef>,
    pub(super) handle: Arc<Handle>,
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
pub(super) struct Guarded(Mutex<Fields>);

impl Guarded {
    pub(super) fn lock(&self) -> MutexGuard<'_, Fields> {
        self.0.lock()
    }

    pub(super) fn handle(&self) -> Arc<Handle> {
        self.lock().handle.clone()
    }

    pub(super) fn visit(&self, f: &mut TraverseFn<'_>) {
        if let Some(fields) = self.0.try_lock() {
            fields.objects().for_each(|object| f(object));
        }
    }

    pub(super) fn clear(&self, out: &mut Vec<PyObjectRef>) {
        if let Some(mut fields) = self.0.try_lock() {
            out.extend(fields.take_objects());
        }
    }
}

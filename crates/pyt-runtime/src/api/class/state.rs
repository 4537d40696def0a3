//! The Rust value behind an instance, and who may have it when.
//!
//! Any number of methods may read it at once, one may change it. A thread that finds it in use by
//! another waits, and lets others run Python meanwhile. A thread that has it itself, further up its
//! stack, would wait for ever: that is a `RuntimeError`.

use std::{cell::RefCell, time::Duration};

use parking_lot::RwLock;
use rustpython_vm::PyResult;

use crate::Python;

/// How long a thread waits before it looks for signals, in between.
const LOOK: Duration = Duration::from_millis(50);

/// A value that methods borrow.
#[derive(Debug)]
pub struct State<T> {
    /// Absent until `__init__` has run.
    value: RwLock<Option<T>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Shared,
    Exclusive,
}

thread_local! {
    /// What this thread has borrowed, the last at the end.
    static BORROWED: RefCell<Vec<(*const (), Use)>> = const { RefCell::new(Vec::new()) };
}

/// One borrow, for as long as it lasts.
struct Borrow;

impl Borrow {
    fn begin(state: *const (), kind: Use) -> Self {
        BORROWED.with_borrow_mut(|borrowed| borrowed.push((state, kind)));
        Self
    }
}

impl Drop for Borrow {
    fn drop(&mut self) {
        BORROWED.with_borrow_mut(Vec::pop);
    }
}

impl<T: Send + Sync> State<T> {
    pub(super) const fn new() -> Self {
        Self {
            value: RwLock::new(None),
        }
    }

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    /// How this thread has it already.
    fn in_use_here(&self) -> Option<Use> {
        let here = self.address();
        BORROWED.with_borrow(|borrowed| {
            let mine = borrowed.iter().rfind(|(state, _)| *state == here);
            mine.map(|(_, kind)| *kind)
        })
    }

    /// Has `f` look at the value.
    pub(super) fn read<R>(&self, py: Python<'_>, f: impl FnOnce(&T) -> PyResult<R>) -> PyResult<R> {
        if self.in_use_here() == Some(Use::Exclusive) {
            return Err(py.vm().new_runtime_error("Already mutably borrowed"));
        }
        let guard = loop {
            // Recursive: this thread may be reading it already, while another waits to write.
            if let Some(guard) = self.value.try_read_recursive() {
                break guard;
            }
            if let Some(guard) = py.detach(|| self.value.try_read_recursive_for(LOOK)) {
                break guard;
            }
            py.vm().check_signals()?;
        };
        let _borrow = Borrow::begin(self.address(), Use::Shared);
        match &*guard {
            Some(value) => f(value),
            None => Err(uninitialised(py)),
        }
    }

    /// Has `f` change the value.
    pub(super) fn write<R>(
        &self,
        py: Python<'_>,
        f: impl FnOnce(&mut T) -> PyResult<R>,
    ) -> PyResult<R> {
        self.exclusively(py, |value| match value {
            Some(value) => f(value),
            None => Err(uninitialised(py)),
        })
    }

    /// Puts a value in the place of what is there, which is returned.
    pub(super) fn replace(&self, py: Python<'_>, new: T) -> PyResult<Option<T>> {
        self.exclusively(py, |value| Ok(value.replace(new)))
    }

    fn exclusively<R>(
        &self,
        py: Python<'_>,
        f: impl FnOnce(&mut Option<T>) -> PyResult<R>,
    ) -> PyResult<R> {
        if self.in_use_here().is_some() {
            return Err(py.vm().new_runtime_error("Already borrowed"));
        }
        let mut guard = loop {
            if let Some(guard) = self.value.try_write() {
                break guard;
            }
            if let Some(guard) = py.detach(|| self.value.try_write_for(LOOK)) {
                break guard;
            }
            py.vm().check_signals()?;
        };
        let _borrow = Borrow::begin(self.address(), Use::Exclusive);
        f(&mut guard)
    }
}

fn uninitialised(py: Python<'_>) -> rustpython_vm::builtins::PyBaseExceptionRef {
    py.vm()
        .new_runtime_error("__init__() of the Rust class has not been called")
}

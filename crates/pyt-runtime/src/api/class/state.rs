//! The Rust value of an instance, and how methods borrow it.
//!
//! Any number of methods may read it at once, or one may change it. A thread that finds it borrowed
//! by another waits, detached from the interpreter. A thread that has borrowed it itself, further
//! up its stack, would wait for ever: that is a `RuntimeError`.

use std::{cell::RefCell, time::Duration};

use parking_lot::RwLock;
use rustpython_vm::PyResult;

use crate::Python;

/// How often a waiting thread checks for signals.
const SIGNAL_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// A value that methods borrow.
#[derive(Debug)]
pub struct InstanceState<T> {
    /// Absent until `__init__` has run.
    value: RwLock<Option<T>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BorrowKind {
    Shared,
    Exclusive,
}

thread_local! {
    /// The borrows of this thread, the newest at the end.
    static BORROWED: RefCell<Vec<(*const (), BorrowKind)>> = const { RefCell::new(Vec::new()) };
}

/// A borrow of the calling thread, for as long as this lives.
struct Borrow;

impl Borrow {
    fn begin(state: *const (), kind: BorrowKind) -> Self {
        BORROWED.with_borrow_mut(|borrowed| borrowed.push((state, kind)));
        Self
    }
}

impl Drop for Borrow {
    fn drop(&mut self) {
        BORROWED.with_borrow_mut(Vec::pop);
    }
}

impl<T: Send + Sync> InstanceState<T> {
    pub(super) const fn new() -> Self {
        Self {
            value: RwLock::new(None),
        }
    }

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    /// How this thread has borrowed it already.
    fn borrowed_here(&self) -> Option<BorrowKind> {
        let here = self.address();
        BORROWED.with_borrow(|borrowed| {
            let mine = borrowed.iter().rfind(|(state, _)| *state == here);
            mine.map(|(_, kind)| *kind)
        })
    }

    /// Runs `f` with a shared borrow. Blocks while another thread changes the value.
    pub(super) fn read<R>(&self, py: Python<'_>, f: impl FnOnce(&T) -> PyResult<R>) -> PyResult<R> {
        if self.borrowed_here() == Some(BorrowKind::Exclusive) {
            return Err(py.vm().new_runtime_error("Already mutably borrowed"));
        }
        let guard = loop {
            // Recursive: this thread may have a shared borrow already while another waits to write.
            if let Some(guard) = self.value.try_read_recursive() {
                break guard;
            }
            if let Some(guard) =
                py.detach(|| self.value.try_read_recursive_for(SIGNAL_CHECK_INTERVAL))
            {
                break guard;
            }
            py.vm().check_signals()?;
        };
        let _borrow = Borrow::begin(self.address(), BorrowKind::Shared);
        match &*guard {
            Some(value) => f(value),
            None => Err(uninitialised(py)),
        }
    }

    /// Runs `f` with an exclusive borrow. Blocks while another thread has borrowed the value.
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

    /// Replaces the value, and returns the old one.
    pub(super) fn replace(&self, py: Python<'_>, new: T) -> PyResult<Option<T>> {
        self.exclusively(py, |value| Ok(value.replace(new)))
    }

    fn exclusively<R>(
        &self,
        py: Python<'_>,
        f: impl FnOnce(&mut Option<T>) -> PyResult<R>,
    ) -> PyResult<R> {
        if self.borrowed_here().is_some() {
            return Err(py.vm().new_runtime_error("Already borrowed"));
        }
        let mut guard = loop {
            if let Some(guard) = self.value.try_write() {
                break guard;
            }
            if let Some(guard) = py.detach(|| self.value.try_write_for(SIGNAL_CHECK_INTERVAL)) {
                break guard;
            }
            py.vm().check_signals()?;
        };
        let _borrow = Borrow::begin(self.address(), BorrowKind::Exclusive);
        f(&mut guard)
    }
}

fn uninitialised(py: Python<'_>) -> rustpython_vm::builtins::PyBaseExceptionRef {
    py.vm()
        .new_runtime_error("__init__() of the Rust class has not been called")
}

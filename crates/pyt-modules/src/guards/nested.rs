//! Finalizers that free objects whose finalizers free objects, and so on, are called no deeper than
//! some levels: those beyond are called after the outermost one.
//!
//! A generator that is freed closes the one that it waits for. Upstream bounds how deeply objects
//! are freed, but only after it has called their finalizers.

use std::cell::RefCell;

use rustpython_vm::{PyObject, PyObjectRef, PyResult, VirtualMachine, common::rc::PyRc};

use super::stack;

/// A finalizer, as classes have it.
pub(super) type Finalizer = fn(&PyObject, &VirtualMachine) -> PyResult<()>;

/// How many finalizers are called inside of one another.
const LEVELS: usize = 50;

/// With less of the stack than this many bytes, finalizers are called one after another.
const SHORT: usize = 256 << 10;

/// The finalizers that a thread is calling.
#[derive(Default)]
struct Calls {
    /// The interpreter that they belong to, by address.
    interpreter: usize,
    level: usize,
    /// Objects that are kept until their finalizers are called.
    waiting: Vec<(PyObjectRef, Finalizer)>,
}

thread_local! {
    static CALLS: RefCell<Calls> = RefCell::default();
}

/// Makes `calls` those of the thread, until this is dropped.
struct Restored(Option<Calls>);

impl Drop for Restored {
    fn drop(&mut self) {
        if let Some(calls) = self.0.take() {
            CALLS.replace(calls);
        }
    }
}

/// One level less when it is dropped, also by a panic.
struct Level;

impl Level {
    fn enter() -> Self {
        CALLS.with_borrow_mut(|calls| calls.level += 1);
        Self
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        CALLS.with_borrow_mut(|calls| calls.level -= 1);
    }
}

/// Calls the finalizer of the object by `run`, or sees to it that it is called later, and that the
/// object lives until then.
pub(super) fn finalize(
    object: &PyObject,
    finalizer: Finalizer,
    run: fn(&PyObject, Finalizer, &VirtualMachine),
    vm: &VirtualMachine,
) {
    let interpreter = PyRc::as_ptr(&vm.state).addr();
    let is_other = CALLS.with_borrow(|calls| calls.level > 0 && calls.interpreter != interpreter);
    // Host code, called by a finalizer, uses another interpreter.
    let _restored = Restored(is_other.then(|| CALLS.take()));
    let is_short = stack::remaining() < SHORT;
    let level = CALLS.with_borrow_mut(|calls| {
        calls.interpreter = interpreter;
        if calls.level >= LEVELS || is_short {
            calls.waiting.push((object.to_owned(), finalizer));
        }
        calls.level
    });
    if level > 0 && (level >= LEVELS || is_short) {
        return;
    }
    let entered = Level::enter();
    if !is_short {
        run(object, finalizer, vm);
    }
    if level == 0 {
        while let Some((waiting, finalizer)) = CALLS.with_borrow_mut(|calls| calls.waiting.pop()) {
            run(&waiting, finalizer, vm);
            // What is freed with it is a level below this one.
            drop(waiting);
        }
    }
    drop(entered);
}

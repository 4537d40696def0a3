//! The one opening to whatever runs on the threads: for pyt, the interpreter.
//!
//! The scheduler calls these functions; it never asks what is behind them.

use crate::{Aborted, Thread, controlled::Place};

/// What a thread is status, as far as the world can tell from outside. A snapshot: it may be out
/// of date by the time it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It may run the interpreter's code.
    Attached,
    /// It has left the interpreter: it waits, or runs foreign code.
    Detached,
    /// The world does not know it.
    Unknown,
}

/// What lies around the scheduler.
pub trait World: Send + Sync + 'static {
    /// Runs `f` with the calling thread outside the interpreter, so that nobody waits for it.
    fn detached(&self, f: &mut dyn FnMut());

    /// Runs pending signal handlers on the calling thread, which is inside the interpreter.
    ///
    /// # Errors
    /// [`Aborted`] if the wait that was interrupted must be given up: the world keeps the reason.
    fn interrupted(&self) -> Result<(), Aborted>;

    /// What `thread` is doing now.
    fn activity(&self, thread: &Thread) -> Activity;

    /// Stops every other thread at its next safe point, runs `f`, and lets all go on that are
    /// not [frozen](Self::freeze). Blocks until all have stopped, or are outside the interpreter.
    fn stop(&self, f: &mut dyn FnMut());

    /// Whether `thread` stands between two steps of its program, and not in the middle of a call
    /// that may hold a lock of foreign code's: where it can be kept for good. Only inside
    /// [`stop`](Self::stop). False if the world can't tell.
    fn at_safe_point(&self, _thread: &Thread) -> bool {
        true
    }

    /// Keeps `thread` stopped when the world goes on. Only inside [`stop`](Self::stop). False if
    /// the world does not know it.
    fn freeze(&self, thread: &Thread) -> bool;

    /// Where in the program the calling thread stands, in numbers of the world's own.
    fn place(&self) -> Place {
        Place::default()
    }

    /// Lets a frozen thread go on. Only inside [`stop`](Self::stop) or on an attached thread,
    /// since no stop can complete meanwhile.
    fn thaw(&self, thread: &Thread);
}

/// A world without an interpreter: threads are plain OS threads that never stop unasked.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWorld;

impl World for NoWorld {
    fn detached(&self, f: &mut dyn FnMut()) {
        f();
    }

    fn interrupted(&self) -> Result<(), Aborted> {
        Ok(())
    }

    fn activity(&self, _thread: &Thread) -> Activity {
        Activity::Unknown
    }

    fn stop(&self, f: &mut dyn FnMut()) {
        f();
    }

    fn freeze(&self, _thread: &Thread) -> bool {
        false
    }

    fn thaw(&self, _thread: &Thread) {}
}

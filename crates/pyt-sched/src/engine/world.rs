//! What the scheduler asks of the program that runs on its threads: for pyt, the interpreter.
//!
//! The trait, and an implementation for threads without an interpreter.

use super::pick::Fault;
use crate::{Aborted, Thread};

/// What a thread is doing, as far as the world can tell from outside. A snapshot: it may be out
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

/// Where in the program a thread stood: numbers that only the [`World`] can read, for the place,
/// for what is there, and for the functions that have led there.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Place(pub u64, pub u64, pub u64);

/// What a thread's part of the state is, as far as its world can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// A digest of the functions that the thread is in, with their variables.
    pub own: u64,
    /// A digest of all that threads have changed since the world has
    /// [begun to look](World::begin_looking).
    pub shared: u64,
    /// Whether the digests say all: nothing was done since that they do not show.
    pub is_known: bool,
}

/// What lies around the scheduler.
pub trait World: Send + Sync + 'static {
    /// Runs `f` with the calling thread outside the interpreter, so that no [stop](Self::stop)
    /// waits for it.
    fn detached(&self, f: &mut dyn FnMut());

    /// Runs pending signal handlers on the calling thread, which is inside the interpreter.
    ///
    /// # Errors
    /// [`Aborted`] if the wait that was interrupted must end: the world keeps the reason.
    fn interrupted(&self) -> Result<(), Aborted>;

    /// What `thread` is doing now.
    fn activity(&self, thread: &Thread) -> Activity;

    /// Stops every other thread at its next safe point, runs `f`, and resumes all that are not
    /// [frozen](Self::freeze). Blocks until all have stopped, or are outside the interpreter.
    fn stop(&self, f: &mut dyn FnMut());

    /// Whether `thread` can be kept stopped without limit: it is between two steps of its program,
    /// not in the middle of a call that may hold a lock of foreign code's. Only inside
    /// [`stop`](Self::stop). False if the world can't tell.
    fn at_safe_point(&self, _thread: &Thread) -> bool {
        true
    }

    /// Keeps `thread` stopped when the others resume. Only inside [`stop`](Self::stop). False if
    /// the world does not know it.
    fn freeze(&self, thread: &Thread) -> bool;

    /// Lets `fault` happen on the calling thread, which is inside the interpreter, between two
    /// steps: the program's code may run in it. What it raises is raised at the next instruction,
    /// or by [`pending_faults`](Self::pending_faults).
    fn fault(&self, _fault: Fault) {}

    /// Raises what a [fault](Self::fault) has left for the calling thread, which is about to wait.
    ///
    /// # Errors
    /// [`Aborted`]: the world keeps the exception.
    fn pending_faults(&self) -> Result<(), Aborted> {
        Ok(())
    }

    /// Where in the program the calling thread stands, in numbers of the world's own.
    fn place(&self) -> Place {
        Place::default()
    }

    /// The calling thread is about to use the primitive at the address `object`. Called before
    /// [`place`](Self::place), if a run wants places.
    fn uses(&self, _object: usize) {}

    /// Begins to note what threads change, for [`look`](Self::look).
    fn begin_looking(&self) {}

    /// What the state of the calling thread is, which is at a decision point, and of what threads
    /// have changed.
    fn look(&self) -> Look {
        Look {
            own: 0,
            shared: 0,
            is_known: false,
        }
    }

    /// Forgets which functions were [looked](Self::look) at.
    fn forget_looks(&self) {}

    /// Whether the functions that were looked at do nothing that the looks do not show.
    fn confirms_repetition(&self) -> bool {
        false
    }

    /// Resumes a frozen thread. Only inside [`stop`](Self::stop) or on an attached thread,
    /// since no stop can complete meanwhile.
    fn thaw(&self, thread: &Thread);
}

/// A world without an interpreter: threads are plain OS threads, which cannot be stopped.
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

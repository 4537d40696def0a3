//! What an observer learns of threads as they run: the moments at which they begin, wait, are
//! woken, get and lose their turn, and end.
//!
//! An observer changes nothing. What it makes of the moments is not known here. Without one, a
//! moment costs one load.

use super::{
    thread::{Thread, ThreadId},
    wait::{Waiting, Wake},
};

/// A moment in the life of a thread. The calling thread is the thread itself unless something else
/// is said.
#[derive(Clone, Copy, Debug)]
pub enum Moment<'a> {
    /// It was made known, by the calling thread, which is its starter.
    Registered,
    /// It has a new name. The caller may be any thread.
    Renamed,
    /// It runs: for the first time, or again after [`Paused`](Self::Paused).
    Begun,
    /// It begins to wait. It has its turn, and is inside of the world.
    Waits {
        /// What it waits for.
        waiting: &'a Waiting,
        /// That is a reentrant lock.
        reentrant: bool,
    },
    /// Its wait is over, and it goes on once it has its turn. `by` is the thread that woke it;
    /// `None` if its deadline came. Called while the primitive's lock may be held.
    Woken {
        /// The thread that woke it.
        by: Option<ThreadId>,
    },
    /// It runs again after a wait, or after [`SteppedBack`](Self::SteppedBack).
    Resumed {
        /// How the wait ended; `None` if it was interrupted, or there was none.
        ended: Option<Wake>,
    },
    /// It has lost its turn in the middle of its code. Called by another thread, with the world
    /// stopped.
    Preempted,
    /// It has its turn again after [`Preempted`](Self::Preempted). Called by another thread.
    Continued,
    /// It has given up its turn, and goes on once it has it again.
    SteppedBack,
    /// It has given up its turn, and may begin again: a thread of the host's.
    Paused,
    /// It has given up its turn, and does not begin again.
    Ended,
}

/// Learns of moments of all threads of a scheduler.
pub trait ThreadObserver: Send + Sync {
    /// This is `moment` of `thread`. Must not wait for a thread, nor call the scheduler.
    fn note(&self, thread: &Thread, moment: Moment<'_>);
}

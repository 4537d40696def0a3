//! Threads, their scheduling and their synchronisation, with no interpreter in it.
//!
//! A thread blocks in one way only, [`Waiter::wait`]: *wait until woken or until this deadline*.
//! The primitives ([`Lock`], [`Condition`], [`Queue`], ...) are small state machines over it,
//! written once and the same in all modes. A [`Policy`] decides what waiting, waking and running
//! mean:
//!
//! - [`Free`]: a waiter parks its OS thread; all threads run at once.
//! - [`Gil`]: one thread at a time has the right to run; a waiter leaves it and queues for it.
//! - [`controlled`]: during a run, a strategy decides at every decision point which thread runs.
//!
//! Time comes from a [`Clock`], real or virtual. Everything interpreter-specific (leaving the
//! interpreter around a wait, stopping a thread at a safe point, running signal handlers) is
//! behind the trait [`World`]. No Python type is known here.
//!
//! The layers, from the top; a layer imports only from those below it:
//!
//! - `primitives/`, `policy/`, `builder`: neither of the folders knows the other
//! - `engine/`: threads, waits, the scheduler; the traits [`Policy`] and [`World`]
//! - `op`, `clock`, `park_slot`, `parker/`, `run_count`, `signals`, `sync`: no thread is known here
//!
//! ```
//! use pyt_sched::{Lock, Scheduler};
//!
//! let scheduler = Scheduler::builder().build();
//! let main = scheduler.register("main");
//! main.begin();
//! let lock = Lock::new();
//! lock.acquire(None).unwrap();
//! assert!(!lock.try_acquire());
//! lock.release().unwrap();
//! main.end();
//! ```

mod builder;
mod clock;
mod engine;
mod op;
mod park_slot;
mod parker;
mod policy;
mod primitives;
mod run_count;
mod signals;
mod sync;

pub use builder::Builder;
pub use clock::{Clock, Deadline};
pub(crate) use engine::wait::WaitQueue;
pub use engine::{
    deadlock::{DeadlockObserver, ReportCause, Suspicion, ThreadRow, ThreadStatus, WaitReport},
    observer::{Moment, ThreadObserver},
    policy::Policy,
    scheduler::Scheduler,
    thread::{Thread, ThreadId, current_id, tag_of},
    wait::{Aborted, Awaited, HeldBy, Hold, Waiter, Waiting, Wake, shown_while_foreign},
    wait_kind::WaitKind,
    world::{Activity, NoWorld, World},
};
pub use park_slot::ParkSlot;
pub use policy::{Free, Gil, controlled};
pub use primitives::{
    barrier::{Barrier, BarrierError},
    condition::{Condition, Reservation},
    event::Event,
    lock::{Lock, NotHeld},
    queue::{
        Discipline, Fifo, GetError, JoinError, Lifo, Moved, MovedOut, Priority, PutError, Queue,
        QueueState, TaskDoneError, Undecided,
    },
    rlock::RLock,
    semaphore::{BoundedSemaphore, OverRelease, Semaphore},
    simple_queue::SimpleQueue,
    sleep::{sleep, wait_for_io},
};
pub use signals::SignalMask;

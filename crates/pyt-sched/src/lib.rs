//! Threads in the host's hands: scheduling and synchronisation with no interpreter in it.
//!
//! Every way in which a thread can stop passes through one operation, [`Waiter::wait`]: *wait
//! until woken or until this deadline*. The primitives ([`Lock`], [`Condition`], [`Queue`], ...)
//! are small state machines over it, written once and the same in all modes. What waiting, waking
//! and running mean is said by a [`Policy`]:
//!
//! - [`Free`]: a waiter parks its OS thread; all threads run at once.
//! - [`Gil`]: one thread at a time has the right to run; a waiter leaves it and queues for it.
//!
//! Time comes from a [`Clock`], real or virtual, and everything interpreter-specific (leaving the
//! interpreter around a wait, stopping a thread at a safe point, running signal handlers) is
//! behind the trait [`World`]. This crate must never know a Python type.
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
pub use engine::{
    deadlock::{DeadlockObserver, ReportCause, Suspicion, ThreadRow, ThreadStatus, WaitReport},
    policy::Policy,
    scheduler::Scheduler,
    thread::{Thread, ThreadId, current_id, tag_of},
    wait::{Aborted, Awaited, HeldBy, Hold, WaitQueue, Waiter, Waiting, Wake},
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
    sleep::sleep,
};
pub use signals::SignalMask;

//! OS threads that outlive the Python thread they ran, for the next one to be started.
//!
//! Making an OS thread and tearing it down costs several times what a short Python thread takes.
//! An idle one waits for a few seconds. It is taken only for a thread that would be made the same
//! way: same stack size, and what the kernel has a thread inherit from its starter.
//!
//! What a Python thread leaves behind, and what runs here, is not known here.

use std::{io, os::unix::thread::JoinHandleExt, sync::Arc, thread::JoinHandle, time::Duration};

use parking_lot::Mutex;
use pyt_sched::{Berth, SignalMask};
use rustpython_vm::common::lock;

use super::{handle::native_id, kernel_attrs::Standing};

/// How many idle ones are kept. Each takes its C stack as far as it was used, and a small heap.
const MOST_IDLE: usize = 16;

/// How long one stays idle before it ends.
const IDLE_TIME: Duration = Duration::from_secs(5);

/// What an OS thread is to do. The first turn of the scheduler's thread is taken already. Afterwards
/// all signals are blocked: one to the process is not for an idle thread, since the program may have
/// blocked it in all those it knows of.
type Job = Box<dyn FnOnce() + Send>;

/// An OS thread.
pub(crate) struct Worker {
    berth: Berth,
    next: Mutex<Option<Errand>>,
    stack_size: usize,
    /// What it has inherited, and still has.
    standing: Standing,
    /// Set by whoever makes it; the thread sets the second number itself, before all else.
    thread: Mutex<Option<JoinHandle<()>>>,
    native_id: Mutex<u64>,
}

struct Errand {
    job: Job,
    /// What the job's thread inherits each time.
    mask: SignalMask,
}

/// The OS threads of one interpreter that are idle.
#[derive(Default)]
pub(crate) struct Workers(Arc<Mutex<Idle>>);

#[derive(Default)]
struct Idle {
    /// The one that was idle last is taken first: its memory is still in the caches.
    workers: Vec<Arc<Worker>>,
    closed: bool,
}

/// Where the next thread will run: on a worker that is idle, or on one yet to be made.
pub(crate) enum Place {
    Idle(Arc<Worker>),
    New(Arc<Worker>),
}

impl Place {
    pub(crate) fn berth(&self) -> &Berth {
        let (Self::Idle(worker) | Self::New(worker)) = self;
        &worker.berth
    }
}

/// The OS thread that has been found for a thread.
pub(crate) struct Found {
    pub(crate) ident: u64,
    /// The kernel's number for it; `None` if it is new and has not told yet.
    pub(crate) native_id: Option<u64>,
}

impl Workers {
    /// A place for a thread that the calling one starts.
    pub(crate) fn place(&self, stack_size: usize) -> Place {
        let standing = Standing::of_caller();
        {
            let mut idle = self.0.lock();
            let fits = |worker: &Arc<Worker>| {
                worker.stack_size == stack_size && worker.standing == standing
            };
            if let Some(found) = idle.workers.iter().rposition(fits) {
                return Place::Idle(idle.workers.remove(found));
            }
        }
        Place::New(Arc::new(Worker {
            berth: Berth::default(),
            next: Mutex::new(None),
            stack_size,
            standing,
            thread: Mutex::new(None),
            native_id: Mutex::new(0),
        }))
    }

    /// Has the place's OS thread do `job` once a thread that is registered at its berth gets its
    /// first turn. That must happen, unless this fails.
    ///
    /// # Errors
    /// The system's, if it refuses to make a thread.
    pub(crate) fn send(&self, place: Place, job: Job) -> io::Result<Found> {
        let mask = SignalMask::of_caller();
        match place {
            Place::Idle(worker) => {
                *worker.next.lock() = Some(Errand { job, mask });
                let thread = worker.thread.lock();
                Ok(Found {
                    ident: thread.as_ref().map_or(0, JoinHandle::as_pthread_t),
                    native_id: Some(*worker.native_id.lock()),
                })
            }
            Place::New(worker) => {
                *worker.next.lock() = Some(Errand { job, mask });
                let builder = std::thread::Builder::new().stack_size(worker.stack_size);
                let (idle, itself) = (self.0.clone(), worker.clone());
                let mut slot = worker.thread.lock();
                let thread = builder.spawn(move || itself.work(&idle))?;
                let ident = thread.as_pthread_t();
                *slot = Some(thread);
                Ok(Found {
                    ident,
                    native_id: None,
                })
            }
        }
    }

    /// How many are idle.
    pub(crate) fn idle(&self) -> usize {
        self.0.lock().workers.len()
    }

    /// Keeps none from here on: as [`dismiss`](Self::dismiss).
    pub(crate) fn close(&self) {
        self.0.lock().closed = true;
        self.dismiss();
    }

    /// Ends those that are idle, and waits until they have ended.
    pub(crate) fn dismiss(&self) {
        let idle = std::mem::take(&mut self.0.lock().workers);
        for worker in &idle {
            worker.berth.call();
        }
        for worker in idle {
            let thread = worker.thread.lock().take();
            if let Some(thread) = thread {
                let _ = thread.join();
            }
        }
    }

    /// Forgets those that are idle: in the child of a `fork` they do not exist.
    ///
    /// # Safety
    /// The calling thread is the only one in the process, and not in a function of this type's.
    pub(crate) unsafe fn reset_after_fork(&self) {
        // SAFETY: nobody holds the lock who would give it back.
        unsafe { lock::zero_reinit_after_fork(self.0.raw()) };
        // Not dropped: that would tell the C library about threads that are not there.
        std::mem::forget(std::mem::take(&mut self.0.lock().workers));
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.close();
    }
}

impl Worker {
    /// What the OS thread does.
    fn work(self: &Arc<Self>, idle: &Mutex<Idle>) {
        *self.native_id.lock() = native_id();
        // The first errand waits for its turn as any other.
        let mut patience = None;
        loop {
            if !self.berth.rest(patience) {
                let mut idle = idle.lock();
                let place = idle.workers.iter().position(|one| Arc::ptr_eq(one, self));
                if let Some(place) = place {
                    idle.workers.remove(place);
                    return;
                }
                // Somebody has just taken it.
                patience = None;
                continue;
            }
            let errand = self.next.lock().take();
            let Some(Errand { job, mask }) = errand else {
                return;
            };
            if patience.is_some() {
                mask.set();
            }
            job();
            if Standing::of_caller() != self.standing {
                return;
            }
            patience = Some(IDLE_TIME);
            let mut idle = idle.lock();
            if idle.closed || idle.workers.len() >= MOST_IDLE {
                return;
            }
            idle.workers.push(self.clone());
        }
    }
}

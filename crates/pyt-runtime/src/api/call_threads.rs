//! The OS threads that calls of async hosts run on.
//!
//! They are pyt's own, not an executor's: what fills the executor's threads, such as tasks that
//! wait for a pooled runtime, cannot keep calls from running. What a call is is not known here.

use std::{collections::VecDeque, thread, time::Duration};

use parking_lot::{Condvar, Mutex};

use crate::Error;

/// How many there are at most, for all runtimes of the process. Further calls wait for one.
pub(crate) const MAX_THREADS: usize = 512;

/// The size of their stacks, in bytes: as main threads have it, so that Python functions may be
/// nested as deeply.
const STACK_SIZE: usize = 8 << 20;

/// How long a thread waits for its next call before it ends.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

struct CallThreads {
    state: Mutex<ThreadsState>,
    changed: Condvar,
}

struct ThreadsState {
    /// Those that no thread has taken yet.
    jobs: VecDeque<Job>,
    /// How many threads wait for one, those included that have been notified and have not run yet.
    idle: usize,
    threads: usize,
}

static CALL_THREADS: CallThreads = CallThreads {
    state: Mutex::new(ThreadsState {
        jobs: VecDeque::new(),
        idle: 0,
        threads: 0,
    }),
    changed: Condvar::new(),
};

/// Runs `job` on one of the threads, soon. It must not panic.
///
/// # Errors
/// `RuntimeError` if the system allows no thread and there is none: then it does not run.
pub(crate) fn run(job: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let threads = &CALL_THREADS;
    let mut state = threads.state.lock();
    state.jobs.push_back(Box::new(job));
    if state.idle >= state.jobs.len() {
        drop(state);
        // Without the lock, which the thread needs.
        threads.changed.notify_one();
        return Ok(());
    }
    if state.threads == MAX_THREADS {
        return Ok(());
    }
    state.threads += 1;
    let started = thread::Builder::new()
        .name("pyt-call".to_owned())
        .stack_size(STACK_SIZE)
        .spawn(move || threads.serve());
    match started {
        Ok(_) => Ok(()),
        Err(refused) => {
            state.threads -= 1;
            if state.threads > 0 {
                // One of them takes it.
                return Ok(());
            }
            state.jobs.pop_back();
            Err(Error::new("RuntimeError", refused.to_string()))
        }
    }
}

impl CallThreads {
    fn serve(&self) {
        loop {
            let job = {
                let mut state = self.state.lock();
                loop {
                    if let Some(job) = state.jobs.pop_front() {
                        break job;
                    }
                    state.idle += 1;
                    let timed_out = self.changed.wait_for(&mut state, IDLE_TIMEOUT).timed_out();
                    state.idle -= 1;
                    if timed_out && state.jobs.is_empty() {
                        state.threads -= 1;
                        return;
                    }
                }
            };
            job();
        }
    }
}

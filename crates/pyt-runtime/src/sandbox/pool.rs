//! A pool of sandboxes: processes that are started before they are needed. None is used twice.

use std::{
    collections::VecDeque,
    fmt,
    ops::Deref,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use pyt_vm::deadlock::CONTROL_THREAD;

use super::{builder::SandboxBuilder, runtime::SandboxedRuntime};
use crate::Error;

/// Sandboxes that are ready for use. Each is used by one caller, and its process ended afterwards,
/// so that nothing of one user's is there for the next.
///
/// ```no_run
/// use pyt_runtime::{Runtime, sandbox::{self, Sandbox, SandboxPool}};
///
/// fn main() -> Result<(), pyt_runtime::Error> {
///     sandbox::child_main();
///     let builder = Runtime::builder()
///         .sandboxed(Sandbox::require())
///         .warm_up("import json");
///     let pool = SandboxPool::new(4, builder)?;
///     let sandbox = pool.get()?;
///     let text: String = sandbox.eval("__import__('json').dumps([1, 2])")?;
///     assert_eq!(text, "[1, 2]");
///     Ok(())
/// }
/// ```
pub struct SandboxPool {
    idle: Arc<IdleSandboxes>,
}

/// A sandbox of a [`SandboxPool`]. Dropping it ends its process; the pool starts another.
pub struct PooledSandbox {
    sandbox: SandboxedRuntime,
}

#[derive(Default)]
struct IdleSandboxes {
    state: Mutex<IdleState>,
    changed: Condvar,
}

#[derive(Default)]
struct IdleState {
    ready: VecDeque<SandboxedRuntime>,
    /// Why the last sandbox could not be built.
    failure: Option<Error>,
    is_closed: bool,
}

impl fmt::Debug for SandboxPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxPool")
            .field("ready", &self.ready())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PooledSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sandbox.fmt(f)
    }
}

impl SandboxPool {
    /// A pool that keeps `size` sandboxes ready, at least one. Blocks until the first is.
    ///
    /// # Errors
    /// As [`SandboxBuilder::build`]; [`ErrorKind::Exception`](crate::ErrorKind::Exception) if the
    /// system allows no more threads.
    pub fn new(size: usize, builder: SandboxBuilder) -> Result<Self, Error> {
        let idle: Arc<IdleSandboxes> = Arc::default();
        idle.state.lock().ready.push_back(builder.build()?);
        let kept = idle.clone();
        thread::Builder::new()
            .name(CONTROL_THREAD.to_owned())
            .spawn(move || keep(&kept, size.max(1), &builder))
            .map_err(|refused| Error::new("RuntimeError", refused.to_string()))?;
        Ok(Self { idle })
    }

    /// How many sandboxes are ready.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.idle.state.lock().ready.len()
    }

    /// Takes a sandbox. Blocks while none is ready.
    ///
    /// # Errors
    /// What [`SandboxBuilder::build`] returned when the last could not be built.
    pub fn get(&self) -> Result<PooledSandbox, Error> {
        let mut state = self.idle.state.lock();
        loop {
            if let Some(sandbox) = self.take(&mut state) {
                return Ok(sandbox);
            }
            if let Some(failure) = state.failure.take() {
                self.idle.changed.notify_all();
                return Err(failure);
            }
            self.idle.changed.wait(&mut state);
        }
    }

    /// Takes a sandbox, if one is ready. Does not block.
    #[must_use]
    pub fn try_get(&self) -> Option<PooledSandbox> {
        self.take(&mut self.idle.state.lock())
    }

    /// Takes a sandbox. Blocks for at most `timeout` while none is ready, and then returns `None`.
    #[must_use]
    pub fn get_timeout(&self, timeout: Duration) -> Option<PooledSandbox> {
        let end = Instant::now() + timeout;
        let mut state = self.idle.state.lock();
        while state.ready.is_empty() {
            if self.idle.changed.wait_until(&mut state, end).timed_out() {
                break;
            }
        }
        self.take(&mut state)
    }

    fn take(&self, state: &mut IdleState) -> Option<PooledSandbox> {
        let sandbox = state.ready.pop_front()?;
        self.idle.changed.notify_all();
        Some(PooledSandbox { sandbox })
    }
}

/// Ends the processes that are ready. Those in use end when they are dropped.
impl Drop for SandboxPool {
    fn drop(&mut self) {
        let mut state = self.idle.state.lock();
        state.is_closed = true;
        let ready = std::mem::take(&mut state.ready);
        drop(state);
        self.idle.changed.notify_all();
        drop(ready);
    }
}

impl Deref for PooledSandbox {
    type Target = SandboxedRuntime;

    fn deref(&self) -> &SandboxedRuntime {
        &self.sandbox
    }
}

/// Starts sandboxes whenever there are fewer than `size`, until the pool is closed.
fn keep(idle: &IdleSandboxes, size: usize, builder: &SandboxBuilder) {
    let mut state = idle.state.lock();
    while !state.is_closed {
        // After a failure nothing is tried until a caller has the error.
        if state.ready.len() >= size || state.failure.is_some() {
            idle.changed.wait(&mut state);
            continue;
        }
        drop(state);
        let built = builder.build();
        state = idle.state.lock();
        match built {
            Ok(sandbox) if !state.is_closed => state.ready.push_back(sandbox),
            // The process is ended outside of the lock: no caller waits for a closed pool.
            Ok(sandbox) => drop(sandbox),
            Err(failure) => state.failure = Some(failure),
        }
        idle.changed.notify_all();
    }
}

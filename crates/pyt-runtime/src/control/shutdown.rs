//! The end of a runtime, within a time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pyt_vm::control::Origin;

use super::{Reason, aside};
use crate::{Error, Runtime, api::shared::Shared};

/// How long a runtime that is dropped lets its threads go on.
const DROP_DEADLINE: Duration = Duration::from_millis(200);

/// How long `finally` blocks have.
const GRACE: Duration = Duration::from_millis(100);

/// How long threads have to end that are being stopped: more than the last resort takes.
const STOPPED: Duration = Duration::from_secs(4);

/// How long `atexit` functions and the last destructors have.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How often it is looked whether threads have ended.
const PAUSE: Duration = Duration::from_millis(2);

impl Runtime {
    /// Ends the runtime within about `deadline`. Until then calls under way and threads that are not
    /// daemons go on; no new call comes in. What is left then is stopped, and so are daemon threads:
    /// `finally` blocks and handlers have 100 ms, after that nothing of the program's runs, whatever
    /// it catches (see [`Interrupter::stop`](crate::Interrupter::stop)). `atexit` functions run, for
    /// two seconds at most. No thread of the operating system is left behind, unless one could not be
    /// stopped.
    ///
    /// Returns the exit status: 0, or 120 if buffered output could not be written. Any thread may call
    /// it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use pyt_runtime::{ErrorKind, Runtime};
    ///
    /// let runtime = Runtime::builder().build()?;
    /// runtime.exec(
    ///     "import threading, time\n\
    ///      threading.Thread(target=time.sleep, args=(1e9,), name='sleeper').start()",
    /// )?;
    /// let error = runtime.shutdown(Duration::from_millis(10)).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Stopped);
    /// assert!(error.threads().iter().any(|thread| thread.name() == "sleeper"));
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped) if a call or a thread that is no daemon had to
    /// be stopped; the error says where each thread stood, and the runtime is gone all the same. If a
    /// call did not return even so (native code, or the host's own), the interpreter is left as it is,
    /// and its memory is not freed.
    pub fn shutdown(self, deadline: Duration) -> Result<i32, Error> {
        self.shared().shut_down(deadline)
    }
}

/// A runtime that is dropped is [shut down](Runtime::shutdown), with 200 ms for what goes on. If the
/// dropping thread is inside of it, or another call is under way that does not end, another thread
/// does that.
impl Drop for Runtime {
    fn drop(&mut self) {
        let shared = self.shared();
        if shared.is_over() {
            return;
        }
        if shared.state().is_attached() {
            let shared = shared.clone();
            aside(move || drop(shared.shut_down(DROP_DEADLINE)));
        } else {
            // Nobody is left to tell.
            let _ = shared.shut_down(DROP_DEADLINE);
        }
    }
}

impl Shared {
    pub(crate) fn shut_down(self: &Arc<Self>, deadline: Duration) -> Result<i32, Error> {
        let end = Instant::now() + deadline;
        let mut stopped = None;
        if !self.close(deadline) || !self.threads_end(end) {
            let verdict = self.stop(Reason::Shutdown, GRACE);
            let end = Instant::now() + STOPPED;
            let left = self.close(STOPPED);
            verdict.wait(end);
            let error = Error::stopped(verdict);
            if !left {
                return Err(error);
            }
            stopped = Some(error);
        } else if self.has_started_threads() {
            // Daemons, which nobody waits for.
            let verdict = self.stop(Reason::Shutdown, Duration::ZERO);
            verdict.wait(Instant::now() + STOPPED);
        }
        let status = self.dismantle_within(LAST_WORDS);
        stopped.map_or(Ok(status), Err)
    }

    /// Waits until no thread goes on that is to be waited for. False: `end` came first.
    fn threads_end(&self, end: Instant) -> bool {
        loop {
            let members = self.state().all_threads();
            let waits = |origin| matches!(origin, Origin::Started { daemon: false });
            if !members.iter().any(|member| waits(member.origin)) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Ends the interpreter; what still runs then of the program's is stopped after `limit`.
    fn dismantle_within(self: &Arc<Self>, limit: Duration) -> i32 {
        let (done, is_done) = std::sync::mpsc::channel::<()>();
        let shared = self.clone();
        let guarded = aside(move || {
            use std::sync::mpsc::RecvTimeoutError::Timeout;
            if is_done.recv_timeout(limit) == Err(Timeout) {
                while is_done.recv_timeout(PAUSE) == Err(Timeout) {
                    let members = shared.state().all_threads().into_iter();
                    let idents: Vec<_> = members.map(|member| member.ident).collect();
                    shared.state().force_unwind(&idents);
                    shared.state().reach(&idents);
                }
            }
        });
        let status = self.dismantle();
        drop(done);
        debug_assert!(guarded || status >= 0);
        status
    }
}

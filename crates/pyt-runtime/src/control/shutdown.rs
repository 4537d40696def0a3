//! The end of a runtime, within a time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pyt_vm::control::ThreadKind;

use super::{control_thread::spawn_control_thread, stop_request::StopReason};
use crate::{Error, Runtime, api::runtime_core::RuntimeCore};

/// How long calls and threads of a runtime that is dropped may go on.
const DROP_DEADLINE: Duration = Duration::from_millis(200);

/// How long `finally` blocks and handlers have.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(100);

/// How long threads that are being stopped have to end: longer than the delay before they are
/// halted, and halting, take.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);

/// How long `atexit` functions and the last destructors have.
const EXIT_FUNCTIONS_TIMEOUT: Duration = Duration::from_secs(2);

/// How often it is checked whether threads have ended.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

impl Runtime {
    /// Ends the runtime within about `deadline`. Until then calls under way and threads that are
    /// not daemons go on; no new call begins. After that they are stopped, and so are daemon
    /// threads: `finally` blocks and handlers have 100 ms, after that nothing of the program's
    /// runs, whatever it catches (see [`Interrupter::stop`](crate::Interrupter::stop)). `atexit`
    /// functions run, for two seconds at most. No OS thread remains, unless a thread could not be
    /// stopped.
    ///
    /// Returns the exit status: 0, or 120 if buffered output could not be written. Any thread may
    /// call it; it blocks until the runtime has ended.
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
    /// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped) if a call or a thread that is no daemon
    /// had to be stopped; the error says where each thread stood, and the runtime has ended all the
    /// same. If a call did not return even so (native code, or the host's own), the interpreter is
    /// leaked.
    pub fn shutdown(self, deadline: Duration) -> Result<i32, Error> {
        self.core().shut_down(deadline)
    }
}

/// A runtime that is dropped is [shut down](Runtime::shutdown), with 200 ms for calls and threads
/// under way. If the dropping thread is inside of it, a control thread does that.
impl Drop for Runtime {
    fn drop(&mut self) {
        let core = self.core();
        if core.is_over() {
            return;
        }
        if core.state().is_attached() {
            let core = core.clone();
            spawn_control_thread(move || drop(core.shut_down(DROP_DEADLINE)));
        } else {
            // A drop cannot report what had to be stopped.
            let _ = core.shut_down(DROP_DEADLINE);
        }
    }
}

impl RuntimeCore {
    pub(crate) fn shut_down(self: &Arc<Self>, deadline: Duration) -> Result<i32, Error> {
        let end = Instant::now() + deadline;
        let mut stopped = None;
        if !self.close(deadline) || !self.threads_end(end) {
            let stop = self.stop(StopReason::Shutdown, SHUTDOWN_GRACE);
            let end = Instant::now() + STOP_TIMEOUT;
            let have_left = self.close(STOP_TIMEOUT);
            stop.wait(end);
            let error = Error::stopped(stop);
            if !have_left {
                return Err(error);
            }
            stopped = Some(error);
        } else if self.has_started_threads() {
            // Daemon threads: they get no grace period.
            let stop = self.stop(StopReason::Shutdown, Duration::ZERO);
            stop.wait(Instant::now() + STOP_TIMEOUT);
        }
        let status = self.dismantle_within(EXIT_FUNCTIONS_TIMEOUT);
        stopped.map_or(Ok(status), Err)
    }

    /// Blocks until all threads that are not daemons have ended. Returns false if `end` came first.
    fn threads_end(&self, end: Instant) -> bool {
        loop {
            let members = self.state().all_threads();
            let is_awaited = |kind| matches!(kind, ThreadKind::Started { daemon: false });
            if !members.iter().any(|member| is_awaited(member.kind)) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Ends the interpreter. What of the program still runs after `limit` is force unwound.
    fn dismantle_within(self: &Arc<Self>, limit: Duration) -> i32 {
        let (done, is_done) = std::sync::mpsc::channel::<()>();
        let core = self.clone();
        let guarded = spawn_control_thread(move || {
            use std::sync::mpsc::RecvTimeoutError::Timeout;
            if is_done.recv_timeout(limit) == Err(Timeout) {
                while is_done.recv_timeout(POLL_INTERVAL) == Err(Timeout) {
                    let members = core.state().all_threads().into_iter();
                    let idents: Vec<_> = members.map(|member| member.ident).collect();
                    core.state().force_unwind(&idents);
                    core.state().reach(&idents);
                }
            }
        });
        let status = self.dismantle();
        drop(done);
        debug_assert!(guarded || status >= 0);
        status
    }
}

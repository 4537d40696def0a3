//! Calls that the host may cancel: the thread that a cancelled call runs on is stopped, whatever it
//! catches, and no other.
//!
//! An OS thread outlives the call and may soon run another one. So that nothing hits that one, a
//! thread is force unwound only with the phase of its call locked.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use pyt_vm::{InterpreterState, control::Raise};

use super::{control_thread::spawn_control_thread, stop::UNWIND_INTERVAL};
use crate::{Error, api::runtime_core::RuntimeCore};

/// How long `finally` blocks and handlers have.
const CANCEL_GRACE: Duration = Duration::from_millis(100);

/// How often it is checked during the grace period whether the call has ended.
const GRACE_POLL: Duration = Duration::from_millis(1);

/// How far a call has come.
#[derive(Clone, Copy)]
enum CallPhase {
    /// It is not inside yet.
    Waiting,
    /// It runs, on the thread with this ident.
    Running { ident: u64, is_cancelled: bool },
    /// It has ended, or was cancelled before it began.
    Over,
}

/// A call that may be cancelled.
pub(crate) struct CancellableCall(Mutex<CallPhase>);

impl Default for CancellableCall {
    fn default() -> Self {
        Self(Mutex::new(CallPhase::Waiting))
    }
}

/// The calling thread runs a call's code, for as long as this lives.
struct RunningCall<'a> {
    call: &'a CancellableCall,
    state: &'a InterpreterState,
}

impl Drop for RunningCall<'_> {
    fn drop(&mut self) {
        let before = std::mem::replace(&mut *self.call.0.lock(), CallPhase::Over);
        if let CallPhase::Running {
            ident,
            is_cancelled: true,
        } = before
        {
            self.state.cancel_unwind(ident);
        }
    }
}

impl CancellableCall {
    /// Runs the call's code on the calling thread, which is inside.
    ///
    /// # Errors
    /// What `f` returns; [`ErrorKind::Stopped`](crate::ErrorKind::Stopped) without running `f` if
    /// the call was cancelled.
    pub(crate) fn run<R>(
        &self,
        state: &InterpreterState,
        f: impl FnOnce() -> Result<R, Error>,
    ) -> Result<R, Error> {
        {
            let mut phase = self.0.lock();
            let CallPhase::Waiting = *phase else {
                return Err(Error::stopped_before());
            };
            *phase = CallPhase::Running {
                ident: InterpreterState::own_ident(),
                is_cancelled: false,
            };
        }
        let _running = RunningCall { call: self, state };
        f()
    }

    /// Calls `f` with the ident of the thread that runs the call, which cannot end the call
    /// meanwhile. Returns whether there is such a thread.
    fn while_running(&self, f: impl FnOnce(u64)) -> bool {
        match *self.0.lock() {
            CallPhase::Running { ident, .. } => {
                f(ident);
                true
            }
            CallPhase::Waiting | CallPhase::Over => false,
        }
    }
}

impl RuntimeCore {
    /// Cancels `call`: it does not begin, or what it runs is ended by the exception that ends
    /// threads, and after a grace period without its handlers. Does not block, and does nothing to
    /// a call that has ended.
    pub(crate) fn cancel(self: &Arc<Self>, call: &Arc<CancellableCall>) {
        let state = self.state();
        let ident = {
            let mut phase = call.0.lock();
            match *phase {
                CallPhase::Waiting => {
                    *phase = CallPhase::Over;
                    return;
                }
                CallPhase::Over => return,
                CallPhase::Running { ident, .. } => {
                    *phase = CallPhase::Running {
                        ident,
                        is_cancelled: true,
                    };
                    state.set_stop_reason("the call was cancelled: its future was dropped");
                    state.raise_in(&[ident], &Raise::Stop);
                    ident
                }
            }
        };
        let (core, call) = (self.clone(), call.clone());
        // Without a thread there is no second attempt.
        spawn_control_thread(move || core.end_call(&call, ident));
    }

    fn end_call(&self, call: &CancellableCall, ident: u64) {
        let state = self.state();
        let began = Instant::now();
        state.reach(&[ident]);
        while began.elapsed() < CANCEL_GRACE && call.while_running(|_| ()) {
            std::thread::sleep(GRACE_POLL);
        }
        while call.while_running(|ident| state.force_unwind(&[ident])) {
            self.control().stops.note_force();
            state.reach(&[ident]);
            std::thread::sleep(UNWIND_INTERVAL);
        }
    }
}

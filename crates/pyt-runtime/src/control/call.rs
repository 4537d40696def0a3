//! One call of the host's that may be given up: the thread that it is on is stopped, whatever it
//! catches, and no other.
//!
//! An operating system's thread outlives the call, and may soon be on another. So that nothing meets
//! that one, a call is condemned only with its stage locked.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use pyt_vm::{InterpreterState, control::Raise};

use super::{aside, stop::PAUSE};
use crate::{Error, api::shared::Shared};

/// How long `finally` blocks and handlers have.
const GRACE: Duration = Duration::from_millis(100);

/// How far a call has come.
#[derive(Clone, Copy)]
enum Stage {
    /// It is not inside yet.
    Waiting,
    /// It runs, on the thread with this ident.
    Inside { ident: u64, is_given_up: bool },
    /// Nobody waits for it any more, or it has ended.
    Over,
}

/// A call that may be given up.
pub(crate) struct Call(Mutex<Stage>);

impl Default for Call {
    fn default() -> Self {
        Self(Mutex::new(Stage::Waiting))
    }
}

/// The calling thread's stay in a call's code.
struct Inside<'a> {
    call: &'a Call,
    state: &'a InterpreterState,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let before = std::mem::replace(&mut *self.call.0.lock(), Stage::Over);
        if let Stage::Inside {
            ident,
            is_given_up: true,
        } = before
        {
            self.state.cancel_unwind(ident);
        }
    }
}

impl Call {
    /// Runs the call's code on the calling thread, which is inside; not if the call was given up.
    pub(crate) fn run<R>(
        &self,
        state: &InterpreterState,
        f: impl FnOnce() -> Result<R, Error>,
    ) -> Result<R, Error> {
        {
            let mut stage = self.0.lock();
            let Stage::Waiting = *stage else {
                return Err(Error::stopped_before());
            };
            *stage = Stage::Inside {
                ident: InterpreterState::own_ident(),
                is_given_up: false,
            };
        }
        let _inside = Inside { call: self, state };
        f()
    }

    /// Calls `f` with the ident of the thread that the call is on, which cannot end the call
    /// meanwhile. Whether there is such a thread.
    fn while_inside(&self, f: impl FnOnce(u64)) -> bool {
        match *self.0.lock() {
            Stage::Inside { ident, .. } => {
                f(ident);
                true
            }
            Stage::Waiting | Stage::Over => false,
        }
    }
}

impl Shared {
    /// Stops `call`: it does not begin, or what it runs is ended by the exception that ends threads,
    /// and after a grace period without its handlers. Does not wait.
    pub(crate) fn give_up(self: &Arc<Self>, call: &Arc<Call>) {
        let state = self.state();
        let ident = {
            let mut stage = call.0.lock();
            match *stage {
                Stage::Waiting => {
                    *stage = Stage::Over;
                    return;
                }
                Stage::Over => return,
                Stage::Inside { ident, .. } => {
                    *stage = Stage::Inside {
                        ident,
                        is_given_up: true,
                    };
                    state.set_stop_reason("nobody waits for the call any more");
                    state.raise_in(&[ident], &Raise::Stop);
                    ident
                }
            }
        };
        let (shared, call) = (self.clone(), call.clone());
        // Without a thread there is no second attempt.
        aside(move || shared.end_call(&call, ident));
    }

    fn end_call(&self, call: &Call, ident: u64) {
        let state = self.state();
        let began = Instant::now();
        state.reach(&[ident]);
        while began.elapsed() < GRACE && call.while_inside(|_| ()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        while call.while_inside(|ident| state.force_unwind(&[ident])) {
            self.control.stops.forced.store(true, Ordering::Release);
            state.reach(&[ident]);
            std::thread::sleep(PAUSE);
        }
    }
}

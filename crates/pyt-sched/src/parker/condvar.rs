//! The parker for every other platform, and for checks under shuttle: a mutex and a condvar.

#[cfg(feature = "shuttle")]
use shuttle::sync::{Condvar, Mutex};
#[cfg(not(feature = "shuttle"))]
use std::sync::{Condvar, Mutex};
use std::{sync::PoisonError, time::Duration};

use super::Parked;

#[derive(Debug, Default)]
pub(crate) struct Parker {
    token: Mutex<bool>,
    handed: Condvar,
}

impl Parker {
    pub(crate) fn park(&self, timeout: Option<Duration>) -> Parked {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if !*token {
            token = match timeout {
                None => self
                    .handed
                    .wait(token)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) => {
                    let (token, slept) = self
                        .handed
                        .wait_timeout(token, left)
                        .unwrap_or_else(PoisonError::into_inner);
                    if slept.timed_out() && !*token {
                        return Parked::Elapsed;
                    }
                    token
                }
            };
        }
        if std::mem::take(&mut *token) {
            Parked::Token
        } else {
            Parked::Interrupted
        }
    }

    /// As [`park`](Self::park): the platform's own mutex may spin before it sleeps.
    pub(crate) fn park_soon(&self, timeout: Option<Duration>) -> Parked {
        self.park(timeout)
    }

    pub(crate) fn unpark(&self) {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        debug_assert!(!*token, "a second token for one park");
        *token = true;
        drop(token);
        self.handed.notify_one();
    }
}

/// In the child of a `fork`: there is nothing to reset.
pub(crate) fn reset_after_fork() {}

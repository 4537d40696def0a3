//! The simplest policy: all threads run at once.

use std::sync::Arc;

use crate::{Policy, Thread};

/// Every ready thread runs at once, on whatever core the operating system gives it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Free;

impl Policy for Free {
    fn leave(&self, _thread: &Arc<Thread>) {}

    fn ready(&self, thread: &Arc<Thread>) {
        thread.grant();
    }
}

//! The state of control in one runtime, which is a slot of its interpreter's state.

use parking_lot::Mutex;

use super::{call_usage::LimitedCalls, stop_request::Stops};

#[derive(Default)]
pub(crate) struct Control {
    /// Idents of threads whose loops are to be found; `Some` while a control thread does so.
    pub(super) reaching: Mutex<Option<Vec<u64>>>,
    pub(crate) stops: Stops,
    pub(super) calls: LimitedCalls,
}

impl Control {
    /// The thread with this ident has left the runtime.
    pub(crate) fn left(&self, ident: u64) {
        self.stops.left(ident);
    }
}

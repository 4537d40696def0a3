//! The names of the two modules.

pub(super) const BASE: &str = "concurrent.futures._base";
pub(super) const THREAD: &str = "concurrent.futures.thread";

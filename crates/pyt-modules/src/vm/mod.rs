//! The bridge between the scheduler and the interpreter: what one interpreter of the process is to
//! pyt, and its threads.

pub(crate) mod async_exc;
pub(crate) mod attach;
pub mod control;
pub mod deadlock;
pub(crate) mod finalize;
pub(crate) mod interpreters;
pub(crate) mod number_map;
pub mod panics;
pub(crate) mod safe_point;
pub(crate) mod session;
pub(crate) mod threads;
pub(crate) mod uncaught;
pub(crate) mod world;

//! The Python modules, and the functions of `signal` and `sys` that have to do with threads.

pub(crate) mod futures;
pub(crate) mod operator;
pub(crate) mod pyt_module;
pub mod pythonapi;
pub(crate) mod queue;
pub mod runs;
pub(crate) mod signal;
pub(crate) mod sys;
pub(crate) mod thread;
pub(crate) mod threading;
pub(crate) mod time;

//! A host's control over what runs in a runtime: interrupting, stopping and limiting it, listing
//! its threads, ending it.
//!
//! This wing decides when threads raise or end. How they are made to is known to `pyt-modules` and
//! not here. What has to stop the world runs on control threads ([`control_thread`]), which
//! exist only while there is work for them: a stop waits for threads in native code, and no caller
//! of the API waits for those.

mod call_usage;
mod cancellable_call;
mod control_thread;
mod interrupter;
mod limited_call;
mod limits;
mod output_limit;
mod reach;
mod recursion;
mod shutdown;
mod spawn;
mod state;
mod stop;
mod stop_request;
mod thread_info;
mod threads;
mod threads_view;
mod watchdog;

pub(crate) use self::cancellable_call::CancellableCall;
pub use self::{
    interrupter::Interrupter,
    limits::{Limit, Limits},
    spawn::JoinHandle,
    thread_info::{StackFrame, ThreadInfo, ThreadOrigin, ThreadState, Wait},
    threads_view::ThreadsView,
};
pub(crate) use self::{
    output_limit::note_output,
    state::Control,
    stop_request::{StopReason, StopRequest},
};

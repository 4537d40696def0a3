//! The host's side of a sandbox: its process, and the exchange with it.
//!
//! What the process sends is not trusted: it is bounded, and what is not understood ends the
//! process. [`exchange`] runs calls, [`process`] is the process, [`control_group`] what limits it
//! from outside, [`outgoing`] what it has not read yet.

mod control_group;
pub(super) mod exchange;
mod outgoing;
mod process;

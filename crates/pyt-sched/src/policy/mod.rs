//! The policies: implementations of [`Policy`](crate::Policy).

pub mod controlled;
mod free;
mod gil;

pub use free::Free;
pub use gil::Gil;

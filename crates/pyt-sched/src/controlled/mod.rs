//! One thread at a time, and a strategy decides who goes on at every decision point.

mod op;
mod strategy;
mod trace;

pub use op::{Action, Op};
pub use strategy::{Candidate, Decision, Strategy, ThreadNumber};
pub use trace::{Place, Step, Trace};

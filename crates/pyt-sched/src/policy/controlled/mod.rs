//! One thread at a time, and a strategy decides who goes on at every decision point.
//!
//! [`Controlled`] is a policy over another one. It does nothing until a run [begins](RunConfig): from
//! then on the thread that began it and those started since are the run's *members*. One member
//! at a time has the turn. Before each step it stops at a decision point, where a [`Strategy`]
//! chooses who takes the next step; a member whose step cannot be taken yet, because a lock is
//! held or a queue empty, is not among the candidates. Time is virtual and leaps when nobody can
//! go on. Threads that are not members stand still wherever they wait.
//!
//! - `op`: what a step does, and which steps commute
//! - `strategy`: who answers
//! - `trace`: what was done
//! - `point`: where the threads come in: decision points, with or without a condition
//! - `members`: the threads of a run, and which of them could go on
//! - `policy`: handing the turn on
//! - `run`: beginning a run, and how it ended

mod members;
mod point;
mod policy;
mod run;
mod strategy;
mod trace;

pub use crate::op::{Action, Op};
pub(crate) use point::{any_run, before, wait_until};
pub use point::{atomic, current_number, is_atomic, is_first, number_of, point, steps};
pub use policy::Controlled;
pub use run::{CannotBegin, Ending, FinishedRun, OnStandstill, RunConfig, Stuck};
pub use strategy::{Candidate, Decision, Strategy, ThreadNumber};
pub use trace::{Place, Step, Trace};

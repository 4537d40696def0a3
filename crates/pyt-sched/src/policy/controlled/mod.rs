//! One thread at a time, and a strategy decides at every decision point which thread runs.
//!
//! [`Controlled`] is a policy over another one. It does nothing until a run [begins](RunConfig):
//! from then on the thread that began it and those started since are the run's *members*. One
//! member at a time has the turn. Before each step it stops at a decision point, where a
//! [`Strategy`] chooses which member takes the next step; a member whose step cannot be taken yet,
//! because a lock is held or a queue empty, is not among the candidates. Time is virtual and leaps
//! when no member can run. Threads that are not members stand still wherever they wait.
//!
//! - `strategy`: what a strategy is asked
//! - `trace`: the steps of a run
//! - `members`: the threads of a run, and which of them could take a step
//! - `state`: the state of a run, and the decision which member takes the next step
//! - `repetition`: whether a run repeats itself
//! - `policy`: beginning and ending a run, and passing the turn
//! - `run`: the settings of a run, and its results
//!
//! What a step does is in `op`; where threads stop, in `engine/decision`; what a run leaves open
//! besides which thread goes on, in `engine/pick`. All are exported here too.

mod members;
mod policy;
mod repetition;
mod run;
mod state;
mod strategy;
mod trace;

pub use crate::{
    engine::{
        decision::{
            advance_clock, ask, atomic, current_number, draw, is_alone, is_atomic, is_first,
            look_at, looked_outside, number_of, point, slack, steps,
        },
        draw::Source,
        pick::{Fault, Pick, PickKind, Picked, Question},
        thread::ThreadNumber,
        world::{Look, Place},
    },
    op::{Action, Op},
};
pub use policy::Controlled;
pub use repetition::Repetition;
pub use run::{
    CannotBegin, Ending, FinishedRun, MOST_STEPS_PER_MAX, OnStandstill, RunConfig, Stuck,
};
pub use strategy::{Candidate, Decision, Strategy};
pub use trace::{Draw, Step, Trace};

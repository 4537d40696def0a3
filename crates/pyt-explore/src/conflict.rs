//! Conflicting steps of a run, and data races: accesses to the same variable that nothing orders.
//!
//! A data race detector on a finished run: happens-before over the steps that synchronise (Lamport
//! 1978; vector clocks as in Flanagan and Freund: FastTrack, PLDI 2009), accesses left out.

use std::collections::HashMap;

use pyt_sched::controlled::Trace;

use crate::order::{Order, Rules, is_access};

/// Two steps of different threads whose order matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conflict {
    /// The step that came first: its number in the run.
    pub first: usize,
    /// The step that came later.
    pub second: usize,
    /// They are accesses to a variable, and no lock, queue, start or join orders them: a data race.
    /// Otherwise synchronisation orders them, but another schedule could have reversed the order.
    pub race: bool,
}

impl Conflict {
    /// The data races of a run, by their second step: of each access, the last access of each other
    /// thread that it races with.
    #[must_use]
    pub fn races(trace: &Trace) -> Vec<Self> {
        let rules = Rules {
            only_sync: true,
            ..Rules::default()
        };
        let order = Order::of(trace, rules);
        pairs(trace, &order)
    }
}

/// For each access, the last access of each other thread that it conflicts with, unless `order`
/// orders the two.
fn pairs(trace: &Trace, order: &Order) -> Vec<Conflict> {
    let mut of_object: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut found = Vec::new();
    let steps = trace.steps();
    for (second, step) in steps.iter().enumerate() {
        if !is_access(&step.op) {
            continue;
        }
        let history = of_object.entry(step.op.object).or_default();
        let mut threads = vec![step.thread];
        for &first in history.iter().rev() {
            let other = &steps[first];
            if !threads.contains(&other.thread) && other.op.conflicts_with(&step.op) {
                threads.push(other.thread);
                if !order.happens_before(first, second) {
                    found.push(Conflict {
                        first,
                        second,
                        race: true,
                    });
                }
            }
        }
        history.push(second);
    }
    found
}

//! Conflicting steps of a run, and those that likely explain its failure: accesses to the same
//! variable that nothing orders.
//!
//! A data race detector on a finished run: happens-before over the steps that synchronise (Lamport
//! 1978; vector clocks as in Flanagan and Freund: FastTrack, PLDI 2009), accesses left out.

use std::collections::HashMap;

use pyt_sched::controlled::{Op, Trace};

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
        let ordered = |first: usize, second: usize| order.happens_before(first, second);
        pairs(trace, is_access, ordered, true)
    }

    /// The conflict that likely explains the run's failure: the closest one around a preemption (or
    /// any switch, if there is none); a data race if there is one, or else any two steps whose
    /// order matters. `trace` should be that of a minimal schedule.
    #[must_use]
    pub fn likely_cause(trace: &Trace) -> Option<Self> {
        let any = |op: &Op| op.object != 0;
        nearest(trace, Self::races(trace))
            .or_else(|| nearest(trace, pairs(trace, is_access, |_, _| false, false)))
            .or_else(|| nearest(trace, pairs(trace, any, |_, _| false, false)))
    }
}

/// For each step that is `wanted`, the last such step of each other thread that it conflicts with,
/// unless that is `ordered`.
fn pairs(
    trace: &Trace,
    wanted: impl Fn(&Op) -> bool,
    ordered: impl Fn(usize, usize) -> bool,
    race: bool,
) -> Vec<Conflict> {
    let mut of_object: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut found = Vec::new();
    let steps = trace.steps();
    for (second, step) in steps.iter().enumerate() {
        if !wanted(&step.op) {
            continue;
        }
        let history = of_object.entry(step.op.object).or_default();
        let mut threads = vec![step.thread];
        for &first in history.iter().rev() {
            let other = &steps[first];
            if !threads.contains(&other.thread) && other.op.conflicts_with(&step.op) {
                threads.push(other.thread);
                if !ordered(first, second) {
                    found.push(Conflict {
                        first,
                        second,
                        race,
                    });
                }
            }
        }
        history.push(second);
    }
    found
}

/// The pair that is closest around a switch that takes the turn from one of its threads.
fn nearest(trace: &Trace, pairs: Vec<Conflict>) -> Option<Conflict> {
    let steps = trace.steps();
    let switches = |preempting: bool| -> Vec<usize> {
        let switches = (1..steps.len()).filter(|&step| {
            let before = steps[step - 1].thread;
            let mut candidates = trace.candidates(step).iter();
            steps[step].thread != before
                && (!preempting || candidates.any(|candidate| candidate.thread == before))
        });
        switches.collect()
    };
    let mut at = switches(true);
    if at.is_empty() {
        at = switches(false);
    }
    let distance = |pair: &Conflict| {
        let around = at
            .iter()
            .filter(|&&switch| pair.first < switch && switch <= pair.second);
        let distances = around.map(|&switch| {
            let interrupts = steps[switch - 1].thread == steps[pair.first].thread;
            (!interrupts, pair.second - pair.first)
        });
        distances
            .min()
            .map_or((true, true, usize::MAX), |(other, distance)| {
                (false, other, distance)
            })
    };
    pairs.into_iter().min_by_key(distance)
}

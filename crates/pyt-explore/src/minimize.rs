//! Searches for the schedule with the fewest switches that still fails.
//!
//! A schedule is represented by its deviations from running on without switches. Those that the
//! failure does not need are left out by delta debugging (Zeller and Hildebrandt: Simplifying and
//! isolating failure-inducing input, IEEE TSE 2002), then one by one; then one new deviation is
//! tried in place of each and of each two, since the switches of a random schedule are seldom where
//! the fewest would be.

use std::collections::{HashMap, HashSet};

use pyt_sched::controlled::{Decision, Op, Pick, Strategy, ThreadNumber, Trace};

use crate::{
    choices::Choices,
    strategy::{Deviate, Deviation, FAIRNESS_LIMIT},
};

/// A schedule that fails with few switches.
#[derive(Clone, Debug)]
pub struct Minimized {
    /// The schedule.
    pub choices: Choices,
    /// The run that it makes.
    pub trace: Trace,
    /// Its deviations from running on without switches.
    pub deviations: Vec<Deviation>,
    /// Its answers other than 0 to what the run leaves open besides.
    pub picks: Vec<Pick>,
    /// The number of runs that the search made.
    pub runs: u64,
    /// The switches of the original schedule, and of this one.
    pub switches: (usize, usize),
    /// The preemptions of the original schedule, and of this one.
    pub preemptions: (usize, usize),
    /// The search ended by itself; otherwise the budget was used up.
    pub finished: bool,
}

/// Makes a failing run smaller. `run` runs the program under a strategy and returns the trace if it
/// fails in the same way, or `None`. It is called at most `budget` times.
pub fn minimize(
    failing: &Trace,
    budget: u64,
    run: impl FnMut(Box<dyn Strategy>) -> Option<Trace>,
) -> Minimized {
    let deviations = Deviation::of(failing);
    let steps = failing.steps().len();
    let mut work = Work {
        fair_after: if steps > MAX_UNFAIR_STEPS {
            FAIRNESS_LIMIT
        } else {
            FAIRNESS_LIMIT.max(steps as u64)
        },
        run,
        runs: 0,
        budget,
        tried: HashSet::new(),
        best: deviations,
        picks: picks_of(failing),
        trace: failing.clone(),
    };
    let finished = work.shorten().is_some()
        && work.fewer_picks().is_some()
        && work.ddmin().is_some()
        && work.one_by_one().is_some()
        && work.fewer_picks().is_some()
        && work.replace().is_some();
    Minimized {
        choices: Choices::of(&work.trace),
        runs: work.runs,
        switches: (failing.switches(), work.trace.switches()),
        preemptions: (failing.preemptions(), work.trace.preemptions()),
        deviations: work.best,
        picks: work.picks,
        trace: work.trace,
        finished,
    }
}

/// A thread may run alone for as long as a failing run of at most so many steps took. So the turns
/// that the strategies force for fairness are deviations like any other, and can be left out. In a
/// longer run, an endless loop for example, threads are made to take turns.
const MAX_UNFAIR_STEPS: usize = 50_000;

/// More deviations than these are first cut down to the first ones.
const MAX_DEVIATIONS: usize = 1024;

/// What is minimized, the most important first: faults, switches, other answers.
fn cost(trace: &Trace) -> [usize; 5] {
    let picked = trace.picked();
    let faults = picked.iter().filter(|one| one.pick.kind.is_fault()).count();
    [
        faults,
        trace.switches(),
        picked.len(),
        trace.preemptions(),
        trace.steps().len(),
    ]
}

fn picks_of(trace: &Trace) -> Vec<Pick> {
    trace.picked().iter().map(|picked| picked.pick).collect()
}

struct Work<R> {
    run: R,
    /// How many steps a thread may take in a row while others could go on.
    fair_after: u64,
    runs: u64,
    budget: u64,
    tried: HashSet<(Vec<Deviation>, Vec<Pick>)>,
    best: Vec<Deviation>,
    picks: Vec<Pick>,
    trace: Trace,
}

/// `None` once the budget is used up.
type Done<T = ()> = Option<T>;

impl<R: FnMut(Box<dyn Strategy>) -> Option<Trace>> Work<R> {
    /// Runs with these deviations. If that fails and is better than the best so far, it becomes the
    /// best, and the result is true.
    fn improves(&mut self, deviations: Vec<Deviation>) -> Done<bool> {
        let picks = self.picks.clone();
        self.improves_with(deviations, picks)
    }

    /// As [`improves`](Self::improves), with these answers.
    fn improves_with(&mut self, deviations: Vec<Deviation>, picks: Vec<Pick>) -> Done<bool> {
        if !self.tried.insert((deviations.clone(), picks.clone())) {
            return Some(false);
        }
        if self.runs == self.budget {
            return None;
        }
        self.runs += 1;
        let strategy = Deviate::new(deviations.iter().copied())
            .answering(picks)
            .fair_after(self.fair_after);
        let Some(trace) = (self.run)(Box::new(strategy)) else {
            return Some(false);
        };
        let deviations = Deviation::of(&trace);
        let better = (cost(&trace), deviations.len()) < (cost(&self.trace), self.best.len());
        if better {
            self.best = deviations;
            self.picks = picks_of(&trace);
            self.trace = trace;
        }
        Some(better)
    }

    /// Of very many deviations, as those of an endless loop, keeps only the first ones, if these
    /// still fail. Otherwise ends the search as if the budget were used up.
    fn shorten(&mut self) -> Done {
        if self.best.len() <= MAX_DEVIATIONS {
            return Some(());
        }
        let all = self.best.clone();
        for kept in [0, MAX_DEVIATIONS / 16, MAX_DEVIATIONS] {
            if self.improves(all[..kept].to_vec())? && self.best.len() <= MAX_DEVIATIONS {
                return Some(());
            }
        }
        None
    }

    fn ddmin(&mut self) -> Done {
        let mut parts = 2;
        while !self.best.is_empty() {
            let size = self.best.len().div_ceil(parts);
            let chunks: Vec<Vec<Deviation>> = self.best.chunks(size).map(<[_]>::to_vec).collect();
            let mut smaller = false;
            for chunk in &chunks {
                let without = self.best.iter().filter(|one| !chunk.contains(one));
                let without = without.copied().collect();
                if self.improves(chunk.clone())? {
                    parts = 2;
                    smaller = true;
                    break;
                }
                if self.improves(without)? {
                    parts = (parts - 1).max(2);
                    smaller = true;
                    break;
                }
            }
            if !smaller {
                if size == 1 {
                    break;
                }
                parts = (parts * 2).min(self.best.len());
            }
        }
        Some(())
    }

    /// Leaves out answers, all at first, then in parts, down to one by one.
    fn fewer_picks(&mut self) -> Done {
        let mut size = self.picks.len();
        while size > 0 {
            let mut from = 0;
            while from < self.picks.len() {
                let mut picks = self.picks.clone();
                picks.drain(from..(from + size).min(picks.len()));
                if !self.improves_with(self.best.clone(), picks)? {
                    from += size;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
        Some(())
    }

    fn one_by_one(&mut self) -> Done {
        let mut index = self.best.len();
        while index > 0 {
            index -= 1;
            let mut without = self.best.clone();
            without.remove(index);
            if self.improves(without)? {
                index = self.best.len();
            }
        }
        Some(())
    }

    /// Tries one new deviation alone, then instead of each two, then of each one.
    fn replace(&mut self) -> Done {
        'again: loop {
            let places = deviations_around(&self.trace);
            for rest in self.rests() {
                for place in &places {
                    let mut deviations = rest.clone();
                    deviations.push(*place);
                    if self.improves(deviations)? {
                        self.one_by_one()?;
                        continue 'again;
                    }
                }
            }
            return Some(());
        }
    }

    /// The deviations that are kept beside a new one: none, all but two, all but one.
    fn rests(&self) -> Vec<Vec<Deviation>> {
        let count = self.best.len();
        let without = |left_out: &[usize]| {
            let kept = self.best.iter().enumerate();
            let kept = kept.filter(|(index, _)| !left_out.contains(index));
            kept.map(|(_, deviation)| *deviation).collect()
        };
        let mut rests = Vec::new();
        if count > 1 || self.trace.switches() > 1 {
            rests.push(Vec::new());
        }
        for first in 0..count {
            for second in first + 1..count {
                rests.push(without(&[first, second]));
            }
        }
        for first in 0..count {
            rests.push(without(&[first]));
        }
        rests
    }
}

/// All single deviations that are possible in a run: first those before a step whose order with one
/// of another thread matters, then those before any that touches an object.
fn deviations_around(trace: &Trace) -> Vec<Deviation> {
    let contested = Contested::of(trace);
    let mut taken = HashMap::new();
    let mut after = None;
    let mut found = Vec::new();
    for (number, step) in trace.steps().iter().enumerate() {
        let decision = Decision {
            step: number as u64,
            current: after.map(|(thread, _)| thread),
            candidates: trace.candidates(number),
        };
        let default = decision.without_switch();
        for (index, candidate) in decision.candidates.iter().enumerate() {
            if index != default {
                let op = decision.candidates[default].op;
                let rank = if contested.has(&op) {
                    0
                } else {
                    1 + u8::from(op.object == 0)
                };
                let to = candidate.thread;
                found.push((rank, Deviation { after, to }));
            }
        }
        let count = taken.entry(step.thread).or_insert(0_u64);
        *count += 1;
        after = Some((step.thread, *count));
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, deviation)| deviation).collect()
}

/// The parts of objects that several threads touch and at least one changes.
struct Contested(HashMap<(usize, u64), Users>);

#[derive(Clone, Copy)]
struct Users {
    one: ThreadNumber,
    several: bool,
    changed: bool,
}

impl Contested {
    fn of(trace: &Trace) -> Self {
        let mut users: HashMap<(usize, u64), Users> = HashMap::new();
        for step in trace.steps().iter().filter(|step| step.op.object != 0) {
            // What touches all of an object touches each part of it.
            for part in [step.op.named_part(), 0] {
                let entry = users.entry((step.op.object, part)).or_insert(Users {
                    one: step.thread,
                    several: false,
                    changed: false,
                });
                entry.several |= entry.one != step.thread;
                entry.changed |= !step.op.only_reads();
                if step.op.part == 0 {
                    break;
                }
            }
        }
        // Only for objects that are touched as a whole does that count for all parts.
        let wholes: HashSet<usize> = (trace.steps().iter())
            .filter(|step| step.op.part == 0)
            .map(|step| step.op.object)
            .collect();
        users.retain(|&(object, part), users| {
            users.several && users.changed && (part != 0 || wholes.contains(&object))
        });
        Self(users)
    }

    fn has(&self, op: &Op) -> bool {
        self.0.contains_key(&(op.object, op.named_part())) || self.0.contains_key(&(op.object, 0))
    }
}

//! What all schedules of a program show, found in simple ways: what searches are compared with.

use std::collections::{BTreeMap, BTreeSet};

use pyt_explore::Choices;
use pyt_sched::controlled::{Action, Decision, Step as Taken, Strategy, ThreadNumber, Trace};

use super::{MOST_STEPS, Program, SearchSummary, run, run_up_to};

/// Makes the given choices, as indices, then always the first.
struct Indices(Vec<usize>, usize);

impl Strategy for Indices {
    fn choose(&mut self, _: &Decision<'_>) -> usize {
        self.1 += 1;
        self.0.get(self.1 - 1).copied().unwrap_or(0)
    }
}

/// Every schedule, found in the simplest way. `None`: there are more than `most`.
pub(crate) fn brute_force(program: &Program, most: u64) -> Option<SearchSummary> {
    every_schedule(program, most, false)
}

/// The same, with the `orders`, which take long.
pub(crate) fn every_order(program: &Program, most: u64) -> Option<SearchSummary> {
    every_schedule(program, most, true)
}

fn every_schedule(program: &Program, most: u64, orders: bool) -> Option<SearchSummary> {
    let mut summary = SearchSummary::default();
    let mut prefix: Vec<usize> = Vec::new();
    loop {
        let ran = run(program, &mut Indices(prefix.clone(), 0), summary.runs);
        summary.runs += 1;
        if summary.runs > most || ran.cut {
            return None;
        }
        *summary.outcomes.entry(ran.outcome.clone()).or_insert(0) += 1;
        summary
            .schedules
            .insert(Choices::of(&ran.trace).runs().to_vec());
        summary.preemptions.insert(
            Choices::of(&ran.trace).runs().to_vec(),
            ran.trace.preemptions(),
        );
        if orders {
            let order = canonical(&ran.trace, program.main_ends_all);
            summary.orders.insert(order);
        }
        prefix.resize(ran.trace.steps().len(), 0);
        loop {
            let Some(index) = prefix.pop() else {
                return Some(summary);
            };
            if index + 1 < ran.trace.candidates(prefix.len()).len() {
                prefix.push(index + 1);
                break;
            }
        }
    }
}

/// The same for two runs that differ only in the order of neighbours that commute: the run with
/// the lowest threads first, as a list of threads. (Lexicographic normal form of a Mazurkiewicz
/// trace.)
pub(super) fn canonical(trace: &Trace, main_ends_all: bool) -> Vec<u8> {
    let mut rest: Vec<_> = trace.steps().to_vec();
    let mut order = Vec::new();
    let ends_all =
        |step: &Taken| main_ends_all && step.thread == 0 && step.op.action == Action::End;
    while !rest.is_empty() {
        let free = (0..rest.len()).filter(|&index| {
            !rest[..index].iter().any(|before| {
                before.thread == rest[index].thread
                    || before.op.conflicts_with(&rest[index].op)
                    || ends_all(before)
                    || ends_all(&rest[index])
                    || (before.op.action == Action::Start && rest[index].op.action == Action::Start)
            })
        });
        let next = free.min_by_key(|&index| rest[index].thread).unwrap();
        order.push(rest.remove(next).thread as u8);
    }
    order
}

/// Takes steps of these threads, then notes who could go on, and takes the first.
struct Path<'a> {
    threads: &'a [ThreadNumber],
    taken: usize,
    next: Option<Vec<ThreadNumber>>,
}

impl Strategy for Path<'_> {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        self.taken += 1;
        if let Some(&thread) = self.threads.get(self.taken - 1) {
            return decision.index_of(thread).expect("it could go on before");
        }
        if self.next.is_none() {
            let threads = decision.candidates.iter();
            self.next = Some(threads.map(|candidate| candidate.thread).collect());
        }
        0
    }
}

/// The orders and outcomes of all schedules, found step by step: of beginnings that differ only in
/// the order of neighbours that commute, only one is continued. `None`: there are more than `most`
/// beginnings.
pub(crate) fn every_beginning(
    program: &Program,
    most: usize,
) -> Option<(BTreeSet<Vec<u8>>, BTreeSet<String>)> {
    let (mut orders, mut outcomes) = (BTreeSet::new(), BTreeSet::new());
    let mut beginnings: Vec<Vec<ThreadNumber>> = vec![Vec::new()];
    let mut count = 0;
    while !beginnings.is_empty() {
        let mut longer = BTreeMap::new();
        for threads in &beginnings {
            let path = &mut Path {
                threads,
                taken: 0,
                next: None,
            };
            let steps = threads.len() as u64 + 1;
            let ran = run_up_to(program, path, 0, MOST_STEPS.min(steps));
            let Some(next) = path.next.take() else {
                orders.insert(canonical(&ran.trace, program.main_ends_all));
                outcomes.insert(ran.outcome);
                continue;
            };
            for thread in next {
                let mut more = threads.clone();
                more.push(thread);
                let path = &mut Path {
                    threads: &more,
                    taken: 0,
                    next: None,
                };
                let ran = run_up_to(program, path, 0, steps);
                let order = canonical(&ran.trace, program.main_ends_all);
                longer.entry(order).or_insert(more);
            }
        }
        count += longer.len();
        if count > most || beginnings[0].len() as u64 > MOST_STEPS {
            return None;
        }
        beginnings = longer.into_values().collect();
    }
    Some((orders, outcomes))
}

//! Whether what threads drew from a source could have been drawn in another order: a search that
//! tries one order of independent steps does not try the others of the draws between them.

use std::collections::{BTreeMap, BTreeSet};

use pyt_sched::controlled::{Draw, Source, ThreadNumber, Trace};

use crate::order::{Order, Rules};

/// The sources that two threads of a run drew from, neither of them before the other, and at least
/// one of them so that the other's differs by it.
#[must_use]
pub fn unordered_draws(trace: &Trace) -> BTreeSet<Source> {
    let mut users: BTreeMap<Source, BTreeSet<ThreadNumber>> = BTreeMap::new();
    for draw in trace.draws() {
        users.entry(draw.source).or_default().insert(draw.thread);
    }
    users.retain(|_, threads| threads.len() > 1);
    if users.is_empty() {
        return BTreeSet::new();
    }
    if trace.has_most_draws() {
        return users.into_keys().collect();
    }
    let order = Order::of(trace, Rules::default());
    let sources = users.into_keys();
    sources
        .filter(|&source| is_unordered(trace, &order, source))
        .collect()
}

fn is_unordered(trace: &Trace, order: &Order, source: Source) -> bool {
    // The last one of each thread that moves the source on, and that does not.
    let mut last: BTreeMap<(ThreadNumber, bool), Draw> = BTreeMap::new();
    for &draw in trace.draws().iter().filter(|draw| draw.source == source) {
        let mut others = last
            .values()
            .filter(|other| other.thread != draw.thread && (other.moves_on || draw.moves_on));
        if others.any(|&other| !is_before(order, other, draw)) {
            return true;
        }
        last.insert((draw.thread, draw.moves_on), draw);
    }
    false
}

/// Whether the first draw had to come before the second one: the step of its thread that followed
/// it happens before the step of the other thread that preceded the second draw.
fn is_before(order: &Order, first: Draw, second: Draw) -> bool {
    let steps = |thread: ThreadNumber| order.of_thread.get(thread as usize).map_or(&[][..], |v| v);
    let at = |draw: Draw| usize::try_from(draw.step).unwrap_or(usize::MAX);
    let own = steps(first.thread);
    let after = own.get(own.partition_point(|&step| step < at(first)));
    let others = steps(second.thread);
    let before = others[..others.partition_point(|&step| step < at(second))].last();
    match (after, before) {
        (Some(&after), Some(&before)) => order.happens_before(after, before),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use pyt_sched::controlled::{Action, Candidate, Decision, Op, Place};

    use super::*;

    /// What a thread does: a step on an object, or a draw that moves the clock on or not.
    enum Does {
        Step(Action, usize),
        Draw(bool),
    }
    use Does::{Draw as Draws, Step};

    fn drawn(what: &[(ThreadNumber, Does)]) -> BTreeSet<Source> {
        let mut trace = Trace::new();
        for (thread, does) in what {
            let step = trace.steps().len() as u64;
            match *does {
                Step(action, object) => {
                    // Both threads could always go on.
                    let candidates = [1, 2].map(|one| Candidate {
                        thread: one,
                        op: if one == *thread {
                            Op::on(action, object)
                        } else {
                            Op::alone(Action::Step)
                        },
                        timed_out: false,
                    });
                    let decision = Decision {
                        step,
                        current: None,
                        candidates: &candidates,
                    };
                    trace.push(&decision, *thread as usize - 1, Place::default());
                }
                Draws(moves_on) => trace.add_draw(Draw {
                    thread: *thread,
                    step,
                    source: Source::Clock,
                    moves_on,
                }),
            }
        }
        unordered_draws(&trace)
    }

    #[test]
    fn draws_that_nothing_orders_are_told() {
        let (begin, end) = (Step(Action::Begin, 8), Step(Action::End, 8));
        let others = (Step(Action::Begin, 16), Step(Action::End, 16));
        let found = drawn(&[
            (1, begin),
            (1, Draws(true)),
            (1, end),
            (2, others.0),
            (2, Draws(false)),
            (2, others.1),
        ]);
        assert_eq!(found, BTreeSet::from([Source::Clock]));
    }

    #[test]
    fn draws_that_something_orders_or_that_move_nothing_on_are_not() {
        let found = drawn(&[
            (1, Draws(true)),
            (1, Step(Action::Release, 8)),
            (2, Step(Action::Acquire, 8)),
            (2, Draws(true)),
            (2, Step(Action::End, 24)),
        ]);
        assert!(found.is_empty(), "a lock hands the order on: {found:?}");
        let found = drawn(&[
            (1, Draws(false)),
            (1, Step(Action::End, 8)),
            (2, Draws(false)),
            (2, Step(Action::End, 16)),
        ]);
        assert!(found.is_empty(), "timeouts look only: {found:?}");
        let found = drawn(&[
            (1, Draws(true)),
            (1, Step(Action::End, 8)),
            (1, Draws(true)),
        ]);
        assert!(found.is_empty(), "one thread: {found:?}");
    }
}

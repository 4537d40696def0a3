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

//! Schedules that a run suggests: each is that run with two of its steps the other way round.
//!
//! Where a failure needs one certain order of two steps in a long run, drawn schedules find it late
//! or never: the two must meet, and they meet as seldom as the run is long. So sampling makes some
//! schedules that hold one thread before its step until another one has taken its own (as in Sen:
//! Race directed random testing of concurrent programs, PLDI 2008). They have no seed: what they
//! are depends on the run.
//!
//! Whether the order of the two can be reversed is not known here. Where it can't, the run is just
//! another one (ADR 43).

use std::collections::HashMap;

use pyt_sched::controlled::{Action, Op, Step, Strategy, Trace};

use super::RunRecord;
use crate::{
    order::{Order, Rules},
    strategy::Reverse,
};

/// At most so many pairs of steps are reversed: of each variable, lock and the like by turns.
const MOST_PAIRS: usize = 500;
/// The partners of a step are looked for among so many steps on the same object before it.
const MOST_LOOKED_BACK: usize = 32;
/// A longer run suggests nothing: each of its schedules would take as long.
const MOST_STEPS: usize = 50_000;

/// Until when the thread of the earlier step is held.
#[derive(Clone, Copy, Debug)]
enum Held {
    /// The other thread has taken the later step.
    Step,
    /// The other thread has taken it and reads that follow: one instruction may say several
    /// accesses, and makes them after the last.
    Reads,
    /// The other thread has ended or has to wait.
    Wait,
}

/// A run and the pairs of its steps, in the order in which they are worth reversing.
#[derive(Clone, Debug)]
pub(super) struct Reversals {
    trace: Trace,
    order: Order,
    /// The earlier step and the later one.
    all: Vec<(usize, usize, Held)>,
}

impl Reversals {
    pub(super) fn of(seen: &RunRecord<'_>) -> Self {
        if seen.trace.steps().len() > MOST_STEPS {
            return Self {
                trace: Trace::new(),
                order: Order::of(&Trace::new(), Rules::default()),
                all: Vec::new(),
            };
        }
        let order = Order::of(seen.trace, Rules::default());
        let pairs = pairs(seen.trace, &order);
        let held = [Held::Step, Held::Wait, Held::Reads];
        let all = pairs.flat_map(|(earlier, later)| held.map(|held| (earlier, later, held)));
        Self {
            trace: seen.trace.clone(),
            all: all.collect(),
            order,
        }
    }

    /// What makes schedule `number`. `None` if there is none.
    pub(super) fn strategy(&self, number: usize) -> Option<Box<dyn Strategy>> {
        let &(earlier, later, held) = self.all.get(number)?;
        let follows = |step| self.order.happens_before(earlier, step);
        let reverse = Reverse::new(&self.trace, earlier, later, follows);
        Some(Box::new(match held {
            Held::Step => reverse,
            Held::Reads => reverse.reading_on(),
            Held::Wait => reverse.going_on(),
        }))
    }
}

/// Pairs of steps that might come in the other order: those of each two kinds of steps on an object
/// by turns.
fn pairs(trace: &Trace, order: &Order) -> impl Iterator<Item = (usize, usize)> {
    let steps = trace.steps();
    let what = |step: &Step| (step.op.object, step.op.named_part(), step.op.action);
    let mut before: HashMap<(usize, u64), Vec<usize>> = HashMap::new();
    let mut turns: HashMap<_, usize> = HashMap::new();
    let mut by_turns: Vec<(usize, usize, usize)> = Vec::new();
    for (later, step) in steps.iter().enumerate() {
        if step.op.object == 0 {
            continue;
        }
        let (object, part) = (step.op.object, step.op.named_part());
        // Part 0 is the whole.
        let whole = (part != 0).then_some((object, 0));
        let known = [Some((object, part)), whole].into_iter().flatten();
        let known = known.filter_map(|key| before.get(&key));
        for &earlier in known.flat_map(|steps| steps.iter().rev().take(MOST_LOOKED_BACK)) {
            let other = &steps[earlier];
            // A thread that did not exist at the earlier step can't come before it.
            let existed = order
                .birth(step.thread)
                .is_some_and(|birth| birth <= earlier);
            if other.thread != step.thread && existed && may_swap(&other.op, &step.op) {
                let turn = turns.entry((what(other), what(step))).or_insert(0);
                by_turns.push((*turn, earlier, later));
                *turn += 1;
            }
        }
        before.entry((object, part)).or_default().push(later);
    }
    by_turns.sort_unstable();
    by_turns.truncate(MOST_PAIRS);
    by_turns
        .into_iter()
        .map(|(_, earlier, later)| (earlier, later))
}

/// Whether the order of two steps on one object matters and may be another one: a thread cannot
/// take what another one has yet to give back.
fn may_swap(earlier: &Op, later: &Op) -> bool {
    let gives = |op: &Op| matches!(op.action, Action::Release | Action::Put | Action::Notify);
    let takes = |op: &Op| matches!(op.action, Action::Acquire | Action::Get | Action::Wait);
    let is_of_threads = |op: &Op| {
        matches!(
            op.action,
            Action::Start | Action::Begin | Action::End | Action::Join
        )
    };
    let is_handed_over = gives(earlier) && takes(later);
    let ends_of_threads = is_of_threads(earlier) || is_of_threads(later);
    earlier.conflicts_with(later) && !is_handed_over && !ends_of_threads
}

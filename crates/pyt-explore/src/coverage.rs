//! Which orders of conflicting accesses an exploration has seen: of each pair of accesses that two
//! threads make to the same thing, whether each one came first in some schedule.

use std::collections::HashMap;

use pyt_sched::controlled::{Action, Op, Place, ThreadNumber, Trace};
use serde::{Deserialize, Serialize};

use crate::order::is_access;

/// No more pairs than these are counted.
const MOST_PAIRS: usize = 5_000;
/// Of each variable, at most so many different accesses are compared.
const MOST_OF_VARIABLE: usize = 64;
/// The first schedules are looked at, and then one of so many.
const FIRST_SCHEDULES: u64 = 128;
const ONE_OF: u64 = 16;

/// An access, the same in all schedules: its thread, its place in the program, what it does.
type Access = (ThreadNumber, u64, u64, bool);

/// The first one of a pair by its numbers came first in some schedule, and the other one did.
type Seen = (bool, bool);

/// The pairs of conflicting accesses that were seen, and their orders.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct OrderCoverage {
    schedules: u64,
    pairs: HashMap<(Access, Access), Seen>,
    is_full: bool,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    schedules: u64,
    pairs: Vec<(Access, Access, Seen)>,
    is_full: bool,
}

impl From<Stored> for OrderCoverage {
    fn from(stored: Stored) -> Self {
        let pairs = stored.pairs.into_iter();
        Self {
            schedules: stored.schedules,
            pairs: pairs
                .map(|(one, other, seen)| ((one, other), seen))
                .collect(),
            is_full: stored.is_full,
        }
    }
}

impl From<OrderCoverage> for Stored {
    fn from(coverage: OrderCoverage) -> Self {
        let pairs = coverage.pairs.into_iter();
        Self {
            schedules: coverage.schedules,
            pairs: pairs
                .map(|((one, other), seen)| (one, other, seen))
                .collect(),
            is_full: coverage.is_full,
        }
    }
}

/// An access to a variable in one run.
struct Made {
    access: Access,
    op: Op,
    /// The last step that made it.
    last: usize,
}

impl OrderCoverage {
    /// Whether schedule `number` is looked at: looking at all would cost time.
    #[must_use]
    pub const fn looks_at(number: u64) -> bool {
        number < FIRST_SCHEDULES || number.is_multiple_of(ONE_OF)
    }

    /// Adds the orders of a run that knows its places.
    pub fn add(&mut self, trace: &Trace) {
        self.schedules += 1;
        let mut of_object: HashMap<usize, Vec<Made>> = HashMap::new();
        // Threads are numbered as they start.
        let mut births = vec![0];
        let mut ends: Vec<(usize, ThreadNumber)> = Vec::new();
        let mut joined: Vec<(ThreadNumber, ThreadNumber)> = Vec::new();
        for (number, step) in trace.steps().iter().enumerate() {
            match step.op.action {
                Action::Start => births.push(number),
                Action::End => ends.push((step.op.object, step.thread)),
                Action::Join if !step.timed_out => {
                    let of = ends.iter().filter(|(object, _)| *object == step.op.object);
                    joined.extend(of.map(|(_, ended)| (*ended, step.thread)));
                }
                _ => {}
            }
            if !is_access(&step.op) || step.op.object == 0 {
                continue;
            }
            let Place(code, index, _) = step.place;
            let access = (step.thread, code, index, step.op.action == Action::Write);
            let made = of_object.entry(step.op.object).or_default();
            for other in &*made {
                // The order could not have been another one before a thread began, and after it has
                // been joined.
                let birth = births.get(step.thread as usize).copied().unwrap_or(0);
                if other.access.0 != step.thread
                    && other.op.conflicts_with(&step.op)
                    && other.last >= birth
                    && !joined.contains(&(other.access.0, step.thread))
                {
                    self.note(other.access, access);
                }
            }
            let is_known = |one: &Made| one.access == access && one.op.part == step.op.part;
            if let Some(known) = made.iter_mut().find(|one| is_known(one)) {
                known.last = number;
            } else if made.len() < MOST_OF_VARIABLE {
                made.push(Made {
                    access,
                    op: step.op,
                    last: number,
                });
            }
        }
    }

    /// `first` came before `second`.
    fn note(&mut self, first: Access, second: Access) {
        let seen = match first < second {
            true => ((first, second), (true, false)),
            false => ((second, first), (false, true)),
        };
        self.note_seen(seen.0, seen.1);
    }

    fn note_seen(&mut self, pair: (Access, Access), seen: Seen) {
        let is_full = self.pairs.len() >= MOST_PAIRS;
        if is_full && !self.pairs.contains_key(&pair) {
            self.is_full = true;
            return;
        }
        let known = self.pairs.entry(pair).or_default();
        known.0 |= seen.0;
        known.1 |= seen.1;
    }

    /// Adds what another part of the exploration has seen.
    pub fn merge(&mut self, other: &Self) {
        self.schedules += other.schedules;
        self.is_full |= other.is_full;
        for (pair, seen) in &other.pairs {
            self.note_seen(*pair, *seen);
        }
    }

    /// How many pairs were seen in both orders, and how many in one only.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        let both = self.pairs.values().filter(|seen| seen.0 && seen.1).count();
        (both as u64, (self.pairs.len() - both) as u64)
    }

    /// How many schedules were looked at.
    #[must_use]
    pub const fn schedules(&self) -> u64 {
        self.schedules
    }

    /// Whether there were more pairs than are counted.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.is_full
    }
}

#[cfg(test)]
mod tests {
    use pyt_sched::controlled::{Candidate, Decision};

    use super::*;

    /// The steps of these threads, at these places, on the object 8 (or what the thread is).
    fn trace(steps: &[(ThreadNumber, Action, u64)]) -> Trace {
        let mut trace = Trace::new();
        for (number, &(thread, action, place)) in steps.iter().enumerate() {
            let object = match action {
                Action::Read | Action::Write => 8,
                _ => 100 + usize::try_from(place).unwrap(),
            };
            let decision = Decision {
                step: number as u64,
                current: None,
                candidates: &[Candidate {
                    thread,
                    op: Op::on(action, object),
                    timed_out: false,
                }],
            };
            trace.push(&decision, 0, Place(1, place, 0));
        }
        trace
    }

    use Action::{End, Join, Read, Start, Write};

    #[test]
    fn orders_are_counted_once_for_each_pair_that_could_be_reversed() {
        let mut coverage = OrderCoverage::default();
        coverage.add(&trace(&[
            (0, Write, 1), // before the thread is there
            (0, Start, 1),
            (1, Read, 2),
            (0, Write, 3),
            (1, Read, 4), // does not conflict with the read
            (1, End, 1),
            (0, Join, 1),
            (0, Write, 5), // after its end
        ]));
        assert_eq!((coverage.counts(), coverage.schedules()), ((0, 2), 1));
        let other = [(0, Start, 1), (0, Write, 3), (1, Read, 2), (1, Read, 4)];
        coverage.add(&trace(&other));
        assert_eq!(coverage.counts(), (1, 1));
        // Parts add up, also as text.
        let text = serde_json::to_string(&coverage).unwrap();
        let mut sum: OrderCoverage = serde_json::from_str(&text).unwrap();
        sum.merge(&coverage);
        assert_eq!((sum.counts(), sum.schedules()), ((1, 1), 4));
        assert!(!sum.is_full());
    }

    #[test]
    fn the_first_schedules_and_some_later_ones_are_looked_at() {
        let looked = (0..1000).filter(|&number| OrderCoverage::looks_at(number));
        assert_eq!(looked.count(), 128 + 55);
    }
}

//! Whether a run repeats itself: a livelock.
//!
//! A run whose state is the same as some steps before, and in which all threads that could go on
//! have taken steps since, can go on like this for ever. What a state is, is known of the threads'
//! functions by the [`World`](crate::World), and of primitives by what was done to them.
//!
//! Plain data: nothing here blocks.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::strategy::Candidate;
use crate::{
    engine::{thread::ThreadNumber, world::Look},
    op::Action,
};

/// The steps that a run repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// How many.
    pub steps: u64,
    /// The threads that take them.
    pub threads: Vec<ThreadNumber>,
}

/// Looks for a repetition within a stretch of a run.
#[derive(Debug)]
pub(super) struct Watch {
    /// The number of the step at which it ends.
    pub(super) end: u64,
    /// How often a state has to come again, and how often the earlier one has.
    needed: u32,
    again: u32,
    /// An earlier state, and the number of the step that came after it.
    earlier: Option<(u64, u64)>,
    /// So many steps after that state a later one takes its place.
    patience: u64,
    able: BTreeSet<ThreadNumber>,
    moved: BTreeSet<ThreadNumber>,
    is_known: bool,
    /// The last decision has begun with another earlier state.
    has_restarted: bool,
    /// What the state of each primitive is, compared with that at the beginning.
    primitives: HashMap<usize, i64>,
    /// The last that the world said of what threads have changed.
    shared: u64,
}

impl Watch {
    pub(super) fn new(end: u64) -> Self {
        Self {
            end,
            needed: 1,
            again: 0,
            earlier: None,
            patience: 1,
            able: BTreeSet::new(),
            moved: BTreeSet::new(),
            is_known: true,
            has_restarted: false,
            primitives: HashMap::new(),
            shared: 0,
        }
    }

    /// The same, for a state that comes again so often.
    pub(super) const fn repeated(mut self, times: u32) -> Self {
        self.needed = times;
        self
    }

    /// A thread has come to a decision point. Returns the digest of its own state.
    pub(super) fn look(&mut self, look: Look) -> u64 {
        self.shared = look.shared;
        self.is_known &= look.is_known;
        look.own
    }

    /// Step `number` is about to be decided; `threads` is a digest of the threads' states, and
    /// `timed` are those that wait for a time. A repetition is to be confirmed by the world.
    pub(super) fn decide(
        &mut self,
        number: u64,
        threads: u64,
        candidates: &[Candidate],
        timed: &[ThreadNumber],
    ) -> Option<Repetition> {
        let mut hasher = DefaultHasher::new();
        threads.hash(&mut hasher);
        self.shared.hash(&mut hasher);
        let mut primitives: Vec<_> = self
            .primitives
            .iter()
            .filter(|(_, state)| **state != 0)
            .collect();
        primitives.sort_unstable();
        primitives.hash(&mut hasher);
        for candidate in candidates {
            (candidate.thread, candidate.timed_out).hash(&mut hasher);
        }
        let state = hasher.finish();
        let found = self.earlier.filter(|(earlier, _)| {
            *earlier == state && self.is_known && self.able.is_subset(&self.moved)
        });
        if let Some((_, since)) = found
            && !self.moved.is_empty()
        {
            self.again += 1;
            if self.again >= self.needed {
                return Some(Repetition {
                    steps: number - since,
                    threads: self.moved.iter().copied().collect(),
                });
            }
            // From here on the same again.
            self.earlier = Some((state, number));
            self.able.clear();
            self.moved.clear();
        }
        self.has_restarted = false;
        let is_late = self
            .earlier
            .is_none_or(|(_, since)| number - since >= self.patience);
        if is_late {
            self.restart(number, state);
        }
        self.able
            .extend(candidates.iter().map(|candidate| candidate.thread));
        self.able.extend(timed);
        None
    }

    fn restart(&mut self, number: u64, state: u64) {
        self.earlier = Some((state, number));
        self.again = 0;
        self.has_restarted = true;
        self.patience *= 2;
        self.able.clear();
        self.moved.clear();
        self.is_known = true;
    }

    /// Whether the last decision has begun with another earlier state: what the world has looked at
    /// before does not matter any more.
    pub(super) const fn has_restarted(&self) -> bool {
        self.has_restarted
    }

    /// The world could not confirm a repetition, or a thread has looked outside of the run.
    pub(super) const fn refute(&mut self) {
        self.is_known = false;
    }

    /// The step was chosen.
    pub(super) fn took(&mut self, chosen: &Candidate) {
        self.moved.insert(chosen.thread);
        let failed = chosen.timed_out;
        let object = chosen.op.object;
        match chosen.op.action {
            Action::Step | Action::Read | Action::Write | Action::Query | Action::Sleep => {}
            _ if failed => {}
            Action::Acquire | Action::TryAcquire => {
                *self.primitives.entry(object).or_default() -= 1;
            }
            Action::Release => *self.primitives.entry(object).or_default() += 1,
            Action::Set => {
                self.primitives.insert(object, 1);
            }
            Action::Clear => {
                self.primitives.insert(object, -1);
            }
            // A thread less or more, or the line of a queue or a condition.
            Action::Begin
            | Action::End
            | Action::Start
            | Action::Join
            | Action::Wait
            | Action::Notify
            | Action::Arrive
            | Action::Put
            | Action::TryPut
            | Action::Get
            | Action::TryGet
            | Action::TaskDone
            | Action::ShutDown
            | Action::Update => self.is_known = false,
        }
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::op::Op;

    fn candidate(thread: ThreadNumber, op: Op) -> Candidate {
        Candidate {
            thread,
            op,
            timed_out: false,
        }
    }

    /// Steps of these threads over and over, all able to go on, where the digest of the state is
    /// that of the step's number modulo `period`.
    fn found(threads: &[ThreadNumber], able: &[ThreadNumber], period: u64) -> Option<Repetition> {
        let mut watch = Watch::new(1_000);
        let read = Op::on(Action::Read, 8);
        let candidates: Vec<_> = able.iter().map(|thread| candidate(*thread, read)).collect();
        for number in 0..1_000 {
            let found = watch.decide(number, number % period, &candidates, &[]);
            if found.is_some() {
                return found;
            }
            let thread = threads[usize::try_from(number).unwrap() % threads.len()];
            watch.took(&candidate(thread, read));
        }
        None
    }

    #[test]
    fn a_state_that_comes_again_is_a_repetition() {
        let expected = Repetition {
            steps: 6,
            threads: vec![0, 1],
        };
        assert_eq!(found(&[0, 1], &[0, 1], 6), Some(expected));
        assert_eq!(
            found(&[0, 1], &[0, 1], u64::MAX),
            None,
            "it does not come again"
        );
    }

    #[test]
    fn a_state_may_have_to_come_again_several_times() {
        let read = candidate(0, Op::on(Action::Read, 8));
        let mut watch = Watch::new(1_000).repeated(5);
        let mut found = None;
        let mut number = 0;
        while found.is_none() && number < 1_000 {
            found = watch.decide(number, number % 4, &[read], &[]);
            watch.took(&read);
            number += 1;
        }
        assert_eq!(found.map(|found| found.steps), Some(4));
        assert!(number > 20, "{number}");
        let mut watch = Watch::new(1_000).repeated(5);
        for number in 0..1_000 {
            // It is left after four times.
            let state = if number < 20 { number % 4 } else { number };
            assert_eq!(watch.decide(number, state, &[read], &[]), None);
            watch.took(&read);
        }
    }

    #[test]
    fn a_thread_that_could_go_on_and_did_not_may_change_it() {
        assert_eq!(found(&[0], &[0, 1], 2), None);
        assert!(found(&[0], &[0], 2).is_some());
    }

    #[test]
    fn a_thread_that_sleeps_may_change_it() {
        let mut watch = Watch::new(100);
        let read = candidate(0, Op::on(Action::Read, 8));
        for number in 0..100 {
            assert_eq!(watch.decide(number, 0, &[read], &[1]), None);
            watch.took(&read);
        }
    }

    #[test]
    fn steps_that_are_not_understood_are_no_repetition() {
        let mut watch = Watch::new(100);
        for number in 0..100 {
            let put = candidate(0, Op::on(Action::Put, 8));
            assert_eq!(watch.decide(number, 0, &[put], &[]), None);
            watch.took(&put);
        }
    }

    #[test]
    fn the_state_of_a_lock_is_part_of_it() {
        let mut watch = Watch::new(100);
        let acquire = candidate(0, Op::on(Action::Acquire, 8));
        for number in 0..100 {
            assert_eq!(
                watch.decide(number, 0, &[acquire], &[]),
                None,
                "held more often each time"
            );
            watch.took(&acquire);
        }
        let mut watch = Watch::new(100);
        let mut found = None;
        for number in 0..100 {
            let action = if number % 2 == 0 {
                Action::Acquire
            } else {
                Action::Release
            };
            let op = candidate(0, Op::on(action, 8));
            found = found.or(watch.decide(number, number % 2, &[op], &[]));
            watch.took(&op);
        }
        assert_eq!(found.map(|found| found.steps), Some(2));
    }
}

//! The schedule of a run with two of its steps in the other order.
//!
//! The thread of the first step is held where it was, until the thread of the second step has taken
//! that. All other steps keep their order as far as they can: steps that come after the held one
//! only because of it are put off as well (the sequence `notdep` of Flanagan and Godefroid: Dynamic
//! partial-order reduction, POPL 2005).

use std::collections::{HashMap, VecDeque};

use pyt_sched::controlled::{Action, Decision, Question, Strategy, ThreadNumber, Trace};

use super::{answers::Answers, streak::Streak};

/// Of how many steps a read may consist after its first.
const READS_ON: u64 = 3;

/// Takes the steps of a run with one thread held for a while. Where the program does not follow, it
/// goes on without switches (but for fairness): only the trace says whether the order was reversed.
#[derive(Clone, Debug)]
pub struct Reverse {
    /// How many steps are taken exactly as in the run.
    exact: usize,
    /// The thread that is held after these, until the other one has taken all its steps.
    held: Option<ThreadNumber>,
    other: ThreadNumber,
    steps_of_other: u64,
    /// So many more steps of the other thread are taken before the held one goes on, if they read.
    reads_on: u64,
    /// The held thread goes on only when the other one cannot.
    goes_on: bool,
    /// The steps to come, in the order of the run.
    pending: VecDeque<Pending>,
    taken: HashMap<ThreadNumber, u64>,
    answers: Answers,
    streak: Streak,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    thread: ThreadNumber,
    /// It comes after the held step because of that: not to be taken while the thread is held,
    /// unless there is nothing else.
    put_off: bool,
}

impl Reverse {
    /// The steps of `trace`, with the thread of step `hold` held there until step `until` is taken.
    /// `follows` says which steps between them come after `hold` only because of it.
    #[must_use]
    pub fn new(trace: &Trace, hold: usize, until: usize, follows: impl Fn(usize) -> bool) -> Self {
        let steps = trace.steps();
        let (held, other) = (steps[hold].thread, steps[until].thread);
        let of_other = steps[..=until].iter().filter(|step| step.thread == other);
        let pending = steps.iter().enumerate().map(|(number, step)| Pending {
            thread: step.thread,
            put_off: number > hold && number < until && step.thread != other && follows(number),
        });
        Self {
            exact: hold,
            held: Some(held),
            other,
            steps_of_other: of_other.count() as u64,
            reads_on: 0,
            goes_on: false,
            pending: pending.collect(),
            taken: HashMap::new(),
            answers: Answers::new(trace.picked().iter().map(|picked| picked.pick)),
            streak: Streak::default(),
        }
    }

    /// The same, but the other thread reads on after its step before the held one goes on.
    #[must_use]
    pub const fn reading_on(mut self) -> Self {
        self.reads_on = READS_ON;
        self
    }

    /// The same, but the other thread takes so many steps more before the held one goes on.
    #[must_use]
    pub const fn with_more(mut self, steps: u64) -> Self {
        self.steps_of_other += steps;
        self
    }

    /// The same, but the other thread goes on after its step until it ends or has to wait. So all
    /// that it does comes before the held step.
    #[must_use]
    pub const fn going_on(mut self) -> Self {
        self.goes_on = true;
        self
    }

    /// The other thread's next step, if it goes on after the one that was awaited.
    fn step_going_on(&mut self, decision: &Decision<'_>) -> Option<usize> {
        if !self.goes_on || !self.has_taken_step() {
            return None;
        }
        let index = decision.index_of(self.other);
        if index.is_none() {
            self.held = None;
        }
        index
    }

    /// The next pending step that can be taken and that `wanted` allows: an index into `pending`.
    fn next(&self, decision: &Decision<'_>, wanted: impl Fn(&Pending) -> bool) -> Option<usize> {
        let mut pending = self.pending.iter();
        pending.position(|step| wanted(step) && decision.index_of(step.thread).is_some())
    }

    /// Whether the other thread has taken its step; only what comes after that is awaited.
    fn has_taken_step(&self) -> bool {
        let taken = self.taken.get(&self.other).copied().unwrap_or(0);
        self.held.is_some() && taken >= self.steps_of_other
    }

    fn next_of_phase(&mut self, decision: &Decision<'_>) -> Option<usize> {
        if self.has_taken_step() {
            let index = decision.index_of(self.other);
            if index.is_some_and(|index| decision.candidates[index].op.action == Action::Read) {
                let mut pending = self.pending.iter();
                return pending.position(|step| step.thread == self.other);
            }
            self.held = None;
        }
        if self.exact > 0 {
            self.exact -= 1;
            let first = self.pending.front()?;
            if decision.index_of(first.thread).is_some() {
                return Some(0);
            }
            // It is another run than the trace's.
            self.exact = 0;
            self.held = None;
        }
        if let Some(held) = self.held {
            let mut pending = self.pending.iter();
            if !pending.any(|step| step.thread == self.other)
                && decision.index_of(self.other).is_some()
            {
                // It takes more steps than in the run.
                self.pending.push_back(Pending {
                    thread: self.other,
                    put_off: false,
                });
            }
            let soon = self.next(decision, |step| step.thread != held && !step.put_off);
            let next = soon.or_else(|| self.next(decision, |step| step.thread != held));
            if next.is_some() {
                return next;
            }
            // The others need the held thread: its order cannot be reversed.
            self.held = None;
        }
        self.next(decision, |_| true)
    }
}

impl Strategy for Reverse {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        if let Some(index) = self.step_going_on(decision) {
            let mut pending = self.pending.iter();
            if let Some(own) = pending.position(|step| step.thread == self.other) {
                self.pending.remove(own);
            }
            self.streak.chose(decision, self.other);
            return index;
        }
        let pending = self.next_of_phase(decision);
        let step = pending.and_then(|index| self.pending.remove(index));
        let index = match step.and_then(|step| decision.index_of(step.thread)) {
            Some(index) => {
                self.streak
                    .chose(decision, decision.candidates[index].thread);
                index
            }
            None => self.streak.without_switch(decision),
        };
        let thread = decision.candidates[index].thread;
        let taken = self.taken.entry(thread).or_insert(0);
        *taken += 1;
        if thread == self.other && !self.goes_on && *taken >= self.steps_of_other + self.reads_on {
            self.held = None;
        }
        index
    }

    fn answer(&mut self, question: &Question) -> u32 {
        self.answers.to(question)
    }
}

//! Exhaustive search: every schedule, depth first by prefixes.
//!
//! With a bound, only those with so many preemptions at most, and those with fewer first: most bugs
//! need few (Musuvathi and Qadeer: Iterative context bounding for systematic testing of
//! multithreaded programs, PLDI 2007).

use pyt_sched::controlled::{Decision, Strategy, ThreadNumber, Trace};

use super::{AbandonFlag, Next, NextRun, RunRecord, Search, SearchProgress, StepShape};
use crate::strategy::Streak;

/// All schedules, or all with few preemptions.
#[derive(Debug, Default)]
pub struct Dfs {
    /// The bound of this round, and the last one's; `None`: no bound.
    bound: Option<usize>,
    last_bound: Option<usize>,
    /// A frame for each decision of the last run.
    stack: Vec<Frame>,
    /// The bound has left out a choice in this round.
    bounded: bool,
    restarted: bool,
    under_way: Option<AbandonFlag>,
    progress: SearchProgress,
}

#[derive(Debug)]
struct Frame {
    chosen: ThreadNumber,
    /// The step that it took; `None`: it has not been taken yet.
    shape: Option<StepShape>,
    /// The threads to be tried here later.
    rest: Vec<ThreadNumber>,
}

impl Dfs {
    /// Every schedule.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every schedule with at most `preemptions` preemptions: first those with none, then those
    /// with at most one, and so on. Each round makes those of the rounds before again. A round that
    /// leaves nothing out is the last.
    #[must_use]
    pub fn bounded(preemptions: usize) -> Self {
        Self {
            bound: Some(0),
            last_bound: Some(preemptions),
            ..Self::default()
        }
    }

    /// Notes the alternatives at each decision after the prefix.
    fn extend(&mut self, trace: &Trace) {
        let first = self.stack.len();
        let mut preemptions = 0;
        for (number, step) in trace.steps().iter().enumerate() {
            let decision = Decision {
                step: number as u64,
                current: (number > 0).then(|| trace.steps()[number - 1].thread),
                candidates: trace.candidates(number),
            };
            let running = decision.current_index().and(decision.current);
            let preempts = |thread| running.is_some_and(|running| running != thread);
            if number >= first {
                let others = decision.candidates.iter().map(|candidate| candidate.thread);
                let mut rest: Vec<_> = others.filter(|&thread| thread != step.thread).collect();
                if let Some(bound) = self.bound
                    && preemptions >= bound
                {
                    let all = rest.len();
                    rest.retain(|&thread| !preempts(thread));
                    self.bounded |= rest.len() < all;
                }
                rest.reverse();
                self.stack.push(Frame {
                    chosen: step.thread,
                    shape: None,
                    rest,
                });
            }
            preemptions += usize::from(preempts(step.thread));
        }
    }

    /// A run diverged: most programs that do so differ in their first run only, in which the
    /// library makes what it keeps. Forgets all, the first time; returns false the second.
    fn begin_again(&mut self) -> bool {
        let first = !std::mem::replace(&mut self.restarted, true);
        if first {
            self.stack.clear();
        }
        first
    }

    /// Goes to the next schedule. Returns false if there is none.
    fn advance(&mut self) -> bool {
        while let Some(frame) = self.stack.last_mut() {
            if let Some(thread) = frame.rest.pop() {
                frame.chosen = thread;
                frame.shape = None;
                return true;
            }
            self.stack.pop();
        }
        if self.bounded && self.bound < self.last_bound {
            self.bound = self.bound.map(|bound| bound + 1);
            self.bounded = false;
            return true;
        }
        false
    }
}

impl Search for Dfs {
    fn next(&mut self) -> Next {
        if self.progress.exhausted {
            return Next::Done;
        }
        if self.under_way.is_some() {
            return Next::Wait;
        }
        let abandon = AbandonFlag::default();
        self.under_way = Some(abandon.clone());
        let number = self.progress.started;
        self.progress.started += 1;
        let threads = self.stack.iter().map(|frame| frame.chosen).collect();
        Next::Run(NextRun {
            number,
            seed: None,
            values_seed: None,
            strategy: Box::new(Prefix::new(threads, abandon.clone())),
            abandon,
        })
    }

    fn learn(&mut self, _number: u64, seen: &RunRecord<'_>) {
        let Some(abandon) = self.under_way.take() else {
            return;
        };
        self.progress.finished += 1;
        if abandon.is_raised() {
            // The program behaved differently after the same choices.
            self.progress.abandoned += 1;
            self.progress.diverged += 1;
            if self.begin_again() {
                return;
            }
        } else {
            self.progress.cut += u64::from(seen.cut);
            let known = self.stack.iter().map(|frame| frame.shape);
            if StepShape::differ(seen.trace, known) {
                self.progress.diverged += 1;
                if self.begin_again() {
                    return;
                }
            }
            self.extend(seen.trace);
            for (number, frame) in self.stack.iter_mut().enumerate() {
                if frame.shape.is_none() && number < seen.trace.steps().len() {
                    frame.shape = Some(StepShape::of(seen.trace, number));
                }
            }
        }
        if !self.advance() {
            let SearchProgress { cut, diverged, .. } = self.progress;
            self.progress.exhausted = true;
            self.progress.proven = !self.bounded && cut == 0 && diverged == 0;
        }
    }

    fn progress(&self) -> SearchProgress {
        self.progress
    }
}

/// Makes the given choices, and goes on without switches.
#[derive(Debug)]
pub(super) struct Prefix {
    threads: Vec<ThreadNumber>,
    taken: usize,
    streak: Streak,
    abandon: AbandonFlag,
}

impl Prefix {
    pub(super) fn new(threads: Vec<ThreadNumber>, abandon: AbandonFlag) -> Self {
        Self {
            threads,
            taken: 0,
            streak: Streak::default(),
            abandon,
        }
    }
}

impl Strategy for Prefix {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        let planned = self.threads.get(self.taken);
        self.taken += 1;
        if let Some(&thread) = planned {
            if let Some(index) = decision.index_of(thread) {
                self.streak.chose(decision, thread);
                return index;
            }
            self.abandon.raise();
        }
        self.streak.without_switch(decision)
    }
}

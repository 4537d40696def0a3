//! Exhaustive search: every schedule, depth first by prefixes.
//!
//! With a bound, only those with so many preemptions at most, and those with fewer first: most bugs
//! need few (Musuvathi and Qadeer: Iterative context bounding for systematic testing of
//! multithreaded programs, PLDI 2007).

use pyt_sched::controlled::{Decision, Strategy, ThreadNumber, Trace};

use super::{
    AbandonFlag, Next, NextRun, RunRecord, Search, SearchProgress, Shard, StepShape,
    part::{Part, Top},
};
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
    under_way: Option<UnderWay>,
    /// If the search is a part of one.
    part: Option<Part>,
    /// How many runs were begun, also those that do not count.
    runs: u64,
    progress: SearchProgress,
}

/// What a run raises.
#[derive(Clone, Debug, Default)]
struct UnderWay {
    abandon: AbandonFlag,
    /// The program behaved differently after the same choices.
    diverged: AbandonFlag,
}

#[derive(Debug)]
struct Frame {
    chosen: ThreadNumber,
    /// The step that it took; `None`: it has not been taken yet.
    shape: Option<StepShape>,
    /// The threads to be tried here later.
    rest: Vec<ThreadNumber>,
    /// It is in the top of a part.
    in_top: bool,
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

    /// What one of several parts of a search finds: together, they find all. A part begins with
    /// its last bound, so that all parts have the same prefixes.
    #[must_use]
    pub fn part(bound: Option<usize>, shard: Shard) -> Self {
        if shard == Shard::WHOLE {
            return bound.map_or_else(Self::new, Self::bounded);
        }
        Self {
            bound,
            last_bound: bound,
            part: Some(Part::new(shard)),
            ..Self::default()
        }
    }

    /// Notes the alternatives at each decision after the prefix, up to the end of the top if what
    /// is below belongs to another part.
    fn extend(&mut self, trace: &Trace) {
        let first = self.stack.len();
        let top = self.part.as_ref().map(Part::top);
        let (mut preemptions, mut decisions) = (0, 0);
        for (number, step) in trace.steps().iter().enumerate() {
            let decision = Decision {
                step: number as u64,
                current: (number > 0).then(|| trace.steps()[number - 1].thread),
                candidates: trace.candidates(number),
            };
            let running = decision.current_index().and(decision.current);
            let preempts = |thread| running.is_some_and(|running| running != thread);
            let in_top = top.is_some_and(|top| decisions < top.decisions);
            if !in_top && top.is_some_and(|top| top.stop) {
                break;
            }
            decisions += usize::from(decision.candidates.len() > 1);
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
                    in_top,
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
            if let Some(part) = self.part.as_mut() {
                part.restart();
            }
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
        let under_way = UnderWay::default();
        self.under_way = Some(under_way.clone());
        let UnderWay { abandon, diverged } = under_way;
        let mut number = self.runs;
        self.runs += 1;
        let mut top = None;
        if let Some(part) = self.part.as_mut() {
            number = part.number(number);
            if self.stack.last().is_none_or(|last| last.in_top) {
                part.begin_leaf();
            }
            top = Some((part.top(), abandon.clone()));
        }
        let is_own = top.as_ref().is_none_or(|(top, _)| !top.stop);
        self.progress.started += u64::from(is_own);
        let threads = self.stack.iter().map(|frame| frame.chosen).collect();
        Next::Run(NextRun {
            number,
            seed: None,
            values_seed: None,
            strategy: Box::new(Prefix::new(threads, top, diverged)),
            abandon,
        })
    }

    fn learn(&mut self, _number: u64, seen: &RunRecord<'_>) {
        let Some(UnderWay { abandon, diverged }) = self.under_way.take() else {
            return;
        };
        let is_own = self.part.as_ref().is_none_or(Part::is_own);
        self.progress.finished += u64::from(is_own);
        if !is_own {
            // It may have ended before the top did.
            abandon.raise();
        }
        if diverged.is_raised() {
            abandon.raise();
            self.progress.abandoned += u64::from(is_own);
            self.progress.diverged += 1;
            if self.begin_again() {
                return;
            }
        } else {
            self.progress.cut += u64::from(is_own && seen.cut);
            let known = self.stack.iter().map(|frame| frame.shape);
            if StepShape::differ(seen.trace, known) {
                self.progress.diverged += 1;
                if self.begin_again() {
                    return;
                }
            }
            if let Some(part) = self.part.as_mut() {
                part.learn_leaf(seen.trace, seen.trace.steps().len());
            }
            self.extend(seen.trace);
            for (number, frame) in self.stack.iter_mut().enumerate() {
                if frame.shape.is_none() && number < seen.trace.steps().len() {
                    frame.shape = Some(StepShape::of(seen.trace, number));
                }
            }
        }
        if !self.advance() {
            if self.part.as_mut().is_some_and(Part::goes_on) {
                self.bounded = false;
                return;
            }
            self.progress.division = self.part.as_ref().map(Part::digest);
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
    /// For a part of a search, the top of the tree; what is to be raised where it ends.
    top: Option<(Top, AbandonFlag)>,
    /// How many decisions had more than one candidate.
    decisions: usize,
    /// Raised if a choice is not possible.
    diverged: AbandonFlag,
}

impl Prefix {
    pub(super) fn new(
        threads: Vec<ThreadNumber>,
        top: Option<(Top, AbandonFlag)>,
        diverged: AbandonFlag,
    ) -> Self {
        Self {
            threads,
            taken: 0,
            streak: Streak::default(),
            top,
            decisions: 0,
            diverged,
        }
    }
}

impl Strategy for Prefix {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        if let Some((top, abandon)) = &self.top
            && top.stop
            && self.decisions >= top.decisions
        {
            abandon.raise();
        }
        self.decisions += usize::from(decision.candidates.len() > 1);
        let planned = self.threads.get(self.taken);
        self.taken += 1;
        if let Some(&thread) = planned {
            if let Some(index) = decision.index_of(thread) {
                self.streak.chose(decision, thread);
                return index;
            }
            self.diverged.raise();
        }
        self.streak.without_switch(decision)
    }
}

//! The strategy of one run: the choices of the prefix, then a continuation, then free choices, but
//! never a thread that sleeps because its step has been tried already.

use std::sync::{Arc, Mutex, PoisonError};

use pyt_sched::controlled::{Action, Candidate, Decision, Strategy, ThreadNumber};

use super::wakeup::Branch;
use crate::{
    order::{Rules, ThreadOp},
    search::{
        AbandonFlag,
        part::{RULES_OF_TOP, Top},
    },
    strategy::Streak,
};

/// The choice at a decision that an earlier run has made, too.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) thread: ThreadNumber,
    /// The threads that have been tried here.
    pub(super) tried: Vec<ThreadNumber>,
    /// No tree asked for a step here when this decision was made first.
    pub(super) is_free: bool,
}

/// A thread that is not tried, since its step has been tried already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sleeper {
    pub(super) thread: ThreadNumber,
    /// No tree has asked for a step since it fell asleep: it slept when a free choice was made.
    pub(super) is_past_tree: bool,
}

/// The sleeping threads at each decision of the run, for [`Search::learn`](super::Search::learn).
pub(super) type Sleepers = Arc<Mutex<Vec<Vec<Sleeper>>>>;

#[derive(Debug)]
pub(super) struct Guide {
    rules: Rules,
    /// If the search is a part of one.
    top: Option<Top>,
    /// How many decisions had more than one candidate.
    decisions: usize,
    plan: std::vec::IntoIter<Planned>,
    then: Vec<Branch>,
    sleeping: Vec<Sleeper>,
    sleepers: Sleepers,
    streak: Streak,
    abandon: AbandonFlag,
}

impl Guide {
    pub(super) fn new(
        rules: Rules,
        top: Option<Top>,
        plan: Vec<Planned>,
        then: Vec<Branch>,
        sleepers: Sleepers,
        abandon: AbandonFlag,
    ) -> Self {
        Self {
            rules,
            top,
            decisions: 0,
            plan: plan.into_iter(),
            then,
            sleeping: Vec::new(),
            sleepers,
            streak: Streak::default(),
            abandon,
        }
    }

    /// The first step that the tree asks for and that is possible, if there is one.
    fn follow(&mut self, decision: &Decision<'_>) -> Option<usize> {
        let mut branches = std::mem::take(&mut self.then).into_iter();
        let (index, branch) =
            branches.find_map(|branch| Some((decision.index_of(branch.thread)?, branch)))?;
        self.then = branch.then;
        Some(index)
    }

    /// Notes which threads sleep where choices begin to be free.
    fn leave_tree(&mut self) {
        for sleeper in &mut self.sleeping {
            sleeper.is_past_tree = true;
        }
    }

    /// A free choice: first steps that touch nothing shared, last steps that let others go on. So
    /// all threads have announced their next step when an object changes, and it shows which of
    /// them have to wait.
    fn freely(&self, decision: &Decision<'_>, rules: Rules) -> Option<usize> {
        let rank = |candidate: &Candidate| match candidate.op.action {
            // First, so that it shows whether other threads go on after it.
            Action::End if candidate.thread == 0 => 0,
            Action::Start => 1,
            _ if candidate.op.object == 0 => 0,
            Action::Release
            | Action::Set
            | Action::Notify
            | Action::Put
            | Action::TaskDone
            | Action::ShutDown => 3,
            _ => 2,
        };
        let candidates = decision.candidates.iter().enumerate();
        candidates
            .filter(|(_, candidate)| {
                let mut sleeping = self.sleeping.iter();
                !sleeping.any(|sleeper| sleeper.thread == candidate.thread)
            })
            .min_by_key(|(_, candidate)| {
                let switches = Some(candidate.thread) != decision.current;
                let unfair = self.streak.is_over(candidate.thread);
                let ends = thread_op(candidate).is_exit(rules);
                (unfair, ends, rank(candidate), switches)
            })
            .map(|(index, _)| index)
    }
}

fn thread_op(candidate: &Candidate) -> ThreadOp {
    ThreadOp {
        thread: candidate.thread,
        op: candidate.op,
    }
}

impl Strategy for Guide {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        if self.abandon.is_raised() {
            return self.streak.without_switch(decision);
        }
        let in_top = self.top.is_some_and(|top| self.decisions < top.decisions);
        if !in_top && self.top.is_some_and(|top| top.stop) {
            self.abandon.raise();
            return self.streak.without_switch(decision);
        }
        let rules = if in_top { RULES_OF_TOP } else { self.rules };
        self.decisions += usize::from(decision.candidates.len() > 1);
        let index = if let Some(planned) = self.plan.next() {
            let tried = planned.tried.into_iter();
            if planned.is_free {
                self.leave_tree();
            }
            self.sleeping.extend(tried.map(|thread| Sleeper {
                thread,
                is_past_tree: false,
            }));
            decision.index_of(planned.thread)
        } else if let Some(index) = self.follow(decision) {
            Some(index)
        } else {
            self.leave_tree();
            self.freely(decision, rules)
        };
        let Some(index) = index else {
            self.abandon.raise();
            return self.streak.without_switch(decision);
        };
        let chosen = thread_op(&decision.candidates[index]);
        self.streak.chose(decision, chosen.thread);
        let mut sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        sleepers.push(self.sleeping.clone());
        // A thread that cannot go on now, or whose step does not commute with this one, wakes up:
        // it is worth trying after this step.
        self.sleeping.retain(|sleeper| {
            decision
                .index_of(sleeper.thread)
                .is_some_and(|i| !thread_op(&decision.candidates[i]).depends_on(&chosen, rules))
        });
        index
    }
}

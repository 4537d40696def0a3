//! The strategy of one run: the choices made before, then a continuation, then freely, but never a
//! thread that sleeps because what it would do has been tried already.

use std::sync::{Arc, Mutex, PoisonError};

use pyt_sched::controlled::{Action, Candidate, Decision, Strategy, ThreadNumber};

use super::wakeup::Branch;
use crate::{
    order::{Deed, Rules},
    search::Abandon,
    strategy::Streak,
};

/// What is to be done at a decision that a run before has made, too.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) thread: ThreadNumber,
    /// Who has been tried here.
    pub(super) tried: Vec<ThreadNumber>,
}

/// The sleeping threads at each decision of the run, for whoever learns from it.
pub(super) type Sleepers = Arc<Mutex<Vec<Vec<ThreadNumber>>>>;

#[derive(Debug)]
pub(super) struct Guide {
    rules: Rules,
    plan: std::vec::IntoIter<Planned>,
    then: Vec<Branch>,
    sleeping: Vec<ThreadNumber>,
    sleepers: Sleepers,
    streak: Streak,
    abandon: Abandon,
}

impl Guide {
    pub(super) fn new(
        rules: Rules,
        plan: Vec<Planned>,
        then: Vec<Branch>,
        sleepers: Sleepers,
        abandon: Abandon,
    ) -> Self {
        Self {
            rules,
            plan: plan.into_iter(),
            then,
            sleeping: Vec::new(),
            sleepers,
            streak: Streak::default(),
            abandon,
        }
    }

    /// Where the choice is free: what touches nothing shared first and what lets others go on last,
    /// so that everybody has said what they are about to do when something happens to an object,
    /// and it shows who it keeps waiting.
    fn freely(&self, decision: &Decision<'_>) -> Option<usize> {
        let rank = |candidate: &Candidate| match candidate.op.action {
            // So that it shows whether others go on after it.
            Action::End if candidate.thread == 0 => 0,
            Action::Start => 1,
            _ if candidate.op.object == 0 => 0,
            Action::Release | Action::Set | Action::Notify | Action::Put | Action::TaskDone => 3,
            _ => 2,
        };
        let candidates = decision.candidates.iter().enumerate();
        candidates
            .filter(|(_, candidate)| !self.sleeping.contains(&candidate.thread))
            .min_by_key(|(_, candidate)| {
                let switches = Some(candidate.thread) != decision.current;
                let unfair = self.streak.is_over(candidate.thread);
                let ends = deed(candidate).is_exit(self.rules);
                (unfair, ends, rank(candidate), switches)
            })
            .map(|(index, _)| index)
    }
}

fn deed(candidate: &Candidate) -> Deed {
    Deed {
        thread: candidate.thread,
        op: candidate.op,
    }
}

impl Strategy for Guide {
    fn choose(&mut self, decision: &Decision<'_>) -> usize {
        if self.abandon.is_raised() {
            return self.streak.without_switch(decision);
        }
        let index = if let Some(planned) = self.plan.next() {
            self.sleeping.extend(planned.tried);
            decision.index_of(planned.thread)
        } else if self.then.is_empty() {
            self.freely(decision)
        } else {
            let branch = self.then.swap_remove(0);
            self.then = branch.then;
            decision.index_of(branch.thread)
        };
        let Some(index) = index else {
            self.abandon.raise();
            return self.streak.without_switch(decision);
        };
        let chosen = deed(&decision.candidates[index]);
        self.streak.chose(decision, chosen.thread);
        let mut sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        sleepers.push(self.sleeping.clone());
        // Whoever could not go on now, or would do something that does not commute with this step,
        // is worth trying again after it.
        self.sleeping.retain(|&thread| {
            decision
                .index_of(thread)
                .is_some_and(|i| !deed(&decision.candidates[i]).depends_on(&chosen, self.rules))
        });
        index
    }
}

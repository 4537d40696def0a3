//! The search for the pairs that decide: which are reversed, in how many runs, and which of those
//! that decide explains best. Which pairs there are is not known here.

use std::collections::BTreeSet;

use pyt_sched::controlled::{Strategy, Trace};

use crate::{
    conflict::Conflict,
    operation::{begin_of_operation, end_of_operation},
    order::Order,
    recognised::{Recognised, has_place},
    strategy::Reverse,
};

use super::{
    Cause, Reversal, Verdict,
    candidates::{Candidate, Class, calls, choices_at_switches, hold_point},
};

/// So many of the runs are kept for reversals of all that a thread goes on to do, and for pairs
/// that are the other way round.
pub(super) const WIDER_RUNS: u64 = 24;
/// So many are made, of each stage, for pairs with a conflicting step between them.
const RUNS_OF_FAR_PAIRS: u64 = 12;
/// So many of these are spent on steps that conflict, the others on choices at switches.
const WIDER_RUNS_OF_PAIRS: u64 = 16;
/// So many pairs are tried that the best of those that decide has reversed, too.
const RUNS_WITHIN: usize = 8;
/// So many are kept for finding out whether less of what two threads do decides, and so many of
/// these are made for one pair.
pub(super) const NEARER_RUNS: u64 = 32;
const NEARER_RUNS_OF_PAIR: u64 = 16;
/// For so many of the pairs that decide, the best first, pairs the other way round are tried.
const PAIRS_WITH_OPPOSITES: usize = 3;
/// So many of these for each.
const OPPOSITES: usize = 8;
/// So many of these with all that the thread goes on to do.
const OPPOSITES_GOING_ON: usize = 3;

/// How far the second thread has gone on before the first one does, where a pair is reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Its step of the pair was taken.
    Second,
    /// It has ended, or has to wait.
    End,
}

/// What comes of a run in which less is reversed than a pair that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nearer {
    /// It does not pass, or was not made so.
    Fails,
    /// It passes, but does not come to the second step: less may be enough.
    PassesWithout,
    /// It passes.
    Decides,
}

/// The search of one failing run.
pub(super) struct Search<'a, R> {
    pub(super) failing: &'a Trace,
    /// How many of its steps were taken.
    pub(super) taken: usize,
    pub(super) order: Order,
    pub(super) recognised: Recognised<'a>,
    /// The pairs that explain something by themselves.
    pub(super) explaining: Vec<Conflict>,
    /// The pairs that decide, each with all pairs that its run has reversed.
    pub(super) passing: Vec<(Conflict, BTreeSet<(usize, usize)>)>,
    pub(super) tried: BTreeSet<(usize, usize)>,
    /// How many runs were made.
    pub(super) runs: u64,
    /// There are no more runs.
    pub(super) ended: bool,
    pub(super) run: &'a mut R,
}

impl<R: FnMut(Box<dyn Strategy>) -> Option<Reversal>> Search<'_, R> {
    /// Reverses one pair at a time, in at most `budget` runs, until one decides and all of its
    /// stage were tried. Returns whether all were tried that it could be.
    pub(super) fn single(&mut self, candidates: &[Candidate], budget: u64) -> bool {
        let mut complete = true;
        for stage in candidates.chunk_by(|one, other| one.stage() == other.stage()) {
            let is_adjacent = stage.first().is_some_and(|one| one.is_adjacent);
            let most = if is_adjacent {
                budget
            } else {
                budget.min(self.runs + RUNS_OF_FAR_PAIRS)
            };
            for candidate in stage {
                if self.runs >= most || self.ended {
                    complete = false;
                    break;
                }
                self.decides(candidate.pair, budget);
            }
            if !self.passing.is_empty() {
                break;
            }
        }
        complete
    }

    /// Of the pairs that decide, the best may have reversed others that were not tried, since they
    /// are about what the library keeps. If one of these decides, that is the reason.
    pub(super) fn within(&mut self, candidates: &[Candidate], budget: u64) {
        let best = self.decisive(candidates).first().copied();
        let Some(best) = best else {
            return;
        };
        let mut passing = self.passing.iter();
        let of_best = passing.find(|(pair, _)| *pair == best);
        let reversed = of_best.map(|(_, all)| all.clone()).unwrap_or_default();
        let is_within = |candidate: &&Candidate| {
            let pair = candidate.pair;
            let numbers = (pair.first, pair.second);
            candidate.class == Class::LibraryState
                && reversed.contains(&numbers)
                && !self.tried.contains(&numbers)
        };
        let mut inner: Vec<Conflict> = candidates
            .iter()
            .filter(is_within)
            .map(|candidate| candidate.pair)
            .collect();
        inner.sort_by_key(|pair| pair.second - pair.first);
        for pair in inner.into_iter().take(RUNS_WITHIN) {
            if self.runs >= budget || self.ended {
                return;
            }
            self.decides(pair, budget);
        }
    }

    /// Runs the program with this pair reversed; if it passes, the pair is among those that decide.
    fn decides(&mut self, pair: Conflict, budget: u64) -> bool {
        if !self.tried.insert((pair.first, pair.second)) {
            let mut passing = self.passing.iter();
            return passing
                .any(|(other, _)| (other.first, other.second) == (pair.first, pair.second));
        }
        let hold = hold_point(self.failing, pair);
        let strategy = self.reverse(hold, pair);
        let Some(mut reversal) = self.run(strategy.clone()) else {
            return false;
        };
        if reversal.verdict == Verdict::Fails
            && self.runs < budget
            && self.recognised.reads_on(&reversal.trace, pair.second)
        {
            let Some(again) = self.run(strategy.clone().reading_on()) else {
                return false;
            };
            reversal = again;
        }
        let rest = self.rest_of_call(&reversal.trace, pair.second);
        if reversal.verdict != Verdict::Passes
            && rest > 0
            && calls(self.failing.steps()[pair.second].op)
            && self.runs < budget
        {
            // What it calls belongs to the step.
            let Some(again) = self.run(strategy.with_more(rest)) else {
                return false;
            };
            reversal = again;
        }
        if reversal.verdict != Verdict::Passes
            || (self.recognised.reversed_in(&reversal.trace, &[pair])).is_empty()
        {
            return false;
        }
        let mut all = self
            .recognised
            .reversed_in(&reversal.trace, &self.explaining);
        all.insert((pair.first, pair.second));
        let race = pair.race && hold == pair.first;
        self.passing.push((Conflict { race, ..pair }, all));
        true
    }

    /// How many steps the thread of `step` takes in `other` between its operation and the end of
    /// the call that this begins.
    fn rest_of_call(&self, other: &Trace, step: usize) -> u64 {
        let rest = self.recognised.rest_of_call(other, step);
        let steps = self.failing.steps();
        let end = end_of_operation(self.failing, step, self.taken.min(steps.len()));
        let own = steps[step..=end].iter();
        let own = own.filter(|one| one.thread == steps[step].thread).count() as u64 - 1;
        rest.saturating_sub(own)
    }

    /// As [`decides`](Self::decides), where all that the second thread does from then on comes
    /// before the first step, too.
    fn decides_going_on(&mut self, pair: Conflict, passes: impl FnOnce(Verdict) -> bool) -> bool {
        let hold = hold_point(self.failing, pair);
        let Some(reversal) = self.run(self.reverse(hold, pair).going_on()) else {
            return false;
        };
        passes(reversal.verdict)
            && !(self.recognised.reversed_in(&reversal.trace, &[pair])).is_empty()
    }

    /// The pairs that decide, without those whose run has reversed all that another one has.
    pub(super) fn decisive(&self, candidates: &[Candidate]) -> Vec<Conflict> {
        let class = |pair: &Conflict| {
            let mut all = candidates.iter();
            let found =
                all.find(|one| (one.pair.first, one.pair.second) == (pair.first, pair.second));
            found.map_or(Class::Synchronisation, |one| one.class)
        };
        let mut decisive: Vec<_> = self.passing.iter().collect();
        decisive.retain(|(pair, _)| self.is_least(*pair));
        // Stable: among equals, the pairs that are closest to a switch stay first.
        // A thread that waits for ever explains a standstill better than what led to it.
        decisive.sort_by_key(|(pair, all)| {
            let is_taken = pair.second < self.taken;
            (is_taken, class(pair).is_no_access(), !pair.race, all.len())
        });
        decisive.into_iter().map(|(pair, _)| *pair).collect()
    }

    /// One of the pairs that decide, and another that does, of the same two threads, the other way
    /// round: those that lie closest together.
    pub(super) fn opposites(
        &mut self,
        decisive: &[Conflict],
        candidates: &[Candidate],
        budget: u64,
    ) -> Option<(Conflict, Conflict)> {
        let whole = budget;
        let budget = budget.saturating_sub(NEARER_RUNS_OF_PAIR);
        let is_taken = |pair: &Conflict| pair.second < self.taken;
        let alike: Vec<Conflict> = decisive
            .iter()
            .filter(|pair| decisive.first().map(is_taken) == Some(is_taken(pair)))
            .take(PAIRS_WITH_OPPOSITES)
            .copied()
            .collect();
        let mut found = Vec::new();
        for &pair in &alike {
            let others = self.those_opposite(pair, candidates);
            let mut tried = 0;
            for &(size, other) in &others {
                let is_new = !self.tried.contains(&(other.first, other.second));
                tried += usize::from(is_new);
                if is_new && (tried > OPPOSITES || self.runs >= budget || self.ended) {
                    break;
                }
                if self.decides(other, budget) {
                    found.push((size, pair, other));
                }
            }
        }
        found.retain(|(_, _, other)| self.is_least(*other));
        let closest = found.iter().map(|(size, _, _)| *size).min();
        'all: for &pair in &alike {
            let others = self.those_opposite(pair, candidates);
            for &(size, other) in others.iter().take(OPPOSITES_GOING_ON) {
                if closest.is_some_and(|closest| closest <= size) || self.runs >= budget {
                    break;
                }
                // What fails in another way then may be another interleaving.
                if self.decides_going_on(other, |verdict| verdict != Verdict::Fails) {
                    found.push((size, pair, other));
                    break 'all;
                }
            }
        }
        let best = found.into_iter().min_by_key(|(size, _, _)| *size);
        let (_, pair, other) = best?;
        let until = if self.is_passing(other) {
            Until::Second
        } else {
            Until::End
        };
        let nearer = self.nearer(other, until, candidates, whole);
        Some((pair, nearer.unwrap_or(other)))
    }

    /// Whether the run with only this pair reversed passes.
    fn is_passing(&self, pair: Conflict) -> bool {
        let mut passing = self.passing.iter();
        passing.any(|(other, _)| (other.first, other.second) == (pair.first, pair.second))
    }

    /// A reversed pair lets all that the second thread has done until then come before all that
    /// the first one does from then on. Less of both may be enough: a later step of the first
    /// thread and an earlier one of the second, whose order decides although that of `pair` stays.
    /// These need not touch the same thing: what they share may be something that no step says.
    pub(super) fn nearer(
        &mut self,
        pair: Conflict,
        until: Until,
        candidates: &[Candidate],
        budget: u64,
    ) -> Option<Conflict> {
        let budget = budget.min(self.runs + NEARER_RUNS_OF_PAIR);
        let steps = self.failing.steps();
        let (one, other) = (steps[pair.first].thread, steps[pair.second].thread);
        let hold = begin_of_operation(self.failing, hold_point(self.failing, pair));
        let knows_places = steps.iter().any(has_place);
        let is_shown = |step: &usize| !knows_places || has_place(&steps[*step]);
        let second = match until {
            Until::Second => pair.second,
            // (A thread that runs a function of the library has no steps in the program.)
            Until::End => (0..self.taken)
                .rfind(|step| steps[*step].thread == other && is_shown(step))
                .unwrap_or(pair.second),
        };
        let of = |thread, from: usize, to: usize| -> Vec<usize> {
            let numbers = from.min(to)..to;
            let own = numbers.filter(|&step| steps[step].thread == thread);
            own.filter(is_shown).collect()
        };
        let mut nearer = None;
        let mut first = hold;
        // The more of them are left out, the less likely the run passes.
        let firsts = of(one, hold + 1, second.min(self.taken));
        let mut least = (0, firsts.len());
        while least.0 < least.1 {
            let middle = usize::midpoint(least.0, least.1);
            let goes_on = until == Until::End;
            match self.tried_nearer(firsts[middle], second, pair, until, goes_on, budget) {
                Nearer::Fails => least.1 = middle,
                tried => {
                    if tried == Nearer::Decides {
                        first = firsts[middle];
                        nearer = Some((first, second));
                    }
                    least.0 = middle + 1;
                }
            }
        }
        let seconds = of(other, first + 1, second);
        let mut least = (0, seconds.len());
        while least.0 < least.1 {
            let middle = usize::midpoint(least.0, least.1);
            match self.tried_nearer(first, seconds[middle], pair, until, false, budget) {
                Nearer::Fails => least.0 = middle + 1,
                tried => {
                    if tried == Nearer::Decides {
                        nearer = Some((first, seconds[middle]));
                    }
                    least.1 = middle;
                }
            }
        }
        nearer.map(|(first, second)| {
            let same = |one: &&Candidate| (one.pair.first, one.pair.second) == (first, second);
            candidates.iter().find(same).map_or(
                Conflict {
                    first,
                    second,
                    race: false,
                },
                |known| known.pair,
            )
        })
    }

    /// What comes of it if `second` comes before `first`, where the steps of `pair`, of the same
    /// threads, stay in their order. With `goes_on`, so does all that follows `second`.
    fn tried_nearer(
        &mut self,
        first: usize,
        second: usize,
        pair: Conflict,
        until: Until,
        goes_on: bool,
        budget: u64,
    ) -> Nearer {
        if self.runs >= budget {
            return Nearer::Fails;
        }
        let between = Conflict {
            first,
            second,
            race: false,
        };
        let mut strategy = self.reverse(first, between);
        if goes_on {
            strategy = strategy.going_on();
        }
        let Some(reversal) = self.run(strategy) else {
            return Nearer::Fails;
        };
        let trace = &reversal.trace;
        let is_reversed =
            |pair: Conflict| !(self.recognised.reversed_in(trace, &[pair])).is_empty();
        let stays = until == Until::End || !is_reversed(pair);
        let passes = reversal.verdict == Verdict::Passes;
        if !passes || !stays || !self.recognised.is_held_in(trace, between) {
            Nearer::Fails
        } else if is_reversed(between) || self.recognised.are_taken_in_turn(trace, between) {
            Nearer::Decides
        } else {
            Nearer::PassesWithout
        }
    }

    /// The pairs of the same two threads as `pair`, the other way round, the closest first, with
    /// how far they lie apart. Those that only take and free locks are not among them, but for the
    /// lock that `pair` is about: one thread tries to take it while the other one has it.
    fn those_opposite(&self, pair: Conflict, candidates: &[Candidate]) -> Vec<(usize, Conflict)> {
        let object = |step: usize| self.failing.steps()[step].op.object;
        let may_explain = |other: &&Candidate| match other.class {
            Class::Race | Class::OrderedAccesses | Class::State | Class::LibraryState => true,
            Class::AwaitedLock => false,
            Class::Synchronisation => object(other.pair.first) == object(pair.first),
        };
        let mut others: Vec<_> = candidates
            .iter()
            .filter(may_explain)
            .filter(|other| self.is_opposite(pair, other.pair))
            .map(|other| (self.size(pair, other.pair), other.pair))
            .collect();
        others.sort_by_key(|(size, _)| *size);
        others
    }

    /// Whether the run of no other pair that decides has reversed only a part of what that of this
    /// one has.
    fn is_least(&self, pair: Conflict) -> bool {
        let same = |one: &Conflict| (one.first, one.second) == (pair.first, pair.second);
        let mut passing = self.passing.iter();
        let Some((_, all)) = passing.find(|(one, _)| same(one)) else {
            return true;
        };
        !self
            .passing
            .iter()
            .any(|(other, fewer)| !same(other) && fewer.len() < all.len() && fewer.is_subset(all))
    }

    /// Whether `other` is of the same two threads as `pair`, and in the other order.
    fn is_opposite(&self, pair: Conflict, other: Conflict) -> bool {
        let thread = |step: usize| self.failing.steps()[step].thread;
        thread(pair.first) == thread(other.second) && thread(pair.second) == thread(other.first)
    }

    /// How many steps the two threads take between their steps of two pairs.
    fn size(&self, pair: Conflict, other: Conflict) -> usize {
        let between = |one: usize, other: usize| {
            let (from, to) = (one.min(other), one.max(other));
            let thread = self.failing.steps()[one].thread;
            let steps = self.failing.steps()[from..to].iter();
            steps.filter(|step| step.thread == thread).count()
        };
        between(pair.first, other.second) + between(pair.second, other.first)
    }

    /// Reverses pairs with all that the second thread does from then on, and what was chosen at
    /// switches; ends with the first pair that decides. Returns whether all were tried.
    pub(super) fn wider(
        &mut self,
        candidates: &[Candidate],
        budget: u64,
        cause: &mut Cause,
    ) -> bool {
        let pairs = candidates
            .iter()
            .filter(|candidate| candidate.is_adjacent)
            .map(|candidate| candidate.pair);
        let whole = budget;
        let budget = budget.saturating_sub(NEARER_RUNS_OF_PAIR);
        let for_pairs = self.runs + WIDER_RUNS_OF_PAIRS;
        let switches = choices_at_switches(self.failing);
        let all = pairs
            .map(|pair| (pair, for_pairs))
            .chain(switches.into_iter().map(|pair| (pair, budget)));
        let mut complete = true;
        for (pair, until) in all {
            if self.runs >= until.min(budget) {
                complete = false;
                continue;
            }
            let hold = hold_point(self.failing, pair);
            if self.decides_going_on(pair, |verdict| verdict == Verdict::Passes) {
                let race = pair.race && hold == pair.first;
                let nearer = self.nearer(pair, Until::End, candidates, whole);
                let pair = nearer.unwrap_or(Conflict { race, ..pair });
                cause.decisive.push(pair);
                return true;
            }
            if self.ended {
                return false;
            }
        }
        complete
    }

    /// The schedule of the failing run with this pair reversed.
    fn reverse(&self, hold: usize, pair: Conflict) -> Reverse {
        let hold = begin_of_operation(self.failing, hold);
        let follows = |step| self.order.happens_before(hold, step);
        let end = self.taken.min(self.failing.steps().len());
        let until = end_of_operation(self.failing, pair.second, end);
        Reverse::new(self.failing, hold, until, follows)
    }

    fn run(&mut self, strategy: Reverse) -> Option<Reversal> {
        if self.ended {
            return None;
        }
        let Some(reversal) = (self.run)(Box::new(strategy)) else {
            self.ended = true;
            return None;
        };
        self.runs += 1;
        Some(reversal)
    }
}

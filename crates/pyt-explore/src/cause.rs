//! The cause of a failure: the two steps whose order decides between failing and passing, or two
//! such pairs, where what one thread does must not be interrupted by another.
//!
//! Found by experiment. For each pair of steps of a failing run that conflict, a schedule is made
//! in which this pair is reversed ([`Reverse`]) and the program is run under it. A pair decides if
//! the run then passes, and if no other pair decides whose order was reversed along with it.
//! Nothing is run here.

use std::collections::{BTreeSet, HashMap};

use pyt_sched::controlled::{
    Action, Candidate as Waiting, Decision, Op, Place, Strategy, ThreadNumber, Trace,
};

use crate::{
    conflict::Conflict,
    operation::{begin_of_operation, end_of_operation},
    order::{Order, Rules, is_access},
    recognised::{Recognised, has_place},
    strategy::Reverse,
};

/// Runs of more steps are not searched: those of endless loops. No two of their steps explain the
/// failure, and the search takes too long.
const MAX_STEPS: usize = 20_000;
/// So many pairs are considered at most, the closest to a switch first.
const MAX_PAIRS: usize = 2_000;
/// The partners of a step are looked for among so many steps on the same object before it.
const MAX_LOOK_BACK: usize = 512;

/// How a run with a reversed pair ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It fails in the same way.
    Fails,
    /// It fails in another way.
    FailsOtherwise,
    /// It does not fail.
    Passes,
}

/// A run with a reversed pair.
#[derive(Debug)]
pub struct Reversal {
    /// Its steps.
    pub trace: Trace,
    /// How it ended.
    pub verdict: Verdict,
}

/// A failing run, and what is known of it.
#[derive(Clone, Debug, Default)]
pub struct FailingTrace {
    /// The steps that were taken, and after them those that threads waited to take when the run
    /// came to a standstill.
    trace: Trace,
    taken: usize,
    of_library: BTreeSet<usize>,
}

impl FailingTrace {
    /// The run with these steps: best that of a minimized schedule.
    #[must_use]
    pub fn new(trace: Trace) -> Self {
        Self {
            taken: trace.steps().len(),
            trace,
            of_library: BTreeSet::new(),
        }
    }

    /// How many steps were taken.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.taken
    }

    /// Whether no step was taken.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// The same, with the steps that threads waited to take when it came to a standstill.
    #[must_use]
    pub fn waiting(mut self, waits: impl IntoIterator<Item = (ThreadNumber, Op, Place)>) -> Self {
        for (thread, op, place) in waits {
            let candidates = [Waiting {
                thread,
                op,
                timed_out: false,
            }];
            let decision = Decision {
                step: self.trace.steps().len() as u64,
                current: None,
                candidates: &candidates,
            };
            self.trace.push(&decision, 0, place);
        }
        self
    }

    /// The same; these steps touch what the library keeps, which explains less than what the
    /// program has.
    #[must_use]
    pub fn of_library(mut self, steps: impl IntoIterator<Item = usize>) -> Self {
        self.of_library.extend(steps);
        self
    }
}

/// What [`find_cause`] has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// The pairs that decide, the best explanation first. Reversed, each makes the run pass. A step
    /// whose number is that of no step of the run is one that a thread waited to take.
    pub decisive: Vec<Conflict>,
    /// A pair of the same two threads as the first one, the other way round, that decides as well:
    /// each thread does something between two steps of the other that belong together.
    pub opposite: Option<Conflict>,
    /// How many runs with a reversed pair were made.
    pub runs: u64,
    /// Whether all pairs were tried that it could be.
    pub complete: bool,
}

/// Finds the pairs of steps that decide whether the run `failing` fails. `run` runs the program
/// under a strategy; at most `budget` times, and not again after `None`.
pub fn find_cause(
    failing: &FailingTrace,
    budget: u64,
    mut run: impl FnMut(Box<dyn Strategy>) -> Option<Reversal>,
) -> Cause {
    let mut cause = Cause::default();
    let trace = &failing.trace;
    if failing.taken > MAX_STEPS {
        return cause;
    }
    let candidates = candidates(failing);
    let mut search = Search {
        failing: trace,
        taken: failing.taken,
        order: Order::of(trace, Rules::default()),
        recognised: Recognised::new(trace),
        explaining: candidates
            .iter()
            .filter(|candidate| candidate.class != Class::Synchronisation)
            .map(|candidate| candidate.pair)
            .collect(),
        passing: Vec::new(),
        tried: BTreeSet::new(),
        runs: 0,
        ended: false,
        run: &mut run,
    };
    let for_pairs = budget.saturating_sub(WIDER_RUNS + NEARER_RUNS);
    cause.complete = search.single(&candidates, for_pairs);
    search.within(&candidates, for_pairs);
    cause.decisive = search.decisive(&candidates);
    if let Some(&best) = cause.decisive.first() {
        if let Some(nearer) = search.nearer(best, Until::Second, &candidates, budget) {
            cause.decisive = vec![nearer];
        }
        if let Some((pair, opposite)) = search.opposites(&cause.decisive, &candidates, budget) {
            cause.decisive.retain(|other| *other != pair);
            cause.decisive.insert(0, pair);
            cause.opposite = Some(opposite);
        }
    } else if budget > WIDER_RUNS {
        // What one reversed pair does not explain: all that a thread does comes before the other's.
        let complete = search.wider(&candidates, budget, &mut cause);
        cause.complete &= complete || !cause.decisive.is_empty();
    }
    cause.runs = search.runs;
    cause
}

/// So many of the runs are kept for reversals of all that a thread goes on to do, and for pairs
/// that are the other way round.
const WIDER_RUNS: u64 = 24;
/// So many are made, of each stage, for pairs with a conflicting step between them.
const RUNS_OF_FAR_PAIRS: u64 = 12;
/// So many of these are spent on steps that conflict, the others on choices at switches.
const WIDER_RUNS_OF_PAIRS: u64 = 16;
/// So many pairs are tried that the best of those that decide has reversed, too.
const RUNS_WITHIN: usize = 8;
/// So many are kept for finding out whether less of what two threads do decides, and so many of
/// these are made for one pair.
const NEARER_RUNS: u64 = 32;
const NEARER_RUNS_OF_PAIR: u64 = 16;
/// For so many of the pairs that decide, the best first, pairs the other way round are tried.
const PAIRS_WITH_OPPOSITES: usize = 3;
/// So many of these for each.
const OPPOSITES: usize = 8;
/// So many of these with all that the thread goes on to do.
const OPPOSITES_GOING_ON: usize = 3;

/// How far the second thread has gone on before the first one does, where a pair is reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
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
struct Search<'a, R> {
    failing: &'a Trace,
    /// How many of its steps were taken.
    taken: usize,
    order: Order,
    recognised: Recognised<'a>,
    /// The pairs that explain something by themselves.
    explaining: Vec<Conflict>,
    /// The pairs that decide, each with all pairs that its run has reversed.
    passing: Vec<(Conflict, BTreeSet<(usize, usize)>)>,
    tried: BTreeSet<(usize, usize)>,
    /// How many runs were made.
    runs: u64,
    /// There are no more runs.
    ended: bool,
    run: &'a mut R,
}

impl<R: FnMut(Box<dyn Strategy>) -> Option<Reversal>> Search<'_, R> {
    /// Reverses one pair at a time, in at most `budget` runs, until one decides and all of its
    /// stage were tried. Returns whether all were tried that it could be.
    fn single(&mut self, candidates: &[Candidate], budget: u64) -> bool {
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
    fn within(&mut self, candidates: &[Candidate], budget: u64) {
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
    fn decisive(&self, candidates: &[Candidate]) -> Vec<Conflict> {
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
    fn opposites(
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
    fn nearer(
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
        let tells = |other: &&Candidate| match other.class {
            Class::Race | Class::OrderedAccesses | Class::State | Class::LibraryState => true,
            Class::AwaitedLock => false,
            Class::Synchronisation => object(other.pair.first) == object(pair.first),
        };
        let mut others: Vec<_> = candidates
            .iter()
            .filter(tells)
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
    fn wider(&mut self, candidates: &[Candidate], budget: u64, cause: &mut Cause) -> bool {
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

/// At each switch, and where time has passed, the step that was taken, and the next one of each
/// other thread that could have gone on instead: those of the main thread last, and otherwise the
/// last switches first. Of a thread that has no steps in the program, since it runs a function of
/// the library or finds no task left, its next step after each step that it could have come before,
/// per thread the first of these.
fn choices_at_switches(trace: &Trace) -> Vec<Conflict> {
    let steps = trace.steps();
    let knows_places = steps.iter().any(has_place);
    // (What a library does in a thread of its own explains nothing, but that the thread runs may.)
    let is_shown = |step: usize| {
        !knows_places || has_place(&steps[step]) || steps[step].op.action == Action::Begin
    };
    let placed = steps.iter().filter(|step| has_place(step));
    let placed: BTreeSet<ThreadNumber> = placed.map(|step| step.thread).collect();
    let is_hidden = |step: usize| knows_places && !placed.contains(&steps[step].thread);
    let mut found = Vec::new();
    let mut of_hidden = HashMap::new();
    for first in (1..steps.len()).rev() {
        let goes_on = steps[first].thread == steps[first - 1].thread && !steps[first].timed_out;
        if !is_shown(first) {
            continue;
        }
        for candidate in trace.candidates(first) {
            let mut later = first + 1..steps.len();
            let next = later.find(|&step| steps[step].thread == candidate.thread);
            let Some(second) = next.filter(|_| candidate.thread != steps[first].thread) else {
                continue;
            };
            let pair = Conflict {
                first,
                second,
                race: false,
            };
            if is_hidden(second) {
                // (Its thread is held before it takes what it releases.)
                if !has_place(&steps[first]) || steps[first].op.action == Action::Release {
                    continue;
                }
                of_hidden.insert((steps[first].thread, second), pair);
            } else if !goes_on && is_shown(second) {
                found.push(pair);
            }
        }
    }
    let mut of_hidden: Vec<Conflict> = of_hidden.into_values().collect();
    of_hidden.sort_by_key(|pair| (pair.second, pair.first));
    found.extend(of_hidden);
    found.sort_by_key(|pair| steps[pair.first].thread == 0 || steps[pair.second].thread == 0);
    found
}

/// What orders a pair in the failing run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Nothing: a data race.
    Race,
    /// They are accesses, and locks or the like ordered them.
    OrderedAccesses,
    /// They put something into a primitive, or find what is in it: an item of a queue, a
    /// notification.
    State,
    /// A lock that one thread took before another, which waits for it for ever.
    AwaitedLock,
    /// They are accesses to what the library keeps.
    LibraryState,
    /// One of them takes or frees a lock.
    Synchronisation,
}

impl Class {
    const fn is_no_access(self) -> bool {
        !matches!(self, Self::Race | Self::OrderedAccesses)
    }
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    pair: Conflict,
    class: Class,
    /// No other step of either thread comes between the two that conflicts with the other one's.
    is_adjacent: bool,
}

impl Candidate {
    /// What is tried together, the most telling first. If one of a stage decides, the later ones
    /// are not tried.
    const fn stage(&self) -> u8 {
        match (self.class, self.is_adjacent) {
            (Class::Race | Class::OrderedAccesses | Class::State, true) => 0,
            (Class::AwaitedLock, true) => 1,
            (Class::Race | Class::OrderedAccesses | Class::State, false) => 2,
            (Class::AwaitedLock, false) => 3,
            (Class::LibraryState, true) => 4,
            (Class::LibraryState, false) => 5,
            (Class::Synchronisation, true) => 6,
            (Class::Synchronisation, false) => 7,
        }
    }
}

/// The pairs that could decide, the best guess first.
fn candidates(failing: &FailingTrace) -> Vec<Candidate> {
    let trace = &failing.trace;
    let rules = Rules {
        only_sync: true,
        ..Rules::default()
    };
    let order = Order::of(trace, rules);
    let steps = trace.steps();
    let ends: HashMap<ThreadNumber, usize> = steps
        .iter()
        .filter(|step| step.op.action == Action::End)
        .map(|step| (step.thread, step.op.object))
        .collect();
    // Orders that no schedule can reverse: a start, a join.
    let is_fixed = |first: usize, second: usize| {
        let (one, other) = (steps[first].thread, steps[second].thread);
        let joined = ends.get(&one).is_some_and(|&end| {
            let mut between = steps[first..second].iter();
            between.any(|step| {
                step.thread == other && step.op.action == Action::Join && step.op.object == end
            })
        });
        // A thread's steps come after its start, but only what led to that comes before them.
        let started = order.birth(other).map(|birth| birth.checked_sub(1));
        let starts_after = match started {
            None => true,
            Some(None) => false,
            Some(Some(start)) => order.happens_before(first, start),
        };
        joined || starts_after
    };
    let knows_places = steps.iter().any(has_place);
    let is_shown = |step: usize| {
        let is_unknown = step >= failing.taken && steps[step].place == Place::default();
        !knows_places || is_unknown || has_place(&steps[step])
    };
    let is_of_library = |step: usize| failing.of_library.contains(&step);
    let nearness = Nearness::of(trace);
    let mut of_object: HashMap<usize, Vec<usize>> = HashMap::new();
    // A step that is at no place of the program explains nothing: the worker of a pool takes a
    // task.
    for (number, step) in steps.iter().enumerate() {
        if can_be_reversed(&step.op) && is_shown(number) {
            of_object.entry(step.op.object).or_default().push(number);
        }
    }
    let mut found = Vec::new();
    for numbers in of_object.values() {
        for (index, &second) in numbers.iter().enumerate() {
            // Per other thread, only the last of its steps before this one is adjacent; and only if
            // this one is the first of its thread after that.
            let other = &steps[second];
            let mut seen = Vec::new();
            let mut own: Vec<Op> = Vec::new();
            for &first in numbers[..index].iter().rev().take(MAX_LOOK_BACK) {
                let one = &steps[first];
                if one.thread == other.thread {
                    if !own.contains(&one.op) {
                        own.push(one.op);
                    }
                    continue;
                }
                if !one.op.conflicts_with(&other.op) {
                    continue;
                }
                let is_first = !own.iter().any(|op| op.conflicts_with(&one.op));
                let is_last = !seen.contains(&one.thread);
                if is_last {
                    seen.push(one.thread);
                }
                let are_awaited = first >= failing.taken;
                if !is_last && !is_first || are_awaited || is_fixed(first, second) {
                    continue;
                }
                let accesses = is_access(&one.op) && is_access(&other.op);
                let race = accesses && !order.happens_before(first, second);
                found.push(Candidate {
                    pair: Conflict {
                        first,
                        second,
                        race,
                    },
                    class: match (race, accesses) {
                        (_, true) if is_of_library(first) || is_of_library(second) => {
                            Class::LibraryState
                        }
                        (true, _) => Class::Race,
                        (_, true) => Class::OrderedAccesses,
                        _ if carries_state(&one.op) && carries_state(&other.op) => Class::State,
                        _ if second >= failing.taken => Class::AwaitedLock,
                        _ => Class::Synchronisation,
                    },
                    is_adjacent: is_first && is_last,
                });
            }
        }
    }
    let rank = |candidate: &Candidate| {
        let pair = &candidate.pair;
        let near = nearness.of_pair(pair);
        let stage = candidate.stage();
        (stage, candidate.class, near, pair.first, pair.second)
    };
    found.sort_by_cached_key(rank);
    found.truncate(MAX_PAIRS);
    found
}

/// Whether another schedule can put it before or after another thread's step on the object.
const fn can_be_reversed(op: &Op) -> bool {
    op.object != 0
        && !matches!(
            op.action,
            Action::Begin | Action::End | Action::Start | Action::Join
        )
}

/// Whether the step may be the beginning of a call.
const fn calls(op: Op) -> bool {
    matches!(op.action, Action::Write)
}

/// Whether what a primitive holds is changed or looked at, other than who has a lock.
const fn carries_state(op: &Op) -> bool {
    !matches!(
        op.action,
        Action::Acquire | Action::TryAcquire | Action::Release
    )
}

/// How near a pair is to a switch that takes the turn from one of its threads: to a preemption, if
/// the run has one.
struct Nearness<'a> {
    trace: &'a Trace,
    switches: Vec<usize>,
}

impl<'a> Nearness<'a> {
    fn of(trace: &'a Trace) -> Self {
        let steps = trace.steps();
        let switches = |preempting: bool| -> Vec<usize> {
            let switches = (1..steps.len()).filter(|&step| {
                let before = steps[step - 1].thread;
                let mut candidates = trace.candidates(step).iter();
                steps[step].thread != before
                    && (!preempting || candidates.any(|candidate| candidate.thread == before))
            });
            switches.collect()
        };
        let mut found = switches(true);
        if found.is_empty() {
            found = switches(false);
        }
        Self {
            trace,
            switches: found,
        }
    }

    /// Less is nearer.
    fn of_pair(&self, pair: &Conflict) -> (bool, bool, usize) {
        let steps = self.trace.steps();
        let around = self
            .switches
            .iter()
            .filter(|&&switch| pair.first < switch && switch <= pair.second);
        let interrupts = around.map(|&switch| steps[switch - 1].thread == steps[pair.first].thread);
        let distance = pair.second - pair.first;
        match interrupts.max() {
            Some(interrupts) => (false, !interrupts, distance),
            None => (true, true, distance),
        }
    }
}

/// Where the first thread has to be held for the second one to come first: at its step of the pair,
/// or at the outermost lock that it then holds and that the second one takes as well.
fn hold_point(trace: &Trace, pair: Conflict) -> usize {
    let steps = trace.steps();
    let (thread, other) = (steps[pair.first].thread, steps[pair.second].thread);
    let mut held: Vec<(usize, usize)> = Vec::new();
    let own = steps[..pair.first].iter().enumerate();
    for (number, step) in own.filter(|(_, step)| step.thread == thread) {
        match step.op.action {
            Action::Acquire | Action::TryAcquire if !step.timed_out => {
                held.push((number, step.op.object));
            }
            Action::Release => {
                let last = held.iter().rposition(|(_, lock)| *lock == step.op.object);
                if let Some(last) = last {
                    held.remove(last);
                }
            }
            _ => {}
        }
    }
    let mut hold = pair.first;
    if matches!(steps[hold].op.action, Action::Release) {
        // It is one of those held.
        let taken = held.iter().find(|(_, lock)| *lock == steps[hold].op.object);
        hold = taken.map_or(hold, |(number, _)| *number);
    }
    loop {
        let taken_by_other = |lock: usize| {
            let mut between = steps[hold..=pair.second].iter();
            between.any(|step| {
                step.thread == other
                    && matches!(step.op.action, Action::Acquire | Action::TryAcquire)
                    && step.op.object == lock
            })
        };
        let outermost = held
            .iter()
            .find(|(number, lock)| *number < hold && taken_by_other(*lock));
        match outermost {
            Some((number, _)) => hold = *number,
            None => return hold,
        }
    }
}

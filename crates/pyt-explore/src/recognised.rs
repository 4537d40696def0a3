//! Steps of a run in another run of the same program: whether two of them have the other order
//! there.

use std::collections::{BTreeSet, HashMap};

use pyt_sched::controlled::{Action, Place, Step, ThreadNumber, Trace};

use crate::conflict::Conflict;

/// How steps of a run are recognised in another run of the same program, where objects have other
/// addresses: by where in the program its thread takes them, and how often it has. Where that is
/// not known: by how many steps the thread has taken.
pub(crate) struct Recognised<'a> {
    trace: &'a Trace,
    /// How many steps its thread had taken before each step.
    before: Vec<usize>,
    /// How many of these at the same place.
    before_here: Vec<usize>,
}

/// A thread, and where it takes a step, to do what. (The part of an object may be a name that
/// differs from run to run, as that of a temporary file.)
type Spot = (ThreadNumber, (u64, u64), Action);

/// Whether it is known where in the program a step is taken. (The last part of a place says what
/// was recorded of it, if anything: it differs between runs.)
pub(crate) const fn has_place(step: &Step) -> bool {
    let Place(code, index, _) = step.place;
    code != 0 || index != 0
}

/// A call has at most so many steps.
const MOST_OF_CALL: usize = 100;

fn spot(step: &Step) -> Option<Spot> {
    let Place(code, index, _) = step.place;
    has_place(step).then_some((step.thread, (code, index), step.op.action))
}

impl<'a> Recognised<'a> {
    pub(crate) fn new(trace: &'a Trace) -> Self {
        let mut taken: HashMap<ThreadNumber, usize> = HashMap::new();
        let mut taken_here: HashMap<Spot, usize> = HashMap::new();
        let mut before = Vec::new();
        let mut before_here = Vec::new();
        for step in trace.steps() {
            let count = taken.entry(step.thread).or_insert(0);
            before.push(*count);
            *count += 1;
            let here = spot(step).map_or(0, |spot| {
                let count = taken_here.entry(spot).or_insert(0);
                *count += 1;
                *count - 1
            });
            before_here.push(here);
        }
        Self {
            trace,
            before,
            before_here,
        }
    }

    /// Whether the step `step` is a read that another one follows in its thread in `other`: reading
    /// an attribute is a step for the object and one for its class, and the value is read after
    /// both.
    pub(crate) fn reads_on(&self, other: &Trace, step: usize) -> bool {
        let wanted = self.trace.steps()[step];
        let steps = other.steps().iter();
        let own = steps.filter(|step| step.thread == wanted.thread);
        let mut actions = own.map(|step| step.op.action).skip(self.before[step]);
        wanted.op.action == Action::Read
            && actions.next() == Some(Action::Read)
            && actions.next() == Some(Action::Read)
    }

    /// How many steps the thread of `step` takes in `other` after that until the call is over that
    /// it begins, in code that this calls or in the library. A call says again, at its own place,
    /// what it touches; or what it calls does the same: a `__setattr__` of the program's.
    pub(crate) fn rest_of_call(&self, other: &Trace, step: usize) -> u64 {
        let wanted = self.trace.steps()[step];
        let Some(wanted_spot) = spot(&wanted) else {
            return 0;
        };
        let steps = other.steps().iter();
        let own: Vec<&Step> = steps.filter(|one| one.thread == wanted.thread).collect();
        let mut here = (0..own.len()).filter(|&one| spot(own[one]) == Some(wanted_spot));
        let Some(begins) = here.nth(self.before_here[step]) else {
            return 0;
        };
        let code = |step: &Step| step.place.0;
        let place = |step: &Step| (step.place.0, step.place.1);
        // (Objects have other addresses in `other`.)
        let begun = own[begins].op;
        let (before, after) = own.split_at(begins);
        // In a function in which it was before, it may be back in that.
        let is_new = |step: &Step| !before.iter().any(|one| code(one) == code(step));
        let is_here = |step: &Step| place(step) == place(&wanted);
        let is_inside =
            |step: &Step| is_here(step) || (code(step) != code(&wanted) && is_new(step));
        let does_the_same = |step: &Step| {
            let one = step.op;
            let share_a_part = one.shares_part_with(&begun);
            one.action == begun.action && one.object == begun.object && share_a_part
        };
        let inside = after[1..].iter().take(MOST_OF_CALL);
        let inside: Vec<_> = inside.take_while(|step| is_inside(step)).collect();
        let count = match inside.iter().rposition(|step| is_here(step)) {
            Some(last) => last + 1,
            None if inside.first().is_some_and(|first| does_the_same(first)) => inside.len(),
            None => 0,
        };
        count as u64
    }

    /// Whether in `other`, when the first step of `pair` comes, the thread of the second one has
    /// taken as many steps as with that one, or all that it takes.
    pub(crate) fn is_held_in(&self, other: &Trace, pair: Conflict) -> bool {
        let own = self.trace.steps();
        let (one, two) = (own[pair.first].thread, own[pair.second].thread);
        let steps = other.steps();
        let mut of_one = (0..steps.len()).filter(|&step| steps[step].thread == one);
        let held = of_one.nth(self.before[pair.first]).unwrap_or(steps.len());
        let of_two = |steps: &[Step]| steps.iter().filter(|step| step.thread == two).count();
        let taken = of_two(&steps[..held]);
        taken > self.before[pair.second] || taken == of_two(steps)
    }

    /// Whether the first step of `pair` comes in `other` when the thread of the second one has
    /// taken all that it does up to its last step at that place. It may come there more or less
    /// often than in this run.
    pub(crate) fn are_taken_in_turn(&self, other: &Trace, pair: Conflict) -> bool {
        let own = self.trace.steps();
        let (first, second) = (own[pair.first], own[pair.second]);
        let mut steps = other.steps().iter().enumerate();
        let mut of_first = steps
            .clone()
            .filter(|(_, step)| step.thread == first.thread);
        let held = of_first.nth(self.before[pair.first]);
        let there = |step: &Step| step.thread == second.thread && spot(step) == spot(&second);
        let last = steps.rfind(|(_, step)| there(step));
        held.zip(last)
            .is_some_and(|((held, step), (last, _))| last < held && spot(step) == spot(&first))
    }

    /// Those of `pairs` whose two steps `other` has, too, in the other order.
    pub(crate) fn reversed_in(
        &self,
        other: &Trace,
        pairs: &[Conflict],
    ) -> BTreeSet<(usize, usize)> {
        let mut of_thread: HashMap<ThreadNumber, Vec<(usize, Action)>> = HashMap::new();
        let mut at_spot: HashMap<Spot, Vec<usize>> = HashMap::new();
        for (number, step) in other.steps().iter().enumerate() {
            let steps = of_thread.entry(step.thread).or_default();
            steps.push((number, step.op.action));
            if let Some(spot) = spot(step) {
                at_spot.entry(spot).or_default().push(number);
            }
        }
        let find = |step: usize| {
            let wanted = &self.trace.steps()[step];
            if let Some(spot) = spot(wanted) {
                let here = at_spot.get(&spot)?;
                return here.get(self.before_here[step]).copied();
            }
            let steps = of_thread.get(&wanted.thread)?;
            let (number, action) = *steps.get(self.before[step])?;
            (action == wanted.op.action).then_some(number)
        };
        let is_reversed = |pair: &&Conflict| {
            let both = find(pair.first).zip(find(pair.second));
            both.is_some_and(|(first, second)| second < first)
        };
        let reversed = pairs.iter().filter(is_reversed);
        reversed.map(|pair| (pair.first, pair.second)).collect()
    }
}

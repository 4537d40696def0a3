//! The steps whose order decides, in words.

use pyt_sched::controlled::{Action, Op, Place, Step};

use super::{
    details::{CauseDetails, OrderDetails},
    object_names::ObjectNames,
    sources::SourceCache,
    text::{fit, wrap},
    trace_report::{TraceReport, note, verb},
};
use crate::{
    annotations::{StackFrame, VariableAccess},
    cause::Cause,
    conflict::Conflict,
    order::is_access,
    recognised::has_place,
};

/// What happened, in a sentence and in the few steps that matter.
pub(super) struct Story {
    sentence: String,
    steps: Vec<StoryStep>,
    /// What was found out about their order.
    finding: String,
}

/// A step that matters.
struct StoryStep {
    number: usize,
    /// Otherwise its thread waits to take it for ever.
    is_taken: bool,
    /// It is one of the two whose order decides.
    decides: bool,
    /// The thread's name.
    thread: String,
    /// What it does, with the values.
    note: String,
    /// `file.py:12`.
    place: String,
    /// The line's text.
    text: String,
    /// How the thread came there: empty if the line is in its first function.
    callers: String,
}

impl Story {
    pub(super) fn of(
        report: &TraceReport<'_>,
        cause: &Cause,
        names: &ObjectNames,
        sources: &mut SourceCache<'_>,
    ) -> Self {
        let Some(pair) = cause.decisive.first() else {
            return Self {
                sentence: no_pair(cause),
                steps: Vec::new(),
                finding: String::new(),
            };
        };
        let mut teller = Teller {
            report,
            names,
            sources,
        };
        let (sentence, mut numbers, pairs) = teller.sentence(*pair, cause.opposite);
        numbers.sort_unstable();
        numbers.dedup();
        let decides = |number: usize| {
            let mut pairs = pairs.iter();
            pairs.any(|pair| number == pair.first || number == pair.second)
        };
        let steps = numbers.into_iter().map(|number| StoryStep {
            number,
            is_taken: number < report.trace.steps().len(),
            decides: decides(number),
            thread: teller.thread(number),
            note: teller.note(number),
            place: teller.place(number),
            text: teller.text(number),
            callers: teller.callers(number),
        });
        let finding = match &pairs[..] {
            [one] if one.race => {
                "nothing orders these two accesses (>): in the other order, this run does not fail"
            }
            [_] => {
                "the order of these two steps (>) decides: in the other order, this run does not \
                 fail"
            }
            _ => {
                "these two orders decide (>): with either of them reversed, this run does not fail"
            }
        };
        Self {
            sentence,
            steps: steps.collect(),
            finding: finding.to_owned(),
        }
    }

    /// The numbers of the steps that matter.
    pub(super) fn steps(&self) -> Vec<usize> {
        let taken = self.steps.iter().filter(|step| step.is_taken);
        taken.map(|step| step.number).collect()
    }

    /// The same as data, of a run with so many steps.
    pub(super) fn details(&self, cause: &Cause, taken: usize) -> CauseDetails {
        let pair = cause.decisive.first();
        let number = |step: usize| (step < taken).then_some(step);
        CauseDetails {
            sentence: self.sentence.clone(),
            first: pair.map(|pair| pair.first),
            second: pair.and_then(|pair| number(pair.second)),
            waiting: pair.and_then(|pair| pair.second.checked_sub(taken)),
            opposite: cause.opposite.map(|pair| OrderDetails {
                first: pair.first,
                second: number(pair.second),
                waiting: pair.second.checked_sub(taken),
            }),
            race: pair.is_some_and(|pair| pair.race),
            steps: self.steps(),
            orders_tried: cause.runs,
            complete: cause.complete,
        }
    }

    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = wrap(&self.sentence, width);
        for step in &self.steps {
            let sign = if step.decides { '>' } else { ' ' };
            let StoryStep {
                thread,
                note,
                place,
                text,
                callers,
                ..
            } = step;
            let line = match (place.is_empty(), text.is_empty()) {
                (true, _) => format!("  {sign} {thread} {note}"),
                (_, true) => format!("  {sign} {thread} {note}, at {place}"),
                _ => format!("  {sign} {thread} {note}, at {place}: {text}"),
            };
            lines.push(fit(&line, width));
            if !callers.is_empty() {
                let callers = wrap(callers, width.saturating_sub(CALLERS_INDENT.len()));
                lines.extend(
                    callers
                        .into_iter()
                        .map(|line| format!("{CALLERS_INDENT}{line}")),
                );
            }
        }
        lines.extend(wrap(&self.finding, width));
        lines
    }
}

/// Before the callers of a step's function.
const CALLERS_INDENT: &str = "        ";
/// So many functions are named, innermost first.
const MAX_CALLERS: usize = 4;

fn no_pair(cause: &Cause) -> String {
    let tried = match (cause.runs, cause.complete) {
        (0, true) => "no two could be reversed".to_owned(),
        (0, false) => "none were tried".to_owned(),
        (1, _) => "1 other order was tried".to_owned(),
        (runs, _) => format!("{runs} other orders were tried"),
    };
    let bound = if cause.complete || cause.runs == 0 {
        ""
    } else {
        ", not all"
    };
    format!("No two steps were found whose order decides whether this run fails ({tried}{bound}).")
}

/// The other step of the pair that a step is of.
#[derive(Clone, Copy)]
enum Beside {
    Named(usize),
    ToBeNamed(usize),
}

struct Teller<'a, 'r, 's> {
    report: &'a TraceReport<'r>,
    names: &'a ObjectNames,
    sources: &'a mut SourceCache<'s>,
}

/// A step that was taken, or one that a thread waits to take.
#[derive(Clone, Copy)]
struct ToldStep {
    thread: u32,
    op: Op,
    place: Place,
    is_taken: bool,
}

impl Teller<'_, '_, '_> {
    fn step(&self, number: usize) -> ToldStep {
        let steps = self.report.trace.steps();
        if let Some(step) = steps.get(number) {
            return ToldStep {
                thread: step.thread,
                op: step.op,
                place: step.place,
                is_taken: true,
            };
        }
        let blocked = number.checked_sub(steps.len());
        let blocked = blocked.and_then(|index| self.report.blocked.get(index));
        blocked.map_or(
            ToldStep {
                thread: 0,
                op: Op::alone(Action::Step),
                place: Place::default(),
                is_taken: false,
            },
            |thread| ToldStep {
                thread: thread.thread,
                op: thread.op,
                place: thread.place,
                is_taken: false,
            },
        )
    }

    /// Whether two pairs are about different things.
    fn are_apart(&self, pair: Conflict, other: Conflict) -> bool {
        !(self.is_shared(pair.first, other.first)
            && self.is_shared(pair.first, pair.second)
            && self.is_shared(other.first, other.second))
    }

    /// The sentence, the steps that it is about, and the pairs whose order it says: where both are
    /// about one variable, one of them may say enough.
    fn sentence(
        &mut self,
        pair: Conflict,
        opposite: Option<Conflict>,
    ) -> (String, Vec<usize>, Vec<Conflict>) {
        let all_taken = [Some(pair), opposite]
            .iter()
            .flatten()
            .all(|pair| self.step(pair.second).is_taken);
        if all_taken && opposite.is_none_or(|other| !self.are_apart(pair, other)) {
            let action = |step: usize| self.step(step).op.action;
            if let Some(other) = opposite
                && action(pair.first) == Action::Read
                && action(other.first) == Action::Read
                && pair.first.max(other.first) < pair.second.min(other.second)
            {
                let steps = [pair.first, other.first, pair.second, other.second];
                let (sentence, steps) = self.both_read(steps);
                return (sentence, steps, vec![pair]);
            }
            let (sentence, steps) = self.sentence_of_one(pair);
            if opposite.is_none() || steps.len() > 2 {
                return (sentence, steps, vec![pair]);
            }
        }
        match opposite {
            Some(other) => {
                let (earlier, later) = if pair.first <= other.first {
                    (pair, other)
                } else {
                    (other, pair)
                };
                if all_taken && let Some((sentence, steps)) = self.between_sections(earlier, later)
                {
                    return (sentence, steps, vec![later]);
                }
                let (sentence, steps) = self.two_orders(earlier, later);
                (sentence, steps, vec![pair, other])
            }
            None => {
                let (sentence, steps) = self.waits_for_ever(pair);
                (sentence, steps, vec![pair])
            }
        }
    }

    /// A thread changed something between two accesses of another, which holds a lock for each of
    /// them, or for the first: that says more than which of them had the lock first.
    fn between_sections(
        &mut self,
        pair: Conflict,
        other: Conflict,
    ) -> Option<(String, Vec<usize>)> {
        let op = |step: usize| self.step(step).op;
        let acquires =
            |step: usize| matches!(op(step).action, Action::Acquire | Action::TryAcquire);
        if !(acquires(pair.first) && acquires(pair.second))
            || op(other.first).action != Action::Write
        {
            return None;
        }
        let steps = self.report.trace.steps();
        let is_of = |step: usize, thread: u32| steps[step].thread == thread;
        let (one, two) = (steps[pair.first].thread, steps[pair.second].thread);
        if !(is_of(other.second, one) && is_of(other.first, two)) {
            return None;
        }
        let earlier = (pair.first..pair.second).rev().find(|&number| {
            is_of(number, one)
                && is_access(&steps[number].op)
                && same_thing(&steps[number], &steps[other.second])
        })?;
        Some(self.changed_between(earlier, other.first, other.second))
    }

    /// One thread came first, and the other waits.
    fn waits_for_ever(&mut self, pair: Conflict) -> (String, Vec<usize>) {
        let Conflict { first, second, .. } = pair;
        let (one, other) = (self.thread(first), self.thread(second));
        let (at_first, at_second) = (self.at(first), self.at(second));
        let name = self.variable(&[first, second]);
        let does = verb(self.step(first).op.action);
        let sentence = format!(
            "{other} waits for {name}{at_second} for ever: {one} {does} it{at_first} before that."
        );
        (sentence, vec![first, second])
    }

    /// Each thread does something between two steps of the other. The first step of `pair` comes
    /// first.
    fn two_orders(&mut self, pair: Conflict, other: Conflict) -> (String, Vec<usize>) {
        let numbers = vec![pair.first, pair.second, other.first, other.second];
        let (one, two) = (self.thread(pair.first), self.thread(pair.second));
        let for_ever = if self.step(other.second).is_taken {
            ""
        } else {
            ", for ever"
        };
        let after = self.did(pair.second, Beside::ToBeNamed(pair.first));
        let had = self.had_done(pair.first, pair.second);
        let last = self.did(other.second, Beside::Named(other.first));
        let sentence = if pair.second == other.first {
            format!("{two} {after} after {one} had {had} and before {one} {last}{for_ever}.")
        } else {
            let before = self.did(other.first, Beside::ToBeNamed(other.second));
            format!(
                "{two} {after} after {one} had {had}, and {before} before {one} {last}{for_ever}."
            )
        };
        (sentence, numbers)
    }

    /// Whether the step is of a thread that takes none in the program.
    fn is_hidden(&self, step: usize) -> bool {
        let steps = self.report.trace.steps();
        let own = |thread| steps.iter().filter(move |one| one.thread == thread);
        step < steps.len() && steps.iter().any(has_place) && !own(steps[step].thread).any(has_place)
    }

    /// What a step did, to what, and where. What it shares with a step that was named before is
    /// called "it".
    fn did(&mut self, step: usize, beside: Beside) -> String {
        let at = self.at(step);
        let action = self.step(step).op.action;
        match action {
            _ if self.is_hidden(step) => "ran".to_owned(),
            Action::Begin => format!("ran{at}"),
            Action::End | Action::Sleep => format!("{}{at}", self.past(step)),
            Action::Step => format!("went on{at}"),
            _ => {
                let name = self.name_beside(step, beside);
                // What a call touches may be more than what it is called by.
                let verb = if name.contains('(') && matches!(action, Action::Read | Action::Write) {
                    "called"
                } else {
                    self.past(step)
                };
                format!("{verb} {name}{at}")
            }
        }
    }

    /// What the step did, as a participle too.
    fn past(&self, step: usize) -> &'static str {
        let steps = self.report.trace.steps();
        let fails = steps.get(step).is_some_and(|step| step.timed_out);
        match self.step(step).op.action {
            Action::TryAcquire if fails => "tried to acquire",
            Action::TryPut if fails => "tried to put into",
            Action::TryGet if fails => "tried to get from",
            action => past(action),
        }
    }

    /// As [`did`](Self::did), after "had".
    fn had_done(&mut self, step: usize, beside: usize) -> String {
        let at = self.at(step);
        match self.step(step).op.action {
            _ if self.is_hidden(step) => "run".to_owned(),
            Action::Begin => format!("run{at}"),
            Action::Step => format!("gone on{at}"),
            _ => self.did(step, Beside::Named(beside)),
        }
    }

    fn name_beside(&self, step: usize, beside: Beside) -> String {
        match beside {
            Beside::Named(other) if self.is_shared(step, other) => "it".to_owned(),
            // That step may have a better name for it.
            Beside::ToBeNamed(other) if self.is_shared(step, other) => {
                self.variable(&[step, other])
            }
            Beside::Named(_) | Beside::ToBeNamed(_) => self.variable(&[step]),
        }
    }

    /// Whether two steps touch the same thing, or one a part of what the other touches.
    fn is_shared(&self, one: usize, other: usize) -> bool {
        let (one, other) = (self.step(one).op, self.step(other).op);
        one.object != 0 && one.object == other.object && one.shares_part_with(&other)
    }

    /// The sentence about one pair, and the steps that it is about.
    fn sentence_of_one(&mut self, pair: Conflict) -> (String, Vec<usize>) {
        let Conflict { first, second, .. } = pair;
        let steps = self.report.trace.steps();
        let action = |step: usize| steps[step].op.action;
        if action(first) == Action::Read && action(second) == Action::Write {
            let lost_update = self.before(second, Action::Read).zip(self.after(
                first,
                first,
                Some(Action::Write),
            ));
            if let Some((other_read, own_write)) = lost_update
                && self.same_value(first, other_read)
                && first.max(other_read) < second.min(own_write)
            {
                return self.both_read([first, other_read, second, own_write]);
            }
            if let Some(again) = self.after(first, second, None) {
                return self.changed_between(first, second, again);
            }
        }
        if action(first) == Action::Write
            && let Some(earlier) = self.before_in(second, first)
        {
            return self.changed_between(earlier, first, second);
        }
        if action(first) == Action::Write
            && action(second) == Action::Write
            && let Some(again) = self.after(first, second, None)
        {
            return self.changed_between(first, second, again);
        }
        let (one, other) = (self.thread(first), self.thread(second));
        if action(first) == Action::Begin && action(second) == Action::Begin {
            return (format!("{one} ran before {other}."), vec![first, second]);
        }
        let (at_first, at_second) = (self.at(first), self.at(second));
        if !self.is_shared(first, second) {
            let (before, later) = (
                self.did(first, Beside::ToBeNamed(second)),
                self.did(second, Beside::Named(first)),
            );
            let sentence = format!("{one} {before} before {other} {later}.");
            return (sentence, vec![first, second]);
        }
        let name = self.variable(&[second, first]);
        let are_accesses = [first, second]
            .iter()
            .all(|&step| matches!(action(step), Action::Read | Action::Write));
        let sentence = if are_accesses && name.contains('(') {
            // What each of them calls says more than what they share.
            let (later, before) = (self.variable(&[second]), self.variable(&[first]));
            format!("{other} called {later}{at_second} after {one} had called {before}{at_first}.")
        } else if are_accesses {
            format!(
                "{other} {} {name}{at_second} after {one} had {} it{at_first}.",
                self.past(second),
                self.past(first)
            )
        } else {
            format!(
                "{one} {} {name}{at_first} before {other} {} it{at_second}.",
                self.past(first),
                self.past(second)
            )
        };
        (sentence, vec![first, second])
    }

    /// Both threads read something before either of them changed it: the two reads, the change of
    /// the second thread, and that of the first.
    fn both_read(&mut self, steps: [usize; 4]) -> (String, Vec<usize>) {
        let [first, other_read, second, own_write] = steps;
        let (one, other) = (self.thread(first), self.thread(other_read));
        let name = self.variable(&[first, other_read, second, own_write]);
        let value = self.report.value_of(first);
        let value = value
            .and_then(|value| value.before.as_deref())
            .filter(|_| self.same_value(first, other_read) && self.same_name(first, second))
            .map_or_else(String::new, |value| format!(" = {value}"));
        let (here, there) = (self.at(first), self.at(other_read));
        let places = if here == there {
            here
        } else {
            format!(" ({},{there})", here.trim_start())
        };
        let wrote = if self.same_name(first, second) && self.same_name(other_read, own_write) {
            "wrote it back"
        } else {
            "changed it"
        };
        (
            format!("{one} and {other} both read {name}{value}{places} before either {wrote}."),
            steps.to_vec(),
        )
    }

    fn changed_between(
        &mut self,
        read: usize,
        change: usize,
        again: usize,
    ) -> (String, Vec<usize>) {
        let (one, other) = (self.thread(read), self.thread(change));
        let name = self.variable(&[read, again, change]);
        let (at_read, at_change, at_again) = (self.at(read), self.at(change), self.at(again));
        let noun = |step: usize| match self.report.trace.steps()[step].op.action {
            Action::Write => "change",
            _ => "read",
        };
        let between = match (noun(read) == noun(again), at_read == at_again) {
            (true, true) => format!("two {}s of it by {one}{at_read}", noun(read)),
            (true, false) => format!("two {}s of it by {one},{at_read} and{at_again}", noun(read)),
            (false, _) => format!(
                "the {} of it by {one}{at_read} and {one}'s {} of it{at_again}",
                noun(read),
                noun(again)
            ),
        };
        (
            format!("{other} changed {name}{at_change}, between {between}."),
            vec![read, change, again],
        )
    }

    /// The last step of the thread of `step` before it that does this to the same thing.
    fn before(&self, step: usize, action: Action) -> Option<usize> {
        let steps = self.report.trace.steps();
        (0..step)
            .rev()
            .take_while(|&number| self.is_near(number, step))
            .filter(|&number| steps[number].thread == steps[step].thread)
            .find(|&number| {
                steps[number].op.action == action && same_thing(&steps[number], &steps[step])
            })
    }

    /// The last read of the same thing by the thread of `step` that came before `limit`.
    fn before_in(&self, step: usize, limit: usize) -> Option<usize> {
        self.before_from(step, limit)
            .filter(|&earlier| self.same_name(earlier, step))
    }

    fn before_from(&self, step: usize, limit: usize) -> Option<usize> {
        let steps = self.report.trace.steps();
        (0..limit)
            .rev()
            .filter(|&number| steps[number].thread == steps[step].thread)
            .find(|&number| same_thing(&steps[number], &steps[step]))
            .filter(|&number| steps[number].op.action == Action::Read)
    }

    /// The first step of the thread of `step` after step `limit` that touches the same thing, and
    /// does this to it.
    fn after(&self, step: usize, limit: usize, action: Option<Action>) -> Option<usize> {
        let steps = self.report.trace.steps();
        (limit + 1..steps.len())
            .filter(|&number| steps[number].thread == steps[step].thread)
            .find(|&number| same_thing(&steps[number], &steps[step]))
            .filter(|&number| action.is_none_or(|action| steps[number].op.action == action))
            .filter(|&number| self.same_name(step, number))
    }

    /// Addresses are used again: steps far from each other may be on different objects.
    fn is_near(&self, one: usize, other: usize) -> bool {
        const NEAR: usize = 2_000;
        let _ = self;
        one.abs_diff(other) <= NEAR
    }

    fn same_name(&self, one: usize, other: usize) -> bool {
        let name = |step| self.report.value_of(step).map(|value| &value.name);
        name(one) == name(other)
    }

    /// Whether both read the same known value.
    fn same_value(&self, one: usize, other: usize) -> bool {
        let value = |step| self.report.value_of(step)?.before.as_ref();
        self.same_name(one, other) && value(one).is_some() && value(one) == value(other)
    }

    fn thread(&self, step: usize) -> String {
        let thread = self.step(step).thread;
        let name = self.report.names.get(thread as usize);
        name.cloned().unwrap_or_default()
    }

    /// The name of what these steps touch.
    fn variable(&self, steps: &[usize]) -> String {
        let values = steps.iter().filter_map(|&step| self.report.value_of(step));
        let names = values.map(|VariableAccess { name, .. }| name.as_str());
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        // `table[key]` rather than `key in table` or a call that changes it.
        let plain = names
            .iter()
            .find(|name| !name.contains('(') && !name.contains(" in "));
        if let Some(name) = plain.or_else(|| names.first()) {
            return format!("`{name}`");
        }
        let object = self.step(steps[0]).op.object;
        self.names.get(object).unwrap_or("an object").to_owned()
    }

    fn note(&self, step: usize) -> String {
        let shown = self.step(step);
        if !shown.is_taken {
            let name = self.names.get(shown.op.object).unwrap_or("something");
            return format!("waits for {name} for ever");
        }
        let taken = &self.report.trace.steps()[step];
        let text = note(taken, self.report.value_of(step), self.names);
        match (text.is_empty(), verb(taken.op.action)) {
            (false, _) => text,
            (true, "") => "goes on".to_owned(),
            (true, verb) => verb.to_owned(),
        }
    }

    fn place(&mut self, step: usize) -> String {
        self.sources.short(self.step(step).place)
    }

    /// ` at file.py:12`; empty if it is not known.
    fn at(&mut self, step: usize) -> String {
        let place = self.place(step);
        if place.is_empty() {
            place
        } else {
            format!(" at {place}")
        }
    }

    /// `inside queue.put of the library; called by transfer at bank.py:20, by main at bank.py:31`.
    fn callers(&mut self, step: usize) -> String {
        let place = self.step(step).place;
        let stack = self.report.recorded.stack(place);
        let own = stack.iter().position(|frame| !frame.is_library);
        let Some(own) = own else {
            return String::new();
        };
        let mut parts = Vec::new();
        if let Some(inner) = stack[..own].first() {
            parts.push(format!("inside {} of the library", inner.function));
        }
        // Below the thread's first function of the program there is only the library that started
        // it.
        let last = stack.iter().rposition(|frame| !frame.is_library);
        let callers = &stack[own + 1..=last.unwrap_or(own)];
        let mut named = Vec::new();
        let mut is_inside = false;
        for frame in callers {
            if frame.is_library {
                if !is_inside {
                    named.push(format!("by {} of the library", frame.function));
                }
            } else {
                let StackFrame {
                    file,
                    line,
                    function,
                    ..
                } = frame;
                let file = self.sources.shown(file);
                named.push(format!("by {function} at {file}:{line}"));
            }
            is_inside = frame.is_library;
        }
        let more = named.len().saturating_sub(MAX_CALLERS);
        named.truncate(MAX_CALLERS);
        if !named.is_empty() {
            let more = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            parts.push(format!("called {}{more}", named.join(", ")));
        }
        parts.join("; ")
    }

    fn text(&mut self, step: usize) -> String {
        let place = self.step(step).place;
        let at = self.sources.at(place);
        at.map_or_else(String::new, |at| at.text.trim().to_owned())
    }
}

/// What a step that succeeds did, as a participle too.
const fn past(action: Action) -> &'static str {
    match action {
        Action::Begin => "began",
        Action::End => "ended",
        Action::Start => "started",
        Action::Join => "joined",
        Action::Acquire | Action::TryAcquire => "acquired",
        Action::Release => "released",
        Action::Wait => "waited for",
        Action::Notify => "notified",
        Action::Set => "set",
        Action::Clear => "cleared",
        Action::Arrive => "arrived at",
        Action::Put | Action::TryPut => "put into",
        Action::Get | Action::TryGet => "got from",
        Action::TaskDone => "finished a task of",
        Action::ShutDown => "shut down",
        Action::Update => "updated",
        Action::Query => "looked at",
        Action::Sleep => "slept",
        Action::Read => "read",
        Action::Write => "changed",
        Action::Step => "gone on",
    }
}

/// Whether both touch the same part of the same object.
fn same_thing(one: &Step, other: &Step) -> bool {
    one.op.object == other.op.object && one.op.named_part() == other.op.named_part()
}

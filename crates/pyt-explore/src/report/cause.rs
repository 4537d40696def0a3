//! The steps whose order decides, in words.

use pyt_sched::controlled::{Action, Step};

use super::{
    details::CauseDetails,
    object_names::ObjectNames,
    sources::SourceCache,
    text::{fit, wrap},
    trace_report::{TraceReport, note, verb},
};
use crate::{
    annotations::{StackFrame, VariableAccess},
    cause::Cause,
    conflict::Conflict,
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
        let (sentence, mut numbers) = teller.sentence(*pair);
        numbers.sort_unstable();
        let steps = numbers.into_iter().map(|number| StoryStep {
            number,
            decides: number == pair.first || number == pair.second,
            thread: teller.thread(number),
            note: teller.note(number),
            place: teller.place(number),
            text: teller.text(number),
            callers: teller.callers(number),
        });
        Self {
            sentence,
            steps: steps.collect(),
            finding: if pair.race {
                "nothing orders these two accesses (>): in the other order, this run does not fail"
                    .to_owned()
            } else {
                "the order of these two steps (>) decides: in the other order, this run does not fail"
                    .to_owned()
            },
        }
    }

    /// The numbers of the steps that matter.
    pub(super) fn steps(&self) -> Vec<usize> {
        self.steps.iter().map(|step| step.number).collect()
    }

    /// The same as data.
    pub(super) fn details(&self, cause: &Cause) -> CauseDetails {
        let pair = cause.decisive.first();
        CauseDetails {
            sentence: self.sentence.clone(),
            first: pair.map(|pair| pair.first),
            second: pair.map(|pair| pair.second),
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

struct Teller<'a, 'r, 's> {
    report: &'a TraceReport<'r>,
    names: &'a ObjectNames,
    sources: &'a mut SourceCache<'s>,
}

impl Teller<'_, '_, '_> {
    /// The sentence, and the steps that it is about.
    fn sentence(&mut self, pair: Conflict) -> (String, Vec<usize>) {
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
                return self.both_read(first, other_read, second, own_write);
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
        if !same_object(&steps[first], &steps[second]) {
            let sentence = format!(
                "{one} {}{at_first} before {other} {}{at_second}.",
                self.note(first),
                self.note(second)
            );
            return (sentence, vec![first, second]);
        }
        let name = self.variable(&[second, first]);
        let past = |step: usize| match action(step) {
            Action::Read => "read",
            Action::Write => "changed",
            action => verb(action),
        };
        let are_accesses = [first, second]
            .iter()
            .all(|&step| matches!(action(step), Action::Read | Action::Write));
        let sentence = if are_accesses {
            format!(
                "{other} {} {name}{at_second} after {one} had {} it{at_first}.",
                past(second),
                past(first)
            )
        } else {
            format!(
                "{one} {} {name}{at_first} before {other} {} it{at_second}.",
                past(first),
                past(second)
            )
        };
        (sentence, vec![first, second])
    }

    fn both_read(
        &mut self,
        first: usize,
        other_read: usize,
        second: usize,
        own_write: usize,
    ) -> (String, Vec<usize>) {
        let (one, other) = (self.thread(first), self.thread(second));
        let name = self.variable(&[first, other_read, second]);
        let value = self.report.value_of(first);
        let value = value
            .and_then(|value| value.before.as_deref())
            .map_or_else(String::new, |value| format!(" = {value}"));
        let (here, there) = (self.at(first), self.at(other_read));
        let places = if here == there {
            here
        } else {
            format!(" ({},{there})", here.trim_start())
        };
        (
            format!(
                "{one} and {other} both read {name}{value}{places} before either wrote it back."
            ),
            vec![first, other_read, second, own_write],
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
        let thread = self.report.trace.steps()[step].thread;
        let name = self.report.names.get(thread as usize);
        name.cloned().unwrap_or_default()
    }

    /// The name of what these steps touch.
    fn variable(&self, steps: &[usize]) -> String {
        let values = steps.iter().filter_map(|&step| self.report.value_of(step));
        let mut names = values.map(|VariableAccess { name, .. }| name.as_str());
        if let Some(name) = names.find(|name| !name.is_empty()) {
            return format!("`{name}`");
        }
        let object = self.report.trace.steps()[steps[0]].op.object;
        self.names.get(object).unwrap_or("an object").to_owned()
    }

    fn note(&self, step: usize) -> String {
        let taken = &self.report.trace.steps()[step];
        let text = note(taken, self.report.value_of(step), self.names);
        match (text.is_empty(), verb(taken.op.action)) {
            (false, _) => text,
            (true, "") => "goes on".to_owned(),
            (true, verb) => verb.to_owned(),
        }
    }

    fn place(&mut self, step: usize) -> String {
        self.sources.short(self.report.trace.steps()[step].place)
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
        let place = self.report.trace.steps()[step].place;
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
        let place = self.report.trace.steps()[step].place;
        let at = self.sources.at(place);
        at.map_or_else(String::new, |at| at.text.trim().to_owned())
    }
}

fn same_object(one: &Step, other: &Step) -> bool {
    one.op.object == other.op.object && one.op.object != 0
}

/// Whether both touch the same part of the same object.
fn same_thing(one: &Step, other: &Step) -> bool {
    one.op.object == other.op.object && one.op.part == other.op.part
}

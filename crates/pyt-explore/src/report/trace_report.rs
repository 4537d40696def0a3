//! What happened in a run, from its steps to text: source lines, values, waits.

use std::collections::{HashMap, HashSet};

use pyt_sched::controlled::{Action, Op, Step, Stuck, Trace};

use super::{
    blocked::BlockedThreads,
    cause::Story,
    details::{self, DeadlockDetails, RunDetails},
    object_names::ObjectNames,
    sources::{Describe, SourceCache},
    text::LEAST_WIDTH,
    timeline::{Timeline, TimelineRow},
};
use crate::{annotations::VariableAccess, cause::Cause};

/// A timeline of more rows is cut down to those near a switch, and the last ones.
const MAX_ROWS: usize = 60;
/// How many rows before and after a switch are kept then.
const ROWS_AROUND_SWITCH: usize = 4;

/// A run and all that was recorded of it.
pub struct TraceReport<'a> {
    /// The threads' names, by their numbers.
    pub names: &'a [String],
    /// The steps.
    pub trace: &'a Trace,
    /// What the steps did to variables, by ascending step.
    pub values: &'a [VariableAccess],
    /// The threads that were blocked when the run came to a standstill, if it did.
    pub blocked: &'a [Stuck],
    /// The steps whose order decides; `None` if they were not searched for.
    pub cause: Option<&'a Cause>,
    /// Where in the source a step comes from.
    pub describe: Describe<'a>,
}

impl TraceReport<'_> {
    /// The report as text: the steps that decide, then the timeline, then the deadlock. Lines have
    /// at most `width` columns, or 40 if that is more.
    #[must_use]
    pub fn render(&self, width: usize) -> String {
        let width = width.max(LEAST_WIDTH);
        let mut sources = self.sources();
        let mut names = self.object_names();
        let mut text = String::new();
        let mut deciding = Vec::new();
        if let Some(cause) = self.cause.filter(|_| self.blocked.is_empty()) {
            let story = Story::of(self, cause, &names, &mut sources);
            deciding = story.steps();
            for line in story.lines(width) {
                text += line.trim_end();
                text.push('\n');
            }
            text.push('\n');
        }
        let timeline = Timeline {
            threads: self.names.to_vec(),
            rows: self.rows(&mut sources, &names, &deciding),
        };
        text += &timeline.render(width);
        if !self.blocked.is_empty() {
            let blocked = BlockedThreads::new(self.blocked, self.names, self.trace);
            text.push('\n');
            text += &blocked.report_with(&mut names, &mut sources).render(width);
        }
        text
    }

    /// The same as data.
    #[must_use]
    pub fn details(&self) -> RunDetails {
        let mut sources = self.sources();
        let mut names = self.object_names();
        let steps = details::steps(self, &names, &mut sources);
        let cause = self.cause.filter(|_| self.blocked.is_empty());
        let cause = cause.map(|cause| {
            let story = Story::of(self, cause, &names, &mut sources);
            story.details(cause)
        });
        let deadlock = (!self.blocked.is_empty()).then(|| {
            let blocked = BlockedThreads::new(self.blocked, self.names, self.trace);
            DeadlockDetails::of(&blocked.report_with(&mut names, &mut sources))
        });
        RunDetails {
            threads: self.names.to_vec(),
            steps_left_out: self.trace.steps().len() - steps.len(),
            steps,
            cause,
            deadlock,
        }
    }

    fn sources(&self) -> SourceCache<'_> {
        let mut sources = SourceCache::new(self.describe);
        sources.learn(self.trace.steps().iter().map(|step| step.place));
        sources
    }

    /// Names for the objects of the run, in the order in which it met them.
    fn object_names(&self) -> ObjectNames {
        let mut names = ObjectNames::new();
        let nouns = nouns(self.trace, self.blocked);
        for step in self.trace.steps() {
            if step.op.action == Action::End {
                // Other threads join it.
                let name = self.names.get(step.thread as usize);
                names.set(step.op.object, name.map_or("", String::as_str));
            } else if let Some(noun) = nouns.get(&step.op.object) {
                names.name_or_number(noun, step.op.object);
            }
        }
        names
    }

    pub(super) fn value_of(&self, step: usize) -> Option<&VariableAccess> {
        let found = self
            .values
            .binary_search_by_key(&(step as u64), |value| value.step);
        self.values.get(found.ok()?)
    }

    /// The rows of the timeline. Those of the `deciding` steps are never left out.
    fn rows(
        &self,
        sources: &mut SourceCache<'_>,
        names: &ObjectNames,
        deciding: &[usize],
    ) -> Vec<TimelineRow> {
        let steps = self.trace.steps();
        let shared = shared(self.trace);
        let mut rows: Vec<TimelineRow> = Vec::new();
        let mut switches = Vec::new();
        let mut rows_of_deciding = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let before = number.checked_sub(1).map(|before| steps[before].thread);
            let switched = before.is_some_and(|before| before != step.thread);
            let preempts = switched
                && self
                    .trace
                    .candidates(number)
                    .iter()
                    .any(|candidate| Some(candidate.thread) == before);
            let matters = shared.contains(&step.op.object) || !is_access(&step.op);
            let note = if matters {
                note(step, self.value_of(number), names)
            } else {
                String::new()
            };
            let own_place = !matches!(step.op.action, Action::Begin | Action::End);
            let at = sources.at(step.place).filter(|_| own_place).cloned();
            let (file, line, text) = at.map_or((String::new(), 0, String::new()), |at| {
                let line = u32::try_from(at.line).unwrap_or(0);
                (
                    sources.shown(&at.file).to_owned(),
                    line,
                    at.text.trim().to_owned(),
                )
            });
            if switched {
                switches.push(rows.len());
            } else if let Some(last) = rows.last_mut()
                && last.line == line
                && last.file == file
                && (line != 0 || note.is_empty())
            {
                // The same line as before.
                if !note.is_empty() && !last.note.ends_with(&note) {
                    if !last.note.is_empty() {
                        last.note += "; ";
                    }
                    last.note += &note;
                }
                if deciding.contains(&number) {
                    rows_of_deciding.push(rows.len() - 1);
                }
                continue;
            }
            if deciding.contains(&number) {
                rows_of_deciding.push(rows.len());
            }
            rows.push(TimelineRow {
                thread: step.thread as usize,
                file,
                line,
                text,
                note,
                preempts,
            });
        }
        let one_file = rows
            .iter()
            .find(|row| row.line != 0)
            .map(|row| row.file.clone());
        if rows
            .iter()
            .all(|row| row.line == 0 || Some(&row.file) == one_file.as_ref())
        {
            for row in &mut rows {
                row.file.clear();
            }
        }
        if rows.len() > MAX_ROWS {
            rows_around(rows, &switches, &rows_of_deciding)
        } else {
            rows
        }
    }
}

/// What each primitive of a run is, by all that was done to it: the first step does not say.
fn nouns(trace: &Trace, blocked: &[Stuck]) -> HashMap<usize, &'static str> {
    let mut done: HashMap<usize, HashSet<Action>> = HashMap::new();
    // By whom a lock is held.
    let mut holders: HashMap<usize, Vec<u32>> = HashMap::new();
    let mut shared_by_holders: HashSet<usize> = HashSet::new();
    for step in trace.steps().iter().filter(|step| step.op.object != 0) {
        let object = step.op.object;
        done.entry(object).or_default().insert(step.op.action);
        let held = holders.entry(object).or_default();
        match step.op.action {
            Action::Acquire | Action::TryAcquire if !step.timed_out => {
                if held.iter().any(|holder| *holder != step.thread) {
                    shared_by_holders.insert(object);
                }
                held.push(step.thread);
            }
            Action::Release => {
                let own = held.iter().rposition(|holder| *holder == step.thread);
                if let Some(last) = own.or_else(|| held.len().checked_sub(1)) {
                    held.remove(last);
                }
            }
            _ => {}
        }
    }
    let noun = |object: usize, done: &HashSet<Action>| {
        let has = |actions: &[Action]| actions.iter().any(|action| done.contains(action));
        Some(
            if has(&[
                Action::Put,
                Action::TryPut,
                Action::Get,
                Action::TryGet,
                Action::TaskDone,
            ]) {
                "queue"
            } else if has(&[Action::Arrive]) {
                "barrier"
            } else if has(&[Action::Update]) {
                "future"
            } else if has(&[Action::Set, Action::Clear]) {
                "event"
            } else if has(&[Action::Notify]) || (has(&[Action::Wait]) && has(&[Action::Acquire])) {
                "condition"
            } else if has(&[Action::Wait]) {
                "event"
            } else if has(&[Action::Acquire, Action::TryAcquire, Action::Release]) {
                if shared_by_holders.contains(&object) {
                    "semaphore"
                } else {
                    "lock"
                }
            } else {
                return None;
            },
        )
    };
    let known = done
        .iter()
        .filter_map(|(&object, done)| Some((object, noun(object, done)?)));
    let mut nouns: HashMap<_, _> = known.collect();
    // What a thread waits for is known exactly.
    for thread in blocked {
        let kind = thread.waiting.map(|waiting| waiting.kind);
        if let Some(noun) = kind.and_then(|kind| kind.noun(false))
            && thread.op.object != 0
        {
            nouns.insert(thread.op.object, noun);
        }
    }
    nouns
}

/// What a step does, as a verb.
pub(super) const fn verb(action: Action) -> &'static str {
    match action {
        Action::Begin => "begins",
        Action::End => "ends",
        Action::Start => "starts a thread",
        Action::Join => "joins",
        Action::Acquire | Action::TryAcquire => "acquires",
        Action::Release => "releases",
        Action::Wait => "waits for",
        Action::Notify => "notifies",
        Action::Set => "sets",
        Action::Clear => "clears",
        Action::Arrive => "arrives at",
        Action::Put | Action::TryPut => "puts into",
        Action::Get | Action::TryGet => "gets from",
        Action::TaskDone => "finishes a task of",
        Action::Update => "updates",
        Action::Query => "looks at",
        Action::Sleep => "sleeps",
        Action::Read => "reads",
        Action::Write => "writes",
        Action::Step => "",
    }
}

pub(super) fn note(step: &Step, value: Option<&VariableAccess>, names: &ObjectNames) -> String {
    let verb = verb(step.op.action);
    if step.timed_out && step.op.action != Action::Query {
        if !step.op.action.is_attempt() {
            return String::from("times out");
        }
        let name = names.get(step.op.object).unwrap_or_default();
        return format!("{verb} {name}: fails at once");
    }
    match (step.op.action, value) {
        (Action::Read, Some(value)) => match &value.before {
            Some(before) => format!("reads {} = {before}", value.name),
            None => format!("reads {}", value.name),
        },
        (Action::Write, Some(value)) => match (&value.before, &value.after) {
            (Some(before), Some(after)) if before != after => {
                format!("writes {}: {before} -> {after}", value.name)
            }
            (_, Some(after)) => format!("writes {} = {after}", value.name),
            (Some(before), None) => format!("changes {}, was {before}", value.name),
            (None, None) => format!("changes {}", value.name),
        },
        (Action::Step | Action::Read | Action::Write, _) => String::new(),
        (Action::End | Action::Start, _) => verb.to_owned(),
        _ => match names.get(step.op.object) {
            Some(name) => format!("{verb} {name}"),
            None => verb.to_owned(),
        },
    }
}

const fn is_access(op: &Op) -> bool {
    matches!(op.action, Action::Read | Action::Write)
}

/// The objects that several threads access and at least one changes.
fn shared(trace: &Trace) -> HashSet<usize> {
    let mut seen: HashMap<usize, (u32, bool, bool)> = HashMap::new();
    for step in trace.steps().iter().filter(|step| is_access(&step.op)) {
        let entry = seen
            .entry(step.op.object)
            .or_insert((step.thread, false, false));
        entry.1 |= entry.0 != step.thread;
        entry.2 |= step.op.action == Action::Write;
    }
    let shared = seen
        .into_iter()
        .filter(|(_, (_, many, written))| *many && *written);
    shared.map(|(object, _)| object).collect()
}

/// The rows near a switch, those of `deciding` steps, and the last ones. A row says where some are
/// left out.
fn rows_around(rows: Vec<TimelineRow>, switches: &[usize], deciding: &[usize]) -> Vec<TimelineRow> {
    let last = rows.len();
    let near = |row: usize| {
        let near_end = row + ROWS_AROUND_SWITCH >= last;
        near_end
            || deciding.contains(&row)
            || switches
                .iter()
                .any(|switch| row.abs_diff(*switch) <= ROWS_AROUND_SWITCH)
    };
    let mut kept: Vec<TimelineRow> = Vec::new();
    let mut left_out = 0;
    for (number, row) in rows.into_iter().enumerate() {
        if near(number) {
            if left_out > 0 {
                kept.push(TimelineRow {
                    thread: row.thread,
                    text: match left_out {
                        1 => "... 1 line".to_owned(),
                        _ => format!("... {left_out} lines"),
                    },
                    ..TimelineRow::default()
                });
                left_out = 0;
            }
            kept.push(row);
        } else {
            left_out += 1;
        }
    }
    kept
}

//! What happened in a run, from its steps to text: source lines, values, waits.

use std::collections::{HashMap, HashSet};

use pyt_sched::controlled::{Action, Repetition, Step, Stuck, ThreadNumber, Trace};

use super::{
    blocked::BlockedThreads,
    by_task::{Happening, TaskView, happenings, summary},
    cause::Story,
    details::{self, DeadlockDetails, Objects, RunDetails},
    object_names::ObjectNames,
    slice::Slice,
    sources::{Describe, SourceCache},
    text::{LEAST_WIDTH, counted, fit, wrap},
    thread_names::is_named,
    timeline::{Timeline, TimelineRow},
};
use crate::{
    annotations::{RecordedRun, VariableAccess},
    cause::Cause,
    order::is_access,
};

/// A timeline of more rows is cut down to those near a switch, and the last ones.
const MAX_ROWS: usize = 60;
/// So many of the steps that a livelock repeats are listed.
const MAX_REPEATED: usize = 12;
/// Schedules of more steps, those of endless loops, are not sliced.
const MAX_SLICED_STEPS: usize = 50_000;
/// How many rows before and after a switch are kept then.
const ROWS_AROUND_SWITCH: usize = 4;

/// A run and all that was recorded of it.
pub struct TraceReport<'a> {
    /// The threads' names, by their numbers.
    pub names: &'a [String],
    /// The steps.
    pub trace: &'a Trace,
    /// Values, stacks, names.
    pub recorded: &'a RecordedRun,
    /// The threads that were blocked when the run came to a standstill, if it did.
    pub blocked: &'a [Stuck],
    /// The steps whose order decides; `None` if they were not searched for.
    pub cause: Option<&'a Cause>,
    /// The thread that an exception has left, if that is the failure: its name.
    pub failed: Option<&'a str>,
    /// What the run repeats, if it was given up for that: its last steps.
    pub repetition: Option<&'a Repetition>,
    /// Whether all threads and steps are shown; otherwise those that the failure depends on.
    pub full: bool,
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
        let mut names = self.object_names(&mut sources);
        let mut text = String::new();
        let mut deciding = Vec::new();
        let happenings = happenings(self.trace, &self.recorded.events);
        let said = summary(&happenings, self.names);
        if !said.is_empty() {
            for line in said {
                text += fit(&line, width).trim_end();
                text.push('\n');
            }
            text.push('\n');
        }
        let no_order = |cause: &&Cause| !happenings.is_empty() && cause.decisive.is_empty();
        if let Some(cause) = self.told_cause().filter(|cause| !no_order(cause)) {
            let story = Story::of(self, cause, &names, &mut sources);
            deciding = story.steps();
            for line in story.lines(width) {
                text += line.trim_end();
                text.push('\n');
            }
            text.push('\n');
        }
        text += &self.repeated(width, &names, &mut sources);
        let slice = self.slice(&deciding);
        let view = TaskView::of(self.names, self.trace, &self.recorded.tasks);
        let timeline = match &view {
            Some(view) => TraceReport {
                names: &view.names,
                trace: &view.trace,
                ..*self
            }
            .timeline(&slice, &mut sources, &names, &deciding, &happenings),
            None => self.timeline(&slice, &mut sources, &names, &deciding, &happenings),
        };
        text += &timeline.render(width);
        for line in wrap(&self.left_out(&slice), width) {
            text += &line;
            text.push('\n');
        }
        if !self.blocked.is_empty() {
            let blocked = BlockedThreads::new(self.blocked, self.names, self.trace);
            text.push('\n');
            let report = blocked.report_with(self.recorded, &mut names, &mut sources);
            text += &report.render(width);
        }
        text
    }

    /// The text about the cause. Of a deadlock, who waits for whom says it, unless an order was
    /// found that decides.
    fn told_cause(&self) -> Option<&Cause> {
        self.cause
            .filter(|cause| self.blocked.is_empty() || !cause.decisive.is_empty())
    }

    /// The numbers of the steps that the run repeats.
    fn repeated_steps(&self) -> Option<std::ops::Range<usize>> {
        let count = usize::try_from(self.repetition?.steps).ok()?;
        let end = self.trace.steps().len();
        Some(end.checked_sub(count)?..end)
    }

    /// The steps that the run repeats, in words; empty if it does not.
    fn repeated(&self, width: usize, names: &ObjectNames, sources: &mut SourceCache<'_>) -> String {
        let Some(steps) = self.repeated_steps() else {
            return String::new();
        };
        let mut lines: Vec<String> = Vec::new();
        for number in steps {
            let step = &self.trace.steps()[number];
            let name = self.names.get(step.thread as usize);
            let name = name.map_or("?", String::as_str);
            let note = note(step, self.value_of(number), names);
            let note = if note.is_empty() { "goes on" } else { &note };
            let place = sources.short(step.place);
            let text = sources.at(step.place).map_or("", |at| at.text.trim());
            let line = fit(&format!("    {name} {note}, at {place}: {text}"), width);
            // How often each comes by turns is up to the schedule.
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let title = match lines.len() {
            1 => "This step repeats for ever; nothing that it depends on changes:",
            _ => "These steps repeat for ever; nothing that they depend on changes:",
        };
        let more = lines.len().saturating_sub(MAX_REPEATED);
        lines.truncate(MAX_REPEATED);
        lines.insert(0, title.to_owned());
        if more > 0 {
            lines.push(format!("    ... {}", counted(more as u64, "step", "steps")));
        }
        lines.join("\n") + "\n\n"
    }

    /// The same as data.
    #[must_use]
    pub fn details(&self) -> RunDetails {
        let mut sources = self.sources();
        let mut names = self.object_names(&mut sources);
        let cause = self.told_cause().map(|cause| {
            let story = Story::of(self, cause, &names, &mut sources);
            story.details(cause, self.trace.steps().len())
        });
        let deadlock = (!self.blocked.is_empty()).then(|| {
            let blocked = BlockedThreads::new(self.blocked, self.names, self.trace);
            let report = blocked.report_with(self.recorded, &mut names, &mut sources);
            DeadlockDetails::of(&report)
        });
        let deciding = cause.as_ref().map_or(&[][..], |cause| &cause.steps);
        let slice = self.slice(deciding);
        let objects = Objects::of(self, &names, &mut sources);
        let steps = details::steps(self, &objects, &slice, deciding, &mut sources);
        RunDetails {
            objects: objects.list,
            threads: self.names.to_vec(),
            steps_left_out: self.trace.steps().len() - steps.len(),
            steps,
            cause,
            repeated: self.repeated_steps().map(Iterator::collect),
            deadlock,
        }
    }

    fn sources(&self) -> SourceCache<'_> {
        let mut sources = SourceCache::new(self.describe);
        sources.learn(self.trace.steps().iter().map(|step| step.place));
        sources
    }

    /// The threads and steps that are shown.
    fn slice(&self, deciding: &[usize]) -> Slice {
        let steps = self.trace.steps();
        let count = self.names.len();
        let is_failed = |name: &String| self.failed.is_some_and(|failed| is_named(name, failed));
        let failed = (0..).zip(self.names).filter(|(_, name)| is_failed(name));
        // Without any of these, nothing says what the failure depends on.
        let unknown = deciding.is_empty() && self.blocked.is_empty();
        if self.full || unknown || steps.len() > MAX_SLICED_STEPS {
            return Slice::whole(self.trace, count);
        }
        let mut ends = deciding.to_vec();
        let mut threads: Vec<u32> = failed.map(|(number, _)| number).collect();
        if !self.blocked.is_empty() {
            let blocked = BlockedThreads::new(self.blocked, self.names, self.trace);
            let Some(chain) = blocked.chain() else {
                let mut slice = Slice::connected(self.trace, count, &blocked.waiting());
                slice.add(self.trace, deciding);
                return slice;
            };
            threads.extend(chain);
            ends.extend(blocked.taken());
        }
        Slice::of(self.trace, count, &ends, &threads)
    }

    /// What is not shown, in a sentence; empty if all is.
    fn left_out(&self, slice: &Slice) -> String {
        let steps = slice.steps.iter().filter(|shown| !**shown).count() as u64;
        let hidden = self.names.iter().zip(&slice.threads);
        let hidden: Vec<&str> = hidden
            .filter(|(_, shown)| !**shown)
            .map(|(name, _)| name.as_str())
            .collect();
        if steps == 0 {
            return String::new();
        }
        let steps = counted(steps, "step", "steps");
        let what = match hidden.len() {
            0 => format!("{steps} that have"),
            1 => format!("{} and {steps} that have", hidden[0]),
            2 | 3 => format!("{} and {steps} that have", hidden.join(", ")),
            more => format!("{more} threads and {steps} that have"),
        };
        format!("Not shown: {what} nothing to do with these; --full shows all.")
    }

    fn timeline(
        &self,
        slice: &Slice,
        sources: &mut SourceCache<'_>,
        names: &ObjectNames,
        deciding: &[usize],
        happenings: &[Happening],
    ) -> Timeline {
        let mut rows = self.rows(slice, sources, names, deciding, happenings);
        // Tasks come after the threads, and are shown if a step of theirs is.
        let is_shown = |thread: usize| match slice.threads.get(thread) {
            Some(shown) if slice.threads.len() == self.names.len() => *shown,
            _ => rows.iter().any(|row| row.thread == thread),
        };
        // Columns for the threads that are shown only.
        let mut columns = Vec::new();
        let mut threads = Vec::new();
        for (number, name) in self.names.iter().enumerate() {
            columns.push(threads.len());
            if is_shown(number) {
                threads.push(name.clone());
            }
        }
        for row in &mut rows {
            row.thread = columns.get(row.thread).copied().unwrap_or_default();
        }
        Timeline { threads, rows }
    }

    /// Names for the objects of the run, in the order in which it met them.
    fn object_names(&self, sources: &mut SourceCache<'_>) -> ObjectNames {
        let mut names = ObjectNames::new();
        let nouns = nouns(self.trace, self.blocked);
        let mut name = |object: usize| {
            if let Some(noun) = nouns.get(&object) {
                match self.recorded.names.get(&object) {
                    Some(name) => {
                        let made_at = name.made_at.map(|place| sources.short(place));
                        names.name(noun, object, name, &made_at.unwrap_or_default());
                    }
                    None => {
                        names.name_or_number(noun, object);
                    }
                }
            }
        };
        let mut ends = Vec::new();
        for step in self.trace.steps() {
            if step.op.action == Action::End {
                ends.push((step.op.object, step.thread));
            } else {
                name(step.op.object);
            }
        }
        for thread in self.blocked {
            name(thread.op.object);
        }
        for (object, thread) in ends {
            // Other threads join it.
            let name = self.names.get(thread as usize);
            names.set(object, name.map_or("", String::as_str));
        }
        names
    }

    pub(super) fn value_of(&self, step: usize) -> Option<&VariableAccess> {
        let values = &self.recorded.values;
        let found = values.binary_search_by_key(&(step as u64), |value| value.step);
        values.get(found.ok()?)
    }

    /// Whether a thread could have taken step `number`.
    fn could_go_on(&self, thread: Option<ThreadNumber>, number: usize) -> bool {
        let mut candidates = self.trace.candidates(number).iter();
        candidates.any(|candidate| Some(candidate.thread) == thread)
    }

    /// The rows of the timeline. Those of the `deciding` steps are never left out.
    fn rows(
        &self,
        slice: &Slice,
        sources: &mut SourceCache<'_>,
        names: &ObjectNames,
        deciding: &[usize],
        happenings: &[Happening],
    ) -> Vec<TimelineRow> {
        let steps = self.trace.steps();
        let shared = shared(self.trace);
        let has_tasks = slice.threads.len() < self.names.len();
        let mut rows: Vec<TimelineRow> = Vec::new();
        let mut switches = Vec::new();
        let mut rows_of_deciding = Vec::new();
        // The thread of the step that was shown last.
        let mut before = None;
        let mut to_come = happenings.iter().peekable();
        let shown = steps
            .iter()
            .enumerate()
            .filter(|(number, _)| slice.steps[*number]);
        for (number, step) in shown {
            while let Some(happening) = to_come.next_if(|one| one.step <= number) {
                rows_of_deciding.push(rows.len());
                rows.push(row_of(happening));
                before = Some(happening.thread);
            }
            let before = before.replace(step.thread);
            let switched = before.is_some_and(|before| before != step.thread);
            let preempts = switched && self.could_go_on(before, number);
            let value = self.value_of(number);
            let matters = shared.contains(&step.op.object) || !is_access(&step.op);
            // Tasks share what the library keeps of them, which says nothing.
            let says_something = !has_tasks
                || !is_access(&step.op)
                || value.is_some_and(|value| value.before.is_some() || value.after.is_some());
            let note = if matters && says_something {
                note(step, value, names)
            } else {
                String::new()
            };
            let own_place = !matches!(step.op.action, Action::Begin | Action::End);
            let at = sources.at(step.place).filter(|_| own_place).cloned();
            // Code that the library has made has no text, and matters only for what it does.
            let is_bare = at.as_ref().is_some_and(|at| at.text.trim().is_empty());
            if is_bare && note.is_empty() && !switched && !deciding.contains(&number) {
                continue;
            }
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
        for happening in to_come {
            rows_of_deciding.push(rows.len());
            rows.push(row_of(happening));
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
        if rows.len() > MAX_ROWS && !self.full {
            rows_around(rows, &switches, &rows_of_deciding)
        } else {
            rows
        }
    }
}

/// The row that says what happened between steps.
fn row_of(happening: &Happening) -> TimelineRow {
    TimelineRow {
        thread: happening.thread as usize,
        note: happening.text.clone(),
        ..TimelineRow::default()
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
                Action::ShutDown,
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
        Action::ShutDown => "shuts down",
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
        if step.op.action == Action::Sleep {
            return String::from("wakes up");
        }
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

/// The objects that several threads access and at least one changes.
pub(super) fn shared(trace: &Trace) -> HashSet<usize> {
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

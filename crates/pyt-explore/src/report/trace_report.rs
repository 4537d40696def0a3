//! What happened in a run, from its steps to text: lines, values, who waits for whom.

use std::collections::{HashMap, HashSet};

use pyt_sched::{
    WaitKind,
    controlled::{Action, Op, Place, Step, Stuck, Trace},
};

use super::{Culprit, Row, Side, Story, Wait, deadlock};
use crate::{SourceLocation, VariableAccess, conflict::Conflict};

/// Rows this far from a switch are left out of a long story.
const NEAR: usize = 4;
/// A story of so many rows is told whole.
const SHORT: usize = 60;

/// A run of more steps is not searched for accesses that conflict: that takes too long.
const LONG: usize = 20_000;

/// A run that was looked at.
pub struct Account<'a> {
    pub names: &'a [String],
    pub trace: &'a Trace,
    pub values: &'a [VariableAccess],
    pub stuck: &'a [Stuck],
    /// Where in the source a place is.
    pub describe: &'a dyn Fn(Place) -> Option<SourceLocation>,
}

/// What happened, as text of at most `width` columns where that can be.
pub fn tell(account: &Account<'_>, width: usize) -> String {
    let mut places = Places {
        describe: account.describe,
        known: HashMap::new(),
    };
    let things = Things::of(account);
    let story = Story {
        threads: account.names.to_vec(),
        rows: rows(account, &mut places, &things),
        culprit: if account.stuck.is_empty() {
            culprit(account, &mut places, &things)
        } else {
            None
        },
    };
    let mut text = story.render(width);
    if !account.stuck.is_empty() {
        text.push('\n');
        text += &deadlock(&stuck_waits(account, &mut places, &things), width);
    }
    text
}

/// Who waits for what: a line each, for the name of the failure.
pub fn waits(stuck: &[Stuck], trace: &Trace) -> Vec<String> {
    let held = held(trace);
    let name = |number: u32| stuck.iter().find(|one| one.thread == number);
    let lines = stuck.iter().map(|one| {
        let what = one.waiting.map_or("something", |row| thing(row.kind));
        match holder(one, &held).and_then(name) {
            Some(holder) => format!("{} waits for {what} held by {}", one.name, holder.name),
            None => format!("{} waits for {what}", one.name),
        }
    });
    lines.collect()
}

const fn thing(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::Lock => "a lock",
        WaitKind::Condition => "a notification",
        WaitKind::Semaphore => "a semaphore",
        WaitKind::Event => "an event",
        WaitKind::Future => "the outcome of a future",
        WaitKind::Barrier => "a barrier",
        WaitKind::Get => "an item of a queue",
        WaitKind::Put => "room in a queue",
        WaitKind::TasksDone => "a queue's tasks",
        WaitKind::Join => "the end of a thread",
        WaitKind::Sleep => "time to pass",
    }
}

/// The source of places, looked up once each.
struct Places<'a> {
    describe: &'a dyn Fn(Place) -> Option<SourceLocation>,
    known: HashMap<Place, Option<SourceLocation>>,
}

impl Places<'_> {
    fn at(&mut self, place: Place) -> Option<&SourceLocation> {
        let describe = self.describe;
        self.known
            .entry(place)
            .or_insert_with(|| describe(place))
            .as_ref()
    }

    fn short(&mut self, place: Place) -> String {
        self.at(place)
            .map_or_else(String::new, |at| format!("{}:{}", short(&at.file), at.line))
    }
}

/// The last part of a path.
fn short(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// Names for locks, queues and the like, in the order in which the run met them.
struct Things(HashMap<usize, String>);

impl Things {
    fn of(account: &Account<'_>) -> Self {
        let trace = account.trace;
        let mut names: HashMap<usize, String> = HashMap::new();
        let mut counts: HashMap<&'static str, u32> = HashMap::new();
        for step in trace.steps() {
            let what = match step.op.action {
                Action::Acquire | Action::Release => "lock",
                Action::Wait | Action::Notify => "condition",
                Action::Set | Action::Clear => "event",
                Action::Arrive => "barrier",
                Action::Put | Action::Get | Action::TaskDone => "queue",
                Action::End => {
                    // What others join.
                    let name = account.names.get(step.thread as usize);
                    names.insert(step.op.object, name.cloned().unwrap_or_default());
                    continue;
                }
                _ => continue,
            };
            names.entry(step.op.object).or_insert_with(|| {
                let count = counts.entry(what).or_default();
                *count += 1;
                format!("{what} {count}")
            });
        }
        Self(names)
    }

    fn name(&self, op: &Op) -> Option<&str> {
        self.0.get(&op.object).map(String::as_str)
    }
}

/// What a step does, as a verb.
const fn verb(action: Action) -> &'static str {
    match action {
        Action::Begin => "begins",
        Action::End => "ends",
        Action::Start => "starts a thread",
        Action::Join => "joins",
        Action::Acquire => "acquires",
        Action::Release => "releases",
        Action::Wait => "waits for",
        Action::Notify => "notifies",
        Action::Set => "sets",
        Action::Clear => "clears",
        Action::Arrive => "arrives at",
        Action::Put => "puts into",
        Action::Get => "gets from",
        Action::TaskDone => "finishes a task of",
        Action::Query => "looks at",
        Action::Sleep => "sleeps",
        Action::Read => "reads",
        Action::Write => "writes",
        Action::Step => "",
    }
}

fn note(step: &Step, value: Option<&VariableAccess>, things: &Things) -> String {
    if step.timed_out {
        return String::from("times out");
    }
    let verb = verb(step.op.action);
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
        (Action::End, _) => verb.to_owned(),
        _ => match things.name(&step.op) {
            Some(name) => format!("{verb} {name}"),
            None => verb.to_owned(),
        },
    }
}

fn value_of<'a>(account: &Account<'a>, step: usize) -> Option<&'a VariableAccess> {
    let found = account
        .values
        .binary_search_by_key(&(step as u64), |value| value.step);
    account.values.get(found.ok()?)
}

fn rows(account: &Account<'_>, places: &mut Places<'_>, things: &Things) -> Vec<Row> {
    let steps = account.trace.steps();
    let shared = shared(account.trace);
    let mut rows: Vec<Row> = Vec::new();
    let mut switches = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let before = number.checked_sub(1).map(|before| steps[before].thread);
        let switched = before.is_some_and(|before| before != step.thread);
        let preempts = switched
            && account
                .trace
                .candidates(number)
                .iter()
                .any(|candidate| Some(candidate.thread) == before);
        let matters = shared.contains(&step.op.object) || !is_access(&step.op);
        let note = if matters {
            note(step, value_of(account, number), things)
        } else {
            String::new()
        };
        let own_place = !matches!(step.op.action, Action::Begin | Action::End);
        let at = places.at(step.place).filter(|_| own_place);
        let (file, line, text) = at.map_or((String::new(), 0, String::new()), |at| {
            let line = u32::try_from(at.line).unwrap_or(0);
            (short(&at.file).to_owned(), line, at.text.trim().to_owned())
        });
        if switched {
            switches.push(rows.len());
        } else if let Some(last) = rows.last_mut()
            && last.line == line
            && last.file == file
            && (line != 0 || note.is_empty())
        {
            // The same line goes on.
            if !note.is_empty() && !last.note.ends_with(&note) {
                if !last.note.is_empty() {
                    last.note += "; ";
                }
                last.note += &note;
            }
            continue;
        }
        rows.push(Row {
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
    if rows.len() > SHORT {
        around(rows, &switches)
    } else {
        rows
    }
}

const fn is_access(op: &Op) -> bool {
    matches!(op.action, Action::Read | Action::Write)
}

/// What more than one thread accesses, and one of them changes.
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

/// Only the rows near a switch, and the last ones, with a mark where some are left out.
fn around(rows: Vec<Row>, switches: &[usize]) -> Vec<Row> {
    let last = rows.len();
    let near = |row: usize| {
        let near_end = row + NEAR >= last;
        near_end || switches.iter().any(|switch| row.abs_diff(*switch) <= NEAR)
    };
    let mut kept: Vec<Row> = Vec::new();
    let mut left_out = 0;
    for (number, row) in rows.into_iter().enumerate() {
        if near(number) {
            if left_out > 0 {
                kept.push(Row {
                    thread: row.thread,
                    text: format!("... {left_out} lines"),
                    ..Row::default()
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

fn culprit(account: &Account<'_>, places: &mut Places<'_>, things: &Things) -> Option<Culprit> {
    // Of an endless loop's many steps, no two are to blame.
    if account.trace.steps().len() > LONG {
        return None;
    }
    let conflict = Conflict::culprit(account.trace)?;
    let mut side = |number: usize| {
        let step = account.trace.steps()[number];
        let value = value_of(account, number);
        Side {
            thread: account
                .names
                .get(step.thread as usize)
                .cloned()
                .unwrap_or_default(),
            place: places.short(step.place),
            verb: verb(step.op.action).to_owned(),
            value: value.and_then(|value| value.after.clone().or_else(|| value.before.clone())),
        }
    };
    let (first, second) = (side(conflict.first), side(conflict.second));
    let name = [conflict.first, conflict.second]
        .into_iter()
        .find_map(|number| {
            let name = value_of(account, number).map(|value| value.name.clone());
            name.filter(|name| !name.is_empty())
        });
    let op = account.trace.steps()[conflict.first].op;
    Some(Culprit {
        variable: name
            .or_else(|| things.name(&op).map(str::to_owned))
            .unwrap_or_default(),
        first,
        second,
        race: conflict.race,
    })
}

/// Who has taken each lock and not given it back, and where, by the locks' addresses.
fn held(trace: &Trace) -> HashMap<usize, (u32, Place)> {
    let mut held = HashMap::new();
    for step in trace.steps() {
        match step.op.action {
            Action::Acquire if !step.timed_out => {
                held.insert(step.op.object, (step.thread, step.place));
            }
            Action::Release => {
                held.remove(&step.op.object);
            }
            _ => {}
        }
    }
    held
}

/// Who has what `one` waits for.
fn holder(one: &Stuck, held: &HashMap<usize, (u32, Place)>) -> Option<u32> {
    let is_lock = one.waiting.is_some_and(|row| row.kind == WaitKind::Lock);
    let taken = held.get(&one.op.object).filter(|_| is_lock);
    taken.map(|(thread, _)| *thread).or(one.holder)
}

/// Who waits for what at the standstill, where, and what each holds meanwhile.
fn stuck_waits(account: &Account<'_>, places: &mut Places<'_>, things: &Things) -> Vec<Wait> {
    let held = held(account.trace);
    let name = |number: u32| account.names.get(number as usize).cloned();
    let mut all = Vec::new();
    for one in account.stuck {
        let what = one.waiting.map_or("something", |row| thing(row.kind));
        let awaits = match things.name(&one.op) {
            Some(named) if one.op.action == Action::Acquire => named.to_owned(),
            Some(named) => format!("{what} ({named})"),
            None => what.to_owned(),
        };
        let mut holds: Vec<(String, String)> = held
            .iter()
            .filter(|(_, (thread, _))| *thread == one.thread)
            .map(|(object, (_, place))| {
                let op = Op::on(Action::Acquire, *object);
                let named = things.name(&op).unwrap_or("a lock").to_owned();
                (named, places.short(*place))
            })
            .collect();
        holds.sort();
        all.push(Wait {
            thread: one.name.clone(),
            awaits,
            holder: holder(one, &held).and_then(name),
            place: places.short(one.place),
            text: places
                .at(one.place)
                .map_or_else(String::new, |at| at.text.trim().to_owned()),
            holds,
        });
    }
    all
}

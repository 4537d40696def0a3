//! The reports about threads that wait for ever, as text on standard error.
//!
//! What is in them was found by `pyt-modules`; this file decides how it looks, and what becomes of
//! the process.

use std::{
    collections::HashMap,
    fmt::{self, Write},
    sync::Arc,
};

use pyt_vm::{
    InterpreterState,
    deadlock::{
        AfterReport, Frame, Occasions, ReportCause, ThreadId, ThreadRow, ThreadStatus, ThreadTable,
        WaitKind, Waiting,
    },
};

use crate::config::options::{Deadlocks, Options};

/// The exit status of a process that is ended because of a deadlock.
const ENDED: i32 = 3;

/// Has reports written to standard error, as the options say.
pub(crate) fn watch(state: &Arc<InterpreterState>, options: &Options) {
    let occasions = Occasions {
        deadlocks: options.deadlocks != Deadlocks::Ignore,
        quit: options.report_on_quit,
    };
    if occasions == Occasions::default() {
        return;
    }
    let ends = options.deadlocks == Deadlocks::Abort;
    let listener = move |table: &ThreadTable| {
        let ends = ends && table.report.cause != ReportCause::Asked;
        let mut text = Text::of(table).to_string();
        if ends {
            let _ = writeln!(text, "\npyt: exit status {ENDED}, as --deadlock=abort asks");
        }
        complain(text.as_bytes());
        if ends {
            AfterReport::Exit(ENDED)
        } else {
            AfterReport::Continue
        }
    };
    state.report_deadlocks(occasions, Box::new(listener));
}

/// Writes to standard error past the library's lock on it, which may have been copied, taken, by a
/// fork.
fn complain(mut text: &[u8]) {
    while !text.is_empty() {
        // SAFETY: the buffer is as long as is said.
        let written = unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
        match usize::try_from(written) {
            Ok(written) => text = &text[written.min(text.len())..],
            Err(_) if is_interrupted() => {}
            // There is nowhere to say it.
            Err(_) => return,
        }
    }
}

fn is_interrupted() -> bool {
    std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted
}

/// One report.
struct Text<'a> {
    table: &'a ThreadTable,
    /// Numbers for what is waited for: its kind and address, in the order of appearance.
    things: Vec<(&'static str, usize)>,
}

impl<'a> Text<'a> {
    fn of(table: &'a ThreadTable) -> Self {
        let mut text = Self {
            table,
            things: Vec::new(),
        };
        let in_cycle = table.report.cycle.iter();
        let first = in_cycle.filter_map(|id| text.row(*id));
        let rows: Vec<_> = first.chain(&table.report.rows).collect();
        for row in rows {
            if let ThreadStatus::Waiting { waiting, reentrant } = row.status
                && let Some(noun) = noun(waiting.kind, reentrant)
                && !text.things.contains(&(noun, waiting.object))
            {
                text.things.push((noun, waiting.object));
            }
        }
        text
    }

    fn row(&self, id: ThreadId) -> Option<&'a ThreadRow> {
        self.table.report.rows.iter().find(|row| row.id == id)
    }

    /// A thread by its name; if it has ended, that too.
    fn name(&self, id: ThreadId) -> String {
        if let Some(row) = self.row(id) {
            return row.name.clone();
        }
        let ended = &self.table.report.ended;
        match ended.iter().find(|(other, _)| *other == id) {
            Some((_, name)) => format!("{name}, which has ended"),
            None => "a thread that has ended".to_owned(),
        }
    }

    /// What is waited for.
    fn thing(&self, waiting: &Waiting, reentrant: bool) -> String {
        let Some(noun) = noun(waiting.kind, reentrant) else {
            return match (waiting.kind, waiting.holder) {
                (WaitKind::Join, Some(other)) => format!("the end of {}", self.name(other)),
                (WaitKind::Join, None) => "the end of a thread".to_owned(),
                _ => "time to pass".to_owned(),
            };
        };
        let same = self.things.iter().filter(|(other, _)| *other == noun);
        let number = same
            .map(|(_, object)| *object)
            .position(|object| object == waiting.object)
            .map_or(0, |place| place + 1);
        match waiting.kind {
            WaitKind::Get => format!("an item from {noun} {number}"),
            WaitKind::Put => format!("room in {noun} {number}"),
            WaitKind::TasksDone => format!("the tasks of {noun} {number}"),
            _ => format!("{noun} {number}"),
        }
    }

    fn title(&self) -> String {
        let report = &self.table.report;
        let threads = |n: usize| match n {
            1 => "1 thread".to_owned(),
            n => format!("{n} threads"),
        };
        match (report.cause, &*report.cycle) {
            (ReportCause::Asked, _) => threads(report.rows.len()),
            (_, [_]) if self.is_closed() => "deadlock: a thread waits for itself".to_owned(),
            (_, cycle) if !cycle.is_empty() && self.is_closed() => {
                format!("deadlock: {} wait for one another", threads(cycle.len()))
            }
            (_, [_, ..]) => "deadlock: the holder of a lock has ended".to_owned(),
            _ if report.rows.len() == 1 => {
                "standstill: the only thread waits, and nobody is left to wake it".to_owned()
            }
            _ => "standstill: all threads wait, and nobody is left to wake one".to_owned(),
        }
    }

    /// Whether the last thread of the cycle waits for the first.
    fn is_closed(&self) -> bool {
        let cycle = &self.table.report.cycle;
        let last = cycle.last().and_then(|id| self.row(*id));
        last.is_some_and(|row| match row.status {
            ThreadStatus::Waiting { waiting, .. } => waiting.holder.as_ref() == cycle.first(),
            _ => false,
        })
    }

    fn chain(&self) -> String {
        let link = |id: &ThreadId| {
            let row = self.row(*id)?;
            let ThreadStatus::Waiting { waiting, reentrant } = row.status else {
                return None;
            };
            let thing = self.thing(&waiting, reentrant);
            Some(match waiting.holder {
                Some(holder) if waiting.kind != WaitKind::Join => {
                    let holder = self.name(holder);
                    format!("{} waits for {thing} (held by {holder})", row.name)
                }
                _ => format!("{} waits for {thing}", row.name),
            })
        };
        let links: Vec<_> = self.table.report.cycle.iter().filter_map(link).collect();
        links.join(" -> ")
    }

    /// One thread's cells: its name, what it does, who holds that, for how long, and where it is.
    fn cells(&self, row: &ThreadRow, stack: &[Frame]) -> [String; 5] {
        let (does, holder, time) = match row.status {
            ThreadStatus::Waiting { waiting, reentrant } => {
                let holder = waiting.holder.filter(|_| waiting.kind != WaitKind::Join);
                let since = waiting.since.0;
                let mut time = seconds(self.table.report.now.0.saturating_sub(since));
                if let Some(deadline) = waiting.deadline {
                    let whole = seconds(deadline.0.saturating_sub(since));
                    let _ = write!(time, " of {whole}");
                }
                let holder = holder.map_or_else(String::new, |holder| self.name(holder));
                (self.thing(&waiting, reentrant), holder, time)
            }
            ThreadStatus::Ready => ("its turn".to_owned(), String::new(), String::new()),
            ThreadStatus::Running => ("nothing: it runs".to_owned(), String::new(), String::new()),
            ThreadStatus::Foreign => (
                "the system, or other foreign code".to_owned(),
                String::new(),
                String::new(),
            ),
            ThreadStatus::Halted => (
                "nothing: it was stopped".to_owned(),
                String::new(),
                String::new(),
            ),
        };
        let place = stack.last().map_or_else(String::new, |frame| {
            format!("{}:{} in {}", frame.file, frame.line, frame.function)
        });
        [row.name.clone(), does, holder, time, place]
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ThreadTable { report, stacks } = self.table;
        writeln!(f, "pyt: {}", self.title())?;
        if !report.cycle.is_empty() {
            writeln!(f, "  {}", self.chain())?;
        }
        writeln!(f)?;
        let head = ["thread", "waits for", "held by", "for", "at"].map(str::to_owned);
        let rows = report.rows.iter().zip(stacks);
        let rows = rows.map(|(row, stack)| self.cells(row, stack));
        let table: Vec<_> = std::iter::once(head).chain(rows).collect();
        let width = |column: usize| {
            let cells = table.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: [usize; 5] = std::array::from_fn(width);
        for row in &table {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                write!(line, "  {cell:width$}")?;
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        let mut sources = HashMap::new();
        for (row, stack) in report.rows.iter().zip(stacks) {
            if stack.is_empty() {
                continue;
            }
            writeln!(f, "\n{} (most recent call last):", row.name)?;
            for Frame {
                file,
                line,
                function,
            } in stack
            {
                writeln!(f, "  File \"{file}\", line {line}, in {function}")?;
                let source = sources
                    .entry(file)
                    .or_insert_with(|| std::fs::read_to_string(file).unwrap_or_default());
                let text = source.lines().nth(line.saturating_sub(1)).map(str::trim);
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    writeln!(f, "    {text}")?;
                }
            }
        }
        Ok(())
    }
}

/// The things that are numbered; the end of a thread and the time are not.
const fn noun(kind: WaitKind, reentrant: bool) -> Option<&'static str> {
    Some(match kind {
        WaitKind::Lock if reentrant => "RLock",
        WaitKind::Lock => "lock",
        WaitKind::Condition => "condition",
        WaitKind::Semaphore => "semaphore",
        WaitKind::Event => "event",
        WaitKind::Future => "future",
        WaitKind::Barrier => "barrier",
        WaitKind::Get | WaitKind::Put | WaitKind::TasksDone => "queue",
        WaitKind::Join | WaitKind::Sleep => return None,
    })
}

fn seconds(nanos: u64) -> String {
    format!("{:.1} s", nanos as f64 * 1e-9)
}

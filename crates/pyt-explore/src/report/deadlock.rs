//! Threads that wait for ever: who waits for what, held by whom, and where.
//!
//! The one renderer of deadlocks, for `pyt run` and `pyt explore` alike. Where the facts come from
//! is not known here.

use std::fmt::Write as _;

use super::{
    sources::file_name,
    text::{LEAST_WIDTH, fit, width_of, wrap},
};
use crate::annotations::{AwaitingTask, StackFrame};

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlockKind {
    /// Each thread of the chain waits for the next, and the last for the first.
    Cycle,
    /// Each thread of the chain waits for the next, and the last for a lock whose holder exited
    /// without releasing it.
    HolderExited,
    /// All threads wait, and no chain of them explains it.
    Standstill,
    /// All threads wait, at least one of them in foreign code, which may return.
    Foreign,
    /// No deadlock: the state of all threads was asked for.
    Requested,
}

/// One thread of a [`DeadlockReport`]. What is not known stays empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportedThread {
    /// The thread's name.
    pub name: String,
    /// What it waits for: `lock 1`, `an item from queue 2`; or what it does instead.
    pub waits_for: String,
    /// The name of the thread that holds what it waits for.
    pub holder: Option<String>,
    /// How long it has waited, and its timeout: `0.3 s of 5.0 s`.
    pub waited: String,
    /// Where it waits: `file.py:12`.
    pub place: String,
    /// The text of that line.
    pub text: String,
    /// The locks that it holds, and where it took each: `lock 2`, `file.py:10`.
    pub holds: Vec<(String, String)>,
    /// The functions that it is in, innermost last.
    pub stack: Vec<StackFrame>,
    /// The tasks of its event loop, if it runs one that waits.
    pub tasks: Vec<AwaitingTask>,
}

/// Threads that wait for ever; or, on request, what all threads are doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlockReport {
    /// What it is about.
    pub kind: DeadlockKind,
    /// The threads.
    pub threads: Vec<ReportedThread>,
    /// Indexes of threads, each of which waits for the next one. Empty for a standstill.
    pub chain: Vec<usize>,
}

impl DeadlockReport {
    /// What it is about, in one line without its end.
    #[must_use]
    pub fn title(&self) -> String {
        match (self.kind, self.chain.len(), self.threads.len()) {
            (DeadlockKind::Requested, _, 1) => "1 thread".to_owned(),
            (DeadlockKind::Requested, _, count) => format!("{count} threads"),
            (DeadlockKind::Cycle, 1, _) => "deadlock: a thread waits for itself".to_owned(),
            (DeadlockKind::Cycle, count, _) => {
                format!("deadlock: {count} threads wait for each other")
            }
            (DeadlockKind::Foreign, ..) => {
                "no thread can go on before one returns from foreign code".to_owned()
            }
            (DeadlockKind::HolderExited, ..) => {
                "deadlock: the holder of a lock has ended".to_owned()
            }
            (DeadlockKind::Standstill, _, 1) => {
                "deadlock: the only thread waits, and no other can wake it".to_owned()
            }
            (DeadlockKind::Standstill, ..) => {
                "deadlock: all threads wait, and none can wake another".to_owned()
            }
        }
    }

    /// The title and each thread's wait: those of the chain first. No line is wider than `width`
    /// characters, or 40 if that is more.
    #[must_use]
    pub fn render(&self, width: usize) -> String {
        let width = width.max(LEAST_WIDTH);
        let others = (0..self.threads.len()).filter(|index| !self.chain.contains(index));
        let mut lines = vec![self.title()];
        for index in self.chain.iter().copied().chain(others) {
            for line in self.threads[index].wait() {
                lines.extend(line.wrapped(width));
            }
        }
        lines.join("\n") + "\n"
    }

    /// The title and the chain, then a table of all threads and their stacks, as wide as they are.
    #[must_use]
    pub fn render_with_stacks(&self) -> String {
        let mut text = self.title() + "\n";
        for index in &self.chain {
            for line in self.threads[*index].wait() {
                text += &line.whole();
                text.push('\n');
            }
        }
        text.push('\n');
        text += &self.table();
        for (index, thread) in self.threads.iter().enumerate() {
            text += &thread.stack();
            // Those of the chain are above.
            if !thread.tasks.is_empty() && !self.chain.contains(&index) {
                let _ = writeln!(text, "Tasks of its event loop:");
                for line in thread.task_lines(2) {
                    text += &line.whole();
                    text.push('\n');
                }
            }
        }
        text
    }

    fn table(&self) -> String {
        let head = ["thread", "waits for", "held by", "for", "at"].map(str::to_owned);
        let rows = self.threads.iter().map(ReportedThread::cells);
        let table: Vec<_> = std::iter::once(head).chain(rows).collect();
        let widths: [usize; 5] = std::array::from_fn(|column| {
            let cells = table.iter().map(|row| width_of(&row[column]));
            cells.max().unwrap_or(0)
        });
        let mut text = String::new();
        for row in &table {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                // A string takes all that is written into it.
                let missing = width.saturating_sub(width_of(cell));
                let _ = write!(line, "  {cell}{:missing$}", "");
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

/// So many coroutines of a task are shown, innermost first.
const MAX_TASK_FRAMES: usize = 6;

/// A line about a wait.
struct WaitLine {
    indent: usize,
    text: String,
    /// It ends with source code, which is cut where it is too long.
    is_source: bool,
}

impl WaitLine {
    fn whole(&self) -> String {
        let Self { indent, text, .. } = self;
        format!("{:indent$}{text}", "")
    }

    fn wrapped(&self, width: usize) -> Vec<String> {
        let whole = self.whole();
        if self.is_source || width_of(&whole) <= width {
            return vec![fit(&whole, width)];
        }
        let indent = self.indent;
        let lines = wrap(&self.text, width - indent - 2).into_iter().enumerate();
        let lines = lines.map(|(number, line)| {
            let indent = if number == 0 { indent } else { indent + 2 };
            format!("{:indent$}{line}", "")
        });
        lines.collect()
    }
}

impl ReportedThread {
    /// What it waits for and where, and what it holds: a line each.
    fn wait(&self) -> Vec<WaitLine> {
        let Self {
            name, waits_for, ..
        } = self;
        let mut lines = vec![WaitLine {
            indent: 2,
            text: match &self.holder {
                Some(holder) => format!("{name} waits for {waits_for}, held by {holder}"),
                None => format!("{name} waits for {waits_for}"),
            },
            is_source: false,
        }];
        let mut below = |text: String, is_source| {
            lines.push(WaitLine {
                indent: 6,
                text,
                is_source,
            });
        };
        if !self.place.is_empty() {
            below(format!("at {}: {}", self.place, self.text.trim()), true);
        }
        for (lock, place) in &self.holds {
            below(format!("holds {lock}, taken at {place}"), false);
        }
        lines.extend(self.task_lines(6));
        lines
    }

    /// What the tasks of its event loop await, and the coroutines that they are in.
    fn task_lines(&self, indent: usize) -> Vec<WaitLine> {
        let mut lines = Vec::new();
        let mut below = |text: String, is_source| {
            lines.push(WaitLine {
                indent,
                text,
                is_source,
            });
        };
        for task in &self.tasks {
            below(format!("{} awaits {}", task.name, task.awaits), false);
            for frame in task.stack.iter().take(MAX_TASK_FRAMES) {
                let StackFrame {
                    file,
                    line,
                    function,
                    text,
                    ..
                } = frame;
                let place = match frame.is_library {
                    true => format!("  in {function} of the library"),
                    false => format!(
                        "  in {function} at {}:{line}: {}",
                        file_name(file),
                        text.trim()
                    ),
                };
                below(place, true);
            }
        }
        lines
    }

    /// Its row of the table.
    fn cells(&self) -> [String; 5] {
        let innermost = self.stack.last();
        let place = innermost.map_or_else(String::new, |frame| {
            format!("{}:{} in {}", frame.file, frame.line, frame.function)
        });
        [
            self.name.clone(),
            self.waits_for.clone(),
            self.holder.clone().unwrap_or_default(),
            self.waited.clone(),
            place,
        ]
    }

    /// Its stack as a traceback shows it, with an empty line before; nothing if it has none.
    fn stack(&self) -> String {
        let mut text = String::new();
        if self.stack.is_empty() {
            return text;
        }
        // A string takes all that is written into it.
        let _ = writeln!(text, "\n{} (most recent call last):", self.name);
        for frame in &self.stack {
            let StackFrame {
                file,
                line,
                function,
                text: source,
                ..
            } = frame;
            let _ = writeln!(text, "  File \"{file}\", line {line}, in {function}");
            let source = source.trim();
            if !source.is_empty() {
                let _ = writeln!(text, "    {source}");
            }
        }
        text
    }
}

/// The first cycle: `next` names, for each thread by its index, the thread that it waits for. Empty
/// if there is no cycle.
#[must_use]
pub(super) fn find_cycle(next: &[Option<usize>]) -> Vec<usize> {
    for start in 0..next.len() {
        let mut path = vec![start];
        while let Some(following) = path.last().and_then(|&last| next[last]) {
            if following == start {
                return path;
            }
            if path.contains(&following) {
                break;
            }
            path.push(following);
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_is_found_without_what_leads_to_it() {
        assert_eq!(find_cycle(&[Some(1), Some(2), Some(1)]), [1, 2]);
        assert_eq!(find_cycle(&[Some(0)]), [0]);
        assert_eq!(find_cycle(&[Some(1), Some(2), None]), [0; 0]);
    }
}

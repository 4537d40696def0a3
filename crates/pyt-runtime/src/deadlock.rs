//! Deadlock reports on standard error, for programs that run freely (not under a strategy).
//!
//! `pyt-vm` finds what is in them, `pyt-explore` renders them; this file translates between
//! the two, and decides whether the process ends.

use std::{collections::HashMap, fmt::Write, sync::Arc};

use pyt_explore::{
    AwaitingTask, PrimitiveName, StackFrame,
    report::{DeadlockKind, DeadlockReport, ObjectNames, ReportedThread},
};
use pyt_vm::{
    InterpreterState,
    deadlock::{
        AfterReport, Occasions, PythonFrame, ReportCause, ThreadId, ThreadRow, ThreadStatus,
        ThreadTable, WaitKind, Waiting,
    },
};

use crate::config::options::{Deadlocks, Options};

/// The exit status of a process that is ended because of a deadlock.
const DEADLOCK_STATUS: i32 = 3;

/// Makes reports go to standard error, as the options say.
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
        let mut text = format!("pyt: {}", report(table).render_with_stacks());
        if ends {
            let _ = writeln!(
                text,
                "\npyt: exit status {DEADLOCK_STATUS}, as --deadlock=abort asks"
            );
        }
        write_to_stderr(text.as_bytes());
        if ends {
            AfterReport::Exit(DEADLOCK_STATUS)
        } else {
            AfterReport::Continue
        }
    };
    state.report_deadlocks(occasions, Box::new(listener));
}

/// Writes to standard error without `std`'s lock on it: in the child of a fork, that may have been
/// copied in its locked state.
fn write_to_stderr(mut text: &[u8]) {
    while !text.is_empty() {
        // SAFETY: the buffer is as long as is said.
        let written = unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
        match usize::try_from(written) {
            Ok(written) => text = &text[written.min(text.len())..],
            Err(_) if is_interrupted() => {}
            // There is no other place to report this to.
            Err(_) => return,
        }
    }
}

fn is_interrupted() -> bool {
    std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted
}

/// The report for `table`.
fn report(table: &ThreadTable) -> DeadlockReport {
    let mut translator = Translator {
        table,
        names: ObjectNames::new(),
        sources: HashMap::new(),
    };
    translator.report()
}

struct Translator<'a> {
    table: &'a ThreadTable,
    /// Names for the objects that are waited for, numbered in the order of the report.
    names: ObjectNames,
    /// Lines of source files.
    sources: HashMap<&'a str, String>,
}

impl<'a> Translator<'a> {
    fn report(&mut self) -> DeadlockReport {
        let ThreadTable {
            report,
            stacks,
            tasks,
            ..
        } = self.table;
        let position = |id: &ThreadId| report.rows.iter().position(|row| row.id == *id);
        let chain: Vec<usize> = report.cycle.iter().filter_map(position).collect();
        self.name_objects();
        // The objects of the chain have the first numbers.
        let in_chain = chain.iter().map(|index| &report.rows[*index]);
        for row in in_chain.chain(&report.rows) {
            if let ThreadStatus::Waiting { waiting, reentrant } = row.status {
                self.waits_for(&waiting, reentrant);
            }
        }
        let threads = report.rows.iter().zip(stacks).zip(tasks);
        DeadlockReport {
            kind: self.kind(&chain),
            threads: threads
                .map(|((row, stack), tasks)| ReportedThread {
                    tasks: tasks.iter().map(|task| self.task(task)).collect(),
                    ..self.thread(row, stack)
                })
                .collect(),
            chain,
        }
    }

    /// Gives the objects that are waited for the names that they have in the program.
    fn name_objects(&mut self) {
        let mut instances: HashMap<(String, usize), usize> = HashMap::new();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (row, name) in self.table.report.rows.iter().zip(&self.table.names) {
            let (ThreadStatus::Waiting { waiting, reentrant }, Some(name)) = (&row.status, name)
            else {
                continue;
            };
            let Some(noun) = waiting.kind.noun(*reentrant) else {
                continue;
            };
            let instance = name.instance.clone().map(|(class, address)| {
                let key = (class.clone(), address);
                let number = instances.entry(key).or_insert_with(|| {
                    let count = counts.entry(class.clone()).or_default();
                    *count += 1;
                    *count
                });
                (class, *number)
            });
            let name = PrimitiveName {
                text: Some(name.text.clone()),
                instance,
                function: name.function.clone(),
                made_at: None,
            };
            self.names.name(noun, waiting.object, &name, "");
        }
    }

    fn kind(&self, chain: &[usize]) -> DeadlockKind {
        let report = &self.table.report;
        let (Some(first), Some(last)) = (chain.first(), chain.last()) else {
            return match report.cause {
                ReportCause::Asked => DeadlockKind::Requested,
                _ => DeadlockKind::Standstill,
            };
        };
        let is_closed = match report.rows[*last].status {
            ThreadStatus::Waiting { waiting, .. } => waiting.holder == Some(report.rows[*first].id),
            _ => false,
        };
        match report.cause {
            ReportCause::Asked => DeadlockKind::Requested,
            _ if is_closed => DeadlockKind::Cycle,
            _ => DeadlockKind::HolderExited,
        }
    }

    fn thread(&mut self, row: &'a ThreadRow, stack: &'a [PythonFrame]) -> ReportedThread {
        let does = |what: &str| (what.to_owned(), None, String::new());
        let (waits_for, holder, waited) = match row.status {
            ThreadStatus::Waiting { waiting, reentrant } => {
                let holder = waiting.holder.filter(|_| waiting.kind != WaitKind::Join);
                (
                    self.waits_for(&waiting, reentrant),
                    holder.map(|holder| self.name(holder)),
                    self.waited(&waiting),
                )
            }
            ThreadStatus::Ready => does("its turn"),
            ThreadStatus::Running => does("nothing: it runs"),
            ThreadStatus::Foreign => does("the system, or other foreign code"),
            ThreadStatus::Halted => does("nothing: it was stopped"),
        };
        ReportedThread {
            name: row.name.clone(),
            waits_for,
            holder,
            waited,
            stack: stack.iter().map(|frame| self.frame(frame)).collect(),
            ..ReportedThread::default()
        }
    }

    /// The name of a thread; if it has exited, the name says so.
    fn name(&self, id: ThreadId) -> String {
        let report = &self.table.report;
        if let Some(row) = report.rows.iter().find(|row| row.id == id) {
            return row.name.clone();
        }
        match report.ended.iter().find(|(other, _)| *other == id) {
            Some((_, name)) => format!("{name}, which has ended"),
            None => "a thread that has ended".to_owned(),
        }
    }

    fn waits_for(&mut self, waiting: &Waiting, reentrant: bool) -> String {
        let Waiting { kind, object, .. } = *waiting;
        if kind == WaitKind::Join
            && let Some(target) = waiting.holder
        {
            return kind.description_of(&self.name(target));
        }
        match kind.noun(reentrant) {
            Some(noun) => kind.description_of(self.names.full_name_or_number(noun, object)),
            None => kind.description(reentrant).to_owned(),
        }
    }

    /// How long the thread has waited, and its timeout if it has one.
    fn waited(&self, waiting: &Waiting) -> String {
        let since = waiting.since.0;
        let mut time = seconds(self.table.report.now.0.saturating_sub(since));
        if let Some(deadline) = waiting.deadline {
            let whole = seconds(deadline.0.saturating_sub(since));
            // A string takes all that is written into it.
            let _ = write!(time, " of {whole}");
        }
        time
    }

    fn task(&mut self, task: &'a pyt_vm::event_loops::AwaitingTask) -> AwaitingTask {
        let frames = task.stack.iter();
        let frames = frames.map(|frame| StackFrame {
            is_library: frame.is_library,
            ..self.frame_at(&frame.file, frame.line, &frame.function)
        });
        AwaitingTask {
            stack: frames.collect(),
            name: task.name.clone(),
            awaits: task.awaits.clone(),
        }
    }

    fn frame(&mut self, frame: &'a PythonFrame) -> StackFrame {
        self.frame_at(&frame.file, frame.line, &frame.function)
    }

    fn frame_at(&mut self, file: &'a str, line: usize, function: &str) -> StackFrame {
        let source = self
            .sources
            .entry(file)
            .or_insert_with(|| std::fs::read_to_string(file).unwrap_or_default());
        let text = source.lines().nth(line.saturating_sub(1));
        StackFrame {
            file: file.to_owned(),
            line,
            function: function.to_owned(),
            text: text.unwrap_or_default().trim().to_owned(),
            is_library: file.starts_with("<frozen"),
        }
    }
}

fn seconds(nanos: u64) -> String {
    format!("{:.1} s", nanos as f64 * 1e-9)
}

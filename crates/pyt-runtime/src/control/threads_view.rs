//! A table of threads that is shown again and again: what each does, for how long, and how much of
//! a processor and how many turns it has had since the last look.
//!
//! Where it is shown is not known here.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use pyt_sched::WaitKind;

use super::thread_info::{ThreadInfo, ThreadState};

/// The columns before the last one, which takes what is left, with their widths.
const COLUMNS: [(&str, usize); 5] = [
    ("thread", 22),
    ("state", 36),
    ("for", 8),
    ("cpu", 6),
    ("turns/s", 8),
];

/// Makes a table of a runtime's threads, as `pyt run --live` shows it.
///
/// ```
/// # let runtime = pyt_runtime::Runtime::builder().build()?;
/// let mut view = pyt_runtime::ThreadsView::new();
/// runtime.exec("
/// import threading, time
/// threading.Thread(target=time.sleep, args=(1e9,), name='sleeper', daemon=True).start()
/// time.sleep(0.1)
/// ")?;
/// let table = view.render(&runtime.threads(), 100, 20);
/// let sleeper = table.lines().find(|line| line.starts_with("sleeper"));
/// assert!(sleeper.unwrap().contains("waits for time to pass"));
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
#[derive(Debug)]
pub struct ThreadsView {
    /// At the last look, by ident and name: processor time and turns.
    before: HashMap<(u64, String), (Duration, u64)>,
    looked: Instant,
    since: Instant,
}

impl Default for ThreadsView {
    fn default() -> Self {
        Self::new()
    }
}

impl ThreadsView {
    /// A view that has not looked yet: its first table has no rates.
    #[must_use]
    pub fn new() -> Self {
        let now = Instant::now();
        Self {
            before: HashMap::new(),
            looked: now,
            since: now,
        }
    }

    /// The table, of at most `height` lines with at most `width` columns each. The busiest threads
    /// come first, then those that wait, the longest last; those that do not fit are counted.
    #[must_use]
    pub fn render(&mut self, threads: &[ThreadInfo], width: usize, height: usize) -> String {
        let elapsed = self.looked.elapsed().as_secs_f64().max(1e-3);
        self.looked = Instant::now();
        let mut rows: Vec<Row<'_>> = threads
            .iter()
            .map(|thread| self.row(thread, elapsed))
            .collect();
        let total: f64 = rows
            .iter()
            .filter_map(|row| row.turns)
            .fold(0.0, |sum, turns| sum + turns);
        rows.sort_by(|one, other| other.busy().total_cmp(&one.busy()));
        let mut lines = vec![format!(
            "{} threads, {total:.0} turns/s, {:.1} s",
            threads.len(),
            self.since.elapsed().as_secs_f64()
        )];
        let titles = COLUMNS.map(|(title, _)| title.to_owned());
        lines.push(line(&titles, "at"));
        let room = height.saturating_sub(lines.len()).max(1);
        let shown = if rows.len() > room {
            room - 1
        } else {
            rows.len()
        };
        lines.extend(rows[..shown].iter().map(Row::line));
        if shown < rows.len() {
            lines.push(format!("... and {} more", rows.len() - shown));
        }
        let lines = lines.iter().map(|line| cut(line.trim_end(), width) + "\n");
        lines.collect()
    }

    fn row<'a>(&mut self, thread: &'a ThreadInfo, elapsed: f64) -> Row<'a> {
        let now = (thread.cpu_time().unwrap_or_default(), thread.turns());
        let key = (thread.ident(), thread.name().to_owned());
        let before = self.before.insert(key, now);
        let cpu = thread
            .cpu_time()
            .zip(before)
            .map(|(cpu, before)| cpu.saturating_sub(before.0).as_secs_f64() / elapsed * 100.0);
        let turns = before.map(|before| now.1.saturating_sub(before.1) as f64 / elapsed);
        Row { thread, cpu, turns }
    }
}

struct Row<'a> {
    thread: &'a ThreadInfo,
    /// Percent of a processor.
    cpu: Option<f64>,
    /// Turns per second.
    turns: Option<f64>,
}

impl Row<'_> {
    fn busy(&self) -> f64 {
        self.cpu.unwrap_or(0.0) * 1e6 + self.turns.unwrap_or(0.0)
    }

    fn line(&self) -> String {
        let (state, lasts) = match self.thread.state() {
            ThreadState::Running => ("runs".to_owned(), None),
            ThreadState::Ready => ("waits for its turn".to_owned(), None),
            ThreadState::Detached => ("is in foreign code".to_owned(), None),
            ThreadState::Halted => ("was halted".to_owned(), None),
            ThreadState::Waiting(wait) => {
                let holder = wait.holder().map_or(String::new(), |by| {
                    if wait.kind() == WaitKind::Join.label(false) {
                        format!(": {by}")
                    } else {
                        format!(", held by {by}")
                    }
                });
                (
                    format!("waits for {}{holder}", wait.kind()),
                    Some(wait.elapsed()),
                )
            }
        };
        let place = self.thread.stack().iter().rev();
        let own = place
            .clone()
            .find(|frame| !frame.file.starts_with("<frozen"));
        let place = own.or_else(|| place.clone().next()).map(|frame| {
            let file = frame.file.rsplit('/').next().unwrap_or(&frame.file);
            format!("{file}:{} {}", frame.line, frame.function)
        });
        let columns = [
            self.thread.name().to_owned(),
            state,
            lasts.map_or_else(String::new, |lasts| format!("{:.1} s", lasts.as_secs_f64())),
            self.cpu
                .map_or_else(String::new, |cpu| format!("{cpu:.0} %")),
            self.turns
                .map_or_else(String::new, |turns| format!("{turns:.0}")),
        ];
        line(&columns, &place.unwrap_or_default())
    }
}

fn line(columns: &[String; 5], place: &str) -> String {
    let mut text = String::new();
    for (index, (column, (_, width))) in columns.iter().zip(COLUMNS).enumerate() {
        let column = cut(column, width);
        let blank = " ".repeat(width - column.chars().count());
        // Figures stand at the right.
        text += &if index >= 2 {
            format!("{blank}{column}  ")
        } else {
            format!("{column}{blank}  ")
        };
    }
    text + place
}

/// `text`, cut off to so many characters.
fn cut(text: &str, width: usize) -> String {
    // What moves the cursor or changes colours is no part of a name.
    let shown = text.chars().map(|c| if c.is_control() { '?' } else { c });
    let text: String = shown.collect();
    if text.chars().count() <= width {
        return text;
    }
    let kept = text.chars().take(width.saturating_sub(1));
    kept.chain(std::iter::once('…')).collect()
}

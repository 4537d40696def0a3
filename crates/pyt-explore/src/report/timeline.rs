//! The threads' lines side by side, in the order in which they ran.

use super::text::{LEAST_WIDTH, cell, fit, width_of, wrap};

/// A line that a thread ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimelineRow {
    /// Which thread: an index into [`Timeline::threads`].
    pub thread: usize,
    /// The file's name; empty if all rows are of one file.
    pub file: String,
    /// The line's number.
    pub line: u32,
    /// The line's text.
    pub text: String,
    /// What happened there, `reads counter = 0` say; may be empty.
    pub note: String,
    /// The thread before could have gone on: a preemption.
    pub preempts: bool,
}

/// The lines that the threads ran, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The threads' names.
    pub threads: Vec<String>,
    /// The lines, first to last.
    pub rows: Vec<TimelineRow>,
}

impl Timeline {
    /// As text: a column for each thread, a line of `-` at each switch and of `=` at each
    /// preemption. With so many threads that a column would be too narrow to
    /// read, one column with the threads' names.
    #[must_use]
    pub fn render(&self, width: usize) -> String {
        let width = width.max(LEAST_WIDTH);
        let lines = if self.column(width) >= LEAST_COLUMN {
            self.side_by_side(width)
        } else {
            self.one_below_the_other(width)
        };
        let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
        lines.join("\n") + "\n"
    }

    fn column(&self, width: usize) -> usize {
        let threads = self.threads.len().max(1);
        width.saturating_sub(BETWEEN.len() * (threads - 1)) / threads
    }

    fn side_by_side(&self, width: usize) -> Vec<String> {
        let column = self.column(width);
        let row_of = |cells: Vec<String>| cells.join(BETWEEN);
        let heads = self.threads.iter().map(|name| cell(name, column));
        let mut lines = vec![row_of(heads.collect())];
        let whole = width_of(&lines[0]);
        let rule = |sign: &str| sign.repeat(whole);
        lines.push(rule("-"));
        let put = |thread: usize, text: &str| {
            let cells = (0..self.threads.len())
                .map(|other| cell(if other == thread { text } else { "" }, column));
            row_of(cells.collect())
        };
        let mut last = None;
        for row in &self.rows {
            if last.is_some_and(|last| last != row.thread) {
                lines.push(rule(if row.preempts { "=" } else { "-" }));
            }
            last = Some(row.thread);
            for text in row.lines(column) {
                lines.push(put(row.thread, &text));
            }
        }
        lines
    }

    fn one_below_the_other(&self, width: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut last = None;
        for row in &self.rows {
            if last != Some(row.thread) {
                let name = self.threads.get(row.thread).map_or("?", String::as_str);
                let sign = if row.preempts { "=" } else { "-" };
                let head = format!("{sign}{sign} {name} ");
                let rest = width.saturating_sub(width_of(&head));
                lines.push(fit(&(head + &sign.repeat(rest)), width));
            }
            last = Some(row.thread);
            for text in row.lines(width - 3) {
                lines.push(fit(&format!("   {text}"), width));
            }
        }
        lines
    }
}

const BETWEEN: &str = " | ";

/// Narrower columns cannot be read.
const LEAST_COLUMN: usize = 24;

impl TimelineRow {
    /// The line and below it what happened there; only that, where there is no line.
    fn lines(&self, width: usize) -> Vec<String> {
        const INDENT: &str = "      ";
        let room = width.saturating_sub(INDENT.len());
        let head = self.head();
        let head = (!head.is_empty()).then_some(head);
        let notes = wrap(&self.note, room);
        let notes = notes.into_iter().map(|note| format!("{INDENT}{note}"));
        head.into_iter().chain(notes).collect()
    }

    fn head(&self) -> String {
        let Self {
            file, line, text, ..
        } = self;
        let text = text.trim();
        if *line == 0 {
            text.to_owned()
        } else if file.is_empty() {
            format!("{line:>4}  {text}")
        } else {
            format!("{file}:{line}  {text}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(threads: usize) -> Timeline {
        let row = |thread, note: &str, preempts| TimelineRow {
            thread,
            file: "c.py".to_owned(),
            line: 5,
            text: "    counter += 1".to_owned(),
            note: note.to_owned(),
            preempts,
        };
        Timeline {
            threads: (1..=threads).map(|n| format!("Thread-{n}")).collect(),
            rows: vec![
                row(0, "reads counter = 0", false),
                row(1, "reads counter = 0", true),
                row(1, "writes counter = 1", false),
                row(0, "writes counter = 1", false),
            ],
        }
    }

    #[test]
    fn two_threads_stand_side_by_side() {
        let expected = "\
Thread-1                       | Thread-2
---------------------------------------------------------------
c.py:5  counter += 1           |
      reads counter = 0        |
===============================================================
                               | c.py:5  counter += 1
                               |       reads counter = 0
                               | c.py:5  counter += 1
                               |       writes counter = 1
---------------------------------------------------------------
c.py:5  counter += 1           |
      writes counter = 1       |
";
        let found = story(2).render(63);
        assert_eq!(found, expected);
    }

    #[test]
    fn no_line_is_wider_than_asked_for_and_many_threads_go_below_each_other() {
        for threads in [2, 3, 9, 40] {
            for width in [0, 40, 60, 80, 200] {
                let text = story(threads).render(width);
                let widest = text.lines().map(|line| line.chars().count()).max();
                assert!(widest <= Some(width.max(40)), "{threads} {width}\n{text}");
            }
        }
        let text = story(9).render(60);
        assert!(text.starts_with("-- Thread-1 ---"), "{text}");
        assert!(text.contains("\n== Thread-2 ==="), "{text}");
    }
}

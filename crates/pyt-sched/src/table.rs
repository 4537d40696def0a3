//! The table of who waits for what: what deadlock reports and timelines read.

use crate::{Deadline, Scheduler, ThreadId, engine::wait::Waiting};

/// What a thread was doing when the table was read.
#[derive(Clone, Copy, Debug)]
pub enum Standing {
    /// It runs, is ready to run, or is in foreign code.
    Running,
    /// It is blocked in one of our primitives.
    Waiting(Waiting),
    /// It was stopped for good.
    Halted,
}

/// One thread's row.
#[derive(Clone, Debug)]
pub struct ThreadReport {
    /// The thread.
    pub id: ThreadId,
    /// The world's own number for it; zero if it has none.
    pub tag: u64,
    /// Its name.
    pub name: String,
    /// What it was status.
    pub standing: Standing,
}

impl Scheduler {
    /// One row for each thread, oldest first, and the time of reading. Each row is true by
    /// itself; threads that run on may make the rows disagree.
    #[must_use]
    pub fn table(&self) -> (Deadline, Vec<ThreadReport>) {
        let rows = self
            .threads()
            .iter()
            .map(|thread| ThreadReport {
                id: thread.id(),
                tag: thread.tag(),
                name: thread.name(),
                standing: if thread.is_halted() {
                    Standing::Halted
                } else {
                    (thread.wait.lock().as_ref()).map_or(Standing::Running, |(waiting, _)| {
                        Standing::Waiting(*waiting)
                    })
                },
            })
            .collect();
        (self.clock().now(), rows)
    }
}

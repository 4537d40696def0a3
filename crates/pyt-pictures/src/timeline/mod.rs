//! What a timeline shows: lanes with slices, arrows between them, marks; and the files that it is
//! written to.
//!
//! - here: the parts of a timeline, as plain data
//! - `tracker`: from the moments of threads to these parts
//! - `file`: a file that can be opened at any time while it grows, and does not grow without bound
//! - `words`: what threads do, in words
//! - `chrome`, `page`: what such a file has in it: Chrome's JSON, or a page

mod chrome;
mod file;
mod format;
mod page;
mod tracker;
mod words;

pub(crate) use file::{MOST_ITEMS, TimelineFile};
pub(crate) use format::Format;
pub(crate) use tracker::{Lookup, Tracker};

use pyt_explore::PrimitiveName;
use pyt_sched::WaitKind;

/// What a timeline is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Chrome's trace format as JSON, which Perfetto opens.
    Json,
    /// One page for a browser.
    Page,
}

/// A place in the program, and what the object that is waited for there is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The file, as tracebacks show it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The qualified name of the function.
    pub function: String,
    /// The name of the object in the program, with the address of the instance whose attribute it
    /// is in the place of the instance's number.
    pub object: Option<PrimitiveName>,
}

/// What the turns of threads are, which decides the words for waiting for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turns {
    /// One thread at a time has the GIL.
    Gil,
    /// All threads run at once: a thread that was woken runs as soon as the system lets it.
    Free,
    /// A strategy chooses.
    Schedule,
}

impl Turns {
    /// What a thread does that could go on but for its turn.
    pub(crate) const fn wait(self) -> &'static str {
        match self {
            Self::Gil => "waits for the GIL",
            Self::Free => "wakes up",
            Self::Schedule => "waits for its turn",
        }
    }
}

/// The kinds of waits, by the numbers that they have in a ring and on a page.
pub(crate) const WAIT_KINDS: [WaitKind; 12] = [
    WaitKind::Lock,
    WaitKind::Condition,
    WaitKind::Semaphore,
    WaitKind::Event,
    WaitKind::Future,
    WaitKind::Barrier,
    WaitKind::Get,
    WaitKind::Put,
    WaitKind::TasksDone,
    WaitKind::Join,
    WaitKind::Io,
    WaitKind::Sleep,
];

/// What a lane shows a thread to be doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Runs,
    /// Could go on, but for its turn.
    Turn,
    /// Was made known, and has not run yet.
    Starts,
    Waits(WaitKind),
    Foreign,
    /// A task that does not run.
    Awaits,
}

impl State {
    /// Its number in files.
    pub(crate) const fn number(self) -> u32 {
        match self {
            Self::Runs => 0,
            Self::Turn => 1,
            Self::Starts => 2,
            Self::Foreign => 3,
            Self::Awaits => 4,
            Self::Waits(kind) => match kind {
                WaitKind::Lock => 5,
                WaitKind::Condition => 6,
                WaitKind::Semaphore => 7,
                WaitKind::Event => 8,
                WaitKind::Future => 9,
                WaitKind::Barrier => 10,
                WaitKind::Get => 11,
                WaitKind::Put => 12,
                WaitKind::TasksDone => 13,
                WaitKind::Join => 14,
                WaitKind::Io => 15,
                WaitKind::Sleep => 16,
            },
        }
    }

    /// A word for its kind, for filters.
    pub(crate) const fn category(self) -> &'static str {
        match self {
            Self::Runs => "run",
            Self::Turn => "turn",
            Self::Starts => "start",
            Self::Foreign => "foreign",
            Self::Awaits => "await",
            Self::Waits(kind) => match kind {
                WaitKind::Lock => "lock",
                WaitKind::Condition => "condition",
                WaitKind::Semaphore => "semaphore",
                WaitKind::Event => "event",
                WaitKind::Future => "future",
                WaitKind::Barrier => "barrier",
                WaitKind::Get | WaitKind::Put | WaitKind::TasksDone => "queue",
                WaitKind::Join => "join",
                WaitKind::Io => "io",
                WaitKind::Sleep => "sleep",
            },
        }
    }
}

/// A thread's row, or a task's beneath that of its loop's thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) name: String,
    /// The lane of the loop's thread, for a task.
    pub(crate) parent: Option<u32>,
}

/// A stretch of a lane. Slices of a lane follow one another, or one is inside of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) lane: u32,
    pub(crate) state: State,
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// What is waited for: its number among the objects.
    pub(crate) object: Option<u32>,
    /// Where: a number of a [`Site`]; 0 if that is not known.
    pub(crate) site: u32,
    /// The lane of the thread that held the object when the wait began, or whose end is awaited.
    pub(crate) holder: Option<u32>,
    /// The lane of the thread that ended it.
    pub(crate) woken_by: Option<u32>,
    /// Its timeout ended it.
    pub(crate) timed_out: bool,
    /// The number of a text that says what a task awaits; 0: none.
    pub(crate) text: u32,
}

/// What led to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrow {
    pub(crate) from: u32,
    pub(crate) from_at: u64,
    pub(crate) to: u32,
    pub(crate) to_at: u64,
    /// The thread was started, not woken.
    pub(crate) starts: bool,
}

/// Something that takes no time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) lane: u32,
    pub(crate) at: u64,
    pub(crate) text: String,
}

/// A part of a timeline, as it becomes known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// The lane with this number is new, or has a new name.
    Lane(u32, Lane),
    /// The object with this number is new.
    Object(u32, String),
    /// The site with this number is new.
    Site(u32, Box<Site>),
    /// The text with this number is new.
    Text(u32, String),
    Slice(Slice),
    Arrow(Arrow),
    Mark(Mark),
}

impl Item {
    /// Whether it is an entry of a table, which other items refer to by its number.
    pub(crate) const fn is_entry(&self) -> bool {
        matches!(
            self,
            Self::Lane(..) | Self::Object(..) | Self::Site(..) | Self::Text(..)
        )
    }
}

/// What is said of a whole timeline.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// The program.
    pub(crate) title: String,
    pub(crate) turns: Turns,
    /// The time is that of a virtual clock, and the time that the program computed.
    pub(crate) is_virtual: bool,
    /// The process.
    pub(crate) process: u32,
}

impl About {
    /// What a file of this kind has in it.
    pub(crate) fn format(self, kind: Kind) -> Box<dyn Format> {
        match kind {
            Kind::Json => Box::new(chrome::Chrome::new(self)),
            Kind::Page => Box::new(page::Page::new(self)),
        }
    }
}

/// How a timeline stands at a moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    /// The moment, in nanoseconds since the beginning.
    pub(crate) now: u64,
    /// How many of the oldest items are not in the file.
    pub(crate) dropped: u64,
    /// How many events were replaced before they were read.
    pub(crate) lost: u64,
    /// The recording has ended with the program.
    pub(crate) is_over: bool,
}

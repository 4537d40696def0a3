//! `pyt run --live`: a table of the threads while the program runs.
//!
//! On a terminal it stands above the program's output, which scrolls below it; elsewhere it is
//! written to standard error once a second. What is in the table is not known here.

mod terminal_guard;

use std::{
    io::{IsTerminal, Write},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use pyt_sched::SignalMask;

use self::terminal_guard::TerminalGuard;
use crate::{ThreadsView, api::runtime_core::RuntimeCore};

/// How often the table is drawn on a terminal, and written elsewhere.
const DRAW_INTERVAL: Duration = Duration::from_millis(250);
const WRITE_INTERVAL: Duration = Duration::from_secs(1);

/// The name of the thread that draws.
const NAME: &str = "pyt-live";

/// The columns of a table that is not on a terminal.
const WIDTH: usize = 120;

/// A table that is being shown. It ends when this is dropped.
pub(crate) struct Live {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    /// Begins to show the threads of a runtime. Without a thread, which the system may refuse,
    /// there is no table.
    pub(crate) fn begin(core: &Arc<RuntimeCore>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (core, asked) = (Arc::downgrade(core), stop.clone());
        let builder = std::thread::Builder::new().name(NAME.to_owned());
        let spawn = || builder.spawn(move || show(&core, &asked));
        let thread = SignalMask::FULL.during(spawn).ok();
        Self { stop, thread }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic of the table's has been reported.
            let _ = thread.join();
        }
    }
}

fn show(core: &Weak<RuntimeCore>, stop: &AtomicBool) {
    let is_terminal = std::io::stderr().is_terminal();
    let mut view = ThreadsView::new();
    let mut screen = Screen::default();
    let interval = if is_terminal {
        DRAW_INTERVAL
    } else {
        WRITE_INTERVAL
    };
    while !stop.load(Ordering::SeqCst) {
        std::thread::park_timeout(interval);
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let Some(core) = core.upgrade() else {
            break;
        };
        let threads = core.describe(&core.state().table_with_stacks());
        drop(core);
        let text = match is_terminal.then(size).flatten() {
            // Half of the terminal is the program's.
            Some((rows, columns)) => {
                let height = (rows / 2).max(3);
                let table = view.render(&threads, columns, height);
                screen.draw(&table, rows, height)
            }
            None => view.render(&threads, WIDTH, usize::MAX) + "\n",
        };
        // One write, so that it is not mixed with what the program writes.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
    let _ = std::io::stderr().write_all(screen.leave().as_bytes());
}

/// A terminal whose upper part has the table, while the rest scrolls.
#[derive(Default)]
struct Screen {
    /// The number of rows of the terminal and of the table, once it was drawn.
    divided: Option<(usize, usize)>,
    /// Undoes the division if the process ends before it has done that itself.
    guard: Option<TerminalGuard>,
}

impl Screen {
    fn draw(&mut self, table: &str, rows: usize, height: usize) -> String {
        let mut text = String::new();
        if self.divided != Some((rows, height)) {
            let guard = self.guard.get_or_insert_with(TerminalGuard::begin);
            guard.set(&undivided(rows));
            // The region that scrolls; the cursor at its end, where the program goes on.
            text += &format!("\x1b[2J\x1b[{};{rows}r\x1b[{rows};1H", height + 1);
            self.divided = Some((rows, height));
        }
        // The cursor is kept for the program.
        text += "\x1b7";
        let mut lines = table.lines();
        for row in 1..=height {
            let line = lines.next().unwrap_or_default();
            text += &format!("\x1b[{row};1H\x1b[K{line}");
        }
        text + "\x1b8"
    }

    /// The whole terminal scrolls again.
    fn leave(&mut self) -> String {
        if let Some(mut guard) = self.guard.take() {
            guard.set("");
        }
        let divided = self.divided.take();
        divided.map_or_else(String::new, |(rows, _)| undivided(rows))
    }
}

/// What has a terminal of so many rows scroll as a whole, with the cursor below all.
fn undivided(rows: usize) -> String {
    format!("\x1b7\x1b[r\x1b8\x1b[{rows};1H\r\n")
}

/// The rows and columns of the terminal.
fn size() -> Option<(usize, usize)> {
    // SAFETY: a structure of numbers, for which all zeros are valid.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: the request fills in the structure, which outlives the call.
    let result = unsafe { libc::ioctl(libc::STDERR_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    let (rows, columns) = (usize::from(size.ws_row), usize::from(size.ws_col));
    (result == 0 && rows >= 6 && columns >= 20).then_some((rows, columns))
}

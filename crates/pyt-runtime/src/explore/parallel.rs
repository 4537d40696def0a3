//! Several processes side by side, each with its part of the schedules, added up.
//!
//! A job is this program again, with the same arguments and `--job`: it writes a line of JSON to
//! its standard output from time to time, each with all that it has found so far.

use std::{
    ffi::OsString,
    fs::File,
    io::{BufRead, BufReader, Write},
    ops::ControlFlow,
    os::fd::{AsFd, AsRawFd},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::Explored;

/// How often a job reports.
const PULSE: Duration = Duration::from_millis(200);

/// A line that a job writes.
#[derive(Serialize, Deserialize)]
pub enum Line {
    /// What it has found so far.
    Explored(Explored),
    /// Nothing is wrong with the schedules: it could not explore at all.
    Error {
        /// What went wrong, with a traceback before it if there is one.
        text: String,
    },
}

/// Reports what one job finds to its parent.
pub struct Reporter {
    parent: File,
    last: Instant,
    heard: bool,
}

impl Reporter {
    /// Takes standard output for itself: what the script's own processes write there goes nowhere.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new() -> std::io::Result<Self> {
        let parent = File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
        let nowhere = File::options().write(true).open("/dev/null")?;
        // SAFETY: both descriptors are open. Nothing of this process holds on to what the second
        // one meant but `std`'s standard output, which writes to wherever it leads.
        if unsafe { libc::dup2(nowhere.as_raw_fd(), libc::STDOUT_FILENO) } == -1 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(Self {
            parent,
            last: Instant::now(),
            heard: true,
        })
    }

    /// Reports from time to time; breaks once the parent is gone.
    pub fn pulse(&mut self, explored: &Explored) -> ControlFlow<()> {
        if self.last.elapsed() >= PULSE {
            self.last = Instant::now();
            self.report(&Line::Explored(explored.clone()));
        }
        if self.heard {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    pub fn report(&mut self, line: &Line) {
        let written = serde_json::to_vec(line).map_err(std::io::Error::from);
        let written = written.and_then(|mut text| {
            text.push(b'\n');
            self.parent.write_all(&text)
        });
        self.heard &= written.is_ok();
    }
}

/// Processes that end when this is dropped.
struct Jobs(Vec<Child>);

impl Drop for Jobs {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs this program once for each list of arguments, all at once, and adds up what they find.
/// `watch` sees the sum from time to time and may end the search.
///
/// # Errors
/// What kept a job from exploring.
pub fn explore(
    arguments: Vec<Vec<OsString>>,
    watch: &mut dyn FnMut(&Explored) -> ControlFlow<()>,
) -> Result<Explored, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let count = arguments.len();
    let mut jobs = Jobs(Vec::with_capacity(count));
    let (sender, lines) = mpsc::channel();
    for (number, arguments) in arguments.into_iter().enumerate() {
        let mut child = Command::new(&program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("starting a job: {error}"))?;
        let output = child.stdout.take();
        jobs.0.push(child);
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in output
                .into_iter()
                .flat_map(|out| BufReader::new(out).lines())
            {
                let read = line.map_err(|error| error.to_string()).and_then(|line| {
                    serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))
                });
                if sender.send((number, Some(read))).is_err() {
                    return;
                }
            }
            // Whoever waits is told that this job is over.
            let _ = sender.send((number, None));
        });
    }
    let mut found: Vec<Explored> = vec![Explored::default(); count];
    let mut running = count;
    while running > 0 {
        let (number, line) = match lines.recv_timeout(PULSE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // Somebody may have asked for the end.
                let sum = Explored::sum(&found);
                match watch(&sum) {
                    ControlFlow::Break(()) => return Ok(sum),
                    ControlFlow::Continue(()) => continue,
                }
            }
        };
        match line {
            Some(Ok(Line::Explored(explored))) => found[number] = explored,
            Some(Ok(Line::Error { text })) => return Err(text),
            Some(Err(unreadable)) => return Err(format!("a job wrote nonsense: {unreadable}")),
            None => {
                running -= 1;
                let status = jobs.0[number].wait();
                let status = status.map_err(|error| error.to_string())?;
                if !status.success() {
                    return Err(format!(
                        "a job ended in the middle of a schedule: {status}. A script that ends its process \
                         (os._exit, a crash) needs --isolate, and then ends one schedule only"
                    ));
                }
            }
        }
        let sum = Explored::sum(&found);
        if watch(&sum).is_break() {
            return Ok(sum);
        }
    }
    Ok(Explored::sum(&found))
}

//! An exploration by several processes, each of which runs a part of the schedules.
//!
//! [`explore`] starts the processes, called jobs, and adds up what they report. A job is a process
//! that calls [`run_job`]: usually the host's own executable, started with arguments that say so.
//! Which executable it is and which arguments it gets is the caller's choice. A job reports in
//! lines of JSON on its standard output, each with everything that it has found so far.
//!
//! ```no_run
//! use std::{ops::ControlFlow, path::Path, process::Command};
//!
//! use pyt_runtime::{
//!     Runtime,
//!     explore::{ExploreOptions, parallel::{self, Jobs}},
//! };
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let script = Path::new("bank.py");
//!     let options = ExploreOptions { schedules: Some(1000), ..ExploreOptions::default() };
//!     if let Some(shard) = std::env::args().nth(1) {
//!         // This process is a job.
//!         let options = ExploreOptions { shard: shard.parse()?, ..options };
//!         parallel::run_job(|watch| {
//!             let runtime = Runtime::builder().build().map_err(|error| error.to_string())?;
//!             let result = runtime.explore(script, &options, watch);
//!             result.map_err(|error| error.to_string())
//!         })?;
//!         return Ok(());
//!     }
//!     let program = std::env::current_exe()?;
//!     let jobs = Jobs { count: 4 };
//!     let command = |job: &ExploreOptions| {
//!         let mut command = Command::new(&program);
//!         command.arg(job.shard.to_string());
//!         command
//!     };
//!     let result = parallel::explore(&options, jobs, command, |_| ControlFlow::Continue(()))?;
//!     println!("{} schedules, {} failed", result.tally.runs(), result.tally.failures());
//!     Ok(())
//! }
//! ```

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    ops::ControlFlow,
    os::fd::{AsFd, AsRawFd},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{ExploreOptions, ExploreResult, Shard};

/// How often a job reports, and how often the caller sees the sum.
const REPORT_INTERVAL: Duration = Duration::from_millis(200);

/// How an exploration is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jobs {
    /// How many processes run side by side, at least 1.
    pub count: u64,
}

/// Why an exploration by several processes has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The search cannot be divided.
    #[error("a search for schedules with few preemptions is not divided among processes")]
    NotDivisible,
    /// A job could not be started or waited for.
    #[error("job {job}: {source}")]
    Process {
        /// The job's number, from 1.
        job: usize,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A job's standard output has a line that is no report.
    #[error(
        "job {job} printed an unexpected line on its standard output, which is for its reports: \
         {line:?} ({reason}). Print to standard error instead"
    )]
    UnexpectedLine {
        /// The job's number, from 1.
        job: usize,
        /// The line.
        line: String,
        /// Why it is no report.
        reason: String,
    },
    /// A job ended before its search did.
    #[error("job {job} ended in the middle of a schedule: {status}")]
    Ended {
        /// The job's number, from 1.
        job: usize,
        /// How it ended.
        status: ExitStatus,
    },
    /// A job could not explore: the text is its error's.
    #[error("{0}")]
    Failed(String),
}

/// A line that a job writes.
#[derive(Serialize, Deserialize)]
enum JobMessage {
    /// What it has found so far.
    Result(Box<ExploreResult>),
    /// It could not explore at all.
    Error {
        /// What went wrong, with a traceback if there is one.
        text: String,
    },
}

/// Explores with several processes, and returns the sum of what they have found. Blocks until they
/// have ended, or until `watch`, which is called with the sum several times per second, breaks;
/// then the jobs are killed.
///
/// `command` makes the command that starts a job with the given options: they are `options` with
/// the job's own number, shard, first schedule and number of schedules. Its standard input and
/// output are set here.
///
/// # Errors
/// What kept a job from exploring. The other jobs are killed.
pub fn explore(
    options: &ExploreOptions,
    jobs: Jobs,
    command: impl Fn(&ExploreOptions) -> Command,
    mut watch: impl FnMut(&ExploreResult) -> ControlFlow<()>,
) -> Result<ExploreResult, JobError> {
    let count = jobs.count.max(1);
    if !options.search.is_divisible() && count > 1 {
        return Err(JobError::NotDivisible);
    }
    // Of an exhaustive search, each part counts its own runs.
    let divisor = if options.search.is_exhaustive() {
        count
    } else {
        1
    };
    let of_job = |(job, number): (usize, u64)| {
        command(&ExploreOptions {
            job: Some(job),
            schedules: options.schedules.map(|all| all.div_ceil(divisor)),
            shard: options.shard.part(number, count).unwrap_or(Shard::WHOLE),
            ..options.clone()
        })
    };
    let mut sum = run_jobs((0..).zip(0..count).map(of_job), &mut watch)?;
    if options.shard == Shard::WHOLE {
        sum.conclude();
    }
    Ok(sum)
}

/// Child processes that are killed when this is dropped.
struct Children(Vec<Child>);

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What the threads that read the jobs' output send: the job's index, and a line or its end.
type Received = (usize, Option<Result<JobMessage, JobError>>);

/// Runs all commands at once, and adds up what they find.
fn run_jobs(
    commands: impl Iterator<Item = Command>,
    watch: &mut dyn FnMut(&ExploreResult) -> ControlFlow<()>,
) -> Result<ExploreResult, JobError> {
    let mut children = Children(Vec::new());
    let (sender, messages) = mpsc::channel();
    for (index, command) in commands.enumerate() {
        let child = start(index, command, &sender)?;
        children.0.push(child);
    }
    let mut found = vec![ExploreResult::default(); children.0.len()];
    let mut running = found.len();
    while running > 0 {
        let (index, message) = match messages.recv_timeout(REPORT_INTERVAL) {
            Ok(received) => received,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // The caller may want to stop although nothing new was found.
                let sum = ExploreResult::sum(&found);
                match watch(&sum) {
                    ControlFlow::Break(()) => return Ok(sum),
                    ControlFlow::Continue(()) => continue,
                }
            }
        };
        match message.transpose()? {
            Some(JobMessage::Result(result)) => found[index] = *result,
            Some(JobMessage::Error { text }) => return Err(JobError::Failed(text)),
            None => {
                running -= 1;
                let job = index + 1;
                let status = children.0[index]
                    .wait()
                    .map_err(|source| JobError::Process { job, source })?;
                if !status.success() {
                    return Err(JobError::Ended { job, status });
                }
            }
        }
        let sum = ExploreResult::sum(&found);
        if watch(&sum).is_break() {
            return Ok(sum);
        }
    }
    Ok(ExploreResult::sum(&found))
}

/// Starts a job, and a thread that reads its output.
fn start(
    index: usize,
    mut command: Command,
    sender: &mpsc::Sender<Received>,
) -> Result<Child, JobError> {
    let job = index + 1;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| JobError::Process { job, source })?;
    let output = child.stdout.take();
    let sender = sender.clone();
    std::thread::spawn(move || {
        let output = output.into_iter();
        for line in output.flat_map(|output| BufReader::new(output).lines()) {
            let message = line
                .map_err(|source| JobError::Process { job, source })
                .and_then(|line| parse(job, line));
            if sender.send((index, Some(message))).is_err() {
                return;
            }
        }
        // The receiver may be gone; otherwise it learns that this job has ended.
        let _ = sender.send((index, None));
    });
    Ok(child)
}

fn parse(job: usize, line: String) -> Result<JobMessage, JobError> {
    serde_json::from_str(&line).map_err(|error| JobError::UnexpectedLine {
        job,
        line,
        reason: error.to_string(),
    })
}

/// Explores as a job of [`explore`]. `search` gets the function to watch the exploration with, and
/// returns its result, or an error as text.
///
/// Takes standard output for the reports: what else is written there, also by child processes, is
/// discarded until the process ends. To be called once, before anything is printed.
///
/// # Errors
/// The operating system's, if standard output cannot be redirected.
pub fn run_job(
    search: impl FnOnce(
        &mut dyn FnMut(&ExploreResult) -> ControlFlow<()>,
    ) -> Result<ExploreResult, String>,
) -> std::io::Result<()> {
    let mut reporter = Reporter::new()?;
    let result = search(&mut |result| reporter.report_sometimes(result));
    reporter.report(&match result {
        Ok(result) => JobMessage::Result(Box::new(result)),
        Err(text) => JobMessage::Error { text },
    });
    Ok(())
}

/// Reports what one job finds to its parent.
struct Reporter {
    parent: File,
    last: Instant,
    is_read: bool,
}

impl Reporter {
    fn new() -> std::io::Result<Self> {
        let parent = File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
        let nowhere = File::options().write(true).open("/dev/null")?;
        // SAFETY: both descriptors are open. Only `std`'s standard output uses the second one, and
        // it writes to wherever that leads.
        if unsafe { libc::dup2(nowhere.as_raw_fd(), libc::STDOUT_FILENO) } == -1 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(Self {
            parent,
            last: Instant::now(),
            is_read: true,
        })
    }

    /// Reports if the last report is some time ago; breaks once the parent is gone.
    fn report_sometimes(&mut self, result: &ExploreResult) -> ControlFlow<()> {
        if self.last.elapsed() >= REPORT_INTERVAL {
            self.last = Instant::now();
            self.report(&JobMessage::Result(Box::new(result.clone())));
        }
        if self.is_read {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    fn report(&mut self, message: &JobMessage) {
        let written = serde_json::to_vec(message).map_err(std::io::Error::from);
        let written = written.and_then(|mut text| {
            text.push(b'\n');
            self.parent.write_all(&text)
        });
        self.is_read &= written.is_ok();
    }
}

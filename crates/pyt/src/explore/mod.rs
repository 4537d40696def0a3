//! `pyt explore`: reads its options and shows its results.
//!
//! To search, minimize and word the results is not done here: `pyt-runtime` and `pyt-explore` do.

mod arguments;
mod interrupt;
mod merge;
mod progress;
mod replayed;
mod report;
pub(crate) mod suite;

use std::{
    env,
    ffi::{OsStr, OsString},
    fmt::Display,
    io,
    mem::ManuallyDrop,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process,
};

use arguments::Arguments;
use progress::ProgressLine;
use pyt_options::{Command, Effect};
use pyt_runtime::{
    Error, Runtime,
    explore::{
        ExploreOptions, ExploreResult,
        parallel::{self, JobError, Jobs},
    },
};

use crate::{
    errors::{can_be_written, error_text},
    given::{self, BAD_USAGE, Given},
    script,
};

/// The exit status after a failure was found.
const FAILED: i32 = 1;

/// Runs `pyt explore`. Returns the exit status.
pub(crate) fn run(program: &OsStr, given: &[OsString]) -> i32 {
    if let Some(status) = merge::run(given) {
        return status;
    }
    let (own, module_args) = suite::split_at_module(given);
    let mut arguments = match Given::parse(Command::Explore, own) {
        Ok(given) => Arguments::of(&given, module_args),
        Err(status) => return status,
    };
    if let Some(module) = arguments
        .module
        .clone()
        .filter(|name| suite::is_runner(name))
    {
        return suite::run(program, &module, &arguments);
    }
    if let Some(refused) = arguments.refused() {
        eprintln!("pyt explore: {refused}");
        return BAD_USAGE;
    }
    if arguments.job.is_some() {
        return job(program, &arguments);
    }
    if let Some(Err(text)) = arguments.page.as_deref().map(can_be_written) {
        eprintln!("pyt explore: {text}");
        return BAD_USAGE;
    }
    interrupt::watch();
    let mut explored = explore(program, given, &arguments);
    if let Err(JobError::Ended { status, .. }) = &explored
        && !arguments.isolate
    {
        eprintln!(
            "pyt explore: a schedule has ended its process ({status}). All are begun again, each in a \
             process of its own, as with --isolate"
        );
        arguments.isolate = true;
        explored = explore(program, given, &arguments);
    }
    if let Ok(ExploreResult {
        shared_file: Some(path),
        ..
    }) = &explored
        && arguments.jobs.is_none()
    {
        eprintln!(
            "pyt explore: the script writes {path}, so its schedules do not run side by side: all are \
             begun again by one job (--jobs allows more)"
        );
        arguments.jobs = Some(1);
        explored = explore(program, given, &arguments);
    }
    let report = |result| {
        let runtime = || runtime(program, &arguments).map_err(error_text);
        report::print(program, &arguments, result, runtime)
    };
    match explored.map_err(|error| error.to_string()).and_then(report) {
        Ok(failed) => i32::from(failed) * FAILED,
        Err(text) => {
            eprintln!("pyt explore: {text}");
            BAD_USAGE
        }
    }
}

fn explore(
    program: &OsStr,
    given: &[OsString],
    arguments: &Arguments,
) -> Result<ExploreResult, JobError> {
    let executable = executable(program).map_err(|error| JobError::Failed(error.to_string()))?;
    let options = arguments.options();
    let jobs = Jobs {
        count: arguments.jobs(),
    };
    let mut progress = ProgressLine::of(&options);
    let watch = |result: &ExploreResult| {
        progress.show(result);
        let collides = result.shared_file.is_some() && arguments.jobs.is_none();
        // That is what the output of schedule 0 decides, once it is known.
        let differs = || {
            let outcomes = result.tally.outcomes();
            arguments.same_output && outcomes.len() > 1 && outcomes.iter().any(|one| one.first == 0)
        };
        let enough = (arguments.stop_on_first && (result.tally.failures() > 0 || differs()))
            || collides
            || interrupt::is_asked();
        if enough {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let command = |job: &ExploreOptions| job_command(&executable, given, job);
    parallel::explore(&options, jobs, command, watch)
}

/// The program of the jobs, by the path that this one was started by: jobs are in the same
/// environment.
fn executable(program: &OsStr) -> io::Result<PathBuf> {
    script::executable(program).map_or_else(env::current_exe, Ok)
}

/// This program again, as the job with these options: of an option that is given twice, the later
/// value counts.
fn job_command(executable: &Path, given: &[OsString], job: &ExploreOptions) -> process::Command {
    let script_args =
        suite::module_at(given).or_else(|| given.iter().position(|word| word == "--"));
    let (own, script_args) = given.split_at(script_args.unwrap_or(given.len()));
    let argument = |effect, value: &dyn Display| given::argument(Command::Explore, effect, value);
    let mut command = process::Command::new(executable);
    command
        .arg(Command::Explore.spec().name)
        .args(own)
        .arg(argument(Effect::JobNumber, &job.job.unwrap_or(0)))
        .arg(argument(Effect::Shard, &job.shard))
        .arg(argument(Effect::FirstSchedule, &job.first));
    if job.isolate {
        command.arg(given::flag(Command::Explore, Effect::ProcessPerSchedule));
    }
    if let Some(schedules) = &job.schedules {
        command.arg(argument(Effect::Schedules, schedules));
    }
    command.args(script_args);
    command
}

/// Explores as one of several jobs.
fn job(program: &OsStr, arguments: &Arguments) -> i32 {
    interrupt::leave_to_parent();
    let ran = parallel::run_job(|watch| {
        // Not dropped, since the process is about to end: the script's objects that remain
        // (finalizers that raise, threads in foreign code) must not get in the way of the result.
        let runtime = ManuallyDrop::new(runtime(program, arguments).map_err(error_text)?);
        let result = runtime.explore(arguments.program(), &arguments.options(), watch);
        result.map_err(error_text)
    });
    match ran {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("pyt explore: {error}");
            BAD_USAGE
        }
    }
}

/// The interpreter in which schedules run.
fn runtime(program: &OsStr, arguments: &Arguments) -> Result<Runtime, Error> {
    // Ctrl-C ends the exploration; the script does not see it.
    let signals = false;
    let script = match &arguments.module {
        Some(_) => Path::new("-m"),
        None => &arguments.script,
    };
    script::runtime(program, script, &arguments.args, signals)
}

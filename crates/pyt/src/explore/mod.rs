//! `pyt explore`: many schedules of one script, and what came out.
//!
//! Reads arguments, starts jobs, shows results. Running and searching is `pyt-runtime`'s.

mod arguments;
mod interrupt;
mod progress;
mod report;

use std::{
    ffi::{OsStr, OsString},
    ops::ControlFlow,
};

pub(crate) use arguments::Arguments;
use progress::Progress;
use pyt_options::Command;
use pyt_runtime::{
    Error, Runtime,
    explore::{
        Explored,
        parallel::{self as jobs, Line, Reporter},
    },
};

use crate::{
    cli::{BAD_USAGE, Given},
    script::{self, error_text},
};

/// The exit status after a failure was found.
const FAILED: i32 = 1;

/// Runs `pyt explore`. Returns the exit status.
pub(crate) fn run(program: &OsStr, given: &[OsString]) -> i32 {
    let arguments = match Given::parse(Command::Explore, given) {
        Ok(given) => Arguments::of(&given),
        Err(status) => return status,
    };
    if arguments.strategy.is_exhaustive() && arguments.shard != (0, 1) {
        eprintln!(
            "pyt explore: --shard is for strategies that draw schedules, not for dfs and dpor"
        );
        return BAD_USAGE;
    }
    if arguments.job.is_some() {
        return job(program, &arguments);
    }
    interrupt::watch();
    let whole = arguments.exploration(0, 1);
    let explored = explore(given, &arguments);
    let tell = |explored| {
        let runtime = || runtime(program, &arguments).map_err(error_text);
        report::tell(&arguments, &whole, explored, runtime)
    };
    match explored.and_then(tell) {
        Ok(failed) => i32::from(failed) * FAILED,
        Err(text) => {
            eprintln!("pyt explore: {text}");
            BAD_USAGE
        }
    }
}

fn explore(given: &[OsString], arguments: &Arguments) -> Result<Explored, String> {
    let jobs = arguments.jobs();
    let whole = arguments.exploration(0, 1);
    let mut progress = Progress::of(&whole);
    let mut watch = |explored: &Explored| {
        progress.show(explored);
        let enough =
            (arguments.stop_on_first && explored.tally.failures() > 0) || interrupt::is_asked();
        if enough {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    if arguments.isolate {
        return isolated(given, arguments, jobs, &mut watch);
    }
    let (index, count) = arguments.shard;
    let of_job = |job: u64| {
        let shard = format!("{}/{}", index + job * count, count * jobs);
        job_arguments(given, job, [format!("--shard={shard}")])
    };
    jobs::explore((0..jobs).map(of_job).collect(), &mut watch)
}

/// Each schedule in a process of its own, so many at once.
fn isolated(
    given: &[OsString],
    arguments: &Arguments,
    jobs: u64,
    watch: &mut dyn FnMut(&Explored) -> ControlFlow<()>,
) -> Result<Explored, String> {
    if arguments.strategy.is_exhaustive() {
        return Err("--isolate is for strategies that draw schedules, not for dfs and dpor".into());
    }
    let whole = arguments.exploration(0, 1);
    let began = std::time::Instant::now();
    let mut sum = Explored::default();
    let mut next = 0;
    let last = whole.schedules.unwrap_or(u64::MAX);
    let numbers = |from: u64| (from..last).filter(|number| whole.shard.has(*number));
    while next < last && whole.time.is_none_or(|most| began.elapsed() < most) {
        let batch: Vec<u64> = numbers(next)
            .take(usize::try_from(jobs).unwrap_or(1))
            .collect();
        let Some(newest) = batch.last() else { break };
        next = newest + 1;
        let of_number = |(job, number): (u64, &u64)| {
            let (number, beyond) = (*number, number + 1);
            job_arguments(
                given,
                job,
                [
                    format!("--first={number}"),
                    format!("--schedules={beyond}"),
                    String::from("--shard=0/1"),
                ],
            )
        };
        let found = jobs::explore((0..).zip(&batch).map(of_number).collect(), &mut |_| {
            ControlFlow::Continue(())
        })?;
        sum = Explored::sum(&[sum, found]);
        sum.elapsed = began.elapsed();
        if watch(&sum).is_break() {
            break;
        }
    }
    Ok(sum)
}

/// What this program is started with to be one of several jobs: later options win.
fn job_arguments<const N: usize>(given: &[OsString], job: u64, more: [String; N]) -> Vec<OsString> {
    let own = given.iter().position(|word| word == "--");
    let (own, rest) = given.split_at(own.unwrap_or(given.len()));
    let first = [OsString::from("explore"), format!("--job={job}").into()];
    let more = more.into_iter().map(OsString::from);
    let own = own.iter().cloned();
    first
        .into_iter()
        .chain(own)
        .chain(more)
        .chain(rest.iter().cloned())
        .collect()
}

/// Explores as one of several jobs.
fn job(program: &OsStr, arguments: &Arguments) -> i32 {
    interrupt::leave_to_parent();
    let mut reporter = match Reporter::new() {
        Ok(reporter) => reporter,
        Err(error) => {
            eprintln!("pyt explore: {error}");
            return BAD_USAGE;
        }
    };
    let exploration = arguments.exploration(0, 1);
    let explored = runtime(program, arguments).and_then(|runtime| {
        let watch = |explored: &Explored| reporter.pulse(explored);
        runtime.explore(&arguments.script, &exploration, watch)
    });
    reporter.report(&match explored {
        Ok(explored) => Line::Explored(explored),
        Err(error) => Line::Error {
            text: error_text(error),
        },
    });
    0
}

/// An interpreter as each schedule is to find it.
fn runtime(program: &OsStr, arguments: &Arguments) -> Result<Runtime, Error> {
    // Ctrl-C is for whoever explores, not for the script.
    let signals = false;
    script::runtime(program, &arguments.script, &arguments.args, signals)
}

//! The exploration of one test of a suite, in a process that has made for it what is made once: the
//! test's modules are imported, fixtures of a wider scope set up. Each run is a child process,
//! forked from here.
//!
//! What a test runner is, and how it reports, is not known here: a run leaves a note, which is the
//! runner's.

use std::{cell::Cell, ops::ControlFlow, time::Duration};

use pyt_explore::{
    Choices, ExploreOptions, ExploreResult, FailingRun, Failure, Granularity, MinimizedFailure,
};
use rustpython_vm::{PyObject, PyResult, VirtualMachine};
use serde::{Deserialize, Serialize};

use super::{
    explorer::{Explorer, RunnerOf},
    minimize::minimize,
    runner::Runner,
};

/// What is asked of one test.
#[derive(Deserialize)]
pub(super) struct TestOptions {
    strategy: String,
    /// At most so many schedules; `None`: no limit.
    schedules: Option<u64>,
    /// The first of them.
    first: u64,
    /// Seconds.
    time: Option<f64>,
    seed: u64,
    granularity: String,
    checks: u64,
    max_steps: u64,
    /// The number of this process among several.
    job: Option<usize>,
    report_width: usize,
    /// Whether an exception that leaves a thread fails the test.
    thread_exceptions: bool,
    /// Schedules that have failed before: they are tried first.
    stored: Vec<StoredSchedule>,
    /// Only the first stored schedule is run.
    replays: bool,
}

/// A schedule that has failed before.
#[derive(Deserialize)]
struct StoredSchedule {
    seed: u64,
    choices: Choices,
}

/// What the exploration of one test has found.
#[derive(Default, Serialize)]
pub(super) struct TestResult {
    schedules: u64,
    failed: u64,
    outcomes: u64,
    seconds: f64,
    /// At how many decisions of schedule 0 more than one thread could have gone on.
    decisions: u64,
    exhausted: bool,
    proven: bool,
    irreproducible: u64,
    given_up: u64,
    not_seen: Vec<String>,
    /// What the test has said of schedule 0, or of the replay.
    note: Option<String>,
    /// Why the replay was not the recorded run.
    diverged: Option<String>,
    failure: Option<TestFailure>,
}

/// The first failure.
#[derive(Serialize)]
struct TestFailure {
    /// A word: `exception`, `deadlock`, `livelock`, `exit`.
    kind: &'static str,
    /// For an exception, its type.
    exception: Option<String>,
    thread: Option<String>,
    summary: String,
    report: String,
    seed: u64,
    choices: Choices,
    switches: (usize, usize),
    reproduced: bool,
    /// Whether a stored schedule has failed.
    was_stored: bool,
    /// What the test has said of the smallest schedule.
    note: Option<String>,
}

impl TestFailure {
    /// Of a test in which nothing is to decide.
    fn without_schedule(failure: &Failure, note: Option<String>) -> Self {
        let (exception, thread) = parts_of(failure);
        Self {
            kind: failure.kind(),
            exception,
            thread,
            summary: failure.to_string(),
            report: String::new(),
            seed: 0,
            choices: Choices::new(),
            switches: (0, 0),
            reproduced: true,
            was_stored: false,
            note,
        }
    }
}

/// Of an exception, its type and the thread that it left.
fn parts_of(failure: &Failure) -> (Option<String>, Option<String>) {
    match failure {
        Failure::Exception {
            exception, thread, ..
        } => (Some(exception.clone()), Some(thread.clone())),
        _ => (None, None),
    }
}

thread_local! {
    /// The one runner of a process that explores tests. It is kept to the process's end.
    static RUNNER: Cell<Option<&'static Runner>> = const { Cell::new(None) };
}

/// From now on the user's code that is imported gets decision points. To be called before any of it
/// is.
pub(super) fn prepare(granularity: Granularity, vm: &VirtualMachine) -> PyResult<()> {
    pyt_tier::turn_off(vm);
    pyt_instrument::sites(granularity, vm).map(drop)
}

fn runner(granularity: Granularity, vm: &VirtualMachine) -> PyResult<&'static Runner> {
    if let Some(runner) = RUNNER.get() {
        return Ok(runner);
    }
    let runner: &'static Runner = Box::leak(Box::new(Runner::for_tests(granularity, vm)?));
    RUNNER.set(Some(runner));
    Ok(runner)
}

/// Explores `test`: a callable that makes one run of it, raises what it fails with, and whose
/// method `note` returns a text about the run.
///
/// # Errors
/// What has nothing to do with the test.
pub(super) fn explore(
    test: &PyObject,
    given: &TestOptions,
    vm: &VirtualMachine,
) -> PyResult<TestResult> {
    let wrong = |text: String| vm.new_value_error(text);
    let options = ExploreOptions {
        search: (given.strategy.parse())
            .map_err(|error: pyt_explore::UnknownSearchKind| wrong(error.to_string()))?,
        granularity: (given.granularity.parse())
            .map_err(|error: pyt_explore::UnknownGranularity| wrong(error.to_string()))?,
        schedules: given.schedules,
        first: given.first,
        time: (given.time)
            .map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)))
            .transpose()
            .map_err(|error| wrong(error.to_string()))?,
        seed: given.seed,
        checks: given.checks,
        max_steps: given.max_steps,
        job: given.job,
        report_width: given.report_width,
        stop_on_first: true,
        ..ExploreOptions::default()
    };
    let runner = runner(options.granularity, vm)?;
    runner.mind_threads(given.thread_exceptions);
    runner.leave_open(options.open, vm)?;
    let program = |vm: &VirtualMachine| test.call((), vm).map(drop);
    let note = |vm: &VirtualMachine| {
        let note = vm.call_method(test, "note", ())?;
        Ok(note.str(vm)?.to_string_lossy().into_owned())
    };
    let mut explorer = Explorer::on(RunnerOf::Lent(runner), &options, vm)?.with_notes(&note);
    let mut result = TestResult::default();
    for stored in &given.stored {
        let choices = stored.choices.clone();
        let again = explorer.again(choices.clone(), stored.seed, &program, vm)?;
        result.schedules += 1;
        result.note = again.note;
        result.diverged = again.diverged;
        let Some(failure) = again.outcome.failure else {
            continue;
        };
        result.failed += 1;
        let failing = FailingRun {
            failure,
            output: String::new(),
            seed: stored.seed,
            expected: None,
            choices: Some(choices),
        };
        result.failure = Some(failure_of(
            &failing, true, &explorer, &options, &program, vm,
        )?);
        break;
    }
    if given.replays || result.failure.is_some() {
        return Ok(result);
    }
    let stays_same = |result: &ExploreResult| match result.decisions {
        // All schedules would be the same.
        Some(0) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    explorer.run(&program, &mut |found| stays_same(found), vm)?;
    let found = &explorer.result;
    result.schedules += found.tally.runs();
    result.failed += found.tally.failures();
    result.outcomes = found.tally.distinct() as u64;
    result.decisions = found.decisions.unwrap_or(0);
    result.exhausted = found.progress.exhausted;
    result.proven = found.progress.proven;
    result.irreproducible = found.irreproducible;
    result.given_up = found.unfinished + found.too_long;
    result.not_seen = found.not_seen.iter().cloned().collect();
    result.note = explorer.first_note.take();
    result.diverged = None;
    let failing = found.failing_runs();
    if let Some(first) = failing.first() {
        result.failure = Some(match result.decisions {
            // The test fails, whatever the schedule.
            0 => TestFailure::without_schedule(&first.failure, result.note.clone()),
            _ => failure_of(first, false, &explorer, &options, &program, vm)?,
        });
    }
    result.seconds = explorer.result.elapsed.as_secs_f64();
    Ok(result)
}

fn failure_of(
    failing: &FailingRun,
    was_stored: bool,
    explorer: &Explorer<'_>,
    options: &ExploreOptions,
    program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
    vm: &VirtualMachine,
) -> PyResult<TestFailure> {
    let smallest = minimize(failing, &explorer.runner, options, program, vm)?;
    let note = match smallest.reproduced {
        true => {
            let again = explorer.again(smallest.choices.clone(), smallest.seed, program, vm)?;
            again.note
        }
        false => None,
    };
    let MinimizedFailure {
        failure,
        seed,
        choices,
        switches,
        trace_report,
        reproduced,
        ..
    } = smallest;
    let (exception, thread) = parts_of(&failure);
    Ok(TestFailure {
        kind: failure.kind(),
        exception,
        thread,
        summary: failure.to_string(),
        report: trace_report,
        seed,
        choices,
        switches,
        reproduced,
        was_stored,
        note,
    })
}

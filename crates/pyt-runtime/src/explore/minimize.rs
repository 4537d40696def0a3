//! Reproduces a failure, searches for the smallest schedule that still fails and for the steps
//! whose order decides, and has that run reported.

use std::{
    cell::Cell,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use pyt_explore::{
    Cause, Choices, ExploreOptions, FOREIGN_WAIT_LIMIT, FailingRun, FailingTrace, Failure,
    Minimized, MinimizedFailure, Outcome, RecordedRun, Reversal, SearchKind, Verdict, find_cause,
    report::{BlockedThreads, RunDetails, TraceReport, Walk},
    strategy::replay::Replay,
};
use pyt_sched::controlled::{RunConfig, Strategy, Stuck, Trace};
use rustpython_vm::{PyResult, VirtualMachine};

use super::{
    LOOKS_FROM,
    affinity::PinnedToCore,
    recorded::recorded,
    runner::{Execution, Runner},
};

/// How many runs the search for a smaller schedule may take.
const MINIMIZE_MAX_RUNS: u64 = 400;
/// How long it may take.
const MINIMIZE_TIME_LIMIT: Duration = Duration::from_secs(10);
/// How many runs the search for the cause may take, and how long. The time is for programs whose
/// runs are long: on a busy machine it must not end the search of others.
const CAUSE_MAX_RUNS: u64 = 96;
const CAUSE_TIME_LIMIT: Duration = Duration::from_secs(30);
/// How many steps a run with another order may take, at least, and for each step of the failing
/// run.
const LEAST_STEPS: u64 = 5_000;
const STEPS_PER_STEP: u64 = 10;

/// The report of a run as text and as data, what each thread of a deadlock waits for, and the
/// outcome.
type Reported = (String, (RunDetails, Walk), Vec<String>, Outcome);

/// Reproduces `failing` with as few switches as can be found, and reports what happens.
///
/// # Errors
/// Only what has nothing to do with the program.
pub(crate) fn minimize(
    failing: &FailingRun,
    runner: &Runner,
    options: &ExploreOptions,
    program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
    vm: &VirtualMachine,
) -> PyResult<MinimizedFailure> {
    let _core = PinnedToCore::begin(None);
    let reproduction = Reproduction {
        failing,
        runner,
        max_steps: options.max_steps,
        report_width: options.report_width,
        full: options.full,
        ended_early: Cell::new(None),
        program,
        vm,
    };
    let strategy: Box<dyn Strategy> = match (&failing.choices, options.search) {
        (Some(choices), _) => Box::new(Replay::new(choices.clone())),
        (None, SearchKind::Sample(kind)) => kind.strategy(failing.seed),
        (None, _) => Box::new(Replay::new(Choices::new())),
    };
    let Some(trace) = reproduction.fails(strategy)? else {
        let mut failure = MinimizedFailure::not_reproduced(failing);
        if let Some(status) = reproduction.ended_early.get() {
            failure.reproduced = failing.failure == Failure::ExitStatus { status };
            failure.trace_report = String::from(
                "Its run ends the process: the steps are not known. `pyt run --seed` shows it.\n",
            );
        } else if failing.has_no_steps() {
            failure.reproduced = true;
            failure.trace_report = String::from(
                "Its run ends the process: the steps are not known. A run with a seed shows it again: \
                 --strategy=random.\n",
            );
        }
        return Ok(failure);
    };
    let mut broken = None;
    let began = Instant::now();
    let smallest = pyt_explore::minimize(&trace, MINIMIZE_MAX_RUNS, |strategy| {
        if broken.is_some() || began.elapsed() > MINIMIZE_TIME_LIMIT {
            return None;
        }
        reproduction.fails(strategy).unwrap_or_else(|raised| {
            broken = Some(raised);
            None
        })
    });
    if let Some(raised) = broken {
        return Err(raised);
    }
    let cause = match failing.failure {
        // Its report says who waits for whom.
        Failure::Deadlock { .. } if reproduction.waits_in_chain(&smallest.choices)? => {
            Cause::default()
        }
        _ => reproduction.cause(&smallest.choices)?,
    };
    reproduction.report(smallest, cause)
}

/// From which step on runs are looked at for whether they repeat themselves, to reproduce
/// `failure`.
fn looks_from(failure: &Failure) -> Option<u64> {
    matches!(failure, Failure::Livelock { .. }).then_some(LOOKS_FROM)
}

/// The failing program, and all that it takes to run it.
struct Reproduction<'a> {
    failing: &'a FailingRun,
    runner: &'a Runner,
    max_steps: u64,
    report_width: usize,
    /// All threads and steps are shown.
    full: bool,
    /// The status with which the last run has ended its process, and left no steps.
    ended_early: Cell<Option<i32>>,
    program: &'a dyn Fn(&VirtualMachine) -> PyResult<()>,
    vm: &'a VirtualMachine,
}

impl Reproduction<'_> {
    fn run(&self, strategy: Box<dyn Strategy>) -> RunConfig {
        RunConfig {
            looks_from: looks_from(&self.failing.failure),
            foreign_wait_limit: Some(FOREIGN_WAIT_LIMIT),
            ..RunConfig::new(strategy, self.max_steps)
        }
    }

    fn execute(&self, run: RunConfig) -> PyResult<Execution> {
        self.runner
            .execute(run, self.failing.seed, self.program, self.vm)
    }

    /// The steps of the run that `strategy` makes, if it fails in the same way.
    fn fails(&self, strategy: Box<dyn Strategy>) -> PyResult<Option<Trace>> {
        let run = |strategy| {
            let sites = &self.runner.sites;
            let code_before = sites.mark();
            let execution = self.execute(self.run(strategy));
            sites.release(code_before, self.vm);
            let execution = execution?;
            let fails = self.failing.is_reproduced_by(&execution.outcome);
            Ok(fails.then_some(execution.finished.trace))
        };
        let (_, ran) = self.runner.apart(strategy, run, self.vm)?;
        self.ended_early
            .set(ran.as_ref().err().map(|early| early.status));
        Ok(ran.unwrap_or_default())
    }

    /// Whether threads of the deadlock that `choices` lead to wait for each other, or for a lock
    /// whose holder has ended.
    fn waits_in_chain(&self, choices: &Choices) -> PyResult<bool> {
        let run = |choices| {
            let sites = &self.runner.sites;
            let code_before = sites.mark();
            let execution = self.execute_watched(self.run(Box::new(Replay::new(choices))));
            sites.release(code_before, self.vm);
            let (Execution { finished, .. }, blocked) = execution?;
            Ok(BlockedThreads::new(&blocked, &finished.names, &finished.trace).is_chain())
        };
        let (_, ran) = self.runner.apart(choices.clone(), run, self.vm)?;
        Ok(ran.unwrap_or(true))
    }

    /// The steps of the failing run that `choices` make whose order decides, found by running it
    /// with pairs of them reversed.
    fn cause(&self, choices: &Choices) -> PyResult<Cause> {
        let began = Instant::now();
        let Some(failing) = self.survey(choices)? else {
            return Ok(Cause::default());
        };
        // A thread that is held may be one that the other waits for in a loop.
        let most_steps = LEAST_STEPS.max(STEPS_PER_STEP * failing.len() as u64);
        let mut broken = None;
        let cause = find_cause(&failing, CAUSE_MAX_RUNS, |strategy| {
            if began.elapsed() > CAUSE_TIME_LIMIT {
                return None;
            }
            self.reversed(strategy, most_steps)
                .unwrap_or_else(|raised| {
                    broken = Some(raised);
                    None
                })
        });
        broken.map_or(Ok(cause), Err)
    }

    /// The failing run that `choices` make, with what the search for its cause needs to know.
    fn survey(&self, choices: &Choices) -> PyResult<Option<FailingTrace>> {
        let run = |choices| {
            self.run_recorded(choices, |execution, recorded, blocked| {
                let waits: Vec<_> = blocked
                    .iter()
                    .map(|one| (one.thread, one.op, one.place))
                    .collect();
                (execution.finished.trace, waits, recorded.of_library.clone())
            })
        };
        let (_, ran) = self.runner.apart(choices.clone(), run, self.vm)?;
        Ok(ran.ok().map(|(trace, waits, of_library)| {
            let of_library = of_library
                .into_iter()
                .filter_map(|step| usize::try_from(step).ok());
            FailingTrace::new(trace)
                .waiting(waits)
                .of_library(of_library)
        }))
    }

    /// The run that `strategy` makes, and what comes of it; `None` if it ended its process. It is
    /// given up after `most_steps`.
    fn reversed(&self, strategy: Box<dyn Strategy>, most_steps: u64) -> PyResult<Option<Reversal>> {
        let run = |strategy| {
            let sites = &self.runner.sites;
            let code_before = sites.mark();
            let execution = self.execute(RunConfig {
                with_places: true,
                most_steps,
                ..self.run(strategy)
            });
            sites.release(code_before, self.vm);
            let Execution {
                outcome, finished, ..
            } = execution?;
            let is_given_up = outcome.failure.is_none() && finished.ending.is_some();
            Ok((outcome, is_given_up, finished.trace))
        };
        let (_, ran) = self.runner.apart(strategy, run, self.vm)?;
        let Ok((outcome, is_given_up, trace)) = ran else {
            return Ok(None);
        };
        let verdict = if self.failing.is_reproduced_by(&outcome) {
            Verdict::Fails
        } else if outcome.failure.is_some() || is_given_up {
            Verdict::FailsOtherwise
        } else {
            Verdict::Passes
        };
        Ok(Some(Reversal { verdict, trace }))
    }

    /// Runs the smallest schedule once more with source locations and values recorded, and reports
    /// it.
    fn report(&self, smallest: Minimized, cause: Cause) -> PyResult<MinimizedFailure> {
        let choices = smallest.choices;
        let run = |choices| self.run_for_report(choices, &cause);
        let (_, ran) = self.runner.apart(choices.clone(), run, self.vm)?;
        let Ok((trace_report, (details, walk), waits, outcome)) = ran else {
            return Ok(MinimizedFailure::not_reproduced(self.failing));
        };
        let reproduced = self.failing.is_reproduced_by(&outcome);
        let failure = match (&outcome.failure, reproduced) {
            (Some(Failure::Deadlock { .. }), true) => Failure::Deadlock { waits },
            (Some(failure), true) => failure.clone(),
            _ => self.failing.failure.clone(),
        };
        Ok(MinimizedFailure {
            failure,
            output: outcome.output,
            expected: self.failing.expected.clone(),
            seed: self.failing.seed,
            choices,
            switches: smallest.switches,
            runs: smallest.runs + 1 + cause.runs,
            trace_report,
            details: Some(details),
            walk: Some(walk),
            cause,
            reproduced,
        })
    }

    fn run_for_report(&self, choices: Choices, cause: &Cause) -> PyResult<Reported> {
        let sites = &self.runner.sites;
        self.run_recorded(choices, |execution, recorded, blocked| {
            let finished = &execution.finished;
            let report = TraceReport {
                names: &finished.names,
                trace: &finished.trace,
                recorded,
                blocked,
                cause: Some(cause),
                failed: match &execution.outcome.failure {
                    Some(Failure::Exception { thread, .. }) => Some(thread),
                    _ => None,
                },
                repetition: finished.repetition.as_ref(),
                full: self.full,
                describe: &|place| sites.describe(place),
            };
            let waits = BlockedThreads::new(blocked, &finished.names, &finished.trace).summary();
            let text = report.render(self.report_width);
            let details = (report.details(), Walk::of(&report));
            (text, details, waits, execution.outcome)
        })
    }

    /// Makes a run. Returns also which threads could not go on at its end, if that is why it ended.
    fn execute_watched(&self, run: RunConfig) -> PyResult<(Execution, Vec<Stuck>)> {
        let blocked: Arc<Mutex<Vec<Stuck>>> = Arc::default();
        let seen = blocked.clone();
        let execution = self.execute(RunConfig {
            on_standstill: Some(Box::new(move |all| {
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = all.to_vec();
            })),
            ..run
        })?;
        let blocked = std::mem::take(&mut *blocked.lock().unwrap_or_else(PoisonError::into_inner));
        Ok((execution, blocked))
    }

    /// Makes the run of `choices` with its places and values recorded, and has `read` read them.
    fn run_recorded<R>(
        &self,
        choices: Choices,
        read: impl FnOnce(Execution, &RecordedRun, &[Stuck]) -> R,
    ) -> PyResult<R> {
        let sites = &self.runner.sites;
        sites.record(true);
        let code_before = sites.mark();
        let execution = self.execute_watched(RunConfig {
            with_places: true,
            ..self.run(Box::new(Replay::new(choices)))
        });
        sites.record(false);
        let recorded = recorded(sites, self.vm);
        let result = execution.map(|(execution, blocked)| read(execution, &recorded, &blocked));
        // What is read may need the source locations of code that is forgotten here.
        sites.release(code_before, self.vm);
        result
    }
}

//! One run whose output is shown: under the schedule of a seed, or under a recorded one.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use pyt_explore::{
    Cause, Failure, Granularity, Open, Schedule, UnknownGranularity,
    report::{BlockedThreads, TraceReport, Walk},
    search::sampling::StrategyKind,
    strategy::replay::{Divergence, DivergenceCheck, Replay},
};
use pyt_pictures::Turns;
use pyt_sched::controlled::{Ending, RunConfig, Strategy, Stuck};
use rustpython_vm::{
    AsObject, PyResult, VirtualMachine, builtins::PyCode, bytecode::CO_FAST_HIDDEN,
};

use super::{
    LOOKS_FROM, MAX_STEPS,
    page::{ReplayedRun, replay_page},
    recorded::recorded,
    runner::{Execution, Runner},
    scope,
    script::{ExploredProgram, Script},
};
use crate::{Error, Program, Runtime, command::exit};

/// One run, made by its seed.
#[derive(Clone, Copy, Debug)]
pub struct SeededRun {
    /// The seed.
    pub seed: u64,
    /// The kind of strategy that the seed makes.
    pub strategy: StrategyKind,
    /// Where threads may be switched, in addition to the operations of primitives.
    pub granularity: Granularity,
    /// What it leaves open besides which thread goes on.
    pub open: Open,
    /// After so many steps the run counts as an endless loop.
    pub max_steps: u64,
}

impl SeededRun {
    /// The run that `seed` makes, with the defaults otherwise.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            strategy: StrategyKind::default(),
            granularity: Granularity::default(),
            open: Open::default(),
            max_steps: MAX_STEPS,
        }
    }
}

/// How a schedule is replayed.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    /// Under `pdb`, which also opens at the exception that ends the script.
    pub debugger: bool,
    /// All threads and steps are shown on standard error, once the run has ended.
    pub full: bool,
    /// The width of what is shown, in columns of a terminal.
    pub report_width: usize,
    /// The run is written to this file, as a page to walk through it.
    pub page: Option<PathBuf>,
}

/// What the failure says that only a strict exploration finds.
const NEVER_AWAITED: &str = " was never awaited";
/// The exit status of a replay in which the failure happened again.
const FAILED_AGAIN_STATUS: i32 = 1;
/// The exit status of a replay that fails in another way than the schedule says.
const OTHER_FAILURE_STATUS: i32 = 2;

impl Runtime {
    /// As [`Runtime::main`], under the schedule that `seeded` makes. The exit status is 3 after a
    /// deadlock, and 1 after too many steps.
    pub fn main_seeded(self, program: Program, seeded: SeededRun) -> i32 {
        let single = SingleRun {
            strategy: seeded.strategy.strategy(seeded.seed),
            seed: seeded.seed,
            max_steps: seeded.max_steps,
            granularity: seeded.granularity,
            open: seeded.open,
            patient: false,
            strict: false,
            looks_from: None,
            shown: None,
            page: None,
            cause: None,
        };
        let mut shown = exit::Shown::default();
        let (status, interrupted) = self.with_vm(|vm| {
            match self.show_as_asked(Turns::Schedule, vm) {
                Ok(begun) => shown = begun,
                Err(status) => return (status, false),
            }
            scope::look_into_program(&program, vm);
            let program = |vm: &VirtualMachine| self.start(vm, program);
            let execution = single.execute(program, vm);
            execution.map_or_else(
                |raised| exit::conclude(vm, &raised),
                |execution| (execution.status, execution.interrupted),
            )
        });
        self.end_main(status, interrupted, shown)
    }

    /// Runs a script or a module as `schedule` says, its output shown. Returns the exit status: 1
    /// if the failure happened again, 0 if none did, 2 if another one did. A schedule whose failure
    /// is a different output does not say what output is right: its replay has the script's status.
    ///
    /// # Errors
    /// If it cannot be read or compiled, or is another one than the schedule was made for.
    pub fn main_replay<'a>(
        self,
        program: impl Into<ExploredProgram<'a>>,
        schedule: &Schedule,
        options: ReplayOptions,
    ) -> Result<i32, Error> {
        let explored = program.into();
        let debugger = options.debugger;
        let replay = Replay::new(schedule.choices.clone());
        let check = replay.divergence_check();
        let single = SingleRun {
            strategy: Box::new(replay),
            seed: schedule.seed,
            max_steps: MAX_STEPS.max(2 * schedule.choices.len()),
            granularity: granularity_of(schedule)?,
            open: schedule.open,
            patient: debugger,
            looks_from: (schedule.failure.as_deref())
                .is_some_and(Failure::is_livelock)
                .then_some(LOOKS_FROM),
            strict: (schedule.failure.as_deref()).is_some_and(|text| text.contains(NEVER_AWAITED)),
            shown: options.full.then_some(options.report_width),
            page: options.page.map(|file| (file, explored.path().to_owned())),
            cause: RecordedCause::of(schedule, &check),
        };
        let (status, interrupted) = self.with_vm(|vm| {
            let script = Script::load(&self, explored, vm)?;
            scope::look_into(explored, &schedule.include, &schedule.exclude, vm);
            if script.hash != schedule.hash {
                return Err(Error::changed(explored.path()));
            }
            let program = |vm: &VirtualMachine| {
                if debugger {
                    debug(&script, vm)
                } else {
                    script.execute(vm)
                }
            };
            let execution = single.execute(program, vm);
            Ok(execution.map_or_else(
                |raised| exit::conclude(vm, &raised),
                |execution| {
                    (
                        replay_status(&execution, &check, schedule, debugger),
                        execution.interrupted,
                    )
                },
            ))
        })?;
        Ok(self.end_main(status, interrupted, exit::Shown::default()))
    }
}

fn granularity_of(schedule: &Schedule) -> Result<Granularity, Error> {
    let known = schedule.granularity.parse();
    known.map_err(|unknown: UnknownGranularity| Error::unusable(&unknown.to_string()))
}

/// A run whose output is shown.
struct SingleRun {
    strategy: Box<dyn Strategy>,
    seed: u64,
    max_steps: u64,
    granularity: Granularity,
    open: Open,
    patient: bool,
    /// A coroutine that is never awaited is a failure.
    strict: bool,
    /// From which step on it is looked whether the run repeats itself all the time.
    looks_from: Option<u64>,
    /// The width of the schedule, if that is shown.
    shown: Option<usize>,
    /// The file for a page, if there is to be one, and the script.
    page: Option<(PathBuf, PathBuf)>,
    /// What the page says of the cause, if the failure happens again.
    cause: Option<RecordedCause>,
}

/// The cause of a failure as its schedule has it, whose step numbers mean something only in a run
/// that follows the schedule.
struct RecordedCause {
    cause: Cause,
    failure: String,
    check: DivergenceCheck,
}

impl RecordedCause {
    fn of(schedule: &Schedule, check: &DivergenceCheck) -> Option<Self> {
        Some(Self {
            cause: schedule.cause.clone()?,
            failure: schedule.failure.clone()?,
            check: check.clone(),
        })
    }

    /// The cause, if this run is the schedule's and has these steps.
    fn in_run(&self, execution: &Execution, blocked: &[Stuck]) -> Option<&Cause> {
        let finished = &execution.finished;
        let is_same = match &execution.outcome.failure {
            Some(failure) => failure.is_described_by(&self.failure),
            None => self.failure == Failure::DifferentOutput.to_string(),
        };
        let follows = finished.ending.is_some() || self.check.divergence().is_none();
        let taken = finished.trace.steps().len();
        let mut pairs = self.cause.decisive.iter().chain(&self.cause.opposite);
        let is_there = pairs.all(|pair| pair.first < taken && pair.second < taken + blocked.len());
        (is_same && follows && is_there).then_some(&self.cause)
    }
}

impl SingleRun {
    /// Whether values and stacks are recorded.
    const fn is_recorded(&self) -> bool {
        self.shown.is_some() || self.page.is_some()
    }

    fn execute(
        self,
        program: impl FnOnce(&VirtualMachine) -> PyResult<()>,
        vm: &VirtualMachine,
    ) -> PyResult<Execution> {
        let is_recorded = self.is_recorded();
        let blocked: Arc<Mutex<Vec<Stuck>>> = Arc::default();
        let seen = blocked.clone();
        let run = RunConfig {
            traced: is_recorded,
            looks_from: self.looks_from,
            with_places: true,
            keeps_turn_in_foreign_code: self.patient,
            on_standstill: Some(Box::new(move |all| {
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = all.to_vec();
            })),
            ..RunConfig::new(self.strategy, self.max_steps)
        };
        let runner = Runner::new(self.granularity, false, vm)?;
        if self.strict {
            runner.be_strict(vm)?;
        }
        runner.leave_open(self.open, vm)?;
        let sites = &runner.sites;
        sites.record_names(true);
        if is_recorded {
            sites.record(true);
        }
        let execution = runner.execute(run, self.seed, program, vm);
        sites.record(false);
        let recorded = recorded(sites, vm);
        let execution = execution?;
        let finished = &execution.finished;
        let blocked = blocked.lock().unwrap_or_else(PoisonError::into_inner);
        if is_recorded {
            let report = TraceReport {
                names: &finished.names,
                trace: &finished.trace,
                recorded: &recorded,
                blocked: if self.page.is_some() { &blocked } else { &[] },
                cause: self
                    .cause
                    .as_ref()
                    .and_then(|recorded| recorded.in_run(&execution, &blocked)),
                failed: match &execution.outcome.failure {
                    Some(Failure::Exception { thread, .. }) => Some(thread),
                    _ => None,
                },
                repetition: finished.repetition.as_ref(),
                full: self.shown.is_some(),
                describe: &|place| sites.describe(place),
            };
            if let Some(width) = self.shown {
                let shown = TraceReport {
                    blocked: &[],
                    cause: None,
                    failed: None,
                    repetition: None,
                    ..report
                };
                eprint!("\n{}\n", shown.render(width));
            }
            if let Some((file, script)) = &self.page {
                let failure = execution.outcome.failure.as_ref();
                let run = ReplayedRun {
                    summary: failure
                        .map_or_else(|| String::from("no failure"), ToString::to_string),
                    seed: self.seed,
                    details: report.details(),
                    walk: Walk::of(&report),
                };
                write_page(file, script, &run);
            }
        }
        match &execution.outcome.failure {
            Some(Failure::Deadlock { .. }) => {
                let blocked = BlockedThreads::new(&blocked, &finished.names, &finished.trace);
                let report = blocked.report(&recorded, &|place| sites.describe(place));
                eprint!("pyt: {}", report.render(usize::MAX));
            }
            Some(failure @ Failure::Livelock { .. }) => eprintln!("pyt: {failure}"),
            None if finished.ending == Some(Ending::TooManySteps) => eprintln!(
                "pyt: the run was given up after {} steps: whether it ends is not known",
                finished.steps
            ),
            _ => {}
        }
        if let Some((step, place)) = finished.irreproducible_from {
            let place = sites.describe(place);
            let place =
                place.map_or_else(String::new, |at| format!(" after {}:{}", at.file, at.line));
            eprintln!(
                "pyt: a thread was in foreign code (a socket, a subprocess) for long{place}: from \
                 step {step} on, this run depends on more than its schedule"
            );
        }
        Ok(execution)
    }
}

/// Writes the page of a run. Says on standard error what kept it from being written.
fn write_page(file: &Path, script: &Path, run: &ReplayedRun) {
    let page = replay_page(&script.to_string_lossy(), run);
    let written = page
        .map_err(std::io::Error::from)
        .and_then(|page| std::fs::write(file, page));
    if let Err(error) = written {
        let reason = error.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default();
        eprintln!("pyt replay: {}: {reason}", file.display());
    }
}

/// The exit status of a replay. Says on standard error if the program did not follow the schedule,
/// or failed in another way.
fn replay_status(
    execution: &Execution,
    check: &DivergenceCheck,
    schedule: &Schedule,
    debugger: bool,
) -> i32 {
    // A run that was given up may have gone on for a few steps before its threads noticed, and a
    // debugger takes steps of its own after the script's last one.
    let gave_up = execution.finished.ending.is_some();
    let is_the_scripts = |divergence: &Divergence| {
        let by_debugger = debugger && matches!(divergence, Divergence::Longer { .. });
        !(gave_up || by_debugger)
    };
    if let Some(divergence) = check.divergence().filter(is_the_scripts) {
        eprintln!("pyt replay: the script did not follow the schedule: {divergence}");
    }
    let Some(failure) = &execution.outcome.failure else {
        return match execution.finished.ending {
            Some(Ending::TooManySteps) => OTHER_FAILURE_STATUS,
            _ => execution.status,
        };
    };
    match schedule.failure.as_deref() {
        Some(recorded) if !failure.is_described_by(recorded) => {
            eprintln!("pyt replay: another failure than the schedule's ({recorded}): {failure}");
            OTHER_FAILURE_STATUS
        }
        _ => FAILED_AGAIN_STATUS,
    }
}

/// Runs the script under `pdb`, from its first line; `pdb` opens again at the exception that ends
/// it.
fn debug(script: &Script, vm: &VirtualMachine) -> PyResult<()> {
    let pdb = vm.import("pdb", 0)?;
    let ran = match script.code() {
        None => {
            eprintln!("pyt replay: of a module, the debugger opens where it fails");
            script.execute(vm)
        }
        Some(code) if has_hidden_names(code) => {
            // The interpreter panics when the names of such a frame are read after tracing it.
            eprintln!(
                "pyt replay: the script has a comprehension outside of functions: the debugger \
                 opens where it fails, not at its first line"
            );
            script.execute(vm)
        }
        Some(code) => {
            script.instrument(vm)?;
            let names = script.names(vm)?;
            let debugger = pdb.get_attr("Pdb", vm)?.call((), vm)?;
            let run = debugger.get_attr("run", vm)?;
            run.call((code.clone(), names.clone(), names), vm).map(drop)
        }
    };
    let Err(raised) = ran else { return Ok(()) };
    let traceback = raised.as_object().get_attr("__traceback__", vm)?;
    let is_bug = !raised.fast_isinstance(vm.ctx.exceptions.system_exit)
        && !pyt_vm::uncaught::is_abandonment(&raised, vm);
    if is_bug && !vm.is_none(&traceback) {
        exit::show(vm, &raised);
        pdb.get_attr("post_mortem", vm)?.call((traceback,), vm)?;
    }
    Err(raised)
}

/// Whether the code has comprehensions whose variables are hidden among its own (PEP 709).
fn has_hidden_names(code: &PyCode) -> bool {
    let kinds = &code.code.localspluskinds;
    kinds.iter().any(|kind| kind & CO_FAST_HIDDEN != 0)
}

//! The search itself: runs one script under one schedule after the other, in one interpreter.

use std::{
    collections::BTreeSet,
    ops::{ControlFlow, Deref},
    time::{Duration, Instant},
};

use pyt_explore::{
    Checks, Choices, DIVERGED, ExploreOptions, ExploreResult, FOREIGN_WAIT_LIMIT, FailingRun,
    Failure, MinimizedFailure, Next, OrderCoverage, Outcome, RecordedRun, RunRecord,
    RunWithoutSeed, Schedule, Search, SearchKind, Shard, UNCHECKED, report::BlockedThreads,
    strategy::replay::Replay, unordered_draws,
};
use pyt_instrument::FirstLooks;
use pyt_sched::controlled::{Candidate, Decision, Ending, RunConfig, Source, Strategy, Trace};
use rustpython_vm::{PyResult, VirtualMachine};
use serde::{Deserialize, Serialize};

use super::{
    affinity::PinnedToCore,
    child::EndedEarly,
    minimize::minimize,
    runner::{Execution, Made, Runner},
    scope,
    script::{ExploredProgram, Script},
};
use crate::{Error, Python, Runtime};

/// How many new outcomes of an exhaustive search are kept with their choices.
const MAX_KEPT_CHOICES: usize = 100;

/// How many paths of files that runs have written are kept.
const MAX_WRITTEN: usize = 64;

/// How long threads may wait for foreign code in a run that is made again to see what they wait
/// for.
const FOREIGN_WAIT_TO_EXPLAIN: Duration = Duration::from_secs(2);

/// Why an exhaustive search ends with a run that ends its process.
const ENDED: &str = "what comes after a schedule that ends its process";

/// Why nothing is proven if a run has called `os._exit`.
const EXITED: &str = "other orders of what threads do beside `os._exit`, which ends them all";

/// Why nothing is proven if a run has left open more than which thread goes on.
const OTHER_ANSWERS: &str = "other orders of what an event loop sees and does next";

/// Why nothing is proven if the program may look at `sys.modules`: imports are no steps.
const IMPORTS: &str = "other orders of imports and of looks into `sys.modules`";

/// Why nothing is proven if the program may look at `sys.modules`, and runs share a process.
const IMPORTED: &str = "which modules are imported: an earlier run has imported some";

/// Why nothing is proven if runs find what earlier ones have left.
const LEFT: &str = "files that an earlier run has left, or that a listed folder may have from it";

/// Why nothing is proven if threads drew from this in an order that could have been another one.
const fn drawn(source: Source) -> &'static str {
    match source {
        Source::Clock => "other orders in which threads read a clock",
        Source::ThreadNumbers => "other orders in which threads make some with default names",
        Source::RandomBytes => "other orders in which threads draw random bytes",
    }
}

impl Runtime {
    /// Runs a script, or a module, under many schedules, each in a fresh `__main__`, on the calling
    /// thread. `watch` is called after each run, and may end the search.
    ///
    /// # Errors
    /// If it cannot be read or compiled. What it does when it runs is an outcome.
    pub fn explore<'a>(
        &self,
        program: impl Into<ExploredProgram<'a>>,
        options: &ExploreOptions,
        mut watch: impl FnMut(&ExploreResult) -> ControlFlow<()>,
    ) -> Result<ExploreResult, Error> {
        self.with_vm(|vm| {
            let program = program.into();
            let script = Script::load(self, program, vm)?;
            scope::look_into(program, &options.include, &options.exclude, vm);
            let mut explore = || {
                let runner = Runner::isolating(options.granularity, options.begins_anew(), vm)?;
                if options.strict {
                    runner.be_strict(vm)?;
                }
                runner.leave_open(options.open, vm)?;
                let mut explorer = Explorer::on(RunnerOf::Own(Box::new(runner)), options, vm)?;
                let native = scope::native_among(&options.include, vm);
                explorer.result.native.extend(native);
                script.instrument(vm)?;
                explorer.run(&|vm| script.execute(vm), &mut watch, vm)?;
                Ok(explorer.result)
            };
            explore().map_err(|raised| Error::from_exception(vm, &raised))
        })
    }

    /// Runs `program` under many schedules, in this process, on the calling thread: host code that
    /// runs Python, with the runtime as it is now at the beginning of each run. What `program`
    /// returns as an error is the failure of a run. State of the host's is `program`'s to reset.
    ///
    /// Each call of a host function is a step that conflicts with all others, unless it is declared
    /// [`pure`](crate::Function::pure), or what it [`reads`](crate::Function::reads) and
    /// [`writes`](crate::Function::writes). `watch` is called after each run, and may end the
    /// search.
    ///
    /// ```
    /// use std::{ops::ControlFlow, sync::{Arc, atomic::{AtomicI64, Ordering::SeqCst}}};
    /// use pyt_runtime::{ModuleBuilder, Runtime, explore::{ExploreOptions, SearchKind}};
    ///
    /// let account = Arc::new(AtomicI64::new(0));
    /// let (read, written) = (account.clone(), account.clone());
    /// let host = ModuleBuilder::new("host")
    ///     .function("balance", move || read.load(SeqCst))
    ///     .function("store", move |amount: i64| written.store(amount, SeqCst));
    /// let runtime = Runtime::builder().module(host).build()?;
    /// let options = ExploreOptions {
    ///     search: SearchKind::Dpor(None),
    ///     stop_on_first: true,
    ///     ..ExploreOptions::default()
    /// };
    /// let result = runtime.explore_with(&options, |py| {
    ///     account.store(0, SeqCst);
    ///     py.exec("
    /// import host, threading
    /// def pay_in():
    ///     host.store(host.balance() + 1)
    /// threads = [threading.Thread(target=pay_in) for _ in range(2)]
    /// for thread in threads: thread.start()
    /// for thread in threads: thread.join()
    /// assert host.balance() == 2
    /// ")
    /// }, |_| ControlFlow::Continue(()))?;
    /// assert!(!result.failing_runs().is_empty());
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// Options that do not fit one another; what has nothing to do with the program.
    pub fn explore_with(
        &self,
        options: &ExploreOptions,
        program: impl Fn(Python<'_>) -> Result<(), Error>,
        mut watch: impl FnMut(&ExploreResult) -> ControlFlow<()>,
    ) -> Result<ExploreResult, Error> {
        self.try_enter(|py| {
            let vm = py.vm();
            let program =
                |_: &VirtualMachine| program(py).map_err(|error| error.into_exception(py));
            let mut explore = || {
                let mut explorer = Explorer::new(options, vm)?;
                explorer.run(&program, &mut watch, vm)?;
                Ok(explorer.result)
            };
            explore().map_err(|raised| Error::from_exception(vm, &raised))
        })
    }

    /// Reproduces a failure that an exploration of this program has found, with as few
    /// switches as can be found, and reports what happens. Also returns the schedule for a file.
    ///
    /// # Errors
    /// As [`explore`](Self::explore).
    pub fn minimize<'a>(
        &self,
        program: impl Into<ExploredProgram<'a>>,
        options: &ExploreOptions,
        failing: &FailingRun,
    ) -> Result<(MinimizedFailure, Schedule), Error> {
        let program = program.into();
        self.with_vm(|vm| {
            let script = Script::load(self, program, vm)?;
            scope::look_into(program, &options.include, &options.exclude, vm);
            let find = || {
                let runner = Runner::isolating(options.granularity, options.begins_anew(), vm)?;
                if options.strict {
                    runner.be_strict(vm)?;
                }
                runner.leave_open(options.open, vm)?;
                script.instrument(vm)?;
                minimize(failing, &runner, options, &|vm| script.execute(vm), vm)
            };
            let failure = find().map_err(|raised| Error::from_exception(vm, &raised))?;
            let args = self.options().argv.iter().skip(1);
            let (path, module) = match program {
                ExploredProgram::Script(path) => (path.to_string_lossy().into_owned(), None),
                ExploredProgram::Module(name) => (name.to_owned(), Some(name.to_owned())),
            };
            let schedule = Schedule {
                script: path,
                module,
                hash: script.hash,
                args: args.map(|arg| arg.to_string_lossy().into_owned()).collect(),
                strategy: options.search.to_string(),
                seed: failure.seed,
                granularity: options.granularity.to_string(),
                open: options.open,
                include: options.include.clone(),
                exclude: options.exclude.clone(),
                choices: failure.choices.clone(),
                failure: Some(failure.failure.to_string()),
                cause: Some(failure.cause.clone()),
            };
            Ok((failure, schedule))
        })
    }
}

/// What a search learns from one run, in this process or in another.
#[derive(Default, Serialize, Deserialize)]
struct Ran {
    outcome: Outcome,
    trace: Trace,
    blocked: Vec<Candidate>,
    /// The step limit or the end of the time ended it.
    is_cut: bool,
    /// The end of the time ended it.
    is_unfinished: bool,
    /// It had too many steps, and is not known to be endless.
    is_too_long: bool,
    abandoned_threads: u64,
    is_irreproducible: bool,
    /// The program has ended its process.
    has_exited: bool,
    /// What no step says.
    not_seen: BTreeSet<String>,
    /// What it has found in the file system.
    first_looks: FirstLooks,
    /// What the program says of the run, beside its outcome.
    note: Option<String>,
}

impl Ran {
    fn of(execution: Execution, not_seen: BTreeSet<String>, first_looks: FirstLooks) -> Self {
        let finished = execution.finished;
        Self {
            outcome: execution.outcome,
            trace: finished.trace,
            blocked: finished.blocked,
            is_cut: matches!(
                finished.ending,
                Some(
                    Ending::Livelock | Ending::Exited(_) | Ending::TooManySteps | Ending::OutOfTime
                )
            ),
            is_unfinished: finished.ending == Some(Ending::OutOfTime),
            is_too_long: finished.ending == Some(Ending::TooManySteps),
            abandoned_threads: finished.abandoned as u64,
            is_irreproducible: finished.irreproducible_from.is_some(),
            has_exited: matches!(finished.ending, Some(Ending::Exited(_))),
            not_seen,
            first_looks,
            note: None,
        }
    }

    /// A run that ended its process with this status. What it wrote is lost.
    fn ended_early(status: i32) -> Self {
        let outcome = Outcome {
            output: String::new(),
            failure: (status != 0).then_some(Failure::ExitStatus { status }),
        };
        Self {
            outcome,
            ..Self::default()
        }
    }
}

/// Shows `strategy`, which has decided the run in another process, the decisions that it was shown
/// there: what a search learns from its strategy is then the same here.
fn learn_decisions(strategy: &mut dyn Strategy, trace: &Trace) {
    for (number, _) in trace.steps().iter().enumerate() {
        let before = number.checked_sub(1).map(|last| trace.steps()[last].thread);
        strategy.choose(&Decision {
            step: number as u64,
            current: before,
            candidates: trace.candidates(number),
        });
    }
}

/// What is kept of a run beside its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recording {
    Nothing,
    Steps,
    StepsAndPlaces,
}

impl Recording {
    /// That of a run whose orders of accesses are looked at, or whose choices may be needed.
    const fn of(looks_at_orders: bool, needs_choices: bool) -> Self {
        match (looks_at_orders, needs_choices) {
            (true, _) => Self::StepsAndPlaces,
            (false, true) => Self::Steps,
            (false, false) => Self::Nothing,
        }
    }
}

/// Counts how a run has ended, and what that leaves of the search's claims.
fn count_ending(result: &mut ExploreResult, finished: &Ran) {
    result.abandoned_threads += finished.abandoned_threads;
    result.irreproducible += u64::from(finished.is_irreproducible);
    result.progress.proven &= result.not_seen.is_empty() && result.irreproducible == 0;
    result.unfinished += u64::from(finished.is_unfinished);
    result.too_long += u64::from(finished.is_too_long);
    // What that run would have shown is not known.
    let all_ended = result.unfinished == 0 && result.too_long == 0;
    result.progress.exhausted &= all_ended;
    result.progress.proven &= all_ended;
}

/// What makes the runs of a search: its own, or one that others use as well.
pub(crate) enum RunnerOf<'a> {
    /// The search's own.
    Own(Box<Runner>),
    /// Another's.
    Lent(&'a Runner),
}

impl Deref for RunnerOf<'_> {
    type Target = Runner;

    fn deref(&self) -> &Runner {
        match self {
            Self::Own(runner) => runner,
            Self::Lent(runner) => runner,
        }
    }
}

/// What a program says of a run that it has just made, in the process of the run.
type Note<'a> = &'a dyn Fn(&VirtualMachine) -> PyResult<String>;

/// A search under way.
pub(crate) struct Explorer<'a> {
    options: &'a ExploreOptions,
    pub(crate) runner: RunnerOf<'a>,
    search: Box<dyn Search>,
    pub(crate) result: ExploreResult,
    note: Option<Note<'a>>,
    /// What the program has said of schedule 0.
    pub(crate) first_note: Option<String>,
}

/// One run, made again.
pub(crate) struct RunAgain {
    pub(crate) outcome: Outcome,
    pub(crate) note: Option<String>,
    /// The run was not the one that was to be made, in words.
    pub(crate) diverged: Option<String>,
}

impl<'a> Explorer<'a> {
    /// A search whose runs are all made in this process.
    pub(crate) fn new(options: &'a ExploreOptions, vm: &VirtualMachine) -> PyResult<Self> {
        let runner = Runner::new(options.granularity, true, vm)?;
        Self::on(RunnerOf::Own(Box::new(runner)), options, vm)
    }

    /// From now on each run is asked for its note.
    pub(crate) fn with_notes(mut self, note: Note<'a>) -> Self {
        self.note = Some(note);
        self
    }

    pub(crate) fn on(
        runner: RunnerOf<'a>,
        options: &'a ExploreOptions,
        vm: &VirtualMachine,
    ) -> PyResult<Self> {
        if matches!(options.search, SearchKind::Dpor(_)) && !options.sees_accesses() {
            return Err(vm.new_value_error(
                "dpor must see what threads access: granularity access or instruction (dfs takes any)",
            ));
        }
        let most = options.schedules.unwrap_or(u64::MAX);
        Ok(Self {
            options,
            runner,
            search: (options.search).search(options.seed, options.shard, options.first, most),
            result: ExploreResult::default(),
            note: None,
            first_note: None,
        })
    }

    pub(crate) fn run(
        &mut self,
        program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
        watch: &mut dyn FnMut(&ExploreResult) -> ControlFlow<()>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let started = Instant::now();
        let _core = PinnedToCore::begin(self.options.job);
        let give_up_at = self.options.time.map(|time| started + time);
        if let Some(end) = give_up_at {
            self.search.end_at(end);
        }
        // The first run, if no seed makes it again.
        let mut first: Option<Trace> = None;
        let mut first_looks = FirstLooks::default();
        let mut ended_its_process = false;
        let mut unfinished = None;
        let is_exhaustive = self.options.search.is_exhaustive();
        while let Next::Run(next) = self.search.next() {
            let is_first = self.result.decisions.is_none();
            let seed = next.seed.or(next.values_seed).unwrap_or(self.options.seed);
            let looks = !is_exhaustive && OrderCoverage::looks_at(next.number);
            let recording = Recording::of(looks, is_first || next.seed.is_none());
            let (strategy, ran) =
                self.run_once(next.strategy, seed, recording, give_up_at, program, vm)?;
            let mut finished = match ran {
                Ok(ran) => ran,
                Err(EndedEarly { status }) => {
                    // The steps of such a run are not known: an exhaustive search ends with it.
                    ended_its_process = is_exhaustive;
                    Ran::ended_early(status)
                }
            };
            if let (Some(mut strategy), true) = (strategy, is_exhaustive) {
                learn_decisions(&mut *strategy, &finished.trace);
            }
            let result = &mut self.result;
            if ended_its_process {
                result.progress.finished += 1;
                result.progress.exhausted = false;
                result.progress.proven = false;
                result.not_seen.insert(ENDED.to_owned());
            } else {
                self.search.learn(
                    next.number,
                    &RunRecord {
                        trace: &finished.trace,
                        blocked: &finished.blocked,
                        cut: finished.is_cut,
                    },
                );
                result.progress = self.search.progress();
            }
            self.note_unseen(is_exhaustive, &mut finished, &mut first_looks);
            let is_first = is_first && !next.abandon.is_raised();
            let result = &mut self.result;
            if is_first {
                self.first_note = finished.note.take();
                result.decisions = Some(choices_in(&finished.trace));
            }
            result.elapsed = started.elapsed();
            count_ending(result, &finished);
            let failed = finished.outcome.failure.is_some();
            let counts = !finished.is_unfinished
                && !finished.is_too_long
                && !next.abandon.is_raised()
                && self.options.counts(next.number);
            if counts && looks {
                result.orders.add(&finished.trace);
            }
            let last = next.seed.is_none().then_some(finished.trace);
            if is_first {
                first.clone_from(&last);
            }
            if counts {
                let before = result.tally.distinct();
                result.tally.add(next.number, next.seed, finished.outcome);
                let is_new = result.tally.distinct() > before;
                if is_new && next.seed.is_none() {
                    keep_choices(result, next.number, seed, last.as_ref());
                }
            }
            let out_of_time = (self.options.time).is_some_and(|most| result.elapsed >= most);
            let most = self.options.schedules.unwrap_or(u64::MAX);
            let enough = (self.options.stop_on_first && failed && counts)
                || (is_exhaustive && result.progress.finished >= most);
            let is_over = out_of_time || finished.is_unfinished || ended_its_process;
            if finished.is_unfinished {
                unfinished = Some((seed, last.as_ref().map(Choices::of)));
            }
            if watch(result).is_break() || is_over || enough {
                break;
            }
        }
        let first = first.as_ref();
        self.verify(first, &mut first_looks, started, program, watch, vm)?;
        self.result.elapsed = started.elapsed();
        if let Some((seed, choices)) = unfinished {
            self.explain_unfinished(seed, choices, program, vm)?;
        }
        Ok(())
    }

    /// Makes a run again that was given up, to see what its threads wait for in foreign code.
    fn explain_unfinished(
        &mut self,
        seed: u64,
        choices: Option<Choices>,
        program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let strategy: Box<dyn Strategy> = match (choices, self.options.search) {
            (Some(choices), _) => Box::new(Replay::new(choices)),
            (None, SearchKind::Sample(kind)) => kind.strategy(seed),
            (None, _) => return Ok(()),
        };
        let sites = &self.runner.sites;
        let run = |strategy| {
            let run = RunConfig {
                with_places: true,
                foreign_wait_limit: Some(FOREIGN_WAIT_TO_EXPLAIN),
                ..RunConfig::new(strategy, self.options.max_steps)
            };
            let code_before = sites.mark();
            let finished = self.runner.execute(run, seed, program, vm);
            let text = finished.map(|execution| {
                let Execution { finished, .. } = execution;
                let threads = &finished.awaiting_foreign;
                if threads.is_empty() {
                    return String::new();
                }
                let blocked = BlockedThreads::new(threads, &finished.names, &finished.trace);
                let describe = |place| sites.describe(place);
                let report = blocked.report(&RecordedRun::default(), &describe);
                report.render(self.options.report_width)
            });
            sites.release(code_before, vm);
            drop(sites.take_not_seen());
            drop(sites.take_first_looks());
            text
        };
        let (_, text) = self.runner.apart(strategy, run, vm)?;
        self.result.unfinished_waits = text.unwrap_or_default();
        Ok(())
    }

    /// Notes what a run of the search does that no step says, and the files that it has written.
    fn note_unseen(
        &mut self,
        is_exhaustive: bool,
        finished: &mut Ran,
        first_looks: &mut FirstLooks,
    ) {
        let result = &mut self.result;
        result
            .not_seen
            .extend(std::mem::take(&mut finished.not_seen));
        if is_exhaustive {
            let open = self.options.open.not_enumerated();
            result.not_seen.extend(open.map(str::to_owned));
            if finished.trace.questions() > 0 {
                result.not_seen.insert(OTHER_ANSWERS.to_owned());
            }
            if self.options.search.tries_one_order() {
                let unordered = unordered_draws(&finished.trace).into_iter();
                result
                    .not_seen
                    .extend(unordered.map(|source| drawn(source).to_owned()));
            }
        }
        if is_exhaustive && finished.has_exited {
            result.not_seen.insert(EXITED.to_owned());
        }
        if result.progress.diverged > 0 {
            result.not_seen.insert(DIVERGED.to_owned());
        }
        if is_exhaustive && first_looks.differ_from(&finished.first_looks) {
            result.not_seen.insert(LEFT.to_owned());
        }
        for path in finished.first_looks.written() {
            if result.written.len() < MAX_WRITTEN {
                result.written.insert(path.clone());
            }
        }
    }

    /// Makes sure of what the search has proven. `first`: the first run; a part of a search may
    /// have none.
    fn verify(
        &mut self,
        first: Option<&Trace>,
        first_looks: &mut FirstLooks,
        started: Instant,
        program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
        watch: &mut dyn FnMut(&ExploreResult) -> ControlFlow<()>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        if let Some(first) = first.filter(|_| self.result.progress.proven) {
            self.confirm(first, program, vm)?;
        }
        self.check(first, first_looks, started, program, watch, vm)?;
        if self.options.shard == Shard::WHOLE {
            self.result.conclude();
        }
        Ok(())
    }

    /// Makes the first run once more: the runs since may have left something that changes it, which
    /// voids the proof.
    fn confirm(
        &mut self,
        first: &Trace,
        program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let replay = Box::new(Replay::new(Choices::of(first)));
        let (_, ran) = self.run_once(
            replay,
            self.options.seed,
            Recording::Steps,
            None,
            program,
            vm,
        )?;
        let is_same = ran.is_ok_and(|ran| has_same_steps(first, &ran.trace));
        if !is_same {
            self.result.not_seen.insert(DIVERGED.to_owned());
            self.result.progress.proven = false;
        }
        Ok(())
    }

    /// Draws schedules that check what a search for one order of independent steps has proven:
    /// their outcomes must be known.
    fn check(
        &mut self,
        first: Option<&Trace>,
        first_looks: &mut FirstLooks,
        started: Instant,
        program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
        watch: &mut dyn FnMut(&ExploreResult) -> ControlFlow<()>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let is_needed = self.result.progress.proven && self.options.search.tries_one_order();
        if !is_needed || first.is_some_and(|first| choices_in(first) == 0) {
            return Ok(());
        }
        let give_up_at = self.options.time.map(|time| started + time);
        let seed = self.options.seed;
        for check in Checks::new(seed, self.options.shard, self.options.checks, first) {
            let is_late = give_up_at.is_some_and(|end| Instant::now() >= end);
            if is_late || watch(&self.result).is_break() {
                self.result.not_seen.insert(UNCHECKED.to_owned());
                self.result.progress.proven = false;
                break;
            }
            let recording = Recording::Steps;
            let (_, ran) =
                self.run_once(check.strategy, seed, recording, give_up_at, program, vm)?;
            let mut ran = ran.unwrap_or_else(|ended| Ran::ended_early(ended.status));
            self.note_unseen(true, &mut ran, first_looks);
            let result = &mut self.result;
            result.checks += 1;
            result.elapsed = started.elapsed();
            count_ending(result, &ran);
            if ran.is_unfinished || ran.is_too_long {
                continue;
            }
            let before = result.tally.distinct();
            let is_new = result.tally.add_check(check.number, ran.outcome);
            if is_new && result.tally.distinct() > before {
                keep_choices(result, check.number, seed, Some(&ran.trace));
            }
        }
        Ok(())
    }

    /// Makes the run with these choices again.
    pub(crate) fn again(
        &self,
        choices: Choices,
        seed: u64,
        program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
        vm: &VirtualMachine,
    ) -> PyResult<RunAgain> {
        let recorded = choices.clone();
        let replay = Box::new(Replay::new(choices));
        let (_, ran) = self.run_once(replay, seed, Recording::Steps, None, program, vm)?;
        let ran = match ran {
            Ok(ran) => ran,
            Err(EndedEarly { status }) => Ran::ended_early(status),
        };
        let mut check = Replay::new(recorded);
        learn_decisions(&mut check, &ran.trace);
        let diverged = check.divergence_check().divergence();
        Ok(RunAgain {
            diverged: diverged
                .filter(|_| !ran.is_cut)
                .map(|diverged| diverged.to_string()),
            outcome: ran.outcome,
            note: ran.note,
        })
    }

    /// Makes one run. Returns the strategy, if another process has made it.
    fn run_once(
        &self,
        strategy: Box<dyn Strategy>,
        seed: u64,
        recording: Recording,
        give_up_at: Option<Instant>,
        program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
        vm: &VirtualMachine,
    ) -> PyResult<Made<Box<dyn Strategy>, Ran>> {
        let run = |strategy| {
            let run = RunConfig {
                traced: recording != Recording::Nothing,
                with_places: recording == Recording::StepsAndPlaces,
                give_up_at,
                foreign_wait_limit: Some(FOREIGN_WAIT_LIMIT),
                ..RunConfig::new(strategy, self.options.max_steps)
            };
            let code_before = self.runner.sites.mark();
            let execution = self.runner.execute(run, seed, program, vm);
            self.runner.sites.release(code_before, vm);
            let mut not_seen = self.runner.sites.take_not_seen();
            if self.options.search.tries_one_order() && self.runner.sees_modules() {
                not_seen.insert(IMPORTS.to_owned());
            }
            if self.runner.shows_modules_of_others() {
                not_seen.insert(IMPORTED.to_owned());
            }
            let looks = self.runner.sites.take_first_looks();
            let mut ran = Ran::of(execution?, not_seen, looks);
            if let Some(note) = self.note {
                ran.note = Some(note(vm)?);
            }
            Ok(ran)
        };
        self.runner.apart(strategy, run, vm)
    }
}

/// Keeps the choices of a run with an outcome that is new, also if it passes: it may turn out to
/// be a failure, since others print something else.
fn keep_choices(result: &mut ExploreResult, number: u64, values_seed: u64, run: Option<&Trace>) {
    if result.first_choices.len() < MAX_KEPT_CHOICES {
        result.first_choices.push(RunWithoutSeed {
            number,
            values_seed,
            choices: run.map(Choices::of).unwrap_or_default(),
        });
    }
}

/// At how many decisions more than one thread could have gone on, and how many questions were asked
/// besides.
fn choices_in(trace: &Trace) -> u64 {
    let steps = 0..trace.steps().len();
    let threads = steps
        .filter(|&step| trace.candidates(step).len() > 1)
        .count() as u64;
    threads + trace.questions()
}

/// Whether two runs with the same choices took the same steps.
fn has_same_steps(before: &Trace, now: &Trace) -> bool {
    let steps = before.steps().iter().zip(now.steps());
    before.steps().len() == now.steps().len()
        && steps.enumerate().all(|(number, (one, other))| {
            let threads = |trace: &Trace| -> Vec<_> {
                let candidates = trace.candidates(number).iter();
                candidates.map(|candidate| candidate.thread).collect()
            };
            one.thread == other.thread
                && one.op.action == other.op.action
                && one.timed_out == other.timed_out
                && threads(before) == threads(now)
        })
}

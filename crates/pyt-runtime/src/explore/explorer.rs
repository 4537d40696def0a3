//! The search itself: runs one script under one schedule after the other, in one interpreter.

use std::{ops::ControlFlow, path::Path, time::Instant};

use pyt_explore::{
    Choices, ExploreOptions, ExploreResult, FailingRun, MinimizedFailure, Next, RunRecord,
    Schedule, Search, SearchKind,
};
use pyt_sched::controlled::{Ending, RunConfig};
use rustpython_vm::{PyResult, VirtualMachine};

use super::{affinity::PinnedToCore, minimize::minimize, runner::Runner, script::Script};
use crate::{Error, Runtime};

/// How many new outcomes of an exhaustive search are kept with their choices.
const MAX_KEPT_CHOICES: usize = 100;

/// Why nothing is proven if a run did not begin as an earlier one under the same choices.
const DIVERGED: &str =
    "what makes a run take other steps than an earlier one, after the same choices";

impl Runtime {
    /// Runs the script at `path` under many schedules, each in a fresh `__main__`, on the calling
    /// thread. `watch` is called after each run, and may end the search.
    ///
    /// # Errors
    /// If the script cannot be read or compiled. What it does when it runs is an outcome.
    pub fn explore(
        &self,
        path: &Path,
        options: &ExploreOptions,
        mut watch: impl FnMut(&ExploreResult) -> ControlFlow<()>,
    ) -> Result<ExploreResult, Error> {
        self.with_vm(|vm| {
            let script = Script::load(self, path, vm)?;
            let mut explore = || {
                let mut explorer = Explorer::new(options, vm)?;
                pyt_instrument::instrument(script.code(), vm)?;
                explorer.run(&|vm| script.execute(vm), &mut watch, vm)?;
                Ok(explorer.result)
            };
            explore().map_err(|raised| Error::from_exception(vm, &raised))
        })
    }

    /// Reproduces a failure that an exploration of the script at `path` has found, with as few
    /// switches as can be found, and reports what happens. Also returns the schedule for a file.
    ///
    /// # Errors
    /// As [`explore`](Self::explore).
    pub fn minimize(
        &self,
        path: &Path,
        options: &ExploreOptions,
        failing: &FailingRun,
    ) -> Result<(MinimizedFailure, Schedule), Error> {
        self.with_vm(|vm| {
            let script = Script::load(self, path, vm)?;
            let find = || {
                let runner = Runner::new(options.granularity, true, vm)?;
                pyt_instrument::instrument(script.code(), vm)?;
                minimize(failing, &runner, options, &|vm| script.execute(vm), vm)
            };
            let failure = find().map_err(|raised| Error::from_exception(vm, &raised))?;
            let args = self.options().argv.iter().skip(1);
            let schedule = Schedule {
                script: path.to_string_lossy().into_owned(),
                hash: script.hash,
                args: args.map(|arg| arg.to_string_lossy().into_owned()).collect(),
                strategy: options.search.to_string(),
                seed: failure.seed,
                granularity: options.granularity.to_string(),
                choices: failure.choices.clone(),
                failure: Some(failure.failure.to_string()),
            };
            Ok((failure, schedule))
        })
    }
}

/// A search under way.
pub(crate) struct Explorer<'a> {
    options: &'a ExploreOptions,
    pub(crate) runner: Runner,
    search: Box<dyn Search>,
    pub(crate) result: ExploreResult,
}

impl<'a> Explorer<'a> {
    pub(crate) fn new(options: &'a ExploreOptions, vm: &VirtualMachine) -> PyResult<Self> {
        if options.search == SearchKind::Dpor && !options.sees_accesses() {
            return Err(vm.new_value_error(
                "dpor must see what threads access: granularity access or instruction (dfs takes any)",
            ));
        }
        let most = options.schedules.unwrap_or(u64::MAX);
        Ok(Self {
            options,
            runner: Runner::new(options.granularity, true, vm)?,
            search: options.search.search(options.seed, options.shard, most),
            result: ExploreResult::default(),
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
        if let Some(time) = self.options.time {
            self.search.end_at(started + time);
        }
        let code_before = self.runner.sites.mark();
        while let Next::Run(next) = self.search.next() {
            let is_first = next.number == 0;
            let run = RunConfig {
                traced: is_first || next.seed.is_none(),
                give_up_at: self.options.time.map(|time| started + time),
                ..RunConfig::new(next.strategy, self.options.max_steps)
            };
            let seed = next.seed.unwrap_or(self.options.seed);
            let execution = self.runner.execute(run, seed, program, vm)?;
            self.runner.sites.release(code_before, vm);
            let finished = execution.finished;
            self.search.learn(
                next.number,
                &RunRecord {
                    trace: &finished.trace,
                    blocked: &finished.blocked,
                    cut: matches!(
                        finished.ending,
                        Some(Ending::TooManySteps | Ending::OutOfTime)
                    ),
                },
            );
            let result = &mut self.result;
            result.progress = self.search.progress();
            result.not_seen.extend(self.runner.sites.take_not_seen());
            if result.progress.diverged > 0 {
                result.not_seen.insert(DIVERGED.to_owned());
            }
            result.elapsed = started.elapsed();
            result.abandoned_threads += finished.abandoned as u64;
            result.irreproducible += u64::from(finished.irreproducible_from.is_some());
            result.progress.proven &= result.not_seen.is_empty() && result.irreproducible == 0;
            let failed = execution.outcome.failure.is_some();
            let is_unfinished = finished.ending == Some(Ending::OutOfTime);
            result.unfinished += u64::from(is_unfinished);
            // What that run would have shown is not known.
            result.progress.exhausted &= result.unfinished == 0;
            result.progress.proven &= result.unfinished == 0;
            let counts =
                !is_unfinished && !next.abandon.is_raised() && self.options.counts(next.number);
            if counts {
                let before = result.tally.distinct();
                result.tally.add(next.number, next.seed, execution.outcome);
                let is_new = result.tally.distinct() > before;
                // A run with a new output may turn out to be a failure, too.
                if is_new && next.seed.is_none() && result.first_choices.len() < MAX_KEPT_CHOICES {
                    let choices = Choices::of(&finished.trace);
                    result.first_choices.push((next.number, choices));
                }
            }
            let out_of_time = (self.options.time).is_some_and(|most| result.elapsed >= most);
            let most = self.options.schedules.unwrap_or(u64::MAX);
            let enough = (self.options.stop_on_first && failed && counts)
                || (next.seed.is_none() && result.progress.finished >= most);
            if watch(result).is_break() || out_of_time || enough {
                break;
            }
        }
        self.result.elapsed = started.elapsed();
        Ok(())
    }
}

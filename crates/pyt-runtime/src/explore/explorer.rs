//! The search itself: runs one script under one schedule after the other, in one interpreter.

use std::{
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

use pyt_explore::{Choices, Next, Schedule, Search, Seen, Shard, Tally, search::Progress};
use pyt_sched::controlled::{Ending, RunConfig};
use rustpython_vm::{PyResult, VirtualMachine};
use serde::{Deserialize, Serialize};

use super::{
    Failing, Finding, Granularity, MAX_STEPS, Method, affinity::OnOneCore, runner::Stage,
    script::Script,
};
use crate::{Error, Runtime};

/// How many new outcomes of an exhaustive search are kept with their choices.
const MOST_KEPT: usize = 100;

/// What to explore, and for how long.
#[derive(Clone, Debug)]
pub struct Exploration {
    /// How schedules are chosen.
    pub method: Method,
    /// No more than so many schedules, counted over all shards. `None`: as many as there is time
    /// for, or as there are.
    pub schedules: Option<u64>,
    /// No new schedule after this time.
    pub time: Option<Duration>,
    /// Which of several processes on this machine this is, so that each finds a core of its own.
    pub job: Option<usize>,
    /// Only schedules from this number on count.
    pub first: u64,
    /// What all schedules come from.
    pub seed: u64,
    /// Which part of the schedules is this one's to run.
    pub shard: Shard,
    /// Where threads may be switched, beside the operations of primitives.
    pub granularity: Granularity,
    /// After so many steps a run is taken for an endless loop.
    pub max_steps: u64,
    /// No new schedule after the first failure.
    pub stop_on_first: bool,
}

impl Default for Exploration {
    fn default() -> Self {
        Self {
            method: Method::default(),
            schedules: None,
            time: None,
            seed: 0,
            shard: Shard::WHOLE,
            granularity: Granularity::default(),
            first: 0,
            job: None,
            max_steps: MAX_STEPS,
            stop_on_first: false,
        }
    }
}

/// What an exploration has found so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Explored {
    /// The outcomes, and how often each came.
    pub tally: Tally,
    /// How far the search is.
    pub progress: Progress,
    /// Runs of an exhaustive search, whose runs have no seeds, that ended as none did before: the
    /// run's number, and who went on, step by step.
    pub first_failures: Vec<(u64, Choices)>,
    /// Threads that would not end. Each keeps memory until the process ends.
    pub abandoned_threads: u64,
    /// Runs that depended on more than their schedule, since a thread was in foreign code (a
    /// socket, a subprocess) for long.
    pub irreproducible: u64,
    /// Time spent.
    pub elapsed: Duration,
}

impl Explored {
    /// What several parts of one exploration have found together. Schedule 0, which samplings
    /// begin with in each part, counts in one of them.
    #[must_use]
    pub fn sum(parts: &[Self]) -> Self {
        let mut sum = Self::default();
        for part in parts {
            sum.tally.merge(part.tally.clone());
            let (all, one) = (&mut sum.progress, &part.progress);
            all.started += one.started;
            all.finished += one.finished;
            all.abandoned += one.abandoned;
            all.cut += one.cut;
            all.exhausted |= one.exhausted;
            all.proven |= one.proven;
            sum.first_failures.extend_from_slice(&part.first_failures);
            sum.abandoned_threads += part.abandoned_threads;
            sum.irreproducible += part.irreproducible;
            sum.elapsed = sum.elapsed.max(part.elapsed);
        }
        sum
    }
}

impl Runtime {
    /// Runs the script at `path` under many schedules, each in a fresh `__main__`, on the calling
    /// thread. `watch` is called after each run, and may end the search.
    ///
    /// # Errors
    /// If the script cannot be read or compiled. What it does when it runs is an outcome.
    pub fn explore(
        &self,
        path: &Path,
        exploration: &Exploration,
        mut watch: impl FnMut(&Explored) -> ControlFlow<()>,
    ) -> Result<Explored, Error> {
        self.with_vm(|vm| {
            let script = Script::load(self, path, vm)?;
            let mut explore = || {
                let mut explorer = Explorer::new(exploration, vm)?;
                pyt_instrument::instrument(script.code(), vm)?;
                explorer.run(&|vm| script.play(vm), &mut watch, vm)?;
                Ok(explorer.explored)
            };
            explore().map_err(|raised| Error::from_exception(vm, &raised))
        })
    }

    /// Makes a failure that an exploration of the script at `path` has found again, with as few
    /// switches as can be found, and tells what happens. Also returns the schedule for a file.
    ///
    /// # Errors
    /// As [`explore`](Self::explore).
    pub fn pin_down(
        &self,
        path: &Path,
        exploration: &Exploration,
        failing: &Failing,
    ) -> Result<(Finding, Schedule), Error> {
        self.with_vm(|vm| {
            let script = Script::load(self, path, vm)?;
            let find = || {
                let stage = Stage::new(exploration.granularity, true, vm)?;
                pyt_instrument::instrument(script.code(), vm)?;
                failing.smallest(&stage, exploration, &|vm| script.play(vm), vm)
            };
            let finding = find().map_err(|raised| Error::from_exception(vm, &raised))?;
            let args = self.options().argv.iter().skip(1);
            let schedule = Schedule {
                script: path.to_string_lossy().into_owned(),
                hash: script.hash,
                args: args.map(|arg| arg.to_string_lossy().into_owned()).collect(),
                strategy: exploration.method.to_string(),
                seed: finding.seed,
                granularity: exploration.granularity.to_string(),
                choices: finding.choices.clone(),
                failure: Some(finding.failure.to_string()),
            };
            Ok((finding, schedule))
        })
    }
}

/// A search under way.
pub(crate) struct Explorer<'a> {
    exploration: &'a Exploration,
    pub(crate) stage: Stage,
    search: Box<dyn Search>,
    pub(crate) explored: Explored,
}

impl<'a> Explorer<'a> {
    pub(crate) fn new(exploration: &'a Exploration, vm: &VirtualMachine) -> PyResult<Self> {
        let sees_accesses = matches!(
            exploration.granularity,
            Granularity::Access | Granularity::Instruction
        );
        if exploration.method == Method::Dpor && !sees_accesses {
            return Err(vm.new_value_error(
                "dpor must see what threads access: granularity access or instruction (dfs takes any)",
            ));
        }
        Ok(Self {
            exploration,
            stage: Stage::new(exploration.granularity, true, vm)?,
            search: exploration.method.search(
                exploration.seed,
                exploration.shard,
                exploration.schedules.unwrap_or(u64::MAX),
            ),
            explored: Explored::default(),
        })
    }

    pub(crate) fn run(
        &mut self,
        program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
        watch: &mut dyn FnMut(&Explored) -> ControlFlow<()>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let started = Instant::now();
        let _core = OnOneCore::begin(self.exploration.job);
        let code_before = self.stage.sites.mark();
        while let Next::Run(next) = self.search.next() {
            let is_first = next.number == 0;
            let run = RunConfig {
                traced: is_first || next.seed.is_none(),
                ..RunConfig::new(next.strategy, self.exploration.max_steps)
            };
            let seed = next.seed.unwrap_or(self.exploration.seed);
            let performance = self.stage.perform(run, seed, program, vm)?;
            self.stage.sites.release(code_before, vm);
            let finished = performance.finished;
            self.search.learn(
                next.number,
                &Seen {
                    trace: &finished.trace,
                    blocked: &finished.blocked,
                    cut: finished.ending == Some(Ending::TooManySteps),
                },
            );
            let explored = &mut self.explored;
            explored.progress = self.search.progress();
            explored.elapsed = started.elapsed();
            explored.abandoned_threads += finished.abandoned as u64;
            explored.irreproducible += u64::from(finished.irreproducible_from.is_some());
            let failed = performance.outcome.failure.is_some();
            let counts = !next.abandon.is_raised() && self.exploration.shard_counts(next.number);
            if counts {
                let before = explored.tally.distinct();
                explored
                    .tally
                    .add(next.number, next.seed, performance.outcome);
                let is_new = explored.tally.distinct() > before;
                // What prints something new may turn out to be a failure, too.
                if is_new && next.seed.is_none() && explored.first_failures.len() < MOST_KEPT {
                    let choices = Choices::of(&finished.trace);
                    explored.first_failures.push((next.number, choices));
                }
            }
            let out_of_time = (self.exploration.time).is_some_and(|most| explored.elapsed >= most);
            let most = self.exploration.schedules.unwrap_or(u64::MAX);
            let enough = (self.exploration.stop_on_first && failed && counts)
                || (next.seed.is_none() && explored.progress.finished >= most);
            if watch(explored).is_break() || out_of_time || enough {
                break;
            }
        }
        self.explored.elapsed = started.elapsed();
        Ok(())
    }
}

impl Exploration {
    /// Whether this shard is the one that counts run `number`. An exhaustive search has no shards.
    fn shard_counts(&self, number: u64) -> bool {
        self.shard.has(number) && number >= self.first
    }
}

//! What the arguments of `pyt explore` ask for.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use pyt_options::{Effect, Positional};
use pyt_runtime::explore::{
    ExploreOptions, ExploredProgram, Granularity, Open, REPORT_WIDTH, SearchKind, Shard,
};

use crate::given::Given;

/// What to explore, and how.
pub(crate) struct Arguments {
    /// The script; of a module, its name.
    pub(crate) script: PathBuf,
    /// The module to run instead of a script.
    pub(crate) module: Option<String>,
    /// What the script finds in `sys.argv`.
    pub(crate) args: Vec<OsString>,
    pub(crate) search: SearchKind,
    /// At most so many schedules.
    pub(crate) schedules: Option<u64>,
    /// No schedule begins after this time.
    pub(crate) time: Option<Duration>,
    /// The seed that the seeds of all schedules are derived from.
    pub(crate) seed: u64,
    /// How many processes run side by side.
    pub(crate) jobs: Option<u64>,
    pub(crate) granularity: Granularity,
    /// What schedules leave open besides which thread goes on.
    pub(crate) open: Open,
    /// What is looked into beside the program's own code, and what of that is not.
    pub(crate) include: Vec<String>,
    pub(crate) exclude: Vec<String>,
    /// After so many steps a run counts as an endless loop.
    pub(crate) max_steps: u64,
    /// How many random schedules check a proof.
    pub(crate) checks: u64,
    pub(crate) stop_on_first: bool,
    /// A schedule that prints something else than schedule 0 is a failure.
    pub(crate) same_output: bool,
    /// Each schedule runs in a forked process of its own.
    pub(crate) isolate: bool,
    /// The part of the schedules that this process runs.
    pub(crate) shard: Shard,
    /// The folder for `.schedule` files.
    pub(crate) output: PathBuf,
    pub(crate) json: bool,
    /// The file for the report as a page.
    pub(crate) page: Option<PathBuf>,
    /// A coroutine that is never awaited is a failure.
    pub(crate) strict: bool,
    /// Schedules are shown with all threads and steps.
    pub(crate) full: bool,
    /// The number of this process among several that report to their parent.
    pub(crate) job: Option<usize>,
    /// The first schedule, for `--isolate`.
    pub(crate) first: u64,
}

impl Arguments {
    /// What was `given`; `module_args`: what follows `-m MODULE`.
    pub(crate) fn of(given: &Given, module_args: &[OsString]) -> Self {
        let job: Option<u64> = given.get(Effect::JobNumber);
        let packages = |effect| -> Vec<String> {
            let given: Vec<String> = given.all(effect);
            let names = given.iter().flat_map(|names| names.split(','));
            names
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let module: Option<String> = given.get(Effect::RunModule);
        let script = given.operand(Positional::Program);
        Self {
            script: script
                .or_else(|| module.as_ref().map(PathBuf::from))
                .unwrap_or_default(),
            args: match module {
                Some(_) => module_args.to_vec(),
                None => given.operands(Positional::Arguments),
            },
            module,
            search: given.value(Effect::Strategy),
            schedules: given.get(Effect::Schedules),
            time: given.get(Effect::TimeLimit),
            seed: given.value(Effect::Seed),
            jobs: given.get(Effect::Jobs),
            granularity: given.value(Effect::Granularity),
            open: Open {
                clock: given.value(Effect::Clock),
                tasks: given.value(Effect::TaskOrder),
                inject: given.get(Effect::Inject).unwrap_or_default(),
            },
            include: packages(Effect::IncludePackages),
            exclude: packages(Effect::ExcludePackages),
            max_steps: given.value(Effect::MaxSteps),
            checks: given.value(Effect::Checks),
            stop_on_first: given.has(Effect::StopOnFirst),
            same_output: given.has(Effect::SameOutput),
            isolate: given.has(Effect::ProcessPerSchedule),
            shard: given.value(Effect::Shard),
            output: given.value(Effect::OutputFolder),
            json: given.has(Effect::Json),
            page: given.get(Effect::Page),
            strict: given.has(Effect::Strict),
            full: given.has(Effect::Full),
            job: job.and_then(|job| usize::try_from(job).ok()),
            first: given.value(Effect::FirstSchedule),
        }
    }

    /// Why these options do not go together, if they do not.
    pub(crate) fn refused(&self) -> Option<&'static str> {
        if self.script.as_os_str().is_empty() {
            Some("a SCRIPT or -m MODULE is missing (see pyt explore --help)")
        } else if self.shard != Shard::WHOLE && !self.search.is_divisible() {
            Some("dpor:N has no parts: --shard is for all other strategies")
        } else if matches!(self.search, SearchKind::Dpor(_)) && !self.options().sees_accesses() {
            Some(
                "dpor must see what threads access: --granularity=access or --granularity=instruction \
                 (dfs takes any)",
            )
        } else if self.jobs.is_some_and(|jobs| jobs > 1) && !self.search.is_divisible() {
            Some("dpor:N runs in one process: --jobs is for all other strategies")
        } else {
            None
        }
    }

    /// What is explored.
    pub(crate) fn program(&self) -> ExploredProgram<'_> {
        match &self.module {
            Some(name) => ExploredProgram::Module(name),
            None => ExploredProgram::Script(&self.script),
        }
    }

    /// What this process explores.
    pub(crate) fn options(&self) -> ExploreOptions {
        let unlimited = self.time.is_some() || self.search.is_exhaustive();
        ExploreOptions {
            search: self.search,
            schedules: self.schedules.or((!unlimited).then_some(1000)),
            time: self.time,
            seed: self.seed,
            shard: self.shard,
            granularity: self.granularity,
            open: self.open,
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            max_steps: self.max_steps,
            isolate: self.isolate,
            strict: self.strict,
            checks: self.checks,
            stop_on_first: self.stop_on_first,
            first: self.first,
            // (The only job stays on the core that it is given: two explorations at once would
            // share the first one.)
            job: self.job.filter(|_| self.jobs() > 1),
            report_width: crate::stdout::width().unwrap_or(REPORT_WIDTH),
            full: self.full,
        }
    }

    /// How many processes.
    pub(crate) fn jobs(&self) -> u64 {
        let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        match self.jobs {
            _ if !self.search.is_divisible() => 1,
            Some(jobs) => jobs,
            // The numbers of its schedules depend on the number of jobs.
            None if self.search.is_exhaustive() => 1,
            None => cores(),
        }
    }
}

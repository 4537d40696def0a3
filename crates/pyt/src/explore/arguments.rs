//! What `pyt explore` takes, and the help that teaches it.

use std::{ffi::OsString, path::PathBuf, str::FromStr, time::Duration};

use pyt_runtime::explore::{Exploration, Granularity, MAX_STEPS, Method, Shard};

/// Runs a script under many schedules, and tells what goes wrong in some of them
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    after_help = "\
Examples:
  pyt explore bank.py                    1,000 schedules, a report, a .schedule file per failure
  pyt explore --time 60 bank.py          as many as a minute allows
  pyt explore --strategy dpor bank.py    all that differ in what they do: a proof, if it ends
  pyt explore --same-output sum.py       a schedule with another output is a failure, too
  pyt explore bank.py -- --accounts 3    the script finds its arguments in sys.argv
  pyt replay bank-deadlock.schedule      runs a failure again
  pyt run --seed 42 bank.py              runs the one schedule that a seed makes

Each schedule runs the whole, unmodified script from a fresh __main__. Time is virtual, and standard
input is empty. A failure is an uncaught exception in any thread, a deadlock, a loop without end, or
an exit status other than 0. The distinct outcomes are told, how often each came, and a seed that
makes it, for `pyt run --seed`.

Strategies: mix (random, pos and pct by turns), random, pos (partial order sampling), pct:DEPTH
(priorities that change DEPTH-1 times), round-robin, dfs (all schedules; dfs:N those with at most
N preemptions), dpor (one of all that differ only in the order of independent steps).

The exit status is 0 if no schedule failed, 1 if one did, 2 for bad usage."
)]
pub(crate) struct Arguments {
    /// The script
    #[arg(value_name = "SCRIPT")]
    pub(crate) script: PathBuf,
    /// What the script finds in sys.argv
    #[arg(last = true, value_name = "ARG")]
    pub(crate) args: Vec<OsString>,
    /// How schedules are chosen: see below
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) strategy: Method,
    /// Try at most so many schedules [default: 1000, unless --time is given; dfs and dpor: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) schedules: Option<u64>,
    /// Begin no schedule after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) time: Option<Duration>,
    /// What all schedules come from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Run so many processes side by side [default: one per core; dfs and dpor: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub(crate) jobs: Option<u64>,
    /// Where threads may be switched: sync, line, access or instruction
    #[arg(long, value_name = "WHERE", default_value_t)]
    pub(crate) granularity: Granularity,
    /// Take a run for an endless loop after so many steps
    #[arg(long, value_name = "N", default_value_t = MAX_STEPS, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_steps: u64,
    /// Stop at the first failure
    #[arg(long)]
    pub(crate) stop_on_first: bool,
    /// Take a schedule that prints something else than schedule 0 for a failure
    #[arg(long)]
    pub(crate) same_output: bool,
    /// Run each schedule in a process of its own
    #[arg(long)]
    pub(crate) isolate: bool,
    /// Run part I of N of the schedules, as one of N machines: from 0/N to N-1/N
    #[arg(long, value_name = "I/N", value_parser = shard, default_value = "0/1")]
    pub(crate) shard: (u64, u64),
    /// Write the .schedule files into this folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) output: PathBuf,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Be one of several processes, the one with this number, and report to their parent
    #[arg(long, hide = true)]
    pub(crate) job: Option<usize>,
    /// Run the schedules from this number on: for --isolate
    #[arg(long, hide = true, default_value_t = 0)]
    pub(crate) first: u64,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = f64::from_str(text).map_err(|error| error.to_string())?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

fn shard(text: &str) -> Result<(u64, u64), String> {
    let expected = || String::from("expected I/N with I below N, such as 0/4");
    let (index, count) = text.split_once('/').ok_or_else(expected)?;
    let index = index.parse().map_err(|_| expected())?;
    let count = count.parse().map_err(|_| expected())?;
    Shard::new(index, count)
        .map(|_| (index, count))
        .ok_or_else(expected)
}

impl Arguments {
    /// What to explore, as one process, of the part `job` of `jobs`.
    pub(crate) fn exploration(&self, job: u64, jobs: u64) -> Exploration {
        let (index, count) = self.shard;
        let unlimited = self.time.is_some() || self.strategy.is_exhaustive();
        Exploration {
            method: self.strategy,
            schedules: self.schedules.or((!unlimited).then_some(1000)),
            time: self.time,
            seed: self.seed,
            shard: Shard::new(index + job * count, count * jobs).unwrap_or(Shard::WHOLE),
            granularity: self.granularity,
            max_steps: self.max_steps,
            stop_on_first: self.stop_on_first,
            first: self.first,
            job: self.job,
        }
    }

    /// How many processes.
    pub(crate) fn jobs(&self) -> u64 {
        let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        match self.jobs {
            _ if self.strategy.is_exhaustive() => 1,
            Some(jobs) => jobs,
            None => cores(),
        }
    }
}

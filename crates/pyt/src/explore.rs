//! `pyt explore`: many schedules of one script, and what came out.

use std::{
    ffi::{OsStr, OsString},
    ops::ControlFlow,
    path::PathBuf,
};

use clap::Parser;
use pyt_runtime::{
    Options, Runtime,
    explore::{Exploration, Explored, MAX_STEPS, Method},
};

use crate::cli::{Cli, Command};

/// Runs a script under many schedules and reports what goes wrong in some of them
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The script
    pub(crate) script: PathBuf,
    /// How schedules are chosen
    #[arg(long, value_name = "NAME", default_value_t)]
    strategy: Method,
    /// Try at most so many schedules
    #[arg(long, value_name = "N", default_value_t = 1000)]
    schedules: u64,
    /// What all schedules come from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Take a run for an endless loop after so many steps
    #[arg(long, value_name = "N", default_value_t = MAX_STEPS)]
    max_steps: u64,
    /// Stop at the first failure
    #[arg(long)]
    stop_on_first: bool,
    /// What the script finds in sys.argv
    #[arg(last = true, value_name = "ARG")]
    args: Vec<OsString>,
}

pub(crate) fn run(program: &OsStr, args: &[OsString]) -> i32 {
    let words = ["pyt".into(), "explore".into()].into_iter();
    let arguments = match Cli::try_parse_from(words.chain(args.iter().cloned())) {
        Ok(Cli {
            command: Command::Explore(arguments),
        }) => arguments,
        Ok(_) => return 2,
        Err(error) => error.exit(),
    };
    let mut options = Options::python();
    options.argv = std::iter::once(arguments.script.clone().into_os_string())
        .chain(arguments.args.iter().cloned())
        .collect();
    options.hash_seed = Some(0);
    options.program_name = Some(program.to_string_lossy().into_owned());
    let exploration = Exploration {
        method: arguments.strategy,
        schedules: Some(arguments.schedules),
        seed: arguments.seed,
        max_steps: arguments.max_steps,
        stop_on_first: arguments.stop_on_first,
        ..Exploration::default()
    };
    let explored = Runtime::builder()
        .options(options)
        .build()
        .and_then(|runtime| {
            runtime.explore(&arguments.script, &exploration, |_| ControlFlow::Continue(()))
        });
    match explored {
        Ok(explored) => tell(&explored),
        Err(error) => {
            eprint!("{}", error.traceback());
            eprintln!("pyt explore: {error}");
            2
        }
    }
}

fn tell(explored: &Explored) -> i32 {
    let tally = &explored.tally;
    println!(
        "{} schedules in {:.2?}: {} failed, {} outcomes ({:.0}/s)",
        tally.runs(),
        explored.elapsed,
        tally.failures(),
        tally.distinct(),
        tally.runs() as f64 / explored.elapsed.as_secs_f64()
    );
    for found in tally.outcomes().iter().take(10) {
        println!("{found:?}");
    }
    i32::from(tally.failures() > 0)
}

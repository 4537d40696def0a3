//! `pyt replay`: a failure again, as its `.schedule` file says.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use clap::Parser;
use pyt_runtime::{Error, Options, Runtime, explore::Schedule};

use crate::cli::{Cli, Command};

/// Runs a script again as a .schedule file says
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pyt replay bank-deadlock.schedule          the failure again, in every run
  pyt replay --pdb bank-deadlock.schedule    under the debugger, from the first line
  pyt replay bank-deadlock.schedule bank.py  where the script has moved

`pyt explore` writes these files. The script must not have changed since; breakpoint() calls in it
would be a change, --pdb is none.

The exit status is that of the script, 3 if its threads came to wait for each other, and 2 if the
file or the script cannot be read, or the script does not follow the schedule.")]
pub(crate) struct Arguments {
    /// The schedule
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The script, if it is no longer where the schedule says
    #[arg(value_name = "SCRIPT")]
    script: Option<PathBuf>,
    /// Run under the debugger pdb
    #[arg(long)]
    pdb: bool,
}

const BAD_USAGE: i32 = 2;

/// Runs `pyt replay`. Returns the exit status.
pub(crate) fn run(program: &OsStr, given: &[OsString]) -> i32 {
    let words = ["pyt".into(), "replay".into()].into_iter();
    let arguments = match Cli::try_parse_from(words.chain(given.iter().cloned())) {
        Ok(Cli {
            command: Command::Replay(arguments),
        }) => arguments,
        Ok(_) => return BAD_USAGE,
        Err(error) if error.use_stderr() => {
            // Standard error is where this would be reported.
            let _ = error.print();
            return BAD_USAGE;
        }
        Err(help) => return crate::text::print(&help.render().to_string()),
    };
    replay(program, &arguments).unwrap_or_else(|text| {
        eprintln!("pyt replay: {text}");
        BAD_USAGE
    })
}

fn replay(program: &OsStr, arguments: &Arguments) -> Result<i32, String> {
    let file = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file).map_err(|error| {
        let reason = error.to_string();
        format!(
            "{file}: {}",
            reason.split(" (os error").next().unwrap_or_default()
        )
    })?;
    let schedule = Schedule::from_json(&text).map_err(|error| format!("{file}: {error}"))?;
    let script = arguments
        .script
        .clone()
        .unwrap_or_else(|| script_of(&arguments.file, &schedule));
    let runtime = runtime(program, &script, &schedule).map_err(told)?;
    runtime
        .main_replay(&script, &schedule, arguments.pdb)
        .map_err(told)
}

/// Where the schedule says that its script is: from here, or else from the schedule's own folder.
fn script_of(file: &Path, schedule: &Schedule) -> PathBuf {
    let named = PathBuf::from(&schedule.script);
    if named.exists() {
        return named;
    }
    let beside = file.parent().map(|folder| folder.join(&named));
    beside.filter(|path| path.exists()).unwrap_or(named)
}

fn runtime(program: &OsStr, script: &Path, schedule: &Schedule) -> Result<Runtime, Error> {
    let mut options = Options::python();
    let args = schedule.args.iter().map(OsString::from);
    options.argv = std::iter::once(script.as_os_str().to_owned())
        .chain(args)
        .collect();
    options.apply_environment(|name| std::env::var_os(name))?;
    options.hash_seed = options.hash_seed.or(Some(0));
    options.program_name = Some(program.to_string_lossy().into_owned());
    Runtime::builder().options(options).build()
}

fn told(error: Error) -> String {
    format!("{error}\n{}", error.traceback())
        .trim_end()
        .to_owned()
}

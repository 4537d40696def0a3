//! `pyt replay`: a failure again, as its `.schedule` file says.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use pyt_runtime::explore::Schedule;

use crate::{
    cli::{self, Command},
    script::{self, told},
};

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
    let arguments = match cli::parsed("replay", given) {
        Ok(Command::Replay(arguments)) => arguments,
        Ok(_) => return BAD_USAGE,
        Err(status) => return status,
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
    let runtime = script::runtime(program, &script, &schedule.args, true).map_err(told)?;
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

//! `pyt replay`: a failure again, as its `.schedule` file says.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use pyt_options::{Command, Effect, Positional};
use pyt_runtime::explore::{ExploredProgram, REPORT_WIDTH, ReplayOptions, Schedule};

use crate::{
    errors::{can_be_written, error_text, io_error_text},
    explore::suite,
    given::{BAD_USAGE, Given},
    script,
};

/// What `pyt replay` is to do.
struct Arguments {
    /// The schedule.
    file: PathBuf,
    /// The script, if it is no longer where the schedule says.
    script: Option<PathBuf>,
    /// Whether to run under the debugger pdb, and whether to show the schedule.
    options: ReplayOptions,
}

impl Arguments {
    fn of(given: &Given) -> Self {
        Self {
            file: given.operand(Positional::Schedule).unwrap_or_default(),
            script: given.operand(Positional::Program),
            options: ReplayOptions {
                debugger: given.has(Effect::Pdb),
                full: given.has(Effect::Full),
                page: given.get(Effect::Page),
                report_width: crate::stdout::width().unwrap_or(REPORT_WIDTH),
            },
        }
    }
}

/// Runs `pyt replay`. Returns the exit status.
pub(crate) fn run(program: &OsStr, given: &[OsString]) -> i32 {
    let arguments = match Given::parse(Command::Replay, given) {
        Ok(given) => Arguments::of(&given),
        Err(status) => return status,
    };
    replay(program, &arguments).unwrap_or_else(|text| {
        eprintln!("pyt replay: {text}");
        BAD_USAGE
    })
}

fn replay(program: &OsStr, arguments: &Arguments) -> Result<i32, String> {
    if let Some(page) = &arguments.options.page {
        can_be_written(page)?;
    }
    let file = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file)
        .map_err(|error| format!("{file}: {}", io_error_text(&error)))?;
    if let Some(status) = suite::replay(program, &arguments.file, &text) {
        return status;
    }
    let schedule = Schedule::from_json(&text).map_err(|error| format!("{file}: {error}"))?;
    if let (Some(name), None) = (&schedule.module, &arguments.script) {
        let runtime = script::runtime(program, Path::new("-m"), &schedule.args, true);
        return runtime
            .and_then(|runtime| {
                let module = ExploredProgram::Module(name);
                runtime.main_replay(module, &schedule, arguments.options.clone())
            })
            .map_err(error_text);
    }
    let script = arguments
        .script
        .clone()
        .unwrap_or_else(|| script_of(&arguments.file, &schedule));
    let runtime = script::runtime(program, &script, &schedule.args, true).map_err(error_text)?;
    runtime
        .main_replay(&*script, &schedule, arguments.options.clone())
        .map_err(error_text)
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

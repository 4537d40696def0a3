//! Minimizes the failures, writes their `.schedule` files, prints the report.

use std::{
    ffi::OsStr,
    mem::ManuallyDrop,
    path::{Path, PathBuf},
};

use pyt_runtime::{
    Runtime,
    explore::{
        ExploreResult, Failure, Fingerprint, MinimizedFailure, Schedule, explore_page,
        report::{ExploreReport, SavedFailure},
    },
};

use super::{arguments::Arguments, replayed};
use crate::{
    errors::{error_text, io_error_text},
    stdout,
};

/// How many kinds of failure are minimized.
const MAX_FAILURES: usize = 8;

/// Minimizes the failures, writes their schedules, prints the report. Returns whether a schedule
/// failed.
///
/// # Errors
/// What kept a `.schedule` file from being written.
pub(super) fn print(
    program: &OsStr,
    arguments: &Arguments,
    mut result: ExploreResult,
    runtime: impl FnOnce() -> Result<Runtime, String>,
) -> Result<bool, String> {
    let options = arguments.options();
    if arguments.same_output {
        result.tally.expect_same_output();
    }
    let failing = result.failing_runs();
    let mut failures = Vec::new();
    if !failing.is_empty() {
        // The process ends soon; what the programs have left in it is not called again.
        let runtime = ManuallyDrop::new(runtime()?);
        let executable = super::executable(program).map_err(|error| error.to_string())?;
        for one in failing.iter().take(MAX_FAILURES) {
            let minimized = runtime.minimize(arguments.program(), &options, one);
            let (failure, schedule) = minimized.map_err(error_text)?;
            // Of a run that has ended its process the schedule is not known.
            let is_known = failure.reproduced && failure.details.is_some();
            let file = match is_known {
                true => Some(save(arguments, &failure, &schedule, &failures)?),
                false => None,
            };
            let differs = file.as_ref().and_then(|file| {
                let script = arguments.module.is_none().then_some(&*arguments.script);
                replayed::difference(&executable, file, script, &failure)
            });
            failures.push(SavedFailure {
                failure,
                file,
                differs,
            });
        }
    }
    if failures.iter().any(|failure| !failure.is_reproducible()) {
        // The runs were no function of their schedules.
        result.progress.proven = false;
    }
    let report = ExploreReport {
        script: &arguments.script.to_string_lossy(),
        options: &options,
        result: &result,
        failures: &failures,
        program: fingerprint(arguments),
    };
    if let Some(file) = &arguments.page {
        let page = explore_page(&report).map_err(|error| error.to_string())?;
        std::fs::write(file, page)
            .map_err(|error| format!("{}: {}", file.display(), io_error_text(&error)))?;
    }
    stdout::print(&if arguments.json {
        report.to_json().map_err(|error| error.to_string())? + "\n"
    } else {
        report.render(options.report_width)
    });
    Ok(result.tally.failures() > 0)
}

/// A digest of what all parts of an exploration must have in common.
fn fingerprint(arguments: &Arguments) -> Fingerprint {
    let mut text = match arguments.module {
        // Where it lies says nothing of another machine.
        None => std::fs::read(&arguments.script).unwrap_or_default(),
        Some(_) => arguments.script.as_os_str().as_encoded_bytes().to_vec(),
    };
    let Arguments {
        args,
        open,
        include,
        exclude,
        max_steps,
        strict,
        isolate,
        same_output,
        ..
    } = arguments;
    let version = env!("CARGO_PKG_VERSION");
    let options = (
        args,
        open,
        include,
        exclude,
        max_steps,
        strict,
        isolate,
        same_output,
    );
    text.extend(format!("\n{version} {options:?}").into_bytes());
    Fingerprint::of(&text)
}

/// Writes a schedule into the folder that the user named. One of an earlier exploration is
/// replaced. Names of schedules of one kind are numbered.
fn save(
    arguments: &Arguments,
    failure: &MinimizedFailure,
    schedule: &Schedule,
    saved: &[SavedFailure],
) -> Result<PathBuf, String> {
    let failed = |path: &Path, error: std::io::Error| {
        let reason = io_error_text(&error);
        format!("{}: {reason}", path.display())
    };
    let folder = &arguments.output;
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let stem = match arguments.module {
        Some(_) => arguments.script.as_os_str(),
        None => arguments.script.file_stem().unwrap_or_default(),
    };
    let kind = match &failure.failure {
        Failure::Exception { exception, .. } => exception.as_str(),
        other => other.kind(),
    };
    let stem = format!("{}-{kind}", stem.to_string_lossy());
    let is_taken = |path: &Path| saved.iter().any(|one| one.file.as_deref() == Some(path));
    let mut path = folder.join(format!("{stem}.schedule"));
    let mut number = 1;
    while is_taken(&path) {
        number += 1;
        path = folder.join(format!("{stem}-{number}.schedule"));
    }
    std::fs::write(&path, schedule.to_json()).map_err(|error| failed(&path, error))?;
    Ok(path)
}

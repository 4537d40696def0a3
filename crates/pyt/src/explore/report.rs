//! The result, for people or as JSON, and the `.schedule` files.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use pyt_runtime::{
    Runtime,
    explore::{Exploration, Explored, Failing, Failure, Finding, Schedule, report as texts},
};
use serde::Serialize;

use super::{Arguments, error_text};
use crate::stdout;

/// How many sorts of failure are pinned down.
const MOST_FAILURES: usize = 8;
/// How many distinct outcomes are shown to people.
const MOST_OUTCOMES: usize = 20;
/// How many columns a report takes.
const WIDTH: usize = 100;

/// A failure, and where its schedule was written to.
struct Written {
    finding: Finding,
    file: Option<PathBuf>,
}

/// Pins the failures down, writes their schedules, tells what was found. True: a schedule failed.
///
/// # Errors
/// What kept a `.schedule` file from being written.
pub(super) fn tell(
    arguments: &Arguments,
    exploration: &Exploration,
    mut explored: Explored,
    runtime: impl FnOnce() -> Result<Runtime, String>,
) -> Result<bool, String> {
    if arguments.same_output {
        explored.tally.expect_same_output();
    }
    let failing = Failing::all_of(&explored, arguments.seed);
    let mut written = Vec::new();
    if !failing.is_empty() {
        let runtime = runtime()?;
        for one in failing.iter().take(MOST_FAILURES) {
            let pinned = runtime.pin_down(&arguments.script, exploration, one);
            let (finding, schedule) = pinned.map_err(error_text)?;
            let file = match finding.again {
                true => Some(write(
                    &arguments.output,
                    &arguments.script,
                    &finding,
                    &schedule,
                )?),
                false => None,
            };
            written.push(Written { finding, file });
        }
    }
    let report = if arguments.json {
        json(&explored, &written)
    } else {
        plain(arguments, &explored, &written)
    };
    stdout::print(&report);
    Ok(explored.tally.failures() > 0)
}

/// Writes a schedule next to those that are there already.
fn write(
    folder: &Path,
    script: &Path,
    finding: &Finding,
    schedule: &Schedule,
) -> Result<PathBuf, String> {
    let failed = |path: &Path, error: std::io::Error| {
        let reason = error.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default();
        format!("{}: {reason}", path.display())
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let stem = script.file_stem().unwrap_or_default().to_string_lossy();
    let what = match &finding.failure {
        Failure::Exception { exception, .. } => exception.as_str(),
        other => other.word(),
    };
    let path = folder.join(format!("{stem}-{what}.schedule"));
    std::fs::write(&path, schedule.to_json()).map_err(|error| failed(&path, error))?;
    Ok(path)
}

fn plain(arguments: &Arguments, explored: &Explored, written: &[Written]) -> String {
    let tally = &explored.tally;
    let seconds = explored.elapsed.as_secs_f64();
    let mut told = String::new();
    let failed = match tally.failures() {
        0 => String::from("none failed"),
        failures => format!("{failures} failed"),
    };
    // A string takes all that is written into it.
    let _ = writeln!(
        told,
        "{}: {} in {seconds:.1} s, {failed}, {}",
        arguments.script.display(),
        counted(tally.runs(), "schedule", "schedules"),
        counted(
            tally.distinct() as u64,
            "distinct outcome",
            "distinct outcomes"
        ),
    );
    told += &verdict(arguments, explored);
    for Written { finding, file } in written {
        let _ = writeln!(told, "\nFAILED: {}", finding.failure);
        if let Some(file) = file {
            let (first, least) = finding.switches;
            let _ = writeln!(
                told,
                "smallest schedule: {} (the one found had {first}), in {}\nagain: pyt replay {}",
                counted(least as u64, "switch", "switches"),
                file.display(),
                file.display(),
            );
        } else {
            let _ = writeln!(told, "seed {}", finding.seed);
        }
        told.push('\n');
        told += &finding.told;
        if !finding.output.is_empty() {
            told += "\nIt writes:\n";
            for line in finding.output.lines() {
                let _ = writeln!(told, "    {line}");
            }
        }
    }
    told += "\nOutcomes:\n";
    told += &texts::outcomes(tally, MOST_OUTCOMES, WIDTH);
    told
}

/// A number of things, in words that fit it.
fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What the numbers do not say.
fn verdict(arguments: &Arguments, explored: &Explored) -> String {
    let mut told = String::new();
    let progress = &explored.progress;
    if progress.proven {
        let failures = explored.tally.failures();
        let what = if failures == 0 {
            "no schedule can fail"
        } else {
            "there are no other outcomes"
        };
        let _ = writeln!(
            told,
            "All schedules were tried: {what} (granularity {}).",
            arguments.granularity
        );
    } else if progress.exhausted {
        told += "All schedules within the bound were tried.\n";
    }
    if progress.cut > 0 {
        let _ = writeln!(
            told,
            "{} cut after {} steps; --max-steps allows more.",
            counted(progress.cut, "run was", "runs were"),
            arguments.max_steps
        );
    }
    if explored.irreproducible > 0 {
        let _ = writeln!(
            told,
            "{} a thread in foreign code (a socket, a subprocess) for long; what follows there depends on more than the schedule.",
            counted(explored.irreproducible, "run had", "runs had")
        );
    }
    if explored.abandoned_threads > 0 {
        let _ = writeln!(
            told,
            "{} not end and had to be stopped for good.",
            counted(explored.abandoned_threads, "thread would", "threads would")
        );
    }
    told
}

fn json(explored: &Explored, written: &[Written]) -> String {
    #[derive(Serialize)]
    struct Report<'a> {
        schedules: u64,
        failed: u64,
        seconds: f64,
        exhausted: bool,
        proven: bool,
        irreproducible: u64,
        outcomes: Vec<serde_json::Value>,
        findings: Vec<Pinned<'a>>,
    }
    #[derive(Serialize)]
    struct Pinned<'a> {
        failure: &'a pyt_runtime::explore::Failure,
        told: String,
        seed: u64,
        switches: usize,
        schedule: Option<String>,
        reproducible: bool,
        output: &'a str,
        account: &'a str,
    }
    let outcomes = explored.tally.outcomes().into_iter();
    let report = Report {
        schedules: explored.tally.runs(),
        failed: explored.tally.failures(),
        seconds: explored.elapsed.as_secs_f64(),
        exhausted: explored.progress.exhausted,
        proven: explored.progress.proven,
        irreproducible: explored.irreproducible,
        outcomes: outcomes
            .filter_map(|found| serde_json::to_value(found).ok())
            .collect(),
        findings: written
            .iter()
            .map(|Written { finding, file }| Pinned {
                failure: &finding.failure,
                told: finding.failure.to_string(),
                seed: finding.seed,
                switches: finding.switches.1,
                schedule: file.as_ref().map(|file| file.display().to_string()),
                reproducible: finding.again,
                output: &finding.output,
                account: &finding.told,
            })
            .collect(),
    };
    match serde_json::to_string_pretty(&report) {
        Ok(text) => text + "\n",
        Err(error) => format!("{{\"error\": {:?}}}\n", error.to_string()),
    }
}

//! Correct programs stay silent, with one outcome, under every schedule that is tried.

use std::path::Path;

use serde_json::Value;

use crate::{EXPLORATION_DEADLINE, all_hold, bugs::options_of, count, scripts, text, try_pyt};

fn is_silent(script: &Path) -> Result<(), String> {
    is_silent_under("mix", count("PYT_TEST_SCHEDULES", 100), script)
}

fn is_silent_under(strategy: &str, schedules: u64, script: &Path) -> Result<(), String> {
    let limit = format!("--schedules={schedules}");
    let strategy = format!("--strategy={strategy}");
    let deadline =
        EXPLORATION_DEADLINE * u32::try_from(schedules.div_ceil(1000)).unwrap_or(u32::MAX);
    let options = options_of(script);
    let mut arguments = vec!["explore", "--json", "--jobs=1", &strategy, &limit];
    arguments.extend(options.iter().map(String::as_str));
    arguments.push(text(script));
    let run = try_pyt(deadline, &arguments)?;
    let report: Value =
        serde_json::from_str(&run.stdout).map_err(|error| format!("{error}: {run}"))?;
    let all = report["outcomes"].as_array().map_or(0, Vec::len);
    // Runs that `dpor` breaks off, since they are like earlier ones, are not counted.
    let is_counted = strategy != "--strategy=dpor";
    let silent = run.status.success()
        && run.stderr.is_empty()
        && (report["schedules"] == schedules || report["exhausted"] == true || !is_counted)
        && report["schedules"] != 0
        && report["failed"] == 0
        && all == 1;
    silent
        .then_some(())
        .ok_or_else(|| format!("not silent: {run}"))
}

/// As [`is_silent`], but what it prints may depend on the schedule.
pub(crate) fn has_no_failure(script: &Path) -> Result<(), String> {
    let schedules = count("PYT_TEST_SCHEDULES", 60);
    let limit = format!("--schedules={schedules}");
    let options = options_of(script);
    let mut arguments = vec!["explore", "--json", "--jobs=1", &limit];
    arguments.extend(options.iter().map(String::as_str));
    arguments.push(text(script));
    let run = try_pyt(EXPLORATION_DEADLINE, &arguments)?;
    let report: Value =
        serde_json::from_str(&run.stdout).map_err(|error| format!("{error}: {run}"))?;
    let has_none = run.status.success()
        && report["schedules"] == schedules
        && report["failed"] == 0
        && report["given_up"] == 0;
    has_none
        .then_some(())
        .ok_or_else(|| format!("it fails: {run}"))
}

#[test]
fn all_stay_silent() {
    all_hold(&scripts("correct"), is_silent);
}

#[test]
fn all_stay_silent_under_every_strategy() {
    let schedules = count("PYT_TEST_STRATEGIES", 4);
    let mut all = scripts("correct");
    // Those with options are explored as these say.
    all.retain(|script| options_of(script).is_empty());
    for strategy in [
        "random",
        "pos",
        "pct",
        "pct:7",
        "round-robin",
        "dfs",
        "dfs:2",
        "dpor",
    ] {
        all_hold(&all, |script| {
            is_silent_under(strategy, schedules, script)
                .map_err(|error| format!("{strategy}: {error}"))
        });
    }
}

//! Explorations and replays as pages.
//!
//! What is on them comes from the report as JSON; this file adds where threads stood, and sources.

use std::collections::BTreeMap;

use pyt_explore::report::{ExploreReport, RunDetails, Walk};
use pyt_pictures::exploration_page;
use serde_json::{Map, Value, json};

/// A source file of more bytes is not shown on a page.
const MOST_SOURCE: u64 = 1 << 20;

/// One failing run, or the one of a replay.
#[derive(Clone, Debug)]
pub struct ReplayedRun {
    /// How it ended, in a line.
    pub summary: String,
    /// Its seed.
    pub seed: u64,
    /// What happened.
    pub details: RunDetails,
    /// Where its threads stood.
    pub walk: Walk,
}

/// The report of an exploration as one page for a browser, which needs no other file.
///
/// # Errors
/// As [`ExploreReport::to_json`].
pub fn explore_page(report: &ExploreReport<'_>) -> serde_json::Result<String> {
    let mut data: Map<String, Value> = serde_json::from_str(&report.to_json()?)?;
    let mut sources = BTreeMap::new();
    let findings = data.get_mut("findings").and_then(Value::as_array_mut);
    for (finding, saved) in findings.into_iter().flatten().zip(report.failures) {
        if let Some(walk) = &saved.failure.walk {
            read_sources(walk, &mut sources);
            finding["walk"] = serde_json::to_value(walk)?;
        }
    }
    for list in ["outcomes", "findings"] {
        let list = data.get_mut(list).and_then(Value::as_array_mut);
        for entry in list.into_iter().flatten() {
            write_out_seed(entry);
        }
    }
    data.insert("sources".to_owned(), json!(sources));
    data.insert("title".to_owned(), json!(report.script));
    let text = report.render(super::REPORT_WIDTH);
    data.insert("report".to_owned(), json!(text));
    Ok(exploration_page(report.script, &Value::Object(data)))
}

/// The run of a replay as such a page. `script` is what the user calls the program.
///
/// # Errors
/// None that is known: it has text and numbers only.
pub fn replay_page(script: &str, run: &ReplayedRun) -> serde_json::Result<String> {
    let mut sources = BTreeMap::new();
    read_sources(&run.walk, &mut sources);
    let mut finding = serde_json::to_value(&run.details)?;
    finding["summary"] = json!(run.summary);
    finding["seed"] = json!(run.seed);
    write_out_seed(&mut finding);
    finding["walk"] = serde_json::to_value(&run.walk)?;
    let data = json!({
        "title": script,
        "findings": [finding],
        "sources": sources,
    });
    Ok(exploration_page(script, &data))
}

/// Makes a text of a seed: a browser's numbers are exact up to 2⁵³ only.
fn write_out_seed(entry: &mut Value) {
    if let Some(seed) = entry.get("seed").and_then(Value::as_u64) {
        entry["seed"] = json!(seed.to_string());
    }
}

/// Reads the files of the program that the walk leads through. What cannot be read is left out: the
/// page has the lines that the steps have.
fn read_sources(walk: &Walk, sources: &mut BTreeMap<String, String>) {
    for file in walk.files() {
        let is_small = std::fs::metadata(file).is_ok_and(|found| found.len() <= MOST_SOURCE);
        if is_small
            && !sources.contains_key(file)
            && let Ok(bytes) = std::fs::read(file)
        {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            sources.insert(file.to_owned(), text);
        }
    }
}

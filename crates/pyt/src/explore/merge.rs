//! `pyt explore --merge`: adds up what parts of an exploration have found, on one machine or many.

use std::{ffi::OsString, path::Path};

use pyt_runtime::explore::{
    REPORT_WIDTH,
    report::{MergeError, MergedReport},
};

use super::FAILED;
use crate::{errors::io_error_text, given::BAD_USAGE, stdout};

/// The option, as it is written.
const MERGE: &str = "--merge";

/// Adds up the reports that the arguments name, if they ask for that. Returns the exit status.
pub(super) fn run(given: &[OsString]) -> Option<i32> {
    let end = given.iter().position(|word| word == "--" || word == "-m");
    let own = &given[..end.unwrap_or(given.len())];
    if !own.iter().any(|word| word == MERGE) {
        return None;
    }
    let as_json = own.iter().any(|word| word == "--json");
    let is_file = |word: &&OsString| *word != MERGE && *word != "--json";
    let files: Vec<&Path> = own.iter().filter(is_file).map(Path::new).collect();
    if let Some(option) = files
        .iter()
        .find(|file| file.to_string_lossy().starts_with('-'))
    {
        let option = option.display();
        eprintln!("pyt explore: --merge takes reports and --json, not {option}");
        return Some(BAD_USAGE);
    }
    Some(merge(&files, as_json).unwrap_or_else(|text| {
        eprintln!("pyt explore: {text}");
        BAD_USAGE
    }))
}

fn merge(files: &[&Path], as_json: bool) -> Result<i32, String> {
    if files.is_empty() {
        return Err(String::from("--merge: which reports?"));
    }
    let mut merged = MergedReport::new();
    for file in files {
        let name = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{name}: {}", io_error_text(&error)))?;
        let added = merged.add(&text);
        added.map_err(|error: MergeError| format!("{name}: {error}"))?;
    }
    stdout::print(&if as_json {
        merged.to_json().map_err(|error| error.to_string())? + "\n"
    } else {
        merged.render(stdout::width().unwrap_or(REPORT_WIDTH))
    });
    Ok(i32::from(merged.has_failed()) * FAILED)
}

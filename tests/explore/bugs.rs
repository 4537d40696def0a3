//! Each bug is found within 1,000 schedules of the default strategy, as its first line says, and
//! its schedule fails in the same way whenever it is replayed.

use std::{fs, path::Path};

use serde_json::Value;

use pyt_test::Scratch;

use crate::{EXPLORATION_DEADLINE, all_hold, count, scripts, text, try_pyt};

/// What `# expect:` says, as the words after it.
fn expected(script: &Path) -> Vec<String> {
    let source = fs::read_to_string(script).expect("reading a script");
    let first = source.lines().next().unwrap_or_default();
    let words = first.strip_prefix("# expect: ");
    let words = words.unwrap_or_else(|| panic!("{script:?} does not say what to expect"));
    words.split(' ').map(str::to_owned).collect()
}

/// Whether a failure is the expected one.
fn is_it(failure: &Value, words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match (words[..].as_ref(), failure["kind"].as_str()) {
        (["exception", name], Some("exception")) => failure["exception"] == *name,
        (["deadlock"], Some("deadlock")) | (["endless"], Some("livelock")) => true,
        (["exit", status], Some("exit_status")) => {
            failure["status"].as_i64() == status.parse().ok()
        }
        _ => false,
    }
}

/// What a replay must say.
fn replayed(failure: &Value) -> String {
    match failure["kind"].as_str() {
        Some("deadlock") => String::from("pyt: deadlock"),
        Some("livelock") => String::from("pyt: livelock: "),
        Some("exit_status") => String::new(),
        _ => {
            let name = failure["exception"].as_str();
            name.expect("the name of a class").to_owned()
        }
    }
}

/// What `# options:` in the second line says, as words.
pub(crate) fn options_of(script: &Path) -> Vec<String> {
    let source = fs::read_to_string(script).expect("reading a script");
    let second = source.lines().nth(1).unwrap_or_default();
    let words = second.strip_prefix("# options: ").unwrap_or_default();
    words.split_whitespace().map(str::to_owned).collect()
}

pub(crate) fn found_and_replayed(script: &Path) -> Result<(), String> {
    let words = expected(script);
    let scratch = Scratch::new();
    let output = format!("--output={}", scratch.at("found"));
    let options = options_of(script);
    let mut arguments = vec!["explore", "--stop-on-first", "--json", "--jobs=1", &output];
    arguments.extend(options.iter().map(String::as_str));
    if words[0] == "endless" {
        // Each of its runs goes to the limit.
        arguments.push("--max-steps=5000");
    }
    arguments.push(text(script));
    let run = try_pyt(EXPLORATION_DEADLINE, &arguments)?;
    if run.status.code() != Some(1) {
        return Err(format!("nothing was found: {run}"));
    }
    let report: Value = serde_json::from_str(&run.stdout).map_err(|error| error.to_string())?;
    if report["schedules"]
        .as_u64()
        .is_none_or(|count| count > 1000)
    {
        return Err(format!("{} schedules", report["schedules"]));
    }
    let finding = &report["findings"][0];
    let failure = &finding["failure"];
    if !is_it(failure, &words) {
        return Err(format!("{words:?} was expected, but {failure} was found"));
    }
    if finding["reproducible"] != true {
        return Err(format!("it was not found again: {finding}"));
    }
    let file = finding["schedule"].as_str().ok_or("no .schedule file")?;
    let says = replayed(failure);
    let replay = || try_pyt(EXPLORATION_DEADLINE, &["replay", file]);
    let first = replay()?;
    let is_same = first.status.code() == Some(1) && first.stderr.contains(&says);
    if !is_same {
        return Err(format!("{failure} is not what the replay shows: {first}"));
    }
    for number in 1..count("PYT_TEST_REPLAYS", 3) {
        let next = replay()?;
        let same = next.status == first.status
            && next.stdout == first.stdout
            && next.stderr == first.stderr;
        if !same {
            return Err(format!(
                "replay {number} differs: {next}\nthe first: {first}"
            ));
        }
    }
    Ok(())
}

// Two tests, so that both cores have something to do.

#[test]
fn each_is_found_and_replayed_first_half() {
    let all = scripts("bugs");
    all_hold(&all[..all.len() / 2], found_and_replayed);
}

#[test]
fn each_is_found_and_replayed_second_half() {
    let all = scripts("bugs");
    all_hold(&all[all.len() / 2..], found_and_replayed);
}

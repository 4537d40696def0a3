//! `dpor` against `dfs` and against random schedules, on programs made from seeds: the same
//! outcomes, and never a proof where another search finds more.
//!
//! `PYT_TEST_PROGRAMS` says how many programs (usually few: a nightly run takes thousands),
//! `PYT_TEST_FIRST_PROGRAM` the seed of the first. A long run says on stderr what it finds, as it
//! finds it.

use std::{collections::BTreeSet, env, fmt::Write as _, time::Duration};

use pyt_test::Scratch;
use serde_json::Value;

use crate::{count, generated::program, outcomes, parsed, try_pyt};

/// How many runs each search may take.
const DPOR_RUNS: u64 = 1500;
const DFS_RUNS: u64 = 1000;
const RANDOM_RUNS: u64 = 2000;
/// With a decision point before each instruction: what is found so is never missed for want of a
/// step.
const FINE_RUNS: u64 = 150;
/// How long the exhaustive searches may take for one program.
const SEARCH_SECONDS: u64 = 20;
const DEADLINE: Duration = Duration::from_secs(400);

/// What comparing the searches on one program came to.
enum Comparison {
    /// `dpor` was not done in so many runs, and proves nothing.
    Unfinished,
    /// `dpor` was done, and said why that proves nothing.
    Void(BTreeSet<String>),
    /// `dpor` has found all outcomes. So has `dfs`, if `both`.
    Agree { both: bool },
    /// They differ.
    Differ(String),
}

fn search(script: &str, output: &str, arguments: &[&str]) -> Result<Value, String> {
    let usual = ["explore", "--json", "--jobs=1", output];
    let run = try_pyt(DEADLINE, &[&usual, arguments, &[script]].concat())?;
    if !matches!(run.status.code(), Some(0 | 1)) {
        return Err(format!("{arguments:?}: {run}"));
    }
    Ok(parsed(&run))
}

fn compare(source: &str) -> Result<Comparison, String> {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let search = |strategy: &str, runs: u64, more: &[&str]| {
        let strategy = format!("--strategy={strategy}");
        let runs = format!("--schedules={runs}");
        search(&script, &output, &[&[&*strategy, &*runs], more].concat())
    };
    let time = format!("--time={SEARCH_SECONDS}");
    let dpor = search("dpor", DPOR_RUNS, &[&time])?;
    let dfs = search("dfs", DFS_RUNS, &[&time])?;
    let reasons = dpor["not_seen"].as_array().into_iter().flatten();
    let reasons: BTreeSet<String> = reasons.map(ToString::to_string).collect();
    if dpor["exhausted"] == true && dpor["proven"] != true && reasons.is_empty() {
        return Ok(Comparison::Differ("dpor: no proof, no reason".to_owned()));
    }
    if dpor["proven"] != true && dfs["proven"] != true {
        return Ok(if dpor["exhausted"] == true {
            Comparison::Void(reasons)
        } else {
            Comparison::Unfinished
        });
    }
    let random = search("random", RANDOM_RUNS, &[])?;
    let fine = search("random", FINE_RUNS, &["--granularity=instruction"])?;
    let mut text = String::new();
    let others = [
        ("dfs", &dfs),
        ("random", &random),
        ("random, each instruction", &fine),
        ("dpor", &dpor),
    ];
    for (name, complete) in [("dpor", &dpor), ("dfs", &dfs)] {
        if complete["proven"] != true {
            continue;
        }
        let all = outcomes(complete);
        for (other_name, other) in others {
            for outcome in outcomes(other).iter().filter(|one| !all.contains(one)) {
                let _ = writeln!(text, "  {name} proves, {other_name} finds: {outcome}");
            }
        }
    }
    if !text.is_empty() {
        return Ok(Comparison::Differ(text));
    }
    let both = dpor["proven"] == true && dfs["proven"] == true;
    Ok(if dpor["proven"] == true {
        Comparison::Agree { both }
    } else {
        Comparison::Unfinished
    })
}

#[test]
fn dpor_finds_what_other_searches_find() {
    let first = count("PYT_TEST_FIRST_PROGRAM", 0);
    let programs = count("PYT_TEST_PROGRAMS", 8);
    let is_long = env::var_os("PYT_TEST_PROGRAMS").is_some();
    let (mut agree, mut both_ended, mut void, mut unfinished) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for seed in first..first + programs {
        let source = program(seed);
        let mut differ = |what: &str| {
            let text = format!("program {seed}:\n{source}\n{what}");
            if is_long {
                eprintln!("{text}");
            }
            wrong.push(text);
        };
        match compare(&source) {
            Ok(Comparison::Agree { both }) => {
                agree += 1;
                both_ended += u64::from(both);
            }
            Ok(Comparison::Unfinished) => unfinished += 1,
            Ok(Comparison::Void(reasons)) => {
                void += 1;
                if is_long {
                    eprintln!("program {seed}: void: {reasons:?}");
                }
            }
            Ok(Comparison::Differ(text)) | Err(text) => differ(&text),
        }
        if is_long {
            eprintln!(
                "program {seed} done: {agree} agree ({both_ended} with dfs), {void} void, \
                 {unfinished} unfinished, {} differ",
                wrong.len()
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

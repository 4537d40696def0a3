//! `dpor` against `dfs` and against random schedules, on programs made from seeds: the same
//! outcomes, and never a proof where another search finds more.
//!
//! `PYT_TEST_PROGRAMS` says how many programs (usually few: a nightly run takes thousands),
//! `PYT_TEST_FIRST_PROGRAM` the seed of the first. A long run says on stderr what it finds, as it
//! finds it.

use std::{
    collections::BTreeSet,
    env,
    fmt::Write as _,
    time::{Duration, Instant},
};

use pyt_test::Scratch;
use serde_json::Value;

use crate::{
    count,
    generated::{Program, program},
    outcomes, parsed, try_pyt,
};

/// How many runs each search may take.
struct Runs {
    dpor: u64,
    /// Of a small program, which has few schedules.
    dfs: u64,
    /// Of any other: with two preemptions at most, so that these runs are not all alike.
    bounded: u64,
    random: u64,
    /// With a decision point before each instruction: what is found so is never missed for want of
    /// a step.
    fine: u64,
}

const RUNS: Runs = Runs {
    dpor: 1000,
    dfs: 4000,
    bounded: 500,
    random: 2000,
    fine: 100,
};
/// Of a program whose runs are processes: each costs thirty times as much.
const FORKED_RUNS: Runs = Runs {
    dpor: 150,
    dfs: 400,
    bounded: 100,
    random: 200,
    fine: 30,
};
/// How long the exhaustive searches may take for one program.
const SEARCH_SECONDS: u64 = 60;
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
    let usual = ["explore", "--json", "--jobs=1", "--checks=0", output];
    let run = try_pyt(DEADLINE, &[&usual, arguments, &[script]].concat())?;
    if !matches!(run.status.code(), Some(0 | 1)) {
        return Err(format!("{arguments:?}: {run}"));
    }
    Ok(parsed(&run))
}

fn compare(program: &Program) -> Result<Comparison, String> {
    let runs = if program.forks { FORKED_RUNS } else { RUNS };
    let scratch = Scratch::new();
    let script = scratch.write("script.py", &program.source);
    let output = format!("--output={}", scratch.at("found"));
    let search = |strategy: &str, runs: u64, more: &[&str]| {
        let strategy = format!("--strategy={strategy}");
        let runs = format!("--schedules={runs}");
        search(&script, &output, &[&[&*strategy, &*runs], more].concat())
    };
    let time = format!("--time={SEARCH_SECONDS}");
    let dpor = search("dpor", runs.dpor, &[&time])?;
    let reasons = dpor["not_seen"].as_array().into_iter().flatten();
    let reasons: BTreeSet<String> = reasons.map(ToString::to_string).collect();
    if dpor["proven"] != true {
        // It claims nothing, so there is nothing to compare.
        return Ok(if dpor["exhausted"] != true {
            Comparison::Unfinished
        } else if reasons.is_empty() {
            Comparison::Differ("dpor: no proof, no reason".to_owned())
        } else {
            Comparison::Void(reasons)
        });
    }
    let dfs = if program.is_small {
        search("dfs", runs.dfs, &[&time])?
    } else {
        search("dfs:2", runs.bounded, &[&time])?
    };
    let random = search("random", runs.random, &[])?;
    let fine = search("random", runs.fine, &["--granularity=instruction"])?;
    let outcomes = |report: &Value| -> BTreeSet<String> {
        let all = outcomes(report).into_iter();
        all.map(|outcome| without_temporary_names(&outcome))
            .collect()
    };
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
            for outcome in outcomes(other).difference(&all) {
                let _ = writeln!(text, "  {name} proves, {other_name} finds: {outcome}");
            }
        }
    }
    if !text.is_empty() {
        return Ok(Comparison::Differ(text));
    }
    let both = dfs["proven"] == true;
    Ok(Comparison::Agree { both })
}

/// The text with each name of `tempfile`'s making replaced: each run has others.
fn without_temporary_names(text: &str) -> String {
    const RANDOM_CHARACTERS: usize = 8;
    let begin = format!("{}/tmp", env::temp_dir().display());
    let mut parts = text.split(&begin);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.chars().skip(RANDOM_CHARACTERS);
        shown.push_str("(temporary)");
        shown.extend(rest);
    }
    shown
}

#[test]
fn dpor_finds_what_other_searches_find() {
    let first = count("PYT_TEST_FIRST_PROGRAM", 0);
    let programs = count("PYT_TEST_PROGRAMS", 8);
    let is_long = env::var_os("PYT_TEST_PROGRAMS").is_some();
    let (mut agree, mut both_ended, mut void, mut unfinished) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for seed in first..first + programs {
        let one = program(seed);
        let began = Instant::now();
        let mut differ = |what: &str| {
            let text = format!("program {seed}:\n{}\n{what}", one.source);
            if is_long {
                eprintln!("{text}");
            }
            wrong.push(text);
        };
        match compare(&one) {
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
                "program {seed} done in {:.1} s: {agree} agree ({both_ended} with dfs), {void} void, \
                 {unfinished} unfinished, {} differ",
                began.elapsed().as_secs_f64(),
                wrong.len()
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! Every failure that is found happens again, in the same way, whenever its schedule is replayed in
//! a new process.
//!
//! Programs: those of `judged.rs`, of `asyncio/bugs/` and the failing ones of `cases/`. Some are
//! tried always, all if `PYT_TEST_REPLAYED` is 1; `PYT_TEST_REPLAYED=I/N` tries part I of N.
//! `PYT_TEST_REPLAYS` says how often each is replayed. A long run says on stderr what it finds, as
//! it finds it.

use std::env;

use pyt_test::Scratch;
use serde_json::Value;

use crate::{
    EXPLORATION_DEADLINE,
    bugs::options_of,
    cases, count,
    judged::{self, imports_what_keeps_much},
    scripts, text, try_pyt,
};

/// A failing program, and how it is explored.
struct Program {
    name: String,
    source: String,
    options: Vec<String>,
}

fn programs() -> Vec<Program> {
    let mut all: Vec<Program> = judged::programs()
        .into_iter()
        .map(|one| Program {
            name: one.name,
            source: one.source,
            options: Vec::new(),
        })
        .collect();
    for path in scripts("asyncio/bugs") {
        all.push(Program {
            name: text(&path).to_owned(),
            source: std::fs::read_to_string(&path).expect("reading a script"),
            options: options_of(&path),
        });
    }
    all.extend(cases::failing().map(|(name, source)| Program {
        name,
        source,
        options: Vec::new(),
    }));
    all
}

/// What the replays of a program came to.
#[derive(Default)]
struct Replays {
    /// How many failed again as they did when the failure was found.
    same: u64,
    made: u64,
    /// How many wrote something else than the first one.
    other_output: u64,
}

/// The text without the digits of `<Future at 0x7f12...>` and the ends of names of temporary files,
/// which differ between processes.
fn without_what_differs(text: &str) -> String {
    let without = without_after(text, " at 0x", |digit| digit.is_ascii_hexdigit());
    without_after(&without, "/tmp", |end| {
        end.is_ascii_alphanumeric() || end == '_'
    })
}

/// The text without the characters that follow each `mark` and are `left_out`.
fn without_after(text: &str, mark: &str, left_out: fn(char) -> bool) -> String {
    let mut parts = text.split(mark);
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        all += mark;
        all += part.trim_start_matches(left_out);
    }
    all
}

fn replayed(program: &Program, times: u64) -> Result<Replays, String> {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", &program.source);
    let output = format!("--output={}", scratch.at("found"));
    let usual = ["explore", "--json", "--jobs=1", "--stop-on-first", &output];
    let options: Vec<&str> = program.options.iter().map(String::as_str).collect();
    let run = try_pyt(
        EXPLORATION_DEADLINE,
        &[&usual[..], &options, &[&script]].concat(),
    )?;
    let report: Value =
        serde_json::from_str(&run.stdout).map_err(|error| format!("{error}: {run}"))?;
    let finding = &report["findings"][0];
    if finding["reproducible"] != true {
        return Err(format!("not found, or not reproducible: {run}"));
    }
    let file = finding["schedule"].as_str().ok_or("no schedule file")?;
    let mut replays = Replays::default();
    let mut first: Option<(String, String)> = None;
    for _ in 0..times {
        let replay = try_pyt(EXPLORATION_DEADLINE, &["replay", file])?;
        replays.made += 1;
        // The status says whether the failure is the one of the file.
        replays.same += u64::from(replay.status.code() == Some(1));
        let written = (
            without_what_differs(&replay.stdout),
            without_what_differs(&replay.stderr),
        );
        let first = first.get_or_insert_with(|| written.clone());
        replays.other_output += u64::from(*first != written);
    }
    Ok(replays)
}

#[test]
fn every_failure_replays_every_time() {
    let mut all = programs();
    let part = env::var("PYT_TEST_REPLAYED").unwrap_or_default();
    let is_long = !part.is_empty();
    let number = |text: &str| text.parse::<usize>().ok();
    let (part, of) = match part.split_once('/') {
        Some((part, of)) => number(part).zip(number(of)).expect("PART/OF"),
        None if is_long => (0, 1),
        None => (7, 29),
    };
    let mut index = 0;
    all.retain(|_| {
        index += 1;
        (index - 1) % of == part
    });
    let times = count("PYT_TEST_REPLAYS", 2);
    let (mut heavy, mut same, mut made, mut other) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for program in &all {
        heavy += u64::from(imports_what_keeps_much(&program.source));
        match replayed(program, times) {
            Ok(replays) => {
                same += replays.same;
                made += replays.made;
                other += replays.other_output;
                if replays.same < replays.made || replays.other_output > 0 {
                    wrong.push(format!(
                        "{}: {} of {} replays fail again, {} write something else",
                        program.name, replays.same, replays.made, replays.other_output
                    ));
                }
            }
            Err(error) => wrong.push(format!("{}: {error}", program.name)),
        }
        if is_long {
            eprintln!("{} done, {} wrong", program.name, wrong.len());
        }
    }
    eprintln!(
        "{} programs, {heavy} with modules that keep much: {same} of {made} replays fail again, \
         {other} write something else",
        all.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

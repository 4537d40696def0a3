//! The same seed gives the same bytes, on one process or several; other seeds give others.

use std::{collections::HashSet, path::Path};

use serde_json::Value;

use pyt_test::{CompletedProcess, workspace};

use crate::{
    EXPLORATION_DEADLINE, all_hold, count, explore, pyt, scripts, text, timeless, try_pyt,
};

fn seeded(script: &Path, seed: u64) -> Result<CompletedProcess, String> {
    let seed = format!("--seed={seed}");
    try_pyt(EXPLORATION_DEADLINE, &["run", &seed, text(script)])
}

#[test]
fn a_seed_gives_the_same_bytes_each_time() {
    let seeds = count("PYT_TEST_SEEDS", 2);
    let runs = if seeds > 2 { 3 } else { 2 };
    all_hold(&scripts("deterministic"), |script| {
        for seed in 0..seeds {
            let first = seeded(script, seed)?;
            for _ in 1..runs {
                let next = seeded(script, seed)?;
                if next.stdout != first.stdout || next.status != first.status {
                    return Err(format!("seed {seed} gives\n{first}\nand then\n{next}"));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn seeds_differ() {
    let all = scripts("deterministic");
    let differ = |script: &&std::path::PathBuf| {
        let mut seen = HashSet::new();
        // The first seed that gives something else is enough.
        (0..6).any(|seed| {
            let run = seeded(script, seed).unwrap_or_else(|timed_out| panic!("{timed_out}"));
            seen.insert((run.stdout, run.status.code()));
            seen.len() > 1
        })
    };
    let varied = all.iter().filter(differ).count();
    assert!(
        2 * varied >= all.len(),
        "only {varied} of {} scripts print something else for another seed",
        all.len()
    );
}

/// Scripts of several sorts: failures, one outcome, many outcomes.
const SAMPLE: [&str; 5] = [
    "bugs/lost_update_global.py",
    "bugs/abba_deadlock.py",
    "correct/queue_sentinels.py",
    "deterministic/print_race.py",
    "deterministic/uuids.py",
];

fn sample() -> impl Iterator<Item = String> {
    let folder = workspace().join("tests/explore");
    SAMPLE
        .map(|name| text(&folder.join(name)).to_owned())
        .into_iter()
}

/// What was counted: without times and findings, which only the whole has.
fn counted(report: Value) -> Value {
    let mut report = timeless(report);
    report["findings"].take();
    report
}

#[test]
fn one_job_and_two_find_the_same() {
    for script in sample() {
        let scratch = pyt_test::Scratch::new();
        let output = format!("--output={}", scratch.at("found"));
        let given = [
            "explore",
            "--json",
            "--schedules=60",
            "--seed=5",
            &output,
            &script,
        ];
        let [one, two] = ["--jobs=1", "--jobs=2"].map(|jobs| {
            let run = pyt(&[&given[..], &[jobs]].concat());
            timeless(crate::parsed(&run))
        });
        assert_eq!(one["schedules"], 60, "{script}");
        assert_eq!(one, two, "{script}");
    }
}

#[test]
fn shards_add_up_to_the_whole() {
    for script in sample() {
        let scratch = pyt_test::Scratch::new();
        let output = format!("--output={}", scratch.at("found"));
        let part = |shard| {
            let shard = format!("--shard={shard}");
            counted(explore(&script, &["--schedules=61", &output, &shard]).0)
        };
        let (whole, parts) = (part("0/1"), [part("0/2"), part("1/2")]);
        for number in ["schedules", "failed"] {
            let sum: u64 = parts.iter().filter_map(|part| part[number].as_u64()).sum();
            assert_eq!(whole[number], sum, "{number} of {script}");
        }
        for outcome in whole["outcomes"].as_array().expect("outcomes") {
            let same = |part: &Value| {
                let all = part["outcomes"].as_array().cloned().unwrap_or_default();
                all.into_iter()
                    .find(|one| one["outcome"] == outcome["outcome"])
            };
            let found: Vec<Value> = parts.iter().filter_map(same).collect();
            let sum: u64 = found.iter().filter_map(|one| one["count"].as_u64()).sum();
            assert_eq!(outcome["count"], sum, "{outcome} of {script}");
            let first = found.iter().filter_map(|one| one["first"].as_u64()).min();
            assert_eq!(outcome["first"].as_u64(), first, "{outcome} of {script}");
            assert!(found.iter().any(|one| one["seed"] == outcome["seed"]));
        }
    }
}

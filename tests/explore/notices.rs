//! Whether a thread notices what another one does: one operation that changes an object beside one
//! that observes it.
//!
//! `notices/pairs.py` makes the programs, some four thousand, out of tables of operations. It keeps
//! the pairs whose two orders give two results, so what `dpor` has to find is known without it:
//! both results, or the report claims no proof. `PYT_TEST_NOTICES=FIRST/OF` takes every `OF`th
//! pair of each kind of object, from number `FIRST` on; `1` takes all.

use std::{env, time::Duration};

use pyt_test::{Scratch, workspace};
use serde_json::Value;

use crate::{explore, text};

/// Which pairs of each kind a usual run takes.
const USUAL: (&str, &str) = ("0", "90");
/// Parts of the names of pairs that no step tells apart, as docs/explore.md lists and
/// `attacks/unseen.txt` checks.
const NOT_SEEN: [&str; 2] = [
    "class: operator.attrgetter(",
    "beside os.environ.__setitem__(",
];
/// How long `pairs.py` may take, which runs each of the pairs in both orders.
const PAIRS_DEADLINE: Duration = Duration::from_secs(120);

/// The pairs to check, each as the object that `pairs.py` writes.
fn pairs() -> Vec<Value> {
    let asked = env::var("PYT_TEST_NOTICES").ok();
    let (first, of) = match asked.as_deref() {
        None => USUAL,
        Some("1") => ("0", "1"),
        Some(part) => part
            .split_once('/')
            .expect("PYT_TEST_NOTICES: 1 or FIRST/OF"),
    };
    let script = workspace().join("tests/explore/notices/pairs.py");
    let process = pyt_test::pyt([text(&script), first, of]);
    let run = process.run_until(PAIRS_DEADLINE).expect("it ends");
    run.exited_with(0);
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn an_observation_beside_a_change_has_both_results_or_nothing_is_proven() {
    let pairs = pairs();
    assert!(!pairs.is_empty(), "no pairs");
    let (mut wrong, mut proven) = (Vec::new(), 0);
    for pair in &pairs {
        let name = pair["name"].as_str().expect("a name");
        if NOT_SEEN.iter().any(|part| name.contains(part)) {
            continue;
        }
        let scratch = Scratch::new();
        let script = scratch.write("script.py", pair["source"].as_str().expect("a program"));
        let output = format!("--output={}", scratch.at("found"));
        let limits = ["--strategy=dpor", "--schedules=300", "--time=30", &output];
        let (report, run) = explore(&script, &limits);
        if report["proven"] != true {
            continue;
        }
        proven += 1;
        let found = report["outcomes"].as_array().expect("a list of outcomes");
        let is_found = |result: &Value| {
            let line = format!("{}\n", result.as_str().expect("a text"));
            found.iter().any(|one| one["outcome"]["output"] == line)
        };
        if !is_found(&pair["before"]) || !is_found(&pair["after"]) {
            wrong.push(format!("{name}: {run}"));
        }
    }
    eprintln!(
        "{} pairs, {proven} proven, {} wrong",
        pairs.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        proven * 2 > pairs.len(),
        "{proven} of {} are proven",
        pairs.len()
    );
}

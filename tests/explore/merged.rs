//! `pyt explore --merge`: parts of an exploration, added up.

use pyt_test::{CompletedProcess, Scratch};
use serde_json::Value;

use crate::{pyt, timeless};

const SCRIPT: &str = "\
import threading
counter = 0
def add():
    global counter
    counter += 1
threads = [threading.Thread(target=add) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(counter)
assert counter == 2
";

/// Explores a shard, and writes its report. Returns the report's file.
fn part(scratch: &Scratch, script: &str, shard: &str, more: &[&str]) -> String {
    let output = format!("--output={}", scratch.at("found"));
    let shard = format!("--shard={shard}");
    let usual = ["explore", "--json", "--schedules=120", &output, &shard];
    let run = pyt(&[&usual, more, &[script]].concat());
    scratch.write(&format!("{}.json", shard.replace('/', "-of-")), &run.stdout)
}

fn merge(arguments: &[&str]) -> CompletedProcess {
    pyt(&[&["explore", "--merge"], arguments].concat())
}

#[test]
fn shards_add_up_to_the_whole() {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", SCRIPT);
    let whole = part(&scratch, &script, "0/1", &[]);
    let whole: Value = serde_json::from_str(&std::fs::read_to_string(whole).unwrap()).unwrap();
    let shards = ["0/3", "1/3", "2/3"].map(|shard| part(&scratch, &script, shard, &[]));
    let [one, two, three] = &shards;
    let run = merge(&["--json", one, two, three]);
    run.exited_with(1);
    let mut sum = timeless(crate::parsed(&run));
    let mut whole = timeless(whole);
    // Which of the smallest schedules is shown depends on where each shard began to look.
    sum["findings"].take();
    whole["findings"].take();
    assert_eq!(sum, whole);
    let text = merge(&[one, two, three]);
    text.exited_with(1);
    for line in [
        "120 schedules in 3 parts, ",
        "both read `counter` = 0 at script.py:5",
        "FAILED: AssertionError in MainThread",
        "Outcomes:\n120 schedules, 2 distinct outcomes, ",
    ] {
        assert!(text.stdout.contains(line), "{line}: {text}");
    }
    // A sum is a part again.
    let both = scratch.write("both.json", &merge(&["--json", one]).stdout);
    merge(&[&both, two, three]).exited_with(1);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", SCRIPT);
    let one = part(&scratch, &script, "0/2", &[]);
    let other_seed = part(&scratch, &script, "1/2", &["--seed=7"]);
    let other_count = part(&scratch, &script, "1/3", &[]);
    let no_report = scratch.write("no.json", "{\"schema\": 1}");
    let later = scratch.write("later.json", "{\"schema\": 99}");
    for (files, reason) in [
        (
            &[one.as_str(), &one][..],
            "shard 0/2 has schedules of shard 0/2",
        ),
        (
            &[&one, &other_seed],
            "the seed is \"7\", but that of the parts before is \"0\"",
        ),
        (
            &[&one, &other_count],
            "shard 1/3 has schedules of shard 0/2",
        ),
        (&[&no_report], "not a report of pyt explore --json"),
        (&[&later], "schema 99 of the report"),
        (&["missing.json"], "missing.json: "),
        (&[], "which reports?"),
        (&["--jobs=2", &one], "not --jobs=2"),
    ] {
        let run = merge(files);
        run.exited_with(2).printed("");
        assert!(run.stderr.contains(reason), "{reason}: {run}");
    }
}

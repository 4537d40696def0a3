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
    // Parts do not say which pairs of accesses they have seen.
    whole["orders"].take();
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

/// Each shard of an exhaustive search by itself claims nothing; all together are what the whole is.
#[test]
fn shards_of_exhaustive_searches_are_a_proof_only_together() {
    let scratch = Scratch::new();
    let locked = SCRIPT
        .replace("counter = 0\n", "counter = 0\nlock = threading.Lock()\n")
        .replace("    counter += 1", "    with lock: counter += 1");
    for (name, text, status, said) in [
        ("right.py", locked.as_str(), 0, "no schedule can fail"),
        ("wrong.py", SCRIPT, 1, "there are no other outcomes"),
    ] {
        let script = scratch.write(name, text);
        for strategy in ["dpor", "dfs:3"] {
            let explore = |more: &[&str]| {
                let output = format!("--output={}", scratch.at("found"));
                let strategy = format!("--strategy={strategy}");
                let run =
                    pyt(&[&["explore", "--json", &output, &strategy], more, &[&script]].concat());
                crate::parsed(&run)
            };
            let whole = explore(&[]);
            let parts = [0, 1, 2].map(|index| {
                let part = explore(&[&format!("--shard={index}/3")]);
                assert_eq!(
                    (&part["proven"], &part["exhausted"]),
                    (&false.into(), &false.into())
                );
                assert_eq!(part["part"]["exhausted"], true, "{part}");
                scratch.write(&format!("part{index}.json"), part.to_string())
            });
            let [one, two, three] = &parts;
            let run = merge(&["--json", one, two, three]);
            run.exited_with(status);
            let sum = crate::parsed(&run);
            assert_eq!(sum["proven"], whole["proven"], "{name} {strategy}");
            assert_eq!(sum["exhausted"], true, "{name} {strategy}");
            assert_eq!(crate::outcomes(&sum).len(), crate::outcomes(&whole).len());
            let text = merge(&[one, two, three]);
            if whole["proven"] == true {
                assert!(text.stdout.contains(said), "{text}");
            }
            // A part is missing.
            let some = crate::parsed(&merge(&["--json", one, three]));
            assert_eq!(
                (&some["proven"], &some["exhausted"]),
                (&false.into(), &false.into())
            );
            // What another part has explored is another program.
            let other = explore(&["--shard=1/3", "--max-steps=777"]);
            let other = scratch.write("other.json", other.to_string());
            let run = merge(&[one, &other]);
            run.exited_with(2);
            assert!(
                run.stderr
                    .contains("digest of script, arguments and options"),
                "{run}"
            );
            let whole = scratch.write("whole.json", whole.to_string());
            merge(&[one, &whole]).exited_with(2);
        }
    }
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

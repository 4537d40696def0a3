//! The random schedules by which what `dpor` proves is checked.

use pyt_test::{CompletedProcess, Scratch};
use serde_json::Value;

use crate::{explore, outcomes, parsed, pyt};

/// What the second thread finds is a global that native code looks up by its name: no step says so.
const NOT_SEEN: &str = "\
import pickle, threading
class Kind: pass
data = pickle.dumps(Kind)
got = []
def one():
    global Kind
    Kind = 7
def two():
    got.append(pickle.loads(data) == 7)
threads = [threading.Thread(target=one), threading.Thread(target=two)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert got == [True]
";

const SEEN: &str = "\
import threading
lock = threading.Lock()
counter = 0
def add():
    global counter
    with lock: counter += 1
threads = [threading.Thread(target=add) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert counter == 2
";

fn is_refuted(report: &Value) -> bool {
    let reasons = report["not_seen"].as_array().expect("reasons");
    let mut reasons = reasons.iter().filter_map(Value::as_str);
    reasons.any(|reason| reason.contains("drawn at random had"))
}

/// Explores with `dpor`, and returns the text.
fn shown(script: &str, output: &str, more: &[&str]) -> CompletedProcess {
    let usual = ["explore", "--strategy=dpor", output];
    pyt(&[&usual, more, &[script]].concat())
}

#[test]
fn a_proof_that_random_schedules_refute_is_none_and_what_they_find_is_a_failure() {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", NOT_SEEN);
    let output = format!("--output={}", scratch.at("found"));
    for jobs in ["--jobs=1", "--jobs=2"] {
        let (report, run) = explore(&script, &["--strategy=dpor", "--checks=200", jobs, &output]);
        run.exited_with(1);
        assert_eq!(report["proven"], false, "{run}");
        assert!(is_refuted(&report), "{run}");
        assert_eq!(report["checks"], 200, "{run}");
        assert_eq!(outcomes(&report).len(), 2, "{run}");
        let finding = &report["findings"][0];
        assert_eq!(finding["reproducible"], true, "{run}");
        let schedule = finding["schedule"].as_str().expect("a schedule");
        pyt(&["replay", schedule]).exited_with(1);
    }
    let text = shown(&script, &output, &[]);
    for part in [
        "That is no proof. Not seen:",
        "drawn at random had",
        "  check ",
    ] {
        assert!(text.stdout.contains(part), "{part}: {text}");
    }
    // Without a check it is claimed.
    let (report, run) = explore(&script, &["--strategy=dpor", "--checks=0", &output]);
    assert_eq!(
        (&report["proven"], outcomes(&report).len()),
        (&true.into(), 1),
        "{run}"
    );
}

#[test]
fn a_proof_says_by_how_many_schedules_it_was_checked() {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", SEEN);
    let output = format!("--output={}", scratch.at("found"));
    for (more, said) in [
        (
            &[] as &[&str],
            "(granularity access, checked by 200 random schedules)",
        ),
        (
            &["--checks=1"],
            "(granularity access, checked by 1 random schedule)",
        ),
        (&["--checks=0"], "(granularity access)."),
        (
            &["--jobs=2"],
            "(granularity access, checked by 200 random schedules)",
        ),
    ] {
        let text = shown(&script, &output, more);
        text.exited_with(0);
        assert!(text.stdout.contains(said), "{said}: {text}");
        assert!(
            text.stdout.contains(": 2 schedules in "),
            "they are not counted: {text}"
        );
    }
    // `dfs` leaves no order out.
    let (report, run) = explore(&script, &["--strategy=dfs:1", "--checks=200", &output]);
    assert_eq!(report["checks"], 0, "{run}");
}

/// A part does not know what other parts find: the sum decides.
#[test]
fn parts_are_checked_together() {
    for (source, is_right) in [(SEEN, true), (NOT_SEEN, false)] {
        let scratch = Scratch::new();
        let script = scratch.write("script.py", source);
        let output = format!("--output={}", scratch.at("found"));
        let parts = [0, 1].map(|index| {
            let shard = format!("--shard={index}/2");
            let (part, _) = explore(
                &script,
                &["--strategy=dpor", "--checks=200", &shard, &output],
            );
            scratch.write(&format!("part{index}.json"), part.to_string())
        });
        let merge =
            |more: &[&str]| pyt(&[&["explore", "--merge"], more, &[&parts[0], &parts[1]]].concat());
        let run = merge(&["--json"]);
        let sum = parsed(&run);
        assert_eq!(sum["proven"], is_right, "{run}");
        assert_eq!(is_refuted(&sum), !is_right, "{run}");
        assert_eq!(sum["checks"], 200, "{run}");
        if is_right {
            assert_eq!(sum["schedules"], 2, "the checks do not count: {run}");
            let text = merge(&[]);
            let said = "checked by 200 random schedules), if all parts";
            assert!(text.stdout.contains(said), "{text}");
        }
    }
}

/// Without the time for the check, nothing is claimed.
#[test]
fn a_check_that_is_not_done_is_told() {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", SEEN);
    let output = format!("--output={}", scratch.at("found"));
    let many = "--checks=100000000";
    let (report, run) = explore(&script, &["--strategy=dpor", many, "--time=1", &output]);
    assert_eq!(report["proven"], false, "{run}");
    assert_eq!(report["exhausted"], true, "{run}");
    let reason = report["not_seen"][0].as_str().expect("a reason");
    assert!(reason.contains("there was no time"), "{run}");
}

//! The command line: options, what is refused and how, `.schedule` files that are not what they
//! should be, output for people and machines.

use std::time::Duration;

use serde_json::Value;

use pyt_test::Scratch;

use crate::{explore, explore_text, parsed, pyt, pyt_within};

/// Two threads that deadlock under some schedules.
const ABBA: &str = "\
import threading
a, b = threading.Lock(), threading.Lock()
def first():
    with a:
        with b: pass
def second():
    with b:
        with a: pass
threads = [threading.Thread(target=first), threading.Thread(target=second)]
for thread in threads: thread.start()
for thread in threads: thread.join()
";

/// Prints one of two lines.
const EITHER: &str = "\
import threading
x = 0
def change():
    global x
    x = 1
thread = threading.Thread(target=change)
thread.start()
print(x)
thread.join()
";

#[test]
fn help_mentions_all_options() {
    let run = pyt(&["explore", "--help"]);
    run.succeeded();
    for option in [
        "--strategy",
        "--schedules",
        "--time",
        "--seed",
        "--jobs",
        "--granularity",
        "--max-steps",
        "--stop-on-first",
        "--same-output",
        "--isolate",
        "--shard",
        "--output",
        "--json",
    ] {
        assert!(run.stdout.contains(option), "{option}: {run}");
    }
    let run = pyt(&["replay", "--help"]);
    assert!(run.succeeded().stdout.contains("--pdb"), "{run}");
}

#[test]
fn help_of_run_mentions_seeds() {
    let run = pyt(&["run", "--help"]);
    for option in ["--seed", "--strategy", "--max-steps"] {
        assert!(run.succeeded().stdout.contains(option), "{option}: {run}");
    }
}

#[test]
fn bad_usage_is_refused_with_the_name_of_the_option() {
    for (given, named) in [
        ("--nope", "--nope"),
        ("--strategy=x", "--strategy"),
        ("--strategy=pct:0", "--strategy"),
        ("--strategy=dfs:x", "--strategy"),
        ("--granularity=x", "--granularity"),
        ("--jobs=0", "--jobs"),
        ("--schedules=x", "--schedules"),
        ("--schedules=-1", "--schedules"),
        ("--time=-1", "--time"),
        ("--time=nan", "--time"),
        ("--shard=2/2", "--shard"),
        ("--shard=1", "--shard"),
        ("--seed=x", "--seed"),
        ("--max-steps=x", "--max-steps"),
    ] {
        let run = pyt(&["explore", given, "script.py"]);
        run.exited_with(2).printed("");
        assert!(run.stderr.contains(named), "{given}: {run}");
    }
    let run = pyt(&["explore"]);
    run.exited_with(2).printed("");
    assert!(
        run.stderr.contains("a SCRIPT or -m MODULE is missing"),
        "{run}"
    );
    let run = pyt(&["replay"]);
    run.exited_with(2).printed("");
    assert!(run.stderr.contains("FILE is missing"), "{run}");
}

#[test]
fn run_refuses_bad_strategies_and_seeds() {
    for (given, named) in [
        (["--seed=x", "-cpass"].as_slice(), "--seed"),
        (&["--strategy=pos", "-cpass"], "--seed"),
        (&["--seed=1", "--strategy=x", "-cpass"], "strategy \"x\""),
        (
            &["--seed=1", "--strategy=dfs", "-cpass"],
            "strategy \"dfs\"",
        ),
        (&["--strategy", "x", "-cpass"], "strategy \"x\""),
    ] {
        let run = pyt(&[&["run"], given].concat());
        run.exited_with(2).printed("");
        assert!(run.stderr.contains(named), "{given:?}: {run}");
    }
}

#[test]
fn scripts_that_cannot_run_are_errors() {
    let scratch = Scratch::new();
    let missing = scratch.at("missing.py");
    let broken = scratch.write("broken.py", "x = 1\ny = (\n");
    for jobs in ["--jobs=1", "--jobs=2"] {
        let run = pyt(&["explore", jobs, &missing]);
        run.exited_with(2).printed("");
        assert!(run.stderr.contains("missing.py: No such file"), "{run}");
        let run = pyt(&["explore", jobs, &broken]);
        run.exited_with(2).printed("");
        assert!(
            run.stderr.contains("broken.py\", line 2\n    y = (\n"),
            "{run}"
        );
        assert!(
            run.stderr.contains("SyntaxError: '(' was never closed"),
            "{run}"
        );
    }
}

/// Finds the deadlock of [`ABBA`]; returns the text of its schedule.
fn found(scratch: &Scratch) -> (String, String) {
    let script = scratch.write("abba.py", ABBA);
    let output = format!("--output={}", scratch.at("found"));
    let (report, run) = explore(&script, &["--stop-on-first", &output]);
    run.exited_with(1);
    let file = report["findings"][0]["schedule"].as_str();
    let file = file.unwrap_or_else(|| panic!("no file: {run}"));
    let text = std::fs::read_to_string(file).expect("reading the schedule");
    (script, text)
}

#[test]
fn schedules_that_cannot_be_followed_are_errors() {
    let scratch = Scratch::new();
    let (script, text) = found(&scratch);
    let without = |field: &str| {
        let mut fields: Value = serde_json::from_str(&text).expect("JSON");
        let removed = fields.as_object_mut().expect("an object").remove(field);
        assert!(removed.is_some(), "no field {field}");
        fields.to_string()
    };
    let mut bad = vec![
        (String::from("nonsense"), String::from("not JSON")),
        (String::new(), String::from("not JSON")),
        (text[..100].to_owned(), String::from("not JSON")),
        (String::from("[1]"), String::from("JSON object")),
        (
            text.replace("\"version\": 2", "\"version\": 99"),
            String::from("version 99"),
        ),
        (
            text.replace("\"granularity\": \"access\"", "\"granularity\": \"odd\""),
            String::from("granularity 'odd'"),
        ),
    ];
    for field in [
        "version",
        "script",
        "hash",
        "seed",
        "granularity",
        "choices",
    ] {
        bad.push((without(field), format!("\"{field}\"")));
    }
    for (content, says) in bad {
        let file = scratch.write("bad.schedule", &content);
        let run = pyt(&["replay", &file]);
        run.exited_with(2).printed("");
        assert!(run.stderr.starts_with("pyt replay: "), "{says}: {run}");
        assert!(run.stderr.contains(&says), "{says}: {run}");
    }
    let run = pyt(&["replay", &scratch.at("missing.schedule")]);
    run.exited_with(2).printed("");
    assert!(
        run.stderr.contains("missing.schedule: No such file"),
        "{run}"
    );

    let file = scratch.write("good.schedule", &text);
    pyt(&["replay", &file]).exited_with(1);
    scratch.write("abba.py", format!("{ABBA}# changed\n"));
    let run = pyt(&["replay", &file]);
    run.exited_with(2).printed("");
    assert!(run.stderr.contains("the script has changed"), "{run}");
    std::fs::remove_file(script).expect("removing the script");
    let run = pyt(&["replay", &file]);
    run.exited_with(2).printed("");
    assert!(run.stderr.contains("abba.py: No such file"), "{run}");
}

#[test]
fn a_schedule_is_replayed_with_the_scripts_arguments_and_from_another_place() {
    let scratch = Scratch::new();
    let source = format!("import sys\nprint(sys.argv[1:])\n{ABBA}");
    let script = scratch.write("abba.py", &source);
    let output = format!("--output={}", scratch.at("found"));
    let run = pyt(&[
        "explore",
        "--json",
        "--jobs=1",
        "--stop-on-first",
        &output,
        &script,
        "--",
        "-a",
        "b c",
    ]);
    run.exited_with(1);
    let report = parsed(&run);
    let file = report["findings"][0]["schedule"].as_str().expect("a file");
    pyt(&["replay", file])
        .exited_with(1)
        .printed("['-a', 'b c']\n");
    let moved = scratch.write("moved.py", &source);
    std::fs::remove_file(script).expect("removing the script");
    let run = pyt(&["replay", file, &moved]);
    run.exited_with(1).printed("['-a', 'b c']\n");
}

/// The debugger opens where the script failed, and takes steps that no schedule has.
#[test]
fn a_replay_under_the_debugger_follows_its_schedule() {
    let scratch = Scratch::new();
    let script = scratch.write("late.py", format!("{EITHER}assert x == 0\n"));
    let output = format!("--output={}", scratch.path().display());
    let run = pyt(&[
        "explore",
        "--json",
        "--jobs=1",
        "--stop-on-first",
        &output,
        &script,
    ]);
    let report = parsed(run.exited_with(1));
    let file = report["findings"][0]["schedule"].as_str().expect("a file");
    let run = pyt_test::pyt(["replay", "--pdb", file])
        .stdin("continue\np 'x is', x\nquit\n")
        .run();
    assert_eq!(run.status.code(), Some(1), "{run:#?}");
    assert!(run.stdout.contains("('x is', 1)"), "{run:#?}");
    assert!(!run.stderr.contains("did not follow"), "{run:#?}");
}

#[test]
fn time_ends_an_exploration() {
    let scratch = Scratch::new();
    let script = scratch.write("either.py", EITHER);
    let deadline = Duration::from_secs(40);
    let run = pyt_within(
        deadline,
        &["explore", "--json", "--jobs=1", "--time=1", &script],
    );
    let report = parsed(run.exited_with(0));
    let seconds = report["seconds"].as_f64().expect("a number");
    assert!((1.0..20.0).contains(&seconds), "{seconds}");
    assert!(report["schedules"].as_u64() > Some(1), "{run}");
    assert_eq!(
        report["outcomes"].as_array().map(Vec::len),
        Some(2),
        "{run}"
    );
}

#[test]
fn another_output_is_a_failure_if_asked() {
    let (report, run) = explore_text(EITHER, &["--schedules=50"]);
    run.exited_with(0);
    assert_eq!(
        report["outcomes"].as_array().map(Vec::len),
        Some(2),
        "{run}"
    );
    let (report, run) = explore_text(EITHER, &["--schedules=50", "--same-output"]);
    run.exited_with(1);
    assert!(report["failed"].as_u64() > Some(0), "{run}");
    assert_eq!(report["findings"][0]["reproducible"], true, "{run}");
    let (_, run) = explore_text("print(1)", &["--schedules=50", "--same-output"]);
    run.exited_with(0);
}

#[test]
fn what_is_piped_has_no_colour_and_no_progress() {
    let scratch = Scratch::new();
    let script = scratch.write("abba.py", ABBA);
    let output = format!("--output={}", scratch.at("found"));
    for more in [[].as_slice(), &["--json"]] {
        let usual = ["explore", "--jobs=1", "--time=3", &output, &script];
        let run = pyt(&[&usual, more].concat());
        run.exited_with(1).complained("");
        assert!(!run.stdout.contains(['\x1b', '\r']), "{run}");
    }
}

#[test]
fn the_report_shows_the_deadlock_and_how_to_replay_it() {
    let scratch = Scratch::new();
    let script = scratch.write("abba.py", ABBA);
    let output = format!("--output={}", scratch.at("found"));
    let run = pyt(&["explore", "--jobs=1", "--schedules=50", &output, &script]);
    run.exited_with(1);
    let file = scratch.at("found/abba-deadlock.schedule");
    for says in [
        "50 schedules in ",
        "FAILED: deadlock: ",
        "Thread-1 (first) waits for a lock held by Thread-2 (second)",
        "abba.py:5: with b: pass",
        "abba.py:8: with a: pass",
        &format!("again: pyt replay {file}\n"),
    ] {
        assert!(run.stdout.contains(says), "{says}: {run}");
    }
}

#[test]
fn each_schedule_may_have_a_process_of_its_own() {
    let (report, run) = explore_text(EITHER, &["--schedules=12", "--isolate"]);
    run.exited_with(0);
    assert_eq!(report["schedules"], 12, "{run}");
    let (together, _) = explore_text(EITHER, &["--schedules=12"]);
    assert_eq!(crate::timeless(report), crate::timeless(together));
    let (report, run) = explore_text(ABBA, &["--schedules=30", "--isolate", "--stop-on-first"]);
    run.exited_with(1);
    assert_eq!(
        report["findings"][0]["failure"]["kind"], "deadlock",
        "{run}"
    );
    let scratch = Scratch::new();
    let script = scratch.write("either.py", EITHER);
    let explored = |how: &[&str]| {
        let run = pyt(&[&["explore", "--json", "--strategy=dpor"], how, &[&script]].concat());
        run.exited_with(0);
        crate::timeless(crate::parsed(&run))
    };
    assert_eq!(explored(&["--isolate"]), explored(&[]));
}

#[test]
fn a_seeded_run_that_deadlocks_exits_with_three() {
    let scratch = Scratch::new();
    let script = scratch.write("abba.py", ABBA);
    let deadlocked = (0..30).any(|seed| {
        let run = pyt(&["run", &format!("--seed={seed}"), &script]);
        if run.status.success() {
            return false;
        }
        run.exited_with(3).printed("");
        assert!(run.stderr.contains("pyt: deadlock"), "{run}");
        true
    });
    assert!(deadlocked, "no seed of 30 deadlocks");
}

#[test]
fn another_output_is_a_first_failure_to_stop_at() {
    let source = "
import threading
seen = []
a = threading.Thread(target=lambda: seen.append('a'))
b = threading.Thread(target=lambda: seen.append('b'))
a.start(); b.start(); a.join(); b.join()
print(seen)
";
    let arguments = ["--same-output", "--stop-on-first", "--schedules=1000000"];
    let (report, run) = explore_text(source, &arguments);
    run.exited_with(1);
    let schedules = report["schedules"].as_u64().unwrap_or(u64::MAX);
    assert!(schedules < 1_000_000, "{run}");
}

//! Small inputs, each of which once showed a fault of exploration: `cases/`. Each does now what is
//! right.

use std::path::PathBuf;

use pyt_test::Scratch;
use serde_json::Value;

use crate::{count, explore, outcomes, pyt, runs::seeds_show_what_was_said, scripts, text};

/// Where a case is.
fn case(name: &str) -> PathBuf {
    let folder = pyt_test::workspace().join("tests/explore/cases");
    folder.join(name).with_extension("py")
}

/// Cases that fail under some or all schedules, and reproducibly so.
const FAILING: &[&str] = &[
    "m01_replay_goes_on",
    "m02_replay_library_state",
    "m03_wrong_pair_subclass",
    "m04_wrong_pair_first",
    "m05_comprehension_not_seen",
    "m05_loop_over_shared",
    "m05b_iterator_made_first",
    "m05c_loop_dpor_misses",
    "m08_abandoned_in_report",
    "m09_abandoned_logged",
    "m10_pair_is_a_primitive",
    "m12_pair_under_a_lock",
    "m13_rlock_orders",
    "m13b_try_acquire_orders",
    "m15_elided_cause",
    "m18_addresses_split_outcomes",
    "m20_loop_waits_forever",
    "m21_signal",
    "m22_loop_and_threads",
    "m24_three_hundred_steps",
    "u03_shared_iterator_in_for",
    "u04_generator_resumed_by_two",
    "u06_path_exists",
    "u08_non_ascii_lines",
    "u10_atexit_raises",
];

/// The names and texts of [`FAILING`].
pub(crate) fn failing() -> impl Iterator<Item = (String, String)> {
    FAILING.iter().map(|name| {
        let source = std::fs::read_to_string(case(name)).expect("reading a case");
        ((*name).to_owned(), source)
    })
}

/// Explores a case; its schedules go to a folder that is returned, too.
fn explored(name: &str, arguments: &[&str]) -> (Value, Scratch) {
    let scratch = Scratch::new();
    let output = format!("--output={}", scratch.at("found"));
    let (report, _) = explore(text(&case(name)), &[&[&*output], arguments].concat());
    (report, scratch)
}

/// The text report of a case.
fn reported(name: &str, arguments: &[&str]) -> String {
    let scratch = Scratch::new();
    let output = format!("--output={}", scratch.at("found"));
    let path = case(name);
    let usual = ["explore", "--jobs=1", &output];
    pyt(&[&usual, arguments, &[text(&path)]].concat()).stdout
}

#[test]
fn all_cases_are_there() {
    assert_eq!(scripts("cases").len(), 38);
}

#[test]
fn failures_are_found_and_replayed() {
    let mut wrong = Vec::new();
    for name in FAILING {
        let (report, _found) = explored(name, &["--stop-on-first"]);
        let finding = &report["findings"][0];
        if finding["reproducible"] != true {
            wrong.push(format!("{name}: not found, or not again: {report}"));
            continue;
        }
        let file = finding["schedule"].as_str().unwrap_or_default();
        for _ in 0..count("PYT_TEST_REPLAYS", 2) {
            let replay = pyt(&["replay", file]);
            if replay.status.code() != Some(1) {
                wrong.push(format!("{name}: {replay}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A case, what the sentence of its cause is about, and lines at which its two steps are.
const CAUSES: &[(&str, &str, &[u64])] = &[
    ("m03_wrong_pair_subclass", "self", &[]),
    ("m04_wrong_pair_first", "hits[\"n\"]", &[9, 10]),
    ("m10_pair_is_a_primitive", "box.state", &[17, 23]),
    ("m12_pair_under_a_lock", ".items", &[]),
    ("m13_rlock_orders", "bare[\"n\"]", &[11]),
    ("m13b_try_acquire_orders", "bare[\"n\"]", &[13]),
    ("m15_elided_cause", "box.items", &[59]),
];

#[test]
fn the_steps_whose_order_decides_are_named() {
    let mut wrong = Vec::new();
    for (name, variable, lines) in CAUSES {
        let (report, _found) = explored(name, &["--stop-on-first"]);
        let finding = &report["findings"][0];
        let sentence = finding["cause"]["sentence"].as_str().unwrap_or_default();
        let numbers = finding["cause"]["steps"].as_array().into_iter().flatten();
        let at: Vec<u64> = numbers
            .filter_map(|number| finding["steps"].get(usize::try_from(number.as_u64()?).ok()?))
            .filter_map(|step| step["line"].as_u64())
            .collect();
        if !sentence.contains(variable) || !lines.iter().all(|line| at.contains(line)) {
            wrong.push(format!("{name}: {sentence} {at:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_right_stays_silent() {
    let mut wrong = Vec::new();
    for (name, arguments) in [
        ("m06_getframe", &["--schedules=50"][..]),
        ("m16_mkdtemp", &["--schedules=30"]),
        ("m17_enumerate", &["--schedules=100"]),
        (
            "m11_endless",
            &["--granularity=instruction", "--schedules=2"],
        ),
        ("u07_library_module_state", &["--schedules=20"]),
        ("u07_library_module_state", &["--schedules=20", "--isolate"]),
        ("u07_library_module_state", &["--schedules=20", "--jobs=2"]),
    ] {
        let (report, _) = explored(name, arguments);
        if report["failed"] != 0 || report["given_up"] != 0 || outcomes(&report).len() != 1 {
            wrong.push(format!("{name}: {report}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn dpor_proves_nothing_that_another_search_refutes() {
    let mut wrong = Vec::new();
    for name in [
        "m05_comprehension_not_seen",
        "m05_loop_over_shared",
        "m05b_iterator_made_first",
        "m05c_loop_dpor_misses",
        "u03_shared_iterator_in_for",
        "u04_generator_resumed_by_two",
        "u06_path_exists",
    ] {
        let (report, _) = explored(name, &["--strategy=dpor", "--schedules=1000"]);
        if report["failed"] == 0 {
            wrong.push(format!("{name}: {report}"));
        }
    }
    for name in [
        "u01_first_run_differs",
        "u02_library_calls_back",
        "m19_task_order",
    ] {
        let (report, _) = explored(name, &["--strategy=dpor", "--schedules=1000"]);
        let both = outcomes(&report).len() > 1;
        if report["proven"] == true && !both {
            wrong.push(format!("{name}: {report}"));
        }
    }
    for (name, strategy) in [
        ("u01_first_run_differs", "mix"),
        ("u02_library_calls_back", "mix"),
    ] {
        let (report, _) = explored(name, &[&format!("--strategy={strategy}")]);
        if outcomes(&report).len() < 2 {
            wrong.push(format!("{name}: {strategy}: {report}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pairs_of_numbers_that_an_iterator_gives_are_all_found() {
    // The two threads take four numbers in six orders: the values are not printed.
    for strategy in ["dpor", "dfs"] {
        let (report, _) = explored(
            "u05_iterator_over_range",
            &[&format!("--strategy={strategy}"), "--schedules=200"],
        );
        assert!(
            report["schedules"].as_u64() >= Some(6),
            "{strategy}: {report}"
        );
    }
}

#[test]
fn internal_exceptions_are_never_seen() {
    for name in ["m08_abandoned_in_report", "m09_abandoned_logged"] {
        let report = reported(name, &["--schedules=20", "--full"]);
        assert!(report.contains("deadlock"), "{report}");
        assert!(!report.contains("Abandoned"), "{report}");
    }
}

#[test]
fn endings_are_told_as_what_they_are() {
    let (report, _) = explored("m18_addresses_split_outcomes", &["--schedules=40"]);
    assert_eq!(outcomes(&report).len(), 1, "{report}");
    let report = reported("m20_loop_waits_forever", &["--schedules=5"]);
    assert!(report.contains("deadlock"), "{report}");
    assert!(
        report.contains("awaits a future that nothing has set"),
        "{report}"
    );
    let (report, _) = explored("m24_three_hundred_steps", &["--stop-on-first"]);
    assert_eq!(report["findings"][0]["switches"], 4, "{report}");
    let report = reported("m25_dpor_endless", &["--strategy=dpor", "--time=2"]);
    assert!(report.contains("schedule"), "{report}");
}

#[test]
fn finalizers_that_raise_at_the_end_lose_no_report() {
    for name in ["m14_panic_at_end", "m14b_panic_weakref"] {
        for jobs in ["--jobs=1", "--jobs=2"] {
            let path = case(name);
            let scratch = Scratch::new();
            let output = format!("--output={}", scratch.at("found"));
            let run = pyt(&["explore", "--schedules=20", jobs, &output, text(&path)]);
            // Whether the object is finalized before the run has ended is not the point.
            let code = run.status.code();
            assert!(matches!(code, Some(0 | 1)), "{name} {jobs}: {run}");
            assert!(
                run.stdout.contains("20 schedules in"),
                "{name} {jobs}: {run}"
            );
            assert!(!run.stderr.contains("panicked"), "{name} {jobs}: {run}");
        }
    }
}

#[test]
fn a_wait_for_a_lock_of_multiprocessing_says_which_threads_wait_where() {
    let report = reported("m23_mp_lock_hangs", &["--time=1"]);
    assert!(report.contains("given up"), "{report}");
    assert!(
        report.contains("m23_mp_lock_hangs.py:9: with lock:"),
        "{report}"
    );
    assert!(
        report.contains("MainThread waits for the end of"),
        "{report}"
    );
}

#[test]
fn a_module_beside_the_script_comes_before_one_of_the_library() {
    let script = case("m07_shadow/main2");
    let run = pyt(&[text(&script)]);
    assert!(run.stdout.starts_with("my colorsys\n"), "{run}");
    assert!(run.stdout.contains("m07_shadow/colorsys.py"), "{run}");
    let run = pyt(&[text(&case("m07_shadow/main"))]);
    assert_eq!(run.stdout, "mine\n", "{run}");
    for script in ["m07_shadow/main", "m07_shadow/main2"] {
        let (report, _) = explored(script, &["--schedules=10"]);
        let found = outcomes(&report);
        assert_eq!(found.len(), 1, "{report}");
        assert!(
            found[0].contains("mine") || found[0].contains("my colorsys"),
            "{report}"
        );
    }
}

#[test]
fn lines_are_cut_by_characters_at_their_display_width() {
    let scratch = Scratch::new();
    let output = format!("--output={}", scratch.at("found"));
    let path = case("u08_non_ascii_lines");
    let run = pyt_test::pyt([
        "explore",
        "--jobs=1",
        "--stop-on-first",
        &output,
        text(&path),
    ])
    .env("COLUMNS", "80")
    .run_until(crate::EXPLORATION_DEADLINE)
    .unwrap_or_else(|timed_out| panic!("{timed_out}"));
    assert!(run.stdout.contains("tal.größe"), "{run}");
    assert!(run.stdout.contains("läufer-0"), "{run}");
    // The columns of the table stand below each other: each of its lines has its bars at the same
    // places, counted as a terminal shows them.
    let rows = run.stdout.lines().filter(|line| line.contains(" | "));
    let bars: Vec<Vec<usize>> = rows.map(bars_of).collect();
    assert!(bars.len() > 4, "{run}");
    assert!(bars.iter().all(|at| *at == bars[0]), "{bars:?} {run}");
}

/// At which columns of a terminal a line has bars.
fn bars_of(line: &str) -> Vec<usize> {
    let mut column = 0;
    let mut bars = Vec::new();
    for character in line.chars() {
        if character == '|' {
            bars.push(column);
        }
        // The wide ones of the case.
        column += if ('\u{3000}'..='\u{9fff}').contains(&character) {
            2
        } else {
            1
        };
    }
    bars
}

#[test]
fn a_seed_shows_what_was_said_of_it() {
    for name in ["m02_replay_library_state", "u01_first_run_differs"] {
        seeds_show_what_was_said(&case(name), 12).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

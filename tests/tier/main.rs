//! The fast tier (`-X tier`): programs do the same with it and without, and nothing of it is seen.
//!
//! In the mode `eager` each loop is compiled when it first goes back. The random programs of
//! `generate.py` are a sample; `generate.py SEED FUNCTIONS` makes more.

use std::path::Path;

use pyt_test::{CompletedProcess, Program, skipped_on_other_python};

fn script(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/tier")
        .join(name);
    std::fs::read_to_string(path).expect("a script")
}

fn with_tier(program: Program, tier: &str) -> CompletedProcess {
    program.flag("-X").flag(&format!("tier={tier}")).run()
}

/// Runs a script that checks itself in each mode.
fn holds(name: &str, tiers: &[&str]) {
    for tier in tiers {
        let done = with_tier(Program::new(name, script(name)), tier);
        done.succeeded().printed("done\n");
    }
}

#[test]
fn nothing_is_seen_in_code_objects() {
    if !skipped_on_other_python("the fast tier") {
        holds("visible.py", &["0", "1", "eager"]);
    }
}

#[test]
fn what_watches_code_sees_its_jumps() {
    if !skipped_on_other_python("the fast tier") {
        holds("watched.py", &["0", "1", "eager"]);
    }
}

/// The same, and with all loops compiled and no GIL.
fn holds_without_gil_too(name: &str) {
    if !skipped_on_other_python("the fast tier") {
        holds(name, &["0", "1", "eager"]);
        let program = Program::new(name, script(name)).flag("-X").flag("gil=0");
        with_tier(program, "eager").succeeded().printed("done\n");
    }
}

#[test]
fn what_profiles_code_sees_each_call_once() {
    if !skipped_on_other_python("the fast tier") {
        holds("profiled.py", &["0", "1", "eager"]);
    }
}

#[test]
fn threads_in_compiled_loops_are_as_others() {
    holds_without_gil_too("threads.py");
}

#[test]
fn what_compiled_loops_rely_on_may_change() {
    holds_without_gil_too("calls.py");
}

#[test]
fn calls_with_keywords_are_as_others() {
    holds_without_gil_too("keywords.py");
}

#[test]
fn what_compiled_loops_bind_is_bound() {
    holds_without_gil_too("variables.py");
}

#[test]
fn variables_that_functions_share_are_bound() {
    holds_without_gil_too("closures.py");
}

#[test]
fn what_dicts_have_under_names_is_read_and_bound() {
    holds_without_gil_too("dicts.py");
}

#[test]
fn pairs_are_those_of_enumerate_and_zip() {
    holds_without_gil_too("pairs.py");
}

#[test]
fn locks_are_taken_and_freed_in_compiled_loops() {
    holds_without_gil_too("locks.py");
}

#[test]
fn functions_that_call_themselves_return_and_fail_as_others() {
    holds_without_gil_too("recursion.py");
}

#[test]
fn loops_over_sequences_see_each_item_once() {
    holds_without_gil_too("iteration.py");
}

#[test]
fn items_of_arrays_and_bytes_are_read_and_set() {
    holds_without_gil_too("arrays.py");
}

#[test]
fn lists_grow_and_shrink_in_compiled_loops() {
    holds_without_gil_too("lists.py");
}

#[test]
fn random_programs_do_the_same_with_and_without() {
    if skipped_on_other_python("the fast tier") {
        return;
    }
    let generator = script("generate.py");
    let plain = ["1", "2", "3"].map(|seed| (seed, "'150'", 900));
    let calls = ["1", "2", "3", "4"].map(|seed| (seed, "'80', 'calls'", 480));
    for (seed, rest, count) in plain.into_iter().chain(calls) {
        let make = format!("import sys\nsys.argv = ['generate.py', '{seed}', {rest}]\n{generator}");
        let source = Program::new("generate.py", make).run();
        let source = source.succeeded().stdout.clone();
        let run = |tier: &str| {
            let program = Program::new("random_programs.py", source.clone())
                .flag("-W")
                .flag("ignore");
            with_tier(program, tier).succeeded().stdout.clone()
        };
        let (off, eager) = (run("0"), run("eager"));
        let different = (off.lines().zip(eager.lines())).find(|(off, eager)| off != eager);
        assert_eq!(different, None, "seed {seed}, {rest}");
        assert_eq!(off.lines().count(), count, "seed {seed}, {rest}");
        assert_eq!(eager.lines().count(), count, "seed {seed}, {rest}");
    }
}

#[test]
fn what_was_compiled_can_be_asked() {
    if skipped_on_other_python("the fast tier") {
        return;
    }
    let source = "def sums(n):\n    s = 0\n    for i in range(n):\n        s += i\n    return s\n\
                  print(sums(100000))\n";
    let done = with_tier(Program::new("sums.py", source), "info");
    done.exited_with(0).printed("4999950000\n");
    assert!(done.stderr.starts_with("tier: on\n"), "{}", done.stderr);
    assert!(
        done.stderr.contains("sums.py:3: sums: compiled ("),
        "{}",
        done.stderr
    );
    let done = with_tier(Program::new("sums.py", source), "dump");
    done.exited_with(0).printed("4999950000\n");
    let lines: Vec<&str> = done.stderr.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains(" sums: compiled ("));
    let dump = &lines[at.expect("the loop") + 1..];
    assert!(dump[0].starts_with("    variables ["), "{}", done.stderr);
    for operation in [
        " Next {",
        " Int { op: Add,",
        " Turn {",
        "    exit 0: Exit {",
    ] {
        assert!(
            dump.iter().any(|line| line.contains(operation)),
            "{operation}: {}",
            done.stderr
        );
    }
    let done = Program::new("sums.py", source).env("PYT_TIER", "1").run();
    done.succeeded().printed("4999950000\n");
}

#[test]
fn programs_can_ask_what_was_compiled() {
    if !skipped_on_other_python("the fast tier") {
        holds("asked.py", &["0", "1"]);
    }
}

#[test]
fn calls_that_are_followed_and_those_that_are_not_can_be_asked() {
    if skipped_on_other_python("the fast tier") {
        return;
    }
    let source = "\
def double(x):
    return x + x
def star(*x):
    return 1
def follows(n):
    s = 0
    for i in range(n):
        s += double(i)
        if i % 100 == 0:
            s += star()
    return s
def does_not(n):
    s = 0
    for i in range(n):
        s += star(i)
    return s
print(follows(10000), does_not(10000))
";
    let done = with_tier(Program::new("asked.py", source), "info");
    done.exited_with(0).printed("99990100 10000\n");
    let line = |name: &str| {
        let line = done.stderr.lines().find(|line| line.contains(name));
        line.unwrap_or_else(|| panic!("{name}: {}", done.stderr))
    };
    let follows = line(" follows: compiled (");
    assert!(
        follows.contains("; follows double; not star: "),
        "{follows}"
    );
    assert!(follows.ends_with(" times in line 10"), "{follows}");
    let reason = "not star: it takes any number of arguments";
    let does_not = line(" does_not: not compiled; given back: no turn");
    assert!(does_not.ends_with(reason), "{does_not}");
}

#[test]
fn a_wrong_mode_is_refused() {
    if skipped_on_other_python("the fast tier") {
        return;
    }
    let done = with_tier(Program::new("empty.py", ""), "2");
    assert!(!done.status.success());
    let expected = "PYT_TIER / -X tier must be \"0\", \"1\", \"info\", \"dump\" or \"eager\"";
    assert!(done.stderr.contains(expected), "{}", done.stderr);
}

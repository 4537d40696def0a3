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

#[test]
fn threads_in_compiled_loops_are_as_others() {
    if !skipped_on_other_python("the fast tier") {
        holds("threads.py", &["0", "1", "eager"]);
        let name = "threads.py";
        let program = Program::new(name, script(name)).flag("-X").flag("gil=0");
        with_tier(program, "eager").succeeded().printed("done\n");
    }
}

#[test]
fn random_programs_do_the_same_with_and_without() {
    if skipped_on_other_python("the fast tier") {
        return;
    }
    let generator = script("generate.py");
    for seed in ["1", "2", "3"] {
        let make = format!("import sys\nsys.argv = ['generate.py', '{seed}', '150']\n{generator}");
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
        assert_eq!(different, None, "seed {seed}");
        assert_eq!(off.lines().count(), 900, "seed {seed}");
        assert_eq!(eager.lines().count(), 900, "seed {seed}");
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
    let done = Program::new("sums.py", source).env("PYT_TIER", "1").run();
    done.succeeded().printed("4999950000\n");
}

#[test]
fn a_wrong_mode_is_refused() {
    if skipped_on_other_python("the fast tier") {
        return;
    }
    let done = with_tier(Program::new("empty.py", ""), "2");
    assert!(!done.status.success());
    let expected = "PYT_TIER / -X tier must be \"0\", \"1\", \"info\" or \"eager\"";
    assert!(done.stderr.contains(expected), "{}", done.stderr);
}

//! Packages in a folder that the program itself puts into `sys.path`: each run finds them as the
//! first run does, and they are imported once.

use std::fs;

use pyt_test::{CompletedProcess, Scratch};
use serde_json::Value;

use crate::EXPLORATION_DEADLINE;

/// How many schedules are tried.
const SCHEDULES: usize = 60;
/// How often all processes of an exploration import a package: each job does for its first run and
/// for all others, and so does each replay. Far less than there are schedules.
const MOST_IMPORTS: usize = 20;

/// Two threads of which neither can fail, after `begin`.
fn script(begin: &str) -> String {
    format!(
        "\
import os, sys, threading
vendor = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'vendor')
{begin}
counter = 0
def add():
    global counter
    counter += 1
threads = [threading.Thread(target=add) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"
    )
}

/// A package that writes a line to a file when it is imported, as if it were installed in `folder`.
fn install(scratch: &Scratch, folder: &str, package: &str, more: &str) {
    let source = format!(
        "with open({:?}, 'a') as file: file.write('{package}\\n')\n{more}\n",
        scratch.at("imports")
    );
    scratch.write(&format!("{folder}/{package}/__init__.py"), &source);
    let record = format!("{package}/__init__.py,,\n");
    scratch.write(&format!("{folder}/{package}-1.0.dist-info/RECORD"), &record);
}

fn explore(scratch: &Scratch) -> (Value, CompletedProcess) {
    let schedules = format!("--schedules={SCHEDULES}");
    let run = pyt_test::pyt(["explore", "--json", &schedules, "main.py"])
        .dir(scratch.at("project"))
        .env("PYTHONPATH", scratch.at("site"))
        .run_until(EXPLORATION_DEADLINE)
        .unwrap_or_else(|timed_out| panic!("{timed_out}"));
    (crate::parsed(&run), run)
}

fn imports(scratch: &Scratch, package: &str) -> usize {
    let imports = fs::read_to_string(scratch.at("imports")).unwrap_or_default();
    imports.lines().filter(|line| *line == package).count()
}

#[test]
fn they_are_imported_once_and_not_seen_before_the_program_can_find_them() {
    let begin = "\
for name in ('ledger', 'accounts'):
    try: __import__(name)
    except ImportError: pass
    else: raise SystemExit('found too early')
    assert name not in sys.modules
sys.path.insert(0, vendor)
import ledger
assert ledger.accounts.names == ['a'], ledger.accounts.names
ledger.accounts.names.append('b')";
    let looks = "    assert name not in sys.modules\n";
    for (begin, most) in [
        // Each run of a program that looks at the modules imports its own.
        (begin.to_owned(), usize::MAX),
        (begin.replace(looks, ""), MOST_IMPORTS),
    ] {
        let scratch = Scratch::new();
        scratch.write("project/main.py", script(&begin));
        install(&scratch, "project/vendor", "accounts", "names = ['a']");
        install(&scratch, "project/vendor", "ledger", "import accounts");
        let (report, run) = explore(&scratch);
        assert_eq!(report["failed"], 0, "{run}");
        assert_eq!(report["schedules"], SCHEDULES, "{run}");
        for package in ["accounts", "ledger"] {
            let imported = imports(&scratch, package);
            assert!((1..=most).contains(&imported), "{package}: {imported}");
        }
    }
}

#[test]
fn each_run_has_the_version_that_the_program_finds_first() {
    // The other version lies where it is found without the folder.
    let scratch = Scratch::new();
    let begin = "\
sys.path.insert(0, vendor)
import ledger
print(ledger.version)";
    scratch.write("project/main.py", script(begin));
    install(&scratch, "site", "ledger", "version = 1");
    install(&scratch, "project/vendor", "ledger", "version = 2");
    let (report, run) = explore(&scratch);
    let outputs: Vec<_> = report["outcomes"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(outputs.len(), 1, "{run}");
    assert_eq!(outputs[0]["outcome"]["output"], "2\n", "{run}");
}

#[test]
fn a_run_that_finds_another_version_has_that_one() {
    // Which of two versions is found depends on the schedule.
    let scratch = Scratch::new();
    let begin = "\
chosen = []
choosers = [threading.Thread(target=chosen.append, args=(name,)) for name in ('one', 'two')]
for thread in choosers: thread.start()
for thread in choosers: thread.join()
sys.path.insert(0, os.path.join(vendor, chosen[0]))
import ledger, accounts
assert (ledger.version, accounts.version) == (chosen[0], chosen[0])
assert ledger.accounts is accounts
print(ledger.version)";
    scratch.write("project/main.py", script(begin));
    for version in ["one", "two"] {
        let folder = format!("project/vendor/{version}");
        let is_version = format!("version = {version:?}");
        install(&scratch, &folder, "accounts", &is_version);
        install(
            &scratch,
            &folder,
            "ledger",
            &format!("{is_version}\nimport accounts"),
        );
    }
    let (report, run) = explore(&scratch);
    assert_eq!(report["failed"], 0, "{run}");
    let outcomes = crate::outcomes(&report);
    assert_eq!(outcomes.len(), 2, "{run}");
}

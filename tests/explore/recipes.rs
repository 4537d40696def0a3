//! The recipes in `examples/many-machines`: a part that finds a failure holds up no other, and the
//! merge says how it went. A recipe whose scheduler is not on this machine is skipped.

use pyt_test::{CompletedProcess, Process, Scratch, pyt_path, workspace};

use crate::EXPLORATION_DEADLINE;

/// Loses an update in some schedules, which is a failure unless its argument arrives as it was
/// given.
const SCRIPT: &str = "\
import sys, threading
counter = 0
def add():
    global counter
    counter += 1
threads = [threading.Thread(target=add) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert counter == 2 or sys.argv[1:] == ['any  $HOME']
";

/// Runs a recipe in a folder that has the script.
fn recipe(scratch: &Scratch, name: &str, arguments: &[&str]) -> CompletedProcess {
    Process::new(workspace().join("examples/many-machines").join(name))
        .args(arguments)
        .env("PYT", pyt_path())
        .dir(scratch.path())
        .label(name)
        .run_until(EXPLORATION_DEADLINE)
        .unwrap_or_else(|timed_out| panic!("{timed_out}"))
}

/// Whether a command is here, and says this. Else it says that a test is skipped.
fn is_here(command: &str, argument: &str, says: &str) -> bool {
    let running = Process::new(command).arg(argument).try_start();
    let is_here = running.is_ok_and(|running| {
        let run = running.wait(EXPLORATION_DEADLINE);
        run.is_ok_and(|run| run.status.success() && run.stdout.contains(says))
    });
    if !is_here {
        eprintln!("skipped: no `{command} {argument}` that says {says:?} here");
    }
    is_here
}

fn adds_up(name: &str) {
    let scratch = Scratch::new();
    scratch.write("script.py", SCRIPT);
    let run = recipe(
        &scratch,
        name,
        &["3", "the parts", "--schedules=60", "script.py"],
    );
    run.exited_with(1);
    for said in [
        "script.py: 60 schedules in 3 parts, ",
        "FAILED: AssertionError in MainThread",
    ] {
        assert!(run.stdout.contains(said), "{said}: {run}");
    }
    let right = [
        "3",
        "right",
        "--schedules=60",
        "script.py",
        "--",
        "any  $HOME",
    ];
    let run = recipe(&scratch, name, &right);
    run.exited_with(0);
    let said = "script.py: 60 schedules in 3 parts, none failed";
    assert!(run.stdout.contains(said), "{run}");
    // The parts of the first run are no parts of another in the same folder.
    recipe(&scratch, name, &["3", "the parts", "missing.py"]).exited_with(2);
    recipe(&scratch, name, &["3", "the parts"]).exited_with(2);
}

#[test]
fn parts_of_gnu_parallel_add_up() {
    // Others have a command of this name, too.
    if is_here("parallel", "--version", "GNU parallel") {
        adds_up("parallel.sh");
    }
}

#[test]
fn parts_of_a_job_array_add_up() {
    // A node that is not idle may be another's for hours.
    if is_here("sinfo", "--noheader", "idle") {
        adds_up("slurm.sh");
    }
}

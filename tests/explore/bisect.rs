//! `git bisect run pyt replay FILE` finds the change that brought a failure.

use std::process::Command;

use pyt_test::{Scratch, pyt_path};

use crate::{EXPLORATION_DEADLINE, parsed, try_pyt};

const PROGRAM: &str = "import threading
import account

threads = [threading.Thread(target=account.deposit) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert account.balance == 2, account.balance
";

/// The module that changes: this many versions are right.
const RIGHT: usize = 3;
const VERSIONS: usize = 6;

fn account(version: usize) -> String {
    let (line, indent) = if version < RIGHT {
        ("    with lock:\n", "        ")
    } else {
        ("", "    ")
    };
    format!(
        "import threading
balance = 0
lock = threading.Lock()
def deposit():
    global balance
{line}{indent}balance += 1
# version {version}
"
    )
}

/// Runs git in the folder, with no settings of the machine's. Returns what it prints.
fn git(folder: &Scratch, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
        .args(arguments)
        .current_dir(folder.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .output()
        .unwrap_or_else(|error| panic!("this test needs git: {error}"));
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "git {arguments:?}: {text}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    text
}

#[test]
fn the_change_that_brought_a_failure_is_found() {
    let folder = Scratch::new();
    let script = folder.write("bank.py", PROGRAM);
    folder.write(".gitignore", "__pycache__\n*.schedule\n");
    git(&folder, &["init", "-q"]);
    let mut commits = Vec::new();
    for version in 0..VERSIONS {
        folder.write("account.py", account(version));
        git(&folder, &["add", "-A"]);
        git(&folder, &["commit", "-qm", &format!("version {version}")]);
        commits.push(git(&folder, &["rev-parse", "HEAD"]).trim().to_owned());
    }
    let output = format!("--output={}", folder.path().display());
    let usual = ["explore", "--json", "--jobs=1", "--stop-on-first", &output];
    let run = try_pyt(EXPLORATION_DEADLINE, &[&usual[..], &[&script]].concat());
    let run = run.unwrap_or_else(|timed_out| panic!("{timed_out}"));
    let report = parsed(&run);
    let schedule = report["findings"][0]["schedule"].as_str();
    let schedule = schedule.unwrap_or_else(|| panic!("no schedule: {report}"));
    git(
        &folder,
        &["bisect", "start", &commits[VERSIONS - 1], &commits[0]],
    );
    let pyt = pyt_path().display().to_string();
    let said = git(&folder, &["bisect", "run", &pyt, "replay", schedule]);
    let expected = format!("{} is the first bad commit", commits[RIGHT]);
    assert!(said.contains(&expected), "{expected}: {said}");
}

//! The scripts of `pyt completions`, run in their shells. bash must be installed; what needs zsh or
//! fish is skipped without them, and says so.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use pyt_options::completions::{Shell, script};

/// A file with the script of a shell.
fn file(shell: Shell) -> &'static Path {
    static FILES: [OnceLock<PathBuf>; 3] = [const { OnceLock::new() }; 3];
    FILES[shell as usize].get_or_init(|| {
        let name = format!("completions-{}", shell.name());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, script(shell)).expect("a file");
        path
    })
}

fn is_installed(shell: Shell) -> bool {
    let mut command = Command::new(shell.name());
    command.args(["-c", "exit 0"]).stdin(Stdio::null());
    let is_there = command.status().is_ok_and(|status| status.success());
    if !is_there {
        eprintln!("{} is not installed: skipped", shell.name());
    }
    is_there
}

#[track_caller]
fn output(command: &mut Command) -> String {
    let done = command.stdin(Stdio::null()).output().expect("a shell");
    let (out, errors) = (
        done.stdout,
        String::from_utf8_lossy(&done.stderr).into_owned(),
    );
    assert!(done.status.success() && errors.is_empty(), "{errors}");
    String::from_utf8(out).expect("text")
}

/// What bash offers for a command line that is split as bash splits it.
#[track_caller]
fn bash(words: &[&str]) -> Vec<String> {
    let list = "source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _pyt; \
                printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", list, "bash"]);
    command.arg(file(Shell::Bash)).args(words);
    let lines = output(&mut command);
    lines
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn bash_offers_commands_first() {
    let commands = ["run", "explore", "replay", "doc", "completions", "help"];
    assert_eq!(bash(&["pyt", ""]), commands);
    assert_eq!(bash(&["pyt", "re"]), ["replay"]);
    assert_eq!(bash(&["pyt", "help", "ex"]), ["explore", "exploring"]);
    assert_eq!(bash(&["pyt", "completions", ""]), ["bash", "zsh", "fish"]);
    assert!(bash(&["pyt", "--help-"]).contains(&"--help-env".to_owned()));
}

#[test]
fn bash_offers_the_options_of_the_command() {
    assert_eq!(bash(&["pyt", "run", "--g"]), ["--granularity"]);
    assert_eq!(bash(&["pyt", "run", "-B", "--de"]), ["--deadlock"]);
    assert_eq!(bash(&["pyt", "explore", "a.py", "--sa"]), ["--same-output"]);
    assert_eq!(
        bash(&["pyt", "replay", "--"]),
        ["--help", "--full", "--html", "--pdb"]
    );
    // Of another command, hidden, the program's own.
    assert_eq!(bash(&["pyt", "--gran"]), [""; 0]);
    assert_eq!(bash(&["pyt", "explore", "--fir"]), [""; 0]);
    assert_eq!(bash(&["pyt", "run", "a.py", "--gran"]), [""; 0]);
    assert_eq!(bash(&["pyt", "run", "-c", "pass", "--gran"]), [""; 0]);
    assert_eq!(bash(&["pyt", "run", "-cpass", "--gran"]), [""; 0]);
    assert_eq!(bash(&["pyt", "explore", "a.py", "--", "--sa"]), [""; 0]);
}

#[test]
fn bash_offers_the_values_of_options() {
    let modes = ["report", "abort", "ignore"];
    assert_eq!(bash(&["pyt", "run", "--deadlock", ""]), modes);
    assert_eq!(bash(&["pyt", "run", "--deadlock", "="]), modes);
    assert_eq!(bash(&["pyt", "run", "--deadlock", "=", "a"]), ["abort"]);
    assert_eq!(
        bash(&["pyt", "run", "--seed", "4", "--gran"]),
        ["--granularity"]
    );
    assert_eq!(
        bash(&["pyt", "run", "--seed", "=", "4", "--gran"]),
        ["--granularity"]
    );
    assert_eq!(
        bash(&["pyt", "explore", "--strategy", "d"]),
        ["dfs", "dfs:", "dpor", "dpor:"]
    );
    assert_eq!(bash(&["pyt", "-X", "gi"]), ["gil=0", "gil=1"]);
    assert_eq!(bash(&["pyt", "-X", "gil", "="]), ["0", "1"]);
    assert_eq!(bash(&["pyt", "-Xgi"]), ["-Xgil=0", "-Xgil=1"]);
    assert_eq!(bash(&["pyt", "-Xgil", "="]), ["0", "1"]);
    assert_eq!(bash(&["pyt", "-m", "js"]), [""; 0]);
}

#[test]
fn bash_offers_folders() {
    let mut command = Command::new("bash");
    let list = "source \"$1\"; COMP_WORDS=(pyt explore --output s); COMP_CWORD=3; _pyt; \
                printf '%s\\n' \"${COMPREPLY[@]}\"";
    command
        .args(["--norc", "-c", list, "bash"])
        .arg(file(Shell::Bash));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(output(&mut command), "src\n");
}

/// What fish offers.
#[track_caller]
fn fish(line: &str) -> Vec<String> {
    let mut command = Command::new("fish");
    let list = "source $argv[1]; complete -C $argv[2]";
    command
        .args(["--no-config", "-c", list])
        .arg(file(Shell::Fish))
        .arg(line);
    command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    let lines = output(&mut command);
    let word = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    lines.lines().map(word).collect()
}

#[test]
fn fish_offers_commands_options_and_values() {
    if !is_installed(Shell::Fish) {
        return;
    }
    assert_eq!(fish("pyt repl"), ["replay"]);
    assert_eq!(fish("pyt help ex"), ["explore"]);
    assert_eq!(fish("pyt run --gran"), ["--granularity"]);
    assert_eq!(fish("pyt run --deadlock "), ["abort", "ignore", "report"]);
    assert_eq!(fish("pyt run --deadlock=a"), ["--deadlock=abort"]);
    assert_eq!(fish("pyt run --seed 4 --gran"), ["--granularity"]);
    assert_eq!(fish("pyt explore a.py --sam"), ["--same-output"]);
    assert_eq!(fish("pyt -X gi"), ["gil=0", "gil=1"]);
    for line in [
        "pyt --gran",
        "pyt run a.py --gran",
        "pyt run -c pass --gran",
    ] {
        assert_eq!(fish(line), [""; 0], "{line}");
    }
}

#[test]
fn zsh_reads_its_script() {
    if is_installed(Shell::Zsh) {
        output(Command::new("zsh").args(["-f", "-n"]).arg(file(Shell::Zsh)));
    }
}

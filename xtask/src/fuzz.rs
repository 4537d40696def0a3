//! `cargo xtask fuzz`: generated input for the interpreter's native code, in child processes.
//!
//! A harness is a Python program in `tests/fuzz` that takes a seed and a number of cases, and makes
//! the same cases of the same seed. What it generates may raise any exception; a process that dies
//! is a find, and its seed is printed.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The harnesses: a name, the program, and what that is to try of several things.
const HARNESSES: [(&str, &str, Option<&str>); 8] = [
    ("source", "source.py", None),
    ("formats", "formats.py", Some("formats")),
    ("struct", "formats.py", Some("struct")),
    ("json", "formats.py", Some("json")),
    ("pickle", "formats.py", Some("pickle")),
    ("patterns", "patterns.py", None),
    ("calls", "calls.py", None),
    ("reentry", "reentry.py", None),
];

/// How many cases one process makes.
const CASES: &str = "200";

/// How long one process may take: more means that a case does not end.
const DEADLINE: Duration = Duration::from_secs(120);

/// How often it is looked whether a process has ended.
const POLL: Duration = Duration::from_millis(20);

/// How long each harness runs unless a number of seconds is given.
const SECONDS: u64 = 600;

/// Runs the harnesses that `arguments` name, or all, for some time each.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let mut seconds = SECONDS;
    let mut first = 1_u64;
    let mut pyt = PathBuf::from("target/release/pyt");
    let mut chosen = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{argument} needs a value"));
        let number = |text: &String| text.parse().map_err(|_| format!("{text:?} is no number"));
        match argument.as_str() {
            "--seconds" => seconds = number(value()?)?,
            "--seed" => first = number(value()?)?,
            "--pyt" => pyt = value()?.into(),
            name => {
                let found = HARNESSES.iter().find(|(known, ..)| *known == name);
                chosen.push(*found.ok_or_else(|| {
                    let known: Vec<&str> = HARNESSES.iter().map(|(known, ..)| *known).collect();
                    format!("no such harness: {name} (there are {})", known.join(", "))
                })?);
            }
        }
    }
    if chosen.is_empty() {
        chosen.extend(HARNESSES);
    }
    if !pyt.is_file() {
        return Err(format!("there is no {}: build it first", pyt.display()));
    }
    let mut finds = Vec::new();
    for (harness, program, subject) in chosen {
        let path = Path::new("tests/fuzz").join(program);
        let began = Instant::now();
        let mut seed = first;
        while began.elapsed() < Duration::from_secs(seconds) {
            if let Some(find) = run_one(&pyt, &path, seed, subject)? {
                println!("{harness} {seed}: {find}");
                finds.push(format!("{harness} {seed}"));
            }
            seed += 1;
        }
        println!("{harness}: seeds {first} to {} in {seconds} s", seed - 1);
    }
    if finds.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} seeds end the process: {}",
        finds.len(),
        finds.join(", ")
    ))
}

/// Runs one process. What became of it, if that is not its end with status 0.
fn run_one(
    pyt: &Path,
    harness: &Path,
    seed: u64,
    subject: Option<&str>,
) -> Result<Option<String>, String> {
    let mut child = Command::new(pyt)
        .arg(harness)
        .args([&seed.to_string(), CASES])
        .args(subject)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{}: {error}", pyt.display()))?;
    let began = Instant::now();
    loop {
        let ended = child.try_wait().map_err(|error| error.to_string())?;
        if let Some(status) = ended {
            return Ok((!status.success()).then(|| status.to_string()));
        }
        if began.elapsed() > DEADLINE {
            child
                .kill()
                .and_then(|()| child.wait())
                .map_err(|error| error.to_string())?;
            return Ok(Some(format!("goes on after {DEADLINE:?}")));
        }
        std::thread::sleep(POLL);
    }
}

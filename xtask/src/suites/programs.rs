//! Small programs over packages from PyPI, on CPython and on pyt with and without the GIL.
//!
//! The programs lie in `tests/suites/programs`; each prints what it found. What pyt prints, and
//! how it ends, has to be the same as on CPython.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Options, fetch, process::Peers};
use crate::tree::{Result, root};

const FOLDER: &str = "tests/suites/programs";

/// How many seconds a program may take.
const DEADLINE: &str = "120";

/// Programs that take about ten seconds together, and use many parts of the interpreter.
pub(super) const PART: [&str; 8] = [
    "use_anyio",
    "use_attrs",
    "use_cachetools",
    "use_click",
    "use_filelock",
    "use_jinja2",
    "use_wrapt",
    "use_yaml",
];

/// Runs the programs that the options name, or all.
///
/// # Errors
/// Packages that cannot be fetched, and programs that differ.
pub(super) fn run(options: &Options) -> Result<()> {
    let mut programs = names()?;
    if !options.packages.is_empty() {
        if let Some(unknown) = options
            .packages
            .iter()
            .find(|name| !programs.contains(name))
        {
            return Err(format!("{FOLDER} has no program {unknown}"));
        }
        programs.clone_from(&options.packages);
    }
    let (peers, needs) = (Peers::find()?, fetch::for_programs(&root().join(FOLDER))?);
    let mut differing = Vec::new();
    for name in &programs {
        let program = Program::new(name, &needs)?;
        let expected = program.run(&peers.0, &[])?;
        let mut modes = vec![vec!["-X", "gil=1"], vec!["-X", "gil=0"]];
        if !options.flags.is_empty() {
            modes = vec![options.flags.iter().map(String::as_str).collect()];
        }
        for flags in modes {
            let found = program.run(std::slice::from_ref(&options.pyt), &flags)?;
            let is_same = found.status == expected.status && found.stdout == expected.stdout;
            println!(
                "{} {name} {}",
                if is_same { "same   " } else { "DIFFERS" },
                flags.join(" ")
            );
            if !is_same {
                println!("{}", difference(&expected, &found));
                differing.push(format!("{name} {}", flags.join(" ")));
            }
        }
    }
    let runs = programs.len();
    if differing.is_empty() {
        println!("{runs} programs print the same on CPython and on pyt");
        return Ok(());
    }
    Err(format!(
        "of {runs} programs these differ from CPython:\n{}",
        differing.join("\n")
    ))
}

fn names() -> Result<Vec<String>> {
    let entries =
        fs::read_dir(root().join(FOLDER)).map_err(|error| format!("{FOLDER}: {error}"))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let is_program = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "py");
    let stems = paths.filter(is_program);
    let mut names: Vec<String> = stems
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// A program in a folder that CPython sees as well.
struct Program {
    path: PathBuf,
    needs: PathBuf,
}

/// What a run printed, and how it ended.
struct Run {
    stdout: String,
    stderr: String,
    status: Option<i32>,
}

impl Program {
    fn new(name: &str, needs: &Path) -> Result<Self> {
        let file = format!("{name}.py");
        let path = needs.with_file_name("scripts").join(&file);
        let copy = || {
            fs::create_dir_all(path.with_file_name(""))?;
            fs::copy(root().join(FOLDER).join(&file), &path)
        };
        copy().map_err(|error| format!("{}: {error}", path.display()))?;
        let needs = needs.to_owned();
        Ok(Self { path, needs })
    }

    fn run(&self, python: &[PathBuf], flags: &[&str]) -> Result<Run> {
        let done = Command::new("timeout")
            .args(["--kill-after", "5", DEADLINE])
            .args(python)
            .args(flags)
            .arg(&self.path)
            .env("PYTHONPATH", &self.needs)
            .env("PYTHONHASHSEED", "1")
            .env("TZ", "UTC")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .output();
        let done = done.map_err(|error| format!("{}: {error}", self.path.display()))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Run {
            stdout: text(&done.stdout),
            stderr: text(&done.stderr),
            status: done.status.code(),
        })
    }
}

/// The first lines that differ, and the end of what the run on pyt wrote to standard error.
fn difference(expected: &Run, found: &Run) -> String {
    let mut lines = vec![format!(
        "    status {:?}, not {:?}",
        found.status, expected.status
    )];
    let pairs = expected.stdout.lines().zip(found.stdout.lines());
    if let Some((theirs, ours)) = pairs.into_iter().find(|(theirs, ours)| theirs != ours) {
        lines.push(format!("    CPython: {theirs}"));
        lines.push(format!("    pyt:     {ours}"));
    }
    let errors: Vec<&str> = found.stderr.lines().collect();
    let tail = errors.iter().skip(errors.len().saturating_sub(6));
    lines.extend(tail.map(|line| format!("    | {line}")));
    lines.join("\n")
}

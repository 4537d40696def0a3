//! `cargo xtask conformance`: all modules of CPython's own test suite, on pyt and on CPython.
//!
//! Each module runs in a process of its own, under a deadline, by `tests/cpython/runner.py`. What
//! a process wrote is kept in `target/conformance`, so that a run that was ended goes on where it
//! was. `--record` writes the counts into `tests/cpython/modules.tsv`, and from that the table of
//! docs/conformance.md.
//!
//! Which single tests are expected not to pass, and why, is not known here: `tests/cpython`.

mod counts;
mod process;
mod suite;
mod table;

use std::{
    env, fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use counts::Counts;
use process::Python;
use suite::Suite;

use crate::{
    interpreters::{Interpreter, seconds},
    tree::{Result, root},
};

/// How long a module may take unless a number of seconds is given.
const DEADLINE: u64 = 120;

/// What is asked for.
struct Options {
    modules: Vec<String>,
    deadline: Duration,
    /// No module is begun after this time.
    budget: Option<Duration>,
    anew: bool,
    record: bool,
    check: bool,
    list_failures: bool,
    interpreters: Vec<Interpreter>,
    pyt: PathBuf,
}

impl Options {
    fn from(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            modules: Vec::new(),
            deadline: Duration::from_secs(DEADLINE),
            budget: None,
            anew: false,
            record: false,
            check: false,
            list_failures: false,
            interpreters: vec![Interpreter::CPython, Interpreter::Pyt],
            pyt: root().join("target/release/pyt"),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--deadline" => options.deadline = seconds(value()?)?,
                "--for" => options.budget = Some(seconds(value()?)?),
                "--pyt" => options.pyt = value()?.into(),
                "--anew" => options.anew = true,
                "--record" => options.record = true,
                "--check" => options.check = true,
                "--failures" => options.list_failures = true,
                "--only-cpython" => options.interpreters = vec![Interpreter::CPython],
                "--only-pyt" => options.interpreters = vec![Interpreter::Pyt],
                other if other.starts_with('-') => {
                    return Err(format!("no such option: {other}"));
                }
                module => options.modules.push(module.to_owned()),
            }
        }
        Ok(options)
    }
}

/// Runs the modules that `arguments` name, or all that have not run yet.
///
/// # Errors
/// Wrong arguments, a suite that is not there, a module that passes fewer tests than is recorded
/// (with `--check`).
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::from(arguments)?;
    let suite = Suite::find()?;
    let known = suite.modules()?;
    let mut modules = options.modules.clone();
    if let Some(unknown) = modules.iter().find(|name| !known.contains(name)) {
        return Err(format!("the suite has no module {unknown}"));
    }
    if modules.is_empty() {
        modules.clone_from(&known);
    }
    if options.interpreters.contains(&Interpreter::Pyt) && !options.pyt.is_file() {
        return Err(format!(
            "there is no {}: build it first",
            options.pyt.display()
        ));
    }
    run_all(&options, &suite, &modules)?;
    if options.record {
        table::record(&known)?;
    }
    if options.check {
        table::check(&modules)?;
    }
    Ok(())
}

/// Modules that take seconds together, and in which as many tests pass as on CPython.
const PART: [&str; 12] = [
    "test_bisect",
    "test_bool",
    "test_colorsys",
    "test_dictcomps",
    "test_fnmatch",
    "test_generator_stop",
    "test_heapq",
    "test_keyword",
    "test_linecache",
    "test_named_expressions",
    "test_shlex",
    "test_textwrap",
];

/// Runs [`PART`] on pyt, and compares it with what is recorded. Where there is no suite, it says
/// so.
///
/// # Errors
/// A module that passes fewer tests than is recorded.
pub(crate) fn check_part() -> Result<()> {
    if let Err(reason) = Suite::find() {
        eprintln!("conformance: skipped: {reason}");
        return Ok(());
    }
    let options = ["--only-pyt", "--anew", "--check"];
    let arguments = options.into_iter().chain(PART).map(str::to_owned);
    run(&arguments.collect::<Vec<_>>())
}

fn run_all(options: &Options, suite: &Suite, modules: &[String]) -> Result<()> {
    let begun = Instant::now();
    let mut left = 0;
    for module in modules {
        for interpreter in &options.interpreters {
            let path = results_path(*interpreter, module);
            if path.exists() && !options.anew {
                show(options, *interpreter, module)?;
                continue;
            }
            if options
                .budget
                .is_some_and(|budget| begun.elapsed() > budget)
            {
                left += 1;
                continue;
            }
            let python = Python::new(*interpreter, &options.pyt, suite);
            python.run(module, suite, options.deadline, &path)?;
            show(options, *interpreter, module)?;
        }
    }
    if left > 0 {
        println!("{left} runs are left: the same command goes on with them");
    }
    Ok(())
}

/// Where what a module's process wrote is kept.
fn results_path(interpreter: Interpreter, module: &str) -> PathBuf {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = target.join("conformance").join(interpreter.name());
    folder.join(format!("{module}.tsv"))
}

/// What is kept of a module's run; `None` if it has not run.
fn kept(interpreter: Interpreter, module: &str) -> Option<(Counts, String)> {
    let text = fs::read(results_path(interpreter, module)).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Some((Counts::of(&text), text))
}

fn show(options: &Options, interpreter: Interpreter, module: &str) -> Result<()> {
    let Some((counts, text)) = kept(interpreter, module) else {
        return Err(format!("no results of {module}"));
    };
    println!("{:8} {module:55} {counts}", interpreter.name());
    if options.list_failures && interpreter == Interpreter::Pyt {
        for line in text.lines() {
            let is_failure = ["fail\t", "error\t", "unexpected\t"]
                .iter()
                .any(|kind| line.starts_with(kind));
            if is_failure {
                println!("    {line}");
            }
        }
    }
    Ok(())
}

//! `cargo xtask suites`: the test suites of packages from PyPI, on pyt and on CPython.
//!
//! `tests/suites/packages.tsv` names the packages, and which part of each suite runs. A suite runs
//! in a process of its own, under a deadline. A test that passes on CPython and not on pyt is a
//! difference; `tests/suites/differences.tsv` has a reason for each that is known. `--record`
//! writes the counts into `tests/suites/recorded.tsv`, and from that the table of
//! docs/conformance.md.

mod differences;
mod fetch;
mod outcomes;
mod package;
mod process;
mod programs;
mod table;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use differences::Ledger;
use outcomes::Outcomes;
use package::Package;
use process::Peers;

use crate::{
    interpreters::{Interpreter, seconds},
    tree::{Result, root},
};

/// How long one suite may take unless a number of seconds is given.
const DEADLINE: Duration = Duration::from_secs(900);

/// What is asked for.
struct Options {
    packages: Vec<String>,
    deadline: Duration,
    /// No suite is begun after this time.
    budget: Option<Duration>,
    anew: bool,
    record: bool,
    list: bool,
    /// Small programs over packages, in place of suites.
    programs: bool,
    pyt: PathBuf,
    /// More options for pyt.
    flags: Vec<String>,
}

impl Options {
    fn from(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            packages: Vec::new(),
            deadline: DEADLINE,
            budget: None,
            anew: false,
            record: false,
            list: false,
            programs: false,
            pyt: root().join("target/release/pyt"),
            flags: Vec::new(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--deadline" => options.deadline = seconds(value()?)?,
                "--for" => options.budget = Some(seconds(value()?)?),
                "--pyt" => options.pyt = value()?.into(),
                "--flag" => options.flags.push(value()?.clone()),
                "--anew" => options.anew = true,
                "--record" => options.record = true,
                "--list" => options.list = true,
                "--programs" => options.programs = true,
                other if other.starts_with('-') => {
                    return Err(format!("no such option: {other}"));
                }
                package => options.packages.push(package.to_owned()),
            }
        }
        Ok(options)
    }
}

/// Runs the suites that `arguments` name, or all that have not run yet.
///
/// # Errors
/// Wrong arguments, packages that cannot be fetched, and differences that have no reason in the
/// ledger.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::from(arguments)?;
    if !options.pyt.is_file() {
        let path = options.pyt.display();
        return Err(format!("there is no {path}: build it first"));
    }
    if options.programs {
        return programs::run(&options);
    }
    let known = package::read()?;
    if let Some(unknown) = options
        .packages
        .iter()
        .find(|name| known.iter().all(|package| package.name != **name))
    {
        return Err(format!("{} has no package {unknown}", package::FILE));
    }
    let is_asked_for = |package: &&Package| {
        options.packages.is_empty() || options.packages.contains(&package.name)
    };
    let chosen: Vec<&Package> = known.iter().filter(is_asked_for).collect();
    let unknown = run_all(&options, &chosen)?;
    if options.record {
        table::record(&known)?;
    }
    if unknown.is_empty() {
        return Ok(());
    }
    Err(format!(
        "these differ and {} has no reason, or nothing was compared:\n{}",
        differences::FILE,
        unknown.join("\n")
    ))
}

/// Suites that take seconds together.
const PART: [&str; 4] = ["cachetools", "markupsafe", "pykka", "tomlkit"];

/// Runs [`PART`] and a part of the small programs on both. Where there is no CPython, it says so.
///
/// # Errors
/// Differences that have no reason in the ledger.
pub(crate) fn check_part() -> Result<()> {
    if let Err(reason) = Peers::find() {
        eprintln!("suites: skipped: {reason}");
        return Ok(());
    }
    let with = |first: &str, names: &[&str]| {
        let names = names.iter().map(|&name| name.to_owned());
        std::iter::once(first.to_owned())
            .chain(names)
            .collect::<Vec<_>>()
    };
    run(&with("--programs", &programs::PART))?;
    run(&with("--anew", &PART))
}

/// Runs the packages' suites on both interpreters. Returns the differences without a reason.
fn run_all(options: &Options, packages: &[&Package]) -> Result<Vec<String>> {
    let (peers, ledger) = (Peers::find()?, Ledger::read()?);
    let (begun, mut left, mut unknown) = (Instant::now(), 0, Vec::new());
    for package in packages {
        let mut both = Vec::new();
        for interpreter in [Interpreter::CPython, Interpreter::Pyt] {
            let path = outcomes::path(interpreter, &package.name);
            let is_late = options.budget.is_some_and(|most| begun.elapsed() > most);
            if (options.anew || !path.exists()) && !is_late {
                let place = fetch::fetch(package)?;
                process::run(package, &place, interpreter, &peers, options, &path)?;
            }
            if let Some(outcomes) = Outcomes::read(&path) {
                println!("{:8} {:20} {outcomes}", interpreter.name(), package.name);
                both.push(outcomes);
            }
        }
        let [theirs, ours] = both.as_slice() else {
            left += 1;
            continue;
        };
        if theirs.sums().passed == 0 {
            unknown.push(format!("{}\tno test passes on CPython", package.name));
        }
        for difference in ours.differences_from(theirs) {
            let reason = ledger.reason(&package.name, &difference.test);
            if options.list || reason.is_none() {
                let (test, why) = (&difference.test, &difference.why);
                println!("    {test}: {why} ({})", reason.unwrap_or("no reason"));
            }
            if reason.is_none() {
                unknown.push(format!("{}\t{}", package.name, difference.test));
            }
        }
    }
    if left > 0 {
        println!("{left} suites are left: the same command goes on with them");
    }
    Ok(unknown)
}

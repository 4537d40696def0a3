//! Runs the programs in `tests/packages/`: each uses one package from PyPI from several threads.
//!
//! The packages are those of `tests/packages/requirements.txt`, unmodified and pure Python. They
//! are installed once, below cargo's target folder, by the `pip` of any CPython (`PYT_TEST_PIP`
//! names the command, `python3 -m pip` by default). Without it, or where it cannot fetch them, the
//! tests say so and are skipped, unless `PYT_REQUIRE_PACKAGES=1` makes that a failure.
//!
//! All programs hold on CPython 3.14 as well: set `PYT_TEST_PYTHON` to check that.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use pyt_test::{Process, scripts::Scripts, workspace};

#[path = "packages/reported.rs"]
mod reported;
#[path = "packages/suites.rs"]
mod suites;

const REQUIREMENTS: &str = "tests/packages/requirements.txt";

/// How long fetching and installing the packages may take.
const INSTALL_DEADLINE: Duration = Duration::from_secs(600);

/// The file in the folder of packages that says which requirements were installed there.
const INSTALLED: &str = "installed-requirements.txt";

#[test]
fn programs_hold_with_the_gil() {
    if let Some(programs) = programs() {
        programs.hold_with_the_gil();
    }
}

#[test]
fn programs_hold_without_the_gil() {
    if let Some(programs) = programs() {
        programs.hold_without_the_gil();
    }
}

/// The programs, with the packages on their path; or none, where the packages cannot be had.
fn programs() -> Option<Scripts> {
    let folder = folder()?;
    Some(Scripts::of("tests/packages").env("PYTHONPATH", &folder.to_string_lossy()))
}

/// The folder with the packages; or none, where they cannot be had.
fn folder() -> Option<PathBuf> {
    static PACKAGES: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PACKAGES.get_or_init(packages) {
        Ok(folder) => Some(folder.clone()),
        Err(reason) => {
            skip(reason);
            None
        }
    }
}

/// Says that packages cannot be had, for this reason.
fn skip(reason: &str) {
    let required = env::var("PYT_REQUIRE_PACKAGES").is_ok_and(|value| value == "1");
    assert!(!required, "PYT_REQUIRE_PACKAGES=1, but {reason}");
    eprintln!("skipped: {reason}");
}

/// The folder that holds the packages, installed now if need be.
fn packages() -> Result<PathBuf, String> {
    let requirements = fs::read_to_string(workspace().join(REQUIREMENTS))
        .unwrap_or_else(|error| panic!("reading {REQUIREMENTS}: {error}"));
    installed("packages", &requirements, &["--requirement", REQUIREMENTS])
}

/// The folder of this name, which holds what `requirements` says; installed now if need be, by
/// these arguments of pip.
fn installed(name: &str, requirements: &str, arguments: &[&str]) -> Result<PathBuf, String> {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = scratch.join(name);
    if fs::read_to_string(folder.join(INSTALLED)).is_ok_and(|before| before == requirements) {
        return Ok(folder);
    }
    // Made beside and renamed when complete, so that a folder of that name is never half full.
    let making = scratch.join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&making);
    let made = install(&making, arguments).and_then(|()| {
        let place = || {
            fs::write(making.join(INSTALLED), requirements)?;
            let _ = fs::remove_dir_all(&folder);
            fs::rename(&making, &folder)
        };
        place().map_err(|error| format!("the packages cannot be put in place: {error}"))
    });
    if made.is_err() {
        let _ = fs::remove_dir_all(&making);
    }
    made.map(|()| folder)
}

/// Of packages of which there are no wheels, just those that are named are installed.
const NO_DEPENDENCIES: &str = "--no-deps";

fn install(into: &Path, arguments: &[&str]) -> Result<(), String> {
    let pip = env::var("PYT_TEST_PIP").unwrap_or_else(|_| "python3 -m pip".to_owned());
    let mut words = pip.split_whitespace();
    let done = Process::new(words.next().ok_or("PYT_TEST_PIP is empty")?)
        .args(words)
        .args([
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
        ])
        // As for Python 3.14, whichever Python the pip runs on; with their dependencies, only
        // wheels can be had so.
        .args(["--python-version", "3.14"])
        .args(match arguments.contains(&NO_DEPENDENCIES) {
            true => &[][..],
            false => &["--only-binary", ":all:"],
        })
        .args(arguments)
        .args(["--no-compile", "--target"])
        .arg(into)
        .dir(workspace())
        .label("pip")
        .try_start()
        .map_err(|error| format!("there is no pip ({pip}): {error}"))?
        .wait(INSTALL_DEADLINE)
        .map_err(|timed_out| timed_out.to_string())?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!(
        "pip could not install the packages: {}",
        done.stderr.trim()
    ))
}

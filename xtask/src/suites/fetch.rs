//! A package's source distribution and what its tests need, fetched once.
//!
//! The folder is `PYT_SUITES`, or one below `/tmp`, which is all that the peers share with this
//! machine. Which interpreter runs the tests is not known here.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::package::Package;
use crate::tree::{Result, root};

/// Where a package lies.
pub(super) struct Place {
    /// The unpacked source distribution.
    pub(super) source: PathBuf,
    /// The folder with what the tests need.
    pub(super) needs: PathBuf,
}

/// Fetches a source distribution.
const FETCH: &str = "tests/suites/fetch.py";

/// What the names of packages begin with that are built from their source distributions.
const SOURCE: &str = "source:";

/// A file in the folder that says what was fetched completely.
const COMPLETE: &str = "complete";

/// The folder of all packages.
pub(super) fn folder() -> PathBuf {
    env::var_os("PYT_SUITES").map_or_else(|| "/tmp/pyt-suites".into(), PathBuf::from)
}

/// Fetches the package unless it is there.
///
/// # Errors
/// What pip or tar say.
pub(super) fn fetch(package: &Package) -> Result<Place> {
    let folder = folder().join(&package.name);
    let wanted = format!("{} {}", package.version, package.needs.join(" "));
    let place = Place {
        source: folder.join("source"),
        needs: folder.join("needs"),
    };
    let mark = folder.join(COMPLETE);
    if fs::read_to_string(&mark).is_ok_and(|text| text == wanted) {
        return Ok(place);
    }
    // What is left of another version, or of a fetch that was ended.
    let _ = fs::remove_dir_all(&folder);
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&place.source).map_err(failed)?;
    fetch_source(package, &place.source)?;
    fetch_needs(package, &place.needs)?;
    fs::write(mark, wanted).map_err(failed)?;
    Ok(place)
}

fn fetch_source(package: &Package, source: &Path) -> Result<()> {
    let mut command = Command::new("python3");
    command
        .arg(root().join(FETCH))
        .args([&package.name, &package.version])
        .arg(source);
    complete(command)
}

/// Fetches what `requirements.txt` in `programs` names, unless it is there. Returns the folder.
///
/// # Errors
/// What pip says.
pub(super) fn for_programs(programs: &Path) -> Result<PathBuf> {
    let list = programs.join("requirements.txt");
    let failed = |error: std::io::Error| format!("{}: {error}", list.display());
    let wanted = fs::read_to_string(&list).map_err(failed)?;
    let folder = folder().join("programs");
    let (needs, mark) = (folder.join("needs"), folder.join(COMPLETE));
    if fs::read_to_string(&mark).is_ok_and(|text| text == wanted) {
        return Ok(needs);
    }
    let _ = fs::remove_dir_all(&folder);
    let lines = wanted.lines().filter(|line| !line.starts_with('#'));
    fetch_exactly(&lines.collect::<Vec<_>>(), &needs)?;
    fs::write(mark, wanted).map_err(failed)?;
    Ok(needs)
}

/// Fetches these versions and nothing else: the list has all that they require.
fn fetch_exactly(list: &[&str], into: &Path) -> Result<()> {
    let (from_source, wheels): (Vec<&str>, Vec<&str>) =
        list.iter().partition(|need| need.starts_with(SOURCE));
    let mut pure = pure_wheels(into);
    pure.arg("--no-deps").args(wheels);
    complete(pure)?;
    build(&from_source, into)
}

/// Wheels without C extensions, so that both interpreters run the same code; where there is none,
/// what the source distribution makes.
fn fetch_needs(package: &Package, into: &Path) -> Result<()> {
    let needs = package.needs.iter().map(String::as_str);
    let (from_source, wheels): (Vec<&str>, Vec<&str>) =
        needs.partition(|need| need.starts_with(SOURCE));
    let mut pure = pure_wheels(into);
    if !from_source.is_empty() {
        // pip finds no wheel for what others require of these: the list has to be complete.
        pure.arg("--no-deps");
    }
    pure.args(wheels);
    complete(pure)?;
    build(&from_source, into)
}

fn pure_wheels(into: &Path) -> Command {
    let mut pip = pip("install");
    pip.args(["--no-compile", "--only-binary", ":all:"])
        .args(["--python-version", "3.14", "--implementation", "py"])
        .args(["--abi", "none", "--platform", "any", "--target"])
        .arg(into);
    pip
}

/// Builds packages that have no wheel without C extensions. The extensions are for the Python
/// that pip runs on: neither interpreter loads them.
fn build(needs: &[&str], into: &Path) -> Result<()> {
    if needs.is_empty() {
        return Ok(());
    }
    let mut built = pip("install");
    built
        .args(["--no-deps", "--no-compile", "--no-binary", ":all:"])
        .args(["--upgrade", "--target"])
        .arg(into)
        .args(needs.iter().map(|need| need.trim_start_matches(SOURCE)));
    complete(built)
}

fn pip(what: &str) -> Command {
    let mut command = Command::new("python3");
    command.args([
        "-m",
        "pip",
        what,
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ]);
    command
}

fn complete(mut command: Command) -> Result<()> {
    let done = command.stdin(Stdio::null()).output();
    let done = done.map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    Err(format!("{}: {said}", arguments.join(" ")))
}

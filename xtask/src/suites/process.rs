//! One suite's process on one interpreter.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use super::{Options, fetch::Place, package::Package};
use crate::{
    interpreters::{Interpreter, KILL_AFTER, TIMED_OUT},
    tree::{Result, root},
};

/// The script that sets up CPython.
const PEERS: &str = "../shared/tools/peers";

/// The plugin of pytest that writes the outcomes, and what stands for packages that cannot be had.
const ON_PATH: &str = "tests/suites/path";

/// The highest status that pytest itself ends with.
const LAST_STATUS_OF_PYTEST: i32 = 5;

/// How CPython is started.
pub(super) struct Peers(pub(super) Vec<PathBuf>);

impl Peers {
    /// CPython 3.14: the command that `PYT_TEST_PYTHON` names, or that of the project's script.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn find() -> Result<Self> {
        if let Some(python) = env::var_os("PYT_TEST_PYTHON") {
            return Ok(Self(vec![python.into()]));
        }
        let peers = root().join(PEERS);
        let done = Command::new(&peers).output();
        let done = done.map_err(|error| {
            format!("PYT_TEST_PYTHON names no CPython 3.14, and {PEERS}: {error}")
        })?;
        if !done.status.success() {
            return Err(format!("{PEERS}: {}", done.status));
        }
        Ok(Self(vec![peers, "run".into(), "python3.14".into()]))
    }
}

/// Runs the suite to its end or to the deadline, and keeps the outcomes in the file `kept`.
///
/// # Errors
/// Files that cannot be written, a process that cannot be started.
pub(super) fn run(
    package: &Package,
    place: &Place,
    interpreter: Interpreter,
    peers: &Peers,
    options: &Options,
    kept: &Path,
) -> Result<()> {
    let failed = |error: std::io::Error| format!("{}: {error}", package.name);
    // Below the package's folder, which both see.
    let scratch = place.source.with_file_name(interpreter.name());
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch).map_err(failed)?;
    for file in fs::read_dir(root().join(ON_PATH)).map_err(failed)? {
        let file = file.map_err(failed)?;
        fs::copy(file.path(), scratch.join(file.file_name())).map_err(failed)?;
    }
    let (written, printed) = (scratch.join("written"), scratch.join("printed"));
    let output = fs::File::create(&printed).map_err(failed)?;
    let path = [&place.source.join(&package.root), &place.needs, &scratch];
    let path = env::join_paths(path).map_err(|error| error.to_string())?;
    let seconds = options.deadline.as_secs().to_string();
    let mut command = Command::new("timeout");
    command.args(["--kill-after", KILL_AFTER, &seconds]);
    // The peers' root begins in a folder of its own.
    let change = "import os, sys; os.chdir(sys.argv.pop(1)); sys.argv.pop(0); \
                  import pytest; sys.exit(pytest.main(sys.argv))";
    match interpreter {
        Interpreter::CPython => command.args(&peers.0),
        Interpreter::Pyt => command.arg(&options.pyt).args(&options.flags),
    };
    command
        .args(["-P", "-c", change])
        .arg(&place.source)
        .args(["-q", "-p", "outcomes", "-p", "no:cacheprovider"])
        .args(["-o", "addopts=", "--basetemp"])
        .arg(scratch.join("temporary"))
        .args(&package.tests)
        .env("PYT_OUTCOMES", &written)
        .env("PYTHONPATH", path)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("COLUMNS", "80")
        .env_remove("PYTHONUNBUFFERED")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .stdout(output.try_clone().map_err(failed)?)
        .stderr(output);
    let begun = Instant::now();
    let status = command.status().map_err(failed)?;
    let elapsed = begun.elapsed();
    let mut text = String::from_utf8_lossy(&fs::read(&written).unwrap_or_default()).into_owned();
    let code = status.code();
    let end = match code {
        Some(code) if code <= LAST_STATUS_OF_PYTEST && text.ends_with("end\n") => "complete",
        _ if code == Some(TIMED_OUT) || elapsed >= options.deadline => "hung",
        _ => "crashed",
    };
    text += &format!("{end}\t{status}\t{:.1}\n", elapsed.as_secs_f64());
    let folder = kept.parent().ok_or("no folder for outcomes")?;
    fs::create_dir_all(folder).map_err(failed)?;
    fs::copy(&printed, kept.with_extension("out")).map_err(failed)?;
    fs::write(kept, text).map_err(failed)
}

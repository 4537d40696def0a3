//! Where CPython's tests are, and CPython itself.
//!
//! The folder that holds the package `test` holds CPython's whole library beside it, which pyt must
//! not see: it has its own. So a link to the package alone, in a folder of its own, is what
//! interpreters are shown.

use std::{
    env, fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use pyt_test::{Process, workspace};

use crate::run::Interpreter;

/// How long setting up CPython may take; three minutes are usual.
const SET_UP_DEADLINE: Duration = Duration::from_secs(600);

/// The script that sets up CPython and its tests, below the workspace's folder.
const PEERS: &str = "../shared/tools/peers";

pub(crate) struct Suite {
    /// A folder of this run, below `/tmp`, which is all that the peers share with this machine.
    scratch: PathBuf,
    /// The script that knows the peers, if the suite is theirs.
    peers: Option<PathBuf>,
}

impl Suite {
    /// Finds the suite, or says why there is none.
    pub(crate) fn find() -> Result<Self, String> {
        let (folder, peers) = match env::var_os("PYT_CPYTHON_TESTS") {
            Some(folder) => (PathBuf::from(folder), None),
            None => {
                let peers = workspace().join(PEERS);
                if !peers.exists() {
                    return Err(format!("PYT_CPYTHON_TESTS is not set, and no {PEERS}"));
                }
                println!("cpython: asking {PEERS} for CPython (three minutes the first time)");
                (set_up(&peers)?, Some(peers))
            }
        };
        let package = folder.join("test");
        if !package.join("support/__init__.py").exists() {
            return Err(format!("no test/support in {}", folder.display()));
        }
        let suite = Self {
            scratch: PathBuf::from(format!("/tmp/pyt-cpython-{}", std::process::id())),
            peers,
        };
        suite
            .prepare(&package)
            .map_err(|error| format!("preparing {}: {error}", suite.scratch.display()))?;
        Ok(suite)
    }

    fn prepare(&self, package: &Path) -> io::Result<()> {
        fs::create_dir_all(self.path())?;
        symlink(fs::canonicalize(package)?, self.path().join("test"))?;
        fs::write(self.runner(), include_str!("runner.py"))
    }

    /// What `PYTHONPATH` has to be for the suite to be found.
    pub(crate) fn path(&self) -> PathBuf {
        self.scratch.join("path")
    }

    /// The Python program that runs one module.
    pub(crate) fn runner(&self) -> PathBuf {
        self.scratch.join("runner.py")
    }

    /// A new folder for one module's run.
    pub(crate) fn folder(&self, of: &str) -> io::Result<PathBuf> {
        let folder = self.scratch.join(of);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// CPython 3.14 on this machine, or why it does not run.
    pub(crate) fn cpython(&self) -> Result<Interpreter, String> {
        let cpython = match &self.peers {
            Some(peers) => Interpreter::peer(peers),
            None => Interpreter::installed_cpython(self),
        };
        cpython.answers().map(|()| cpython)
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        // What cannot be removed is in the system's folder for such things.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

/// Runs `peers tests`, which sets up what is missing.
fn set_up(peers: &Path) -> Result<PathBuf, String> {
    let done = Process::new(peers)
        .arg("tests")
        .show_stderr()
        .try_start()
        .map_err(|error| format!("{PEERS}: {error}"))?
        .wait(SET_UP_DEADLINE)
        .map_err(|_| format!("{PEERS} was not done after {SET_UP_DEADLINE:?}"))?;
    if !done.status.success() {
        return Err(format!("{PEERS} failed, {}", done.status));
    }
    let folder = done.stdout;
    Ok(PathBuf::from(folder.lines().last().unwrap_or_default()))
}

//! Where CPython's tests are, which modules they have, and CPython itself.
//!
//! As for `tests/cpython`: the folder that `PYT_CPYTHON_TESTS` names has the package `test` in it,
//! or `../shared/tools/peers` sets one up.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use crate::tree::{Result, root};

/// The script that sets up CPython and its tests.
const PEERS: &str = "../shared/tools/peers";

/// What starts CPython in the root of the peers, where a shell has to change the folder.
const IN_ROOT: &str = "cd \"$0\" && exec python3.14 \"$@\"";

/// Packages and modules that are not run: they test CPython's C API and its tools, what it has on
/// other systems, or graphical programs.
const LEFT_OUT: [&str; 19] = [
    "test_android",
    "test_apple",
    "test_bigaddrspace",
    "test_bigmem",
    "test_capi",
    "test_cext",
    "test_clinic",
    "test_cppext",
    "test_external_inspection",
    "test_gdb",
    "test_generated_cases",
    "test_idle",
    "test_peg_generator",
    "test_stable_abi_ctypes",
    "test_tkinter",
    "test_tools",
    "test_ttk",
    "test_turtle",
    "test_xpickle",
];

/// CPython's suite.
pub(super) struct Suite {
    /// The package `test`.
    package: PathBuf,
    /// A folder of this run, below `/tmp`, which is all that the peers share with this machine.
    scratch: PathBuf,
    peers: Option<PathBuf>,
}

impl Suite {
    /// # Errors
    /// There is no suite.
    pub(super) fn find() -> Result<Self> {
        let (folder, peers) = match env::var_os("PYT_CPYTHON_TESTS") {
            Some(folder) => (PathBuf::from(folder), None),
            None => {
                let peers = root().join(PEERS);
                let done = Command::new(&peers)
                    .arg("tests")
                    .output()
                    .map_err(|error| {
                        format!("PYT_CPYTHON_TESTS names no suite, and {PEERS}: {error}")
                    })?;
                let text = String::from_utf8_lossy(&done.stdout).into_owned();
                let folder = text.lines().last().unwrap_or_default();
                (PathBuf::from(folder), Some(peers))
            }
        };
        let package = folder.join("test");
        if !package.join("support/__init__.py").exists() {
            return Err(format!("no test/support in {}", folder.display()));
        }
        let scratch = PathBuf::from(format!("/tmp/pyt-conformance-{}", std::process::id()));
        let suite = Self {
            package,
            scratch,
            peers,
        };
        suite
            .prepare()
            .map_err(|error| format!("{}: {error}", suite.scratch.display()))?;
        Ok(suite)
    }

    fn prepare(&self) -> std::io::Result<()> {
        fs::create_dir_all(self.path())?;
        // CPython's library lies beside the package, and pyt must not see it.
        symlink(fs::canonicalize(&self.package)?, self.path().join("test"))?;
        fs::copy(root().join("tests/cpython/runner.py"), self.runner()).map(drop)
    }

    /// What `PYTHONPATH` has to be for the suite to be found.
    pub(super) fn path(&self) -> PathBuf {
        self.scratch.join("path")
    }

    /// The Python program that runs one module.
    pub(super) fn runner(&self) -> PathBuf {
        self.scratch.join("runner.py")
    }

    /// A new folder for one module's run, with an empty folder `cwd` in it.
    pub(super) fn folder(&self, interpreter: &str, module: &str) -> Result<PathBuf> {
        let folder = self.scratch.join(format!("{interpreter}.{module}"));
        // What an earlier run of the module left.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("cwd"))
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(folder)
    }

    /// The command that starts CPython in a folder that is its first argument, and `PYTHONPATH`.
    pub(super) fn cpython(&self) -> (Vec<PathBuf>, Option<PathBuf>) {
        let shell = ["sh", "-c", IN_ROOT].map(PathBuf::from);
        match &self.peers {
            Some(peers) => {
                let begin = [peers.clone(), PathBuf::from("run")];
                (begin.into_iter().chain(shell).collect(), None)
            }
            None => (shell.to_vec(), Some(self.path())),
        }
    }

    /// The names of all modules below the package `test`, in order.
    pub(super) fn modules(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        collect(&self.package, "", &mut found)?;
        found.sort();
        Ok(found)
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        // What cannot be removed is in the system's folder for such things.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

/// The test modules in a package's folder; a package that has none is one itself.
fn collect(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        let stem = name.strip_suffix(".py").unwrap_or(&name);
        if !stem.starts_with("test_") || LEFT_OUT.contains(&stem) {
            continue;
        }
        let module = format!("{prefix}{stem}");
        if path.is_dir() && path.join("__init__.py").exists() {
            let before = found.len();
            collect(&path, &format!("{module}."), found)?;
            if found.len() == before {
                found.push(module);
            }
        } else if path.is_file() && name.ends_with(".py") {
            found.push(module);
        }
    }
    Ok(())
}

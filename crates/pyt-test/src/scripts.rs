//! Runs all self-checking Python scripts of a folder: each asserts what it expects and exits 0.
//! Where a file with the name of the script and the ending `.txt` lies beside it, the script prints
//! that.
//!
//! Two run at a time, since many of them mostly wait. The module knows nothing of what they check.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{DEADLINE, Program, other_python, workspace};

const AT_A_TIME: usize = 2;

/// Longer than for a single program: some of these run for seconds on an idle machine.
const SCRIPT_DEADLINE: Duration = DEADLINE.saturating_mul(4);

/// The scripts of one folder, and how they are run.
pub struct Scripts {
    folder: PathBuf,
    env: Vec<(String, String)>,
}

impl Scripts {
    /// All `.py` files in and below a folder of the workspace.
    pub fn of(folder: impl AsRef<Path>) -> Self {
        Self {
            folder: workspace().join(folder),
            env: Vec::new(),
        }
    }

    /// Sets an environment variable for each.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Asserts that all hold with the simulated GIL (or on the other Python, if one is named).
    pub fn hold_with_the_gil(&self) {
        self.run_all("gil=1");
    }

    /// Asserts that all hold with all threads running at once.
    pub fn hold_without_the_gil(&self) {
        if other_python().is_none() {
            self.run_all("gil=0");
        }
    }

    fn run_all(&self, gil: &str) {
        let mut found = Vec::new();
        find(&self.folder, &mut found);
        found.sort();
        assert!(!found.is_empty(), "no scripts in {}", self.folder.display());
        let next = AtomicUsize::new(0);
        let failures = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..AT_A_TIME {
                scope.spawn(|| {
                    while let Some(path) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if let Some(failure) = self.failure(path, gil) {
                            failures
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .push(failure);
                        }
                    }
                });
            }
        });
        let failures = failures
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        assert!(
            failures.is_empty(),
            "{} of {} scripts failed:\n{}",
            failures.len(),
            found.len(),
            failures.join("\n")
        );
    }

    /// Runs one script and says how it failed, if it did.
    fn failure(&self, path: &Path, gil: &str) -> Option<String> {
        // The script is copied: what lies beside it is not.
        let mut program = Program::file(path);
        if let Some(folder) = path.parent() {
            program = program.env("PYT_TEST_FOLDER", &folder.to_string_lossy());
        }
        if other_python().is_none() {
            program = program.flag("-X").flag(gil);
        }
        for (name, value) in &self.env {
            program = program.env(name, value);
        }
        match program.run_until(SCRIPT_DEADLINE) {
            Ok(run) if run.status.success() => {
                let expected = fs::read_to_string(path.with_extension("txt")).ok()?;
                (run.stdout != expected).then(|| {
                    format!(
                        "{}: expected on stdout:\n{expected}\nbut: {run}",
                        path.display()
                    )
                })
            }
            Ok(run) => Some(format!("{}: {run}", path.display())),
            Err(timed_out) => Some(format!("{}: {timed_out}", path.display())),
        }
    }
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("reading {}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("reading a folder of scripts").path();
        if path.is_dir() {
            find(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            found.push(path);
        }
    }
}

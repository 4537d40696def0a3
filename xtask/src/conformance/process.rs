//! One module's process: how each interpreter is started, and how it is ended.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use super::suite::Suite;
use crate::{
    interpreters::{Interpreter, KILL_AFTER, TIMED_OUT},
    tree::Result,
};

/// How much sooner the process itself shows where its threads are, and ends.
const DUMP_MARGIN: Duration = Duration::from_secs(5);

/// An interpreter, and how it is started.
pub(super) struct Python {
    interpreter: Interpreter,
    command: Vec<PathBuf>,
    /// What `PYTHONPATH` has to be for the suite to be found.
    path: Option<PathBuf>,
}

impl Python {
    pub(super) fn new(interpreter: Interpreter, pyt: &Path, suite: &Suite) -> Self {
        let (command, path) = match interpreter {
            Interpreter::CPython => suite.cpython(),
            Interpreter::Pyt => (vec![pyt.to_owned()], Some(suite.path())),
        };
        Self {
            interpreter,
            command,
            path,
        }
    }

    /// Runs `module` to its end or to the deadline, and keeps what it wrote in the file `kept`.
    pub(super) fn run(
        &self,
        module: &str,
        suite: &Suite,
        deadline: Duration,
        kept: &Path,
    ) -> Result<()> {
        let failed = |error: std::io::Error| format!("{module}: {error}");
        let folder = suite.folder(self.interpreter.name(), module)?;
        let (results, printed) = (folder.join("results"), folder.join("printed"));
        let output = fs::File::create(&printed).map_err(failed)?;
        let dump = deadline.saturating_sub(DUMP_MARGIN).as_secs().to_string();
        let begun = Instant::now();
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after", KILL_AFTER, &deadline.as_secs().to_string()])
            .args(&self.command);
        match self.interpreter {
            // For the shell that starts CPython in its root.
            Interpreter::CPython => command.arg(folder.join("cwd")),
            Interpreter::Pyt => command.current_dir(folder.join("cwd")),
        };
        command
            .arg(suite.runner())
            .arg(&results)
            .args([&dump, module, "all"])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output);
        if let Some(path) = &self.path {
            command.env("PYTHONPATH", path);
        }
        let status = command.status().map_err(failed)?;
        let elapsed = begun.elapsed();
        let mut text =
            String::from_utf8_lossy(&fs::read(&results).unwrap_or_default()).into_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        // A module that cannot be imported has failed, as one test.
        let is_import_error = text.lines().any(|line| line.starts_with("error\timport\t"));
        let is_complete = text.ends_with("end\n") && status.success();
        let is_complete = is_complete || (is_import_error && status.code() == Some(1));
        text += &end_of(status, is_complete, elapsed, deadline);
        let printed = fs::read(&printed).unwrap_or_default();
        let folder = kept.parent().ok_or("no folder for results")?;
        fs::create_dir_all(folder).map_err(failed)?;
        fs::write(kept.with_extension("out"), printed).map_err(failed)?;
        fs::write(kept, text).map_err(failed)
    }
}

/// The last line of a module's results.
fn end_of(status: ExitStatus, is_complete: bool, elapsed: Duration, deadline: Duration) -> String {
    let at_deadline = elapsed + DUMP_MARGIN >= deadline || status.code() == Some(TIMED_OUT);
    let end = match (is_complete, at_deadline) {
        (true, _) => "complete",
        (false, true) => "hung",
        (false, false) => "crashed",
    };
    format!("{end}\t{status}\t{:.1}\n", elapsed.as_secs_f64())
}

//! What a process did: it ended, or it passed its deadline.

use std::{fmt, os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

/// A process that ended by itself, and what it wrote.
#[derive(Debug)]
pub struct CompletedProcess {
    pub stdout: String,
    pub stderr: String,
    pub status: ExitStatus,
    /// From just before the start of the process until its end was seen.
    pub elapsed: Duration,
    /// The path under which the program ran, as tracebacks show it; or the command.
    pub script: String,
}

impl CompletedProcess {
    /// Asserts that the program ended with exit status 0 and wrote nothing to stderr.
    #[track_caller]
    pub fn succeeded(&self) -> &Self {
        assert!(
            self.status.success() && self.stderr.is_empty(),
            "not a clean end: {self}"
        );
        self
    }

    /// Asserts on the exit status (a number, so not ended by a signal).
    #[track_caller]
    pub fn exited_with(&self, code: i32) -> &Self {
        assert_eq!(self.status.code(), Some(code), "wrong exit status: {self}");
        self
    }

    /// Asserts on the whole of stdout.
    #[track_caller]
    pub fn printed(&self, expected: &str) -> &Self {
        assert!(
            self.stdout == expected,
            "expected on stdout: {expected:?}\nbut: {self}"
        );
        self
    }

    /// Asserts on the whole of stderr. `{script}` in `expected` stands for the program's path.
    #[track_caller]
    pub fn complained(&self, expected: &str) -> &Self {
        let expected = expected.replace("{script}", &self.script);
        assert!(
            self.stderr == expected,
            "expected on stderr:\n{expected}\nbut: {self}"
        );
        self
    }

    /// Asserts on the exit status, the whole of stdout and the whole of stderr.
    #[track_caller]
    pub fn gave(&self, status: i32, stdout: &str, stderr: &str) -> &Self {
        self.exited_with(status).printed(stdout).complained(stderr)
    }

    /// Asserts that the process was ended by SIGINT, as a shell expects of an interrupted program.
    #[track_caller]
    pub fn ended_by_interrupt(&self) -> &Self {
        assert_eq!(
            self.status.signal(),
            Some(libc::SIGINT),
            "not ended by SIGINT: {self}"
        );
        self
    }
}

impl fmt::Display for CompletedProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            stdout,
            stderr,
            status,
            elapsed,
            script,
        } = self;
        write!(f, "{script}: {status} after {elapsed:?}")?;
        write!(f, "\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}

/// How a process was ended after its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedBy {
    /// It answered Ctrl-C.
    Interrupt,
    /// It was killed.
    Kill,
    /// It had ended by itself, but a process that it had started kept its output open.
    Itself,
}

/// A process that passed its deadline and was ended.
#[derive(Debug)]
pub struct TimedOut {
    pub(crate) script: String,
    pub(crate) deadline: Duration,
    pub(crate) ended_by: EndedBy,
    /// Whether pyt was asked for the stack of each thread, which it writes to stderr.
    pub(crate) has_stacks: bool,
    pub output: Output,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            script,
            deadline,
            ended_by,
            has_stacks,
            output,
        } = self;
        writeln!(f, "{script} hangs: still running after {deadline:?}")?;
        if *has_stacks {
            writeln!(
                f,
                "it was sent SIGQUIT: stderr shows what each thread waits for, and where"
            )?;
        }
        writeln!(
            f,
            "{}",
            match ended_by {
                EndedBy::Interrupt => "ended by Ctrl-C; stderr shows where the main thread was",
                EndedBy::Kill =>
                    "did not answer Ctrl-C and was killed; what it had buffered is lost",
                EndedBy::Itself =>
                    "the process itself has ended, but one that it started keeps its output open",
            }
        )?;
        write!(f, "{output}")
    }
}

/// What a process wrote.
#[derive(Debug)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "--- stdout\n{}\n--- stderr\n{}\n---",
            self.stdout, self.stderr
        )
    }
}

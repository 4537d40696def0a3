//! A Python program to run: its source, and how it is started, on pyt or on another Python.

use std::{ffi::OsString, fs, path::Path, time::Duration};

use crate::{
    CompletedProcess, DEADLINE, Process, Scratch, TimedOut, other_python, pyt_path, workspace,
};

/// Which clock a program runs by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The machine's: a sleep of 2 s takes 2 s.
    Real,
    /// `--virtual-time`: a sleep takes no time, only its place in the order.
    Virtual,
}

/// A program to run: its source and how to start it.
#[derive(Clone)]
pub struct Program {
    name: String,
    source: Vec<u8>,
    time: Time,
    flags: Vec<String>,
    env: Vec<(String, String)>,
    interrupt_at: Option<String>,
}

impl Program {
    /// A program from its source text. `name` becomes its file name.
    pub fn new(name: &str, source: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            source: source.into(),
            time: Time::Real,
            flags: Vec::new(),
            env: Vec::new(),
            interrupt_at: None,
        }
    }

    /// A program from a file under the workspace. Panics if it cannot be read.
    pub fn file(path: impl AsRef<Path>) -> Self {
        let path = workspace().join(path);
        let source =
            fs::read(&path).unwrap_or_else(|error| panic!("reading {}: {error}", path.display()));
        let name = path.file_name().expect("a file has a name");
        Self::new(&name.to_string_lossy(), source)
    }

    /// Runs by the given clock.
    pub fn time(mut self, time: Time) -> Self {
        self.time = time;
        self
    }

    /// Adds an interpreter flag, such as `-X`. The program is then started as `pyt FLAG... FILE`,
    /// as `python` would be, and not with `pyt run`.
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// Sets an environment variable. All others that begin with `PYTHON` are removed.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends Ctrl-C (SIGINT) to the program a moment after its stdout shows `marker`.
    pub fn interrupt_at(mut self, marker: &str) -> Self {
        self.interrupt_at = Some(marker.to_owned());
        self
    }

    /// Runs the program to its end. Panics, with all that it printed, if it passes the deadline.
    #[track_caller]
    pub fn run(&self) -> CompletedProcess {
        self.run_until(DEADLINE)
            .unwrap_or_else(|timed_out| panic!("{timed_out}"))
    }

    /// Runs the program, and ends it if it takes longer than `deadline`.
    pub fn run_until(&self, deadline: Duration) -> Result<CompletedProcess, TimedOut> {
        let scratch = Scratch::new();
        let file = scratch.write(&self.name, &self.source);
        self.process(&file)
            .dir(scratch.path())
            .label(file)
            .start()
            .watch(deadline, self.interrupt_at.as_deref())
    }

    fn process(&self, file: &str) -> Process {
        let mut words: Vec<OsString> = Vec::new();
        let other = other_python();
        let is_pyt = other.is_none();
        match other {
            Some(python) => {
                assert_eq!(self.time, Time::Real, "only pyt has virtual time");
                words.extend(python.into_iter().map(OsString::from));
                words.extend(self.flags.iter().map(OsString::from));
            }
            None => {
                words.push(pyt_path().into());
                words.extend(self.flags.iter().map(OsString::from));
                if self.flags.is_empty() {
                    words.push("run".into());
                }
                if self.time == Time::Virtual {
                    words.push("--virtual-time".into());
                }
            }
        }
        words.push(file.into());
        let process = Process::new(&words[0])
            .args(&words[1..])
            .answers_quit(is_pyt);
        let variables = self.env.iter();
        variables.fold(process, |process, (name, value)| process.env(name, value))
    }
}

//! Runs one module of the suite in a process of its own, under a deadline.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::{Duration, Instant},
};

use pyt_test::{Process, pyt_path};

use crate::{
    options::Options,
    results::{Outcome, Results, Test},
    suite::Suite,
};

/// How long a module may take. The longest takes half a minute, on a machine with nothing else to
/// do.
const DEADLINE: Duration = Duration::from_secs(300);

/// How much sooner the process itself shows where its threads are, and ends.
const DUMP_MARGIN: Duration = Duration::from_secs(15);

/// How long an interpreter may take to run an empty program.
const ANSWER_DEADLINE: Duration = Duration::from_secs(60);

/// How many of the last lines of what a process printed are kept.
const KEPT_LINES: usize = 60;

/// A Python and how to start it.
pub(crate) struct Interpreter {
    name: &'static str,
    command: Vec<String>,
    /// The command is the pyt that cargo has built.
    is_built_pyt: bool,
    /// The command starts programs in a root of its own, where a shell has to change the folder.
    in_a_root: bool,
    env: Vec<(&'static str, PathBuf)>,
}

impl Interpreter {
    /// The pyt that cargo has just built, or what is to run in its place.
    pub(crate) fn pyt(options: &Options, suite: &Suite) -> Self {
        let pyt = || vec![pyt_path().to_string_lossy().into_owned()];
        let mut env = vec![("PYTHONPATH", suite.path())];
        if options.free {
            env.push(("PYTHON_GIL", "0".into()));
        }
        Self {
            name: "pyt",
            command: options.python.clone().unwrap_or_else(pyt),
            is_built_pyt: options.python.is_none(),
            in_a_root: false,
            env,
        }
    }

    /// CPython as the script `peers` has set it up, which has its tests in its library.
    pub(crate) fn peer(peers: &Path) -> Self {
        Self {
            name: "CPython",
            command: vec![peers.to_string_lossy().into_owned(), "run".to_owned()],
            is_built_pyt: false,
            in_a_root: true,
            env: Vec::new(),
        }
    }

    /// The CPython 3.14 of this machine, with the same tests as pyt.
    pub(crate) fn installed_cpython(suite: &Suite) -> Self {
        Self {
            name: "CPython",
            command: vec!["python3.14".to_owned()],
            is_built_pyt: false,
            in_a_root: false,
            env: vec![("PYTHONPATH", suite.path())],
        }
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.name == "pyt"
    }

    /// Whether it runs at all, or why not.
    pub(crate) fn answers(&self) -> Result<(), String> {
        let process = self.process(Path::new("/tmp"), &["-c", "pass"]);
        let running = process
            .try_start()
            .map_err(|error| format!("{}: {error}", self.command[0]))?;
        let done = running
            .wait(ANSWER_DEADLINE)
            .map_err(|timed_out| timed_out.to_string())?;
        if done.status.success() {
            return Ok(());
        }
        let last = done.stderr.lines().last().unwrap_or_default();
        Err(format!("it ends with {}: {last}", done.status))
    }

    fn process(&self, folder: &Path, arguments: &[&str]) -> Process {
        let mut process = Process::new(&self.command[0])
            .args(&self.command[1..])
            .answers_quit(self.is_built_pyt);
        if self.in_a_root {
            process = process
                .args(["sh", "-c", "cd \"$0\" && exec python3.14 \"$@\""])
                .arg(folder);
        }
        process = process
            .args(arguments)
            .dir(folder)
            // The suite's folder is not ours.
            .env("PYTHONDONTWRITEBYTECODE", "1");
        let variables = self.env.iter();
        variables.fold(process, |process, (name, value)| process.env(name, value))
    }

    /// Runs `module` to its end or to the deadline.
    pub(crate) fn run(&self, module: &'static str, suite: &Suite) -> ModuleRun {
        let started = Instant::now();
        let mut run = match self.try_run(module, suite) {
            Ok(run) => run,
            Err(error) => {
                let mut run = ModuleRun::new(self.name, module);
                run.add("process", format!("it could not be run: {error}"));
                run
            }
        };
        run.elapsed = started.elapsed();
        run
    }

    fn try_run(&self, module: &'static str, suite: &Suite) -> io::Result<ModuleRun> {
        let folder = suite.folder(&format!("{}.{module}", self.name))?;
        let results = folder.join("results");
        // A folder within, so that tests which clean up theirs leave the results alone.
        let cwd = folder.join("cwd");
        fs::create_dir_all(&cwd)?;
        let seconds = DEADLINE
            .checked_sub(DUMP_MARGIN)
            .unwrap()
            .as_secs()
            .to_string();
        let ended = self
            .process(
                &cwd,
                &[
                    &suite.runner().to_string_lossy(),
                    &results.to_string_lossy(),
                    &seconds,
                    module,
                ],
            )
            .label(module)
            .merge_output()
            .try_start()?
            .wait(DEADLINE);
        let (status, printed) = match ended {
            Ok(done) => (Some(done.status), done.stdout),
            Err(timed_out) => (None, timed_out.output.stdout),
        };
        let mut run = ModuleRun::new(self.name, module);
        let text = fs::read(&results).unwrap_or_default();
        run.results = Results::parse(&String::from_utf8_lossy(&text));
        run.printed = last_lines(&printed);
        run.judge_end(status);
        Ok(run)
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(KEPT_LINES)..].join("\n")
}

/// One module's run on one interpreter.
pub(crate) struct ModuleRun {
    pub interpreter: &'static str,
    pub module: &'static str,
    pub results: Results,
    /// The end of what the process printed.
    pub printed: String,
    pub elapsed: Duration,
}

impl ModuleRun {
    fn new(interpreter: &'static str, module: &'static str) -> Self {
        Self {
            interpreter,
            module,
            results: Results::default(),
            printed: String::new(),
            elapsed: Duration::ZERO,
        }
    }

    fn add(&mut self, id: &str, reason: String) {
        self.results.tests.push(Test {
            id: id.to_owned(),
            outcome: Outcome::Error,
            reason,
        });
    }

    /// Makes an error of an end other than that which a process should come to.
    fn judge_end(&mut self, status: Option<ExitStatus>) {
        let end = match status {
            None => format!("it was killed after {} s", DEADLINE.as_secs()),
            Some(status) if self.results.complete && status.success() => return,
            Some(status) => format!("the process ended with {status}"),
        };
        match self.results.running.take() {
            Some(id) => self.add(&id, format!("it hangs or crashes: {end}")),
            None if self.results.complete => {
                self.add("process", format!("after the last test, {end}"));
            }
            None => self.add("process", format!("between two tests, {end}")),
        }
    }
}

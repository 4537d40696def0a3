//! Runs one module of the suite in a process of its own, under a deadline.

use std::{
    env, fs,
    fs::File,
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    options::Options,
    results::{Outcome, Results, Test},
    suite::Suite,
};

/// How long a module may take. The longest takes half a minute, on a machine with nothing else to do.
const DEADLINE: Duration = Duration::from_secs(300);

/// How much sooner the process itself shows where its threads are, and ends.
const DUMP: Duration = Duration::from_secs(15);

const POLL: Duration = Duration::from_millis(20);

/// How many of the last lines of what a process printed are kept.
const KEPT_LINES: usize = 60;

/// A Python and how to start it.
pub struct Interpreter {
    name: &'static str,
    command: Vec<String>,
    /// The command starts programs in a root of its own, where a shell has to change the folder.
    in_a_root: bool,
    env: Vec<(&'static str, PathBuf)>,
}

impl Interpreter {
    /// The pyt that cargo has just built, or what is to run in its place.
    pub fn pyt(options: &Options, suite: &Suite) -> Self {
        let pyt = || vec![env!("CARGO_BIN_EXE_pyt").to_owned()];
        let mut env = vec![("PYTHONPATH", suite.path())];
        if options.free {
            env.push(("PYTHON_GIL", "0".into()));
        }
        Self {
            name: "pyt",
            command: options.python.clone().unwrap_or_else(pyt),
            in_a_root: false,
            env,
        }
    }

    /// CPython as the script `peers` has set it up, which has its tests in its library.
    pub fn peer(peers: &Path) -> Self {
        Self {
            name: "CPython",
            command: vec![peers.to_string_lossy().into_owned(), "run".to_owned()],
            in_a_root: true,
            env: Vec::new(),
        }
    }

    /// The CPython 3.14 of this machine, with the same tests as pyt.
    pub fn installed_cpython(suite: &Suite) -> Self {
        Self {
            name: "CPython",
            command: vec!["python3.14".to_owned()],
            in_a_root: false,
            env: vec![("PYTHONPATH", suite.path())],
        }
    }

    pub fn is_ours(&self) -> bool {
        self.name == "pyt"
    }

    /// Whether it runs at all, or why not.
    pub fn answers(&self) -> Result<(), String> {
        let mut command = self.start(Path::new("/tmp"), &["-c", "pass"]);
        match command.output() {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                let last = stderr.lines().last().unwrap_or_default();
                Err(format!("it ends with {}: {last}", output.status))
            }
            Err(error) => Err(format!("{}: {error}", self.command[0])),
        }
    }

    fn start(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        if self.in_a_root {
            command
                .args(["sh", "-c", "cd \"$0\" && exec python3.14 \"$@\""])
                .arg(folder);
        }
        command.args(arguments).current_dir(folder);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PYTHON") {
                command.env_remove(name);
            }
        }
        // The suite's folder is somebody else's.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    /// Runs `module` to its end or to the deadline.
    pub fn run(&self, module: &'static str, suite: &Suite) -> Run {
        let started = Instant::now();
        let mut run = match self.try_run(module, suite) {
            Ok(run) => run,
            Err(error) => {
                let mut run = Run::new(self.name, module);
                run.add("process", format!("it could not be run: {error}"));
                run
            }
        };
        run.elapsed = started.elapsed();
        run
    }

    fn try_run(&self, module: &'static str, suite: &Suite) -> io::Result<Run> {
        let folder = suite.folder(&format!("{}.{module}", self.name))?;
        let results = folder.join("results");
        let printed = folder.join("printed");
        // A folder within, so that tests which clean up theirs leave these two alone.
        let cwd = folder.join("cwd");
        fs::create_dir_all(&cwd)?;
        let output = File::create(&printed)?;
        let seconds = (DEADLINE - DUMP).as_secs().to_string();
        let child = self
            .start(
                &cwd,
                &[
                    &suite.runner().to_string_lossy(),
                    &results.to_string_lossy(),
                    &seconds,
                    module,
                ],
            )
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()?;
        let status = Process(child).wait()?;
        let mut run = Run::new(self.name, module);
        let text = fs::read(&results).unwrap_or_default();
        run.results = Results::parse(&String::from_utf8_lossy(&text));
        let text = fs::read(&printed).unwrap_or_default();
        run.printed = last_lines(&String::from_utf8_lossy(&text));
        run.judge_end(status);
        Ok(run)
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(KEPT_LINES)..].join("\n")
}

/// The process of one module and those it started, which end with it.
struct Process(Child);

impl Process {
    /// The exit status, or `None` if it had to be killed at the deadline.
    fn wait(mut self) -> io::Result<Option<ExitStatus>> {
        let started = Instant::now();
        while started.elapsed() < DEADLINE {
            if let Some(status) = self.0.try_wait()? {
                return Ok(Some(status));
            }
            thread::sleep(POLL);
        }
        Ok(None)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The whole group: a test that failed may have left its children behind. Nobody may be
        // left, and that is what should be.
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill")
            .args(["-KILL", "--", &group])
            .stderr(Stdio::null())
            .status();
        let _ = self.0.wait();
    }
}

/// One module's run on one interpreter.
pub struct Run {
    pub interpreter: &'static str,
    pub module: &'static str,
    pub results: Results,
    /// The end of what the process printed.
    pub printed: String,
    pub elapsed: Duration,
}

impl Run {
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

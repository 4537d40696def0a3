//! `pyt doc`: runs the Python code blocks of documents, and shows what each prints.
//!
//! Finding and running blocks is `pyt-runtime`'s (`pyt_runtime::doc`).

use std::{
    ffi::{OsStr, OsString},
    fmt::Write as _,
    io::{IsTerminal, Read, Write as _},
    path::{Path, PathBuf},
    sync::mpsc,
    time::{Duration, Instant},
};

use pyt_options::{Command, Effect, Positional};
use pyt_runtime::{
    Deadlocks, ErrorKind, Options, Runtime,
    doc::{Block, Document, Report, Runner},
};

use crate::{
    errors::io_error_text,
    given::{self, BAD_USAGE, Given},
    script, stdout,
};

/// How long a block runs before a terminal shows that it still does.
const PROGRESS_DELAY: Duration = Duration::from_secs(2);

/// What `pyt doc` is to do.
struct Arguments {
    files: Vec<PathBuf>,
    /// Whether each block has a namespace of its own.
    isolated: bool,
    real_time: bool,
    /// How many lines of a block's output are shown.
    max_lines: usize,
    timings: bool,
    /// `-X`.
    x_options: Vec<String>,
}

impl Arguments {
    fn of(given: &Given) -> Self {
        let max_lines: u64 = given.value(Effect::MaxLines);
        Self {
            files: given.operands(Positional::Documents),
            isolated: given.has(Effect::NamespacePerBlock),
            real_time: given.has(Effect::RealTime),
            max_lines: usize::try_from(max_lines).unwrap_or(usize::MAX),
            timings: given.has(Effect::Timings),
            x_options: given.all(Effect::XOption),
        }
    }
}

/// Runs `pyt doc`. Returns the exit status.
pub(crate) fn run(program: &OsStr, args: &[OsString]) -> i32 {
    let given = match Given::parse(Command::Doc, args) {
        Ok(given) => Arguments::of(&given),
        Err(status) => return status,
    };
    let mut options = Options::python();
    options.executable = script::executable(program);
    options.deadlocks = Deadlocks::Ignore;
    options.report_on_quit = false;
    options.virtual_time = !given.real_time;
    options.argv = vec!["".into()];
    options.xoptions = given
        .x_options
        .iter()
        .map(|text| given::x_option(text))
        .collect();
    let configured = options
        .apply_xoptions()
        .and_then(|()| options.apply_environment(|name| std::env::var_os(name)));
    if let Err(error) = configured {
        eprintln!("{error}\n");
        return 1;
    }
    // All documents are read first, so that a missing one is reported before anything runs.
    let mut documents = Vec::new();
    for path in &given.files {
        match read(path) {
            Ok(text) => documents.push(Document::new(path.to_string_lossy(), text)),
            Err(reason) => {
                eprintln!("pyt doc: {}: {reason}", path.display());
                return BAD_USAGE;
            }
        }
    }
    let runtime = match Runtime::builder().options(options).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprint!("{}", error.traceback());
            return 1;
        }
    };
    let style = Style::detect();
    let outcome = run_all(&runtime, &documents, &given, style);
    let finished = runtime.finish();
    match outcome {
        Outcome::Counted { failed: 0 } => finished,
        Outcome::Counted { .. } => 1,
        Outcome::Interrupted => 130,
        Outcome::PipeClosed => 0,
    }
}

enum Outcome {
    Counted { failed: usize },
    Interrupted,
    PipeClosed,
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| io_error_text(&error))?;
    } else {
        bytes = std::fs::read(path).map_err(|error| io_error_text(&error))?;
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|&&byte| byte == b'\n').count() + 1;
        format!("line {line} is not UTF-8")
    })
}

fn run_all(runtime: &Runtime, documents: &[Document], given: &Arguments, style: Style) -> Outcome {
    let runner = match Runner::new(runtime, given.max_lines) {
        Ok(runner) => runner,
        Err(error) => {
            eprint!("{}", error.traceback());
            return Outcome::Counted { failed: 1 };
        }
    };
    let (mut passed, mut failed) = (0, 0);
    for document in documents {
        if document.blocks().is_empty() {
            eprintln!(
                "pyt doc: {}: no Python blocks: a block begins with a line ```python",
                document.name()
            );
        }
        for (index, block) in document.blocks().iter().enumerate() {
            if (index == 0 || given.isolated)
                && let Err(error) = runner.begin(document)
            {
                eprint!("{}", error.traceback());
                return Outcome::Counted { failed: 1 };
            }
            let progress = Progress::start(style, document, block);
            let report = runner.run(document, block);
            progress.stop();
            let interrupted = report
                .error
                .as_ref()
                .is_some_and(|error| error.kind() == ErrorKind::Interrupted);
            match report.error {
                Some(_) => failed += 1,
                None => passed += 1,
            }
            if !show(&format_report(document, block, &report, given, style)) {
                return Outcome::PipeClosed;
            }
            if interrupted {
                return Outcome::Interrupted;
            }
        }
    }
    let mut summary = format!("{passed} of {} blocks passed", passed + failed);
    if failed != 0 {
        summary.push_str(&format!(", {failed} failed"));
    }
    let summary = style.paint(if failed == 0 { GREEN } else { RED }, &summary);
    if !show(&format!("{summary}\n")) {
        return Outcome::PipeClosed;
    }
    Outcome::Counted { failed }
}

/// Writes to standard output; false if it cannot be written to any more.
fn show(text: &str) -> bool {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => true,
        Err(error) => {
            if error.kind() != std::io::ErrorKind::BrokenPipe {
                eprintln!("pyt doc: cannot write: {error}");
            }
            false
        }
    }
}

fn format_report(
    document: &Document,
    block: &Block,
    report: &Report,
    given: &Arguments,
    style: Style,
) -> String {
    let result = match &report.error {
        None => style.paint(GREEN, "ok"),
        Some(_) => style.paint(RED, "failed"),
    };
    let place = style.paint(BOLD, &format!("{}:{}", document.name(), block.line));
    let mut text = format!("{place}: {result}");
    if given.timings {
        let _ = write!(text, " ({:.3} s)", report.elapsed.as_secs_f64());
    }
    text.push('\n');
    for line in report.output.lines() {
        let _ = writeln!(text, "    {line}");
    }
    let mut note = |note: String| {
        let _ = writeln!(text, "    {}", style.paint(DIM, &note));
    };
    if report.cut_lines > 0 {
        note(format!(
            "... {} more {} cut",
            report.cut_lines,
            plural(report.cut_lines, "line")
        ));
    }
    if report.stopped_threads > 0 {
        let count = report.stopped_threads;
        note(format!(
            "... {count} daemon {} stopped",
            plural(count, "thread")
        ));
    }
    if !block.closed {
        note("... the fence is not closed".to_owned());
    }
    if let Some(error) = &report.error {
        for line in error.traceback().lines() {
            let _ = writeln!(text, "    {}", style.paint(RED, line));
        }
    }
    text
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        noun.to_owned()
    } else {
        format!("{noun}s")
    }
}

const RED: &str = "31";
const GREEN: &str = "32";
const BOLD: &str = "1";
const DIM: &str = "2";

/// Whether to use colours, and whether to show progress.
#[derive(Clone, Copy)]
struct Style {
    colour: bool,
    progress: bool,
}

impl Style {
    fn detect() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            colour: is_terminal && stdout::takes_colour(),
            progress: is_terminal && !dumb && std::io::stderr().is_terminal(),
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Shows on a terminal for how long a block has been running; erases it when the block has ended.
struct Progress {
    ended: Option<(mpsc::Sender<()>, std::thread::JoinHandle<()>)>,
}

impl Progress {
    fn start(style: Style, document: &Document, block: &Block) -> Self {
        if !style.progress {
            return Self { ended: None };
        }
        let place = format!("{}:{}", document.name(), block.line);
        let (sender, ended) = mpsc::channel::<()>();
        let watch = move || {
            let start = Instant::now();
            let mut wait = PROGRESS_DELAY;
            let mut shown = false;
            while ended.recv_timeout(wait) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprint!("\r{place}: running for {} s ", start.elapsed().as_secs());
                shown = true;
                wait = Duration::from_secs(1);
            }
            if shown {
                eprint!("\r\x1b[K");
            }
        };
        let thread = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(watch);
        Self {
            ended: thread.ok().map(|thread| (sender, thread)),
        }
    }

    fn stop(self) {
        if let Some((sender, thread)) = self.ended {
            drop(sender);
            // Only showing progress can have failed.
            let _ = thread.join();
        }
    }
}

//! Whether a failure happens again where its schedule is replayed in a new process, as a user does.

use std::{
    io::Read,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use pyt_runtime::explore::{Failure, MinimizedFailure};

/// A replay that takes longer is no replay of the failure: the runs before took much less.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// How often the child process is asked whether it has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(5);
/// How a line begins by which `pyt replay` says that the run is not the recorded one.
const REMARK: &str = "pyt replay: ";

/// Replays the schedule in `file`, of the script at `script`; of a module, there is none. Returns
/// what is different from `failure`, if something is.
pub(super) fn difference(
    executable: &Path,
    file: &Path,
    script: Option<&Path>,
    failure: &MinimizedFailure,
) -> Option<String> {
    let mut command = Command::new(executable);
    command.arg("replay").arg(file).args(script);
    let run = match run(command) {
        Ok(run) => run,
        Err(error) => return Some(format!("it could not be replayed: {error}")),
    };
    let Some(ended) = run.status else {
        return Some(format!(
            "its replay did not end within {} s",
            TIME_LIMIT.as_secs()
        ));
    };
    let status = ended.code();
    let remark = run
        .errors
        .lines()
        .find_map(|line| line.strip_prefix(REMARK));
    if let Some(remark) = remark {
        return Some(remark.to_owned());
    }
    let same = if matches!(failure.failure, Failure::DifferentOutput) {
        lines_of(&[&run.output, &run.errors]) == lines_of(&[&failure.output])
    } else {
        status == Some(1)
    };
    (!same).then(|| match status {
        Some(0) => String::from("its replay did not fail"),
        Some(status) => format!("its replay ended with status {status}"),
        None => String::from("a signal ended its replay"),
    })
}

/// All lines, sorted: two streams do not say in which order they were written.
fn lines_of<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    let mut lines: Vec<&str> = texts.iter().flat_map(|text| text.lines()).collect();
    lines.sort_unstable();
    lines
}

/// A process that has ended, or was ended.
struct Replay {
    /// How it ended; `None` if it was ended at the time limit.
    status: Option<ExitStatus>,
    output: String,
    errors: String,
}

fn run(mut command: Command) -> std::io::Result<Replay> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let output = reader(child.stdout.take());
    let errors = reader(child.stderr.take());
    let status = wait(&mut child)?;
    let text = |reader: thread::JoinHandle<String>| reader.join().unwrap_or_default();
    // Where the process was killed, children of its own may keep the streams open.
    let (output, errors) = match status {
        Some(_) => (text(output), text(errors)),
        None => Default::default(),
    };
    Ok(Replay {
        status,
        output,
        errors,
    })
}

fn wait(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() > TIME_LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL_INTERVAL);
    }
}

fn reader(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What was read before an error counts.
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

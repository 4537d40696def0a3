//! The one runner of child processes: watches a process under a deadline and collects its output.
//!
//! At the deadline, pyt is asked with SIGQUIT what each of its threads waits for. Then the process
//! gets Ctrl-C, so that it shows where its main thread is and writes what it has buffered. What
//! does not answer is killed, with all that it started.

use std::{
    io::{self, Write},
    process::{ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    CompletedProcess, Output, Process, TimedOut, completed::EndedBy, group::Group,
    process::Streams, reader::Reader,
};

/// How often a process is checked for its end.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// How long pyt may take to write the stacks of its threads, and how long it must have been silent
/// for them to count as complete.
const STACKS_WITHIN: Duration = Duration::from_secs(3);
const STACKS_QUIET: Duration = Duration::from_millis(300);

/// How long a process may take to end after Ctrl-C before it is killed.
const INTERRUPT_GRACE: Duration = Duration::from_secs(5);

/// How long after its marker a program is interrupted: the marker is printed just before the
/// program blocks, and this lets it get there.
const MARKER_TO_BLOCK: Duration = Duration::from_millis(300);

/// A child process that was started, and the threads that read its output.
pub struct Running {
    group: Group,
    started: Instant,
    label: String,
    answers_quit: bool,
    stdout: Reader,
    stderr: Reader,
}

impl Running {
    pub(crate) fn start(process: Process) -> io::Result<Self> {
        let Process {
            mut command,
            label,
            stdin,
            streams,
            answers_quit,
        } = process;
        command.stdin(match stdin.is_empty() {
            true => Stdio::null(),
            false => Stdio::piped(),
        });
        let mut merged = None;
        match streams {
            Streams::Merged => {
                let (reader, writer) = io::pipe().expect("a pipe");
                command
                    .stdout(writer.try_clone().expect("a pipe"))
                    .stderr(writer);
                merged = Some(reader);
            }
            Streams::Apart => drop(command.stdout(Stdio::piped()).stderr(Stdio::piped())),
            Streams::StderrShown => drop(command.stdout(Stdio::piped())),
        }
        let started = Instant::now();
        // The command goes away with its end of a merged pipe.
        let mut group = Group::start(command)?;
        let child = group.child();
        if let Some(mut pipe) = child.stdin.take() {
            thread::spawn(move || {
                // A program that does not read its input is fine.
                let _ = pipe.write_all(&stdin);
            });
        }
        let stdout = match merged {
            Some(reader) => Reader::start(reader),
            None => Reader::start(child.stdout.take().expect("stdout is piped")),
        };
        let stderr = child.stderr.take().map(Reader::start).unwrap_or_default();
        Ok(Self {
            group,
            started,
            label,
            answers_quit,
            stdout,
            stderr,
        })
    }

    /// What the process has written to standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// Waits until what the process has written to standard output satisfies `seen`, and returns
    /// that. Panics if the process ends or `deadline` passes first.
    #[track_caller]
    pub fn wait_for_output(&self, deadline: Duration, seen: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            // Asked first, so that the last output of a process that has ended is not missed.
            let has_ended = self.has_ended();
            let text = self.stdout();
            if seen(&text) {
                return text;
            }
            assert!(
                !has_ended && began.elapsed() < deadline,
                "{} has not written what was expected {}: {text}",
                self.label,
                if has_ended {
                    "and has ended"
                } else {
                    "in time"
                },
            );
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Sends SIGINT, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.group.signal(libc::SIGINT);
    }

    /// Ends the process, and those that it has started, by SIGKILL.
    pub fn kill(mut self) -> ExitStatus {
        self.group.kill()
    }

    /// True once the process has ended and nothing more can come out of it.
    fn has_ended(&self) -> bool {
        self.group.has_ended() && self.stdout.is_at_end() && self.stderr.is_at_end()
    }

    /// Waits for the end of the process, and ends it if it runs for longer than `deadline`, counted
    /// from its start.
    pub fn wait(self, deadline: Duration) -> Result<CompletedProcess, TimedOut> {
        self.watch(deadline, None)
    }

    /// As [`Running::wait`]; sends SIGINT a moment after standard output shows `interrupt_at`.
    pub(crate) fn watch(
        mut self,
        deadline: Duration,
        mut interrupt_at: Option<&str>,
    ) -> Result<CompletedProcess, TimedOut> {
        let mut marker_seen: Option<Instant> = None;
        let mut ended_after = None;
        while self.started.elapsed() <= deadline {
            if ended_after.is_none() && self.group.has_ended() {
                ended_after = Some(self.started.elapsed());
            }
            if let Some(elapsed) = ended_after
                && self.has_ended()
            {
                let status = self.group.kill();
                let completed = self.completed(status, elapsed);
                assert!(
                    interrupt_at.is_none(),
                    "ended before it could be interrupted: {completed}"
                );
                return Ok(completed);
            }
            if let Some(marker) = interrupt_at {
                if marker_seen.is_none() && self.stdout().contains(marker) {
                    marker_seen = Some(Instant::now());
                }
                if marker_seen.is_some_and(|seen| seen.elapsed() >= MARKER_TO_BLOCK) {
                    self.interrupt();
                    interrupt_at = None;
                }
            }
            thread::sleep(POLL_INTERVAL);
        }
        Err(self.end(deadline))
    }

    fn completed(self, status: ExitStatus, elapsed: Duration) -> CompletedProcess {
        let Output { stdout, stderr } = self.output();
        CompletedProcess {
            stdout,
            stderr,
            status,
            elapsed,
            script: self.label,
        }
    }

    /// Ends a process that has passed its deadline.
    fn end(mut self, deadline: Duration) -> TimedOut {
        let had_ended = self.group.has_ended();
        let has_stacks = !had_ended && self.answers_quit;
        if has_stacks {
            self.ask_for_stacks();
        }
        let ended_by = if had_ended {
            EndedBy::Itself
        } else if self.ends_by_interrupt() {
            EndedBy::Interrupt
        } else {
            EndedBy::Kill
        };
        self.group.kill();
        // Nothing holds the pipes any more, but for what has left the group: that is not waited
        // for.
        let killed = Instant::now();
        while !self.has_ended() && killed.elapsed() < INTERRUPT_GRACE {
            thread::sleep(POLL_INTERVAL);
        }
        TimedOut {
            deadline,
            ended_by,
            has_stacks,
            output: self.output(),
            script: self.label,
        }
    }

    /// Has pyt write the stack of each thread to standard error, first the process itself, and then
    /// those that it started: among them may be others of pyt's, and which one hangs is not known.
    fn ask_for_stacks(&self) {
        self.group.signal(libc::SIGQUIT);
        self.wait_for_silence();
        self.group.signal_all(libc::SIGQUIT);
        self.wait_for_silence();
    }

    /// Waits until something has come to standard error, and then nothing more for a while.
    fn wait_for_silence(&self) {
        let asked = Instant::now();
        let before = self.stderr.text().len();
        let (mut length, mut grew) = (before, asked);
        while asked.elapsed() < STACKS_WITHIN && (length == before || grew.elapsed() < STACKS_QUIET)
        {
            thread::sleep(POLL_INTERVAL);
            let now = self.stderr.text().len();
            if now != length {
                (length, grew) = (now, Instant::now());
            }
        }
    }

    /// Interrupts the process and returns whether it ends.
    fn ends_by_interrupt(&self) -> bool {
        self.interrupt();
        let asked = Instant::now();
        while asked.elapsed() < INTERRUPT_GRACE {
            if self.group.has_ended() {
                return true;
            }
            thread::sleep(POLL_INTERVAL);
        }
        false
    }

    fn output(&self) -> Output {
        Output {
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);

    fn sh(script: &str) -> Process {
        Process::new("sh").args(["-c", script]).label(script)
    }

    /// True while the process with this id runs; a zombie does not.
    fn runs(id: &str) -> bool {
        let status = fs::read_to_string(format!("/proc/{id}/stat"));
        status.is_ok_and(|status| !status.contains(") Z "))
    }

    #[test]
    fn a_process_that_ends_is_not_waited_for() {
        let done = sh("cat; echo err >&2; exit 3").stdin("in\n").run();
        done.gave(3, "in\n", "err\n");
        assert!(done.elapsed < Duration::from_secs(30), "{done}");
    }

    #[test]
    fn merged_output_keeps_its_order() {
        let done = sh("echo 1; echo 2 >&2; echo 3").merge_output().run();
        done.gave(0, "1\n2\n3\n", "");
    }

    #[test]
    fn what_hangs_is_ended_with_what_it_started() {
        // The shell answers Ctrl-C; what it runs in the background does not.
        let timed_out = sh("sleep 1000 & echo $!; wait").run_until(SHORT);
        let timed_out = timed_out.expect_err("it waits");
        assert_eq!(timed_out.ended_by, EndedBy::Interrupt, "{timed_out}");
        assert!(!timed_out.has_stacks, "{timed_out}");
        assert!(!runs(timed_out.output.stdout.trim()), "{timed_out}");
    }

    #[test]
    fn what_ignores_ctrl_c_is_killed() {
        let timed_out = sh("trap '' INT; echo here; sleep 1000").run_until(SHORT);
        let timed_out = timed_out.expect_err("it sleeps");
        assert_eq!(timed_out.ended_by, EndedBy::Kill, "{timed_out}");
        assert_eq!(timed_out.output.stdout, "here\n", "{timed_out}");
    }

    #[test]
    fn output_that_a_grandchild_holds_open_is_waited_for_until_the_deadline() {
        let timed_out = sh("sleep 1000 & echo $!").run_until(SHORT);
        let timed_out = timed_out.expect_err("the pipe stays open");
        assert_eq!(timed_out.ended_by, EndedBy::Itself, "{timed_out}");
        assert!(!runs(timed_out.output.stdout.trim()), "{timed_out}");
    }

    #[test]
    fn a_program_that_answers_quit_says_what_it_waits_for() {
        let script = "trap 'echo stacks >&2' QUIT; while :; do sleep 0.05; done";
        let timed_out = sh(script).answers_quit(true).run_until(SHORT);
        let timed_out = timed_out.expect_err("it loops");
        assert!(
            timed_out.output.stderr.starts_with("stacks\n"),
            "{timed_out}"
        );
        assert!(timed_out.to_string().contains("SIGQUIT"), "{timed_out}");
    }

    #[test]
    fn a_program_that_is_missing_is_an_error() {
        assert!(Process::new("/no/such/program").try_start().is_err());
    }
}

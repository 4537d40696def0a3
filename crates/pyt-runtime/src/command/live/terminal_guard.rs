//! A process that outlives this one, and then writes what the terminal needs.
//!
//! A program that is killed, or ends itself by `os._exit`, runs no code of pyt's any more. So a
//! shell waits for the end of a pipe, which the system closes with the last process that has it:
//! this one, or a child that the program has forked. What is written is not known here.

use std::{
    fmt::Write as _,
    io::Write,
    os::unix::process::CommandExt,
    process::{ChildStdin, Command, Stdio},
};

/// Each line that arrives takes the place of the one before; the last one is written, as a format
/// of `printf`. Signals to the program and its group do not end the shell. The part that waits runs
/// in a child of the shell, so that it is no child of the program's, which may wait for its own.
const WAIT_AND_WRITE: &str = r#"
trap '' HUP INT QUIT TERM TTOU
exec 3<&0 </dev/null >/dev/null
{ text=
  while IFS= read -r line <&3; do text=$line; done
  printf "$text" >&2
} &
"#;

/// What is to be written at the end of the process.
pub(super) struct TerminalGuard(Option<ChildStdin>);

impl TerminalGuard {
    /// Has a shell wait. Without a shell nothing is written at the end.
    pub(super) fn begin() -> Self {
        let shell = Command::new("/bin/sh")
            .args(["-c", WAIT_AND_WRITE])
            .process_group(0)
            .stdin(Stdio::piped())
            .spawn();
        let pipe = shell.ok().and_then(|mut shell| {
            let pipe = shell.stdin.take();
            // It ends at once: what waits is its child.
            shell.wait().ok().and(pipe)
        });
        Self(pipe)
    }

    /// Sets what is written to standard error at the end of the process, if this was not set anew
    /// before.
    pub(super) fn set(&mut self, text: &str) {
        let mut line = String::new();
        for byte in text.bytes() {
            // Writing to a string cannot fail.
            let _ = write!(line, "\\{byte:03o}");
        }
        line.push('\n');
        if let Some(pipe) = &mut self.0 {
            // The shell may have been killed: then nothing is written at the end.
            let _ = pipe.write_all(line.as_bytes());
        }
    }
}

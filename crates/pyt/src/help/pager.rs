//! Shows a text by the user's pager, if it is longer than the terminal.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::stdout;

/// What shows long texts where `PAGER` says nothing.
const PAGER: &str = "less";
/// How `less` is to behave where `LESS` says nothing: end at once if the text fits, show colours,
/// leave the text on the screen.
const LESS: &str = "FRX";

/// Shows the text. Returns false if that is left to the caller: the text fits, or there is no
/// pager.
pub(super) fn show(text: &str) -> bool {
    let Some(rows) = stdout::rows() else {
        return false;
    };
    let pager = std::env::var("PAGER").unwrap_or_else(|_| PAGER.to_owned());
    if text.lines().count() < rows || pager.trim().is_empty() || pager.trim() == "cat" {
        return false;
    }
    let mut command = Command::new("sh");
    command.args(["-c", &pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    // Ctrl-C is the pager's: it ends a search there, and must not end this process meanwhile.
    // SAFETY: to ignore a signal installs no handler, and no other thread runs in this process.
    let before = unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
    if let Some(mut input) = child.stdin.take() {
        // A pager that was left before the end closes its input.
        let _ = input.write_all(text.as_bytes());
    }
    let status = child.wait();
    // SAFETY: `before` is what the same call has returned.
    unsafe { libc::signal(libc::SIGINT, before) };
    // The shell's status if there is no such program.
    !matches!(
        status.map(|status| status.code()),
        Ok(Some(126 | 127)) | Err(_)
    )
}

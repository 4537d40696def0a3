//! Snapshots of what users read: reports, help, errors, tracebacks.
//!
//! A snapshot is a file with the whole text, in which what differs from run to run is replaced: the
//! paths of pyt, of scratch folders and of the workspace, times, addresses. A text that differs
//! from its snapshot fails the test, with a diff, and is written beside it as `NAME.snap.new`.
//! `INSTA_UPDATE=always cargo pyt-test --test reports` accepts all that changed.

use std::{env, path::PathBuf, sync::LazyLock};

use regex_lite::Regex;

use crate::{CompletedProcess, Process, pyt_path, workspace};

/// The snapshots of one folder.
pub struct Snapshots {
    folder: PathBuf,
}

impl Snapshots {
    /// Those in a folder of the workspace.
    pub fn of(folder: &str) -> Self {
        Self {
            folder: workspace().join(folder),
        }
    }

    /// Asserts that `text`, normalised, is that of the snapshot `name`.
    pub fn assert(&self, name: &str, text: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&self.folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, normalised(text)));
    }
}

/// What a process did, as text: its exit status and what it wrote to each stream, if anything.
pub fn transcript(done: &CompletedProcess) -> String {
    let mut text = format!("{}\n", done.status);
    for (name, stream) in [("stdout", &done.stdout), ("stderr", &done.stderr)] {
        if !stream.is_empty() {
            text += &format!("--- {name}\n{stream}");
            if !stream.ends_with('\n') {
                text += "\n(no newline at the end)\n";
            }
        }
    }
    text
}

/// Runs each process in turn. Returns all that they did, below the commands that a user would type.
pub fn session(processes: impl IntoIterator<Item = Process>) -> String {
    let one = |process: Process| {
        let done = process.run();
        format!("$ {}\n{}", done.script, transcript(&done))
    };
    let all: Vec<String> = processes.into_iter().map(one).collect();
    all.join("\n")
}

/// The text without what differs from run to run and from machine to machine.
pub fn normalised(text: &str) -> String {
    static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let temporary = env::temp_dir();
        let temporary = temporary.canonicalize().unwrap_or(temporary);
        let scratch = format!(
            "{}/pyt-test-[0-9]+-[0-9]+",
            regex_lite::escape(&temporary.to_string_lossy())
        );
        [
            (scratch.as_str(), "[SCRATCH]"),
            // Seconds have a fraction everywhere but in what a program says itself.
            (r"\b[0-9]+\.[0-9]+ s\b", "[TIME] s"),
            (r"0x[0-9a-fA-F]{6,}", "0x[ADDRESS]"),
        ]
        .into_iter()
        .map(|(pattern, stands_for)| (Regex::new(pattern).expect("a pattern"), stands_for))
        .collect()
    });
    let pyt = pyt_path();
    let text = text
        .replace(&*pyt.to_string_lossy(), "[PYT]")
        .replace(&*workspace().to_string_lossy(), "[WORKSPACE]");
    PATTERNS.iter().fold(text, |text, (pattern, stands_for)| {
        pattern.replace_all(&text, *stands_for).into_owned()
    })
}

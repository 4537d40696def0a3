//! Transcripts in documents are what pyt prints.
//!
//! Two marks, each an HTML comment before a fenced block:
//!
//! - `<!-- file: counter.py -->`: the block is the text of that file.
//! - `<!-- transcript -->`: each line of the block that begins with `$ ` is run by `sh`, in a
//!   folder that holds the document's `file:` blocks so far. What follows, up to the next `$ `, is
//!   its output (both streams). `<!-- transcript with tests/x/bank.py docs/explore.md:counter.py
//!   -->` copies these files into the folder, the second from a `file:` block of another document;
//!   `<!-- transcript for 5 s -->` ends a command that would go on.
//!
//! In an output a line `...` stands for any lines, also none. Durations (`0.3 s`) are not compared,
//! and the folder is left out of paths.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use regex_lite::Regex;

use super::{
    markdown,
    problem::{Problem, Settings},
};
use crate::tree::{Result, Tree};

/// How long a command may take where the mark does not say, in seconds.
const COMMAND_LIMIT: u64 = 120;

pub(crate) fn check(tree: &Tree, settings: &Settings) -> Result<Vec<Problem>> {
    if !settings.pyt.exists() {
        let message = format!("no {}: `cargo pyt-build` makes it", settings.pyt.display());
        return if settings.must_run {
            Err(message)
        } else {
            eprintln!("  not run: {message}");
            Ok(Vec::new())
        };
    }
    let mut problems = Vec::new();
    for path in tree.with_extension("md") {
        let blocks = markdown::blocks(&tree.text(path)?);
        let is_transcript = |block: &markdown::Block| {
            block
                .mark
                .as_deref()
                .is_some_and(|mark| mark.starts_with("transcript"))
        };
        if !blocks.iter().any(is_transcript) {
            continue;
        }
        let folder = Folder::new()?;
        for block in &blocks {
            let Some(mark) = block.mark.as_deref() else {
                continue;
            };
            if let Some(name) = mark.strip_prefix("file: ") {
                folder.put(name, &block.text)?;
            } else if let Some(words) = mark.strip_prefix("transcript") {
                let mark = Mark::read(words)?;
                for file in &mark.files {
                    let name = file.rsplit(['/', ':']).next().unwrap_or(file);
                    folder.put(name, &source(tree, file)?)?;
                }
                for (at, exchange) in exchanges(&block.text) {
                    let printed = folder.run(&exchange.command, mark.limit, &settings.pyt)?;
                    if let Err(message) = compare(&exchange.output, &printed) {
                        problems.push(Problem::new(
                            path,
                            block.line + at,
                            format!("`{}`: {message}", exchange.command),
                        ));
                    }
                }
            }
        }
    }
    Ok(problems)
}

/// What a mark says beside `transcript`.
struct Mark {
    /// For how long a command runs, in seconds.
    limit: u64,
    files: Vec<String>,
}

impl Mark {
    fn read(words: &str) -> Result<Self> {
        let mut mark = Self {
            limit: COMMAND_LIMIT,
            files: Vec::new(),
        };
        let mut words = words.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "for" => {
                    let limit = words.next().and_then(|number| number.parse().ok());
                    mark.limit = limit.ok_or("`for` needs a number of seconds")?;
                    words.next();
                }
                "with" => mark.files.extend(words.by_ref().map(str::to_owned)),
                other => return Err(format!("`{other}` in the mark of a transcript")),
            }
        }
        Ok(mark)
    }
}

/// The text of a file, or of the `file:` block of a document: `docs/a.md:b.py`.
fn source(tree: &Tree, path: &str) -> Result<String> {
    let Some((document, name)) = path.split_once(':') else {
        return tree.text(path);
    };
    let wanted = format!("file: {name}");
    let blocks = markdown::blocks(&tree.text(document)?);
    let block = blocks
        .into_iter()
        .find(|block| block.mark.as_ref() == Some(&wanted));
    block
        .map(|block| block.text)
        .ok_or_else(|| format!("{document} has no block marked `{wanted}`"))
}

/// A command, and the lines that it prints.
struct Exchange {
    command: String,
    output: Vec<String>,
}

/// The block's commands, each with its line in the block, from 1.
fn exchanges(block: &str) -> Vec<(usize, Exchange)> {
    let mut exchanges: Vec<(usize, Exchange)> = Vec::new();
    for (index, line) in block.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            exchanges.push((
                index + 1,
                Exchange {
                    command: command.to_owned(),
                    output: Vec::new(),
                },
            ));
        } else if let Some((_, exchange)) = exchanges.last_mut() {
            exchange.output.push(line.trim_end().to_owned());
        }
    }
    exchanges
}

/// Checks `printed` against `expected`, in which `...` stands for any lines.
fn compare(expected: &[String], printed: &str) -> std::result::Result<(), String> {
    let durations = Regex::new(r"\d+\.\d+ s\b").map_err(|error| error.to_string())?;
    let plain = |line: &str| durations.replace_all(line.trim_end(), "N s").into_owned();
    let expected: Vec<String> = expected.iter().map(|line| plain(line)).collect();
    let printed: Vec<String> = printed.trim_end().lines().map(plain).collect();
    let mut at = 0;
    let parts: Vec<&[String]> = expected.split(|line| line == "...").collect();
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        let last_start = printed.len().saturating_sub(part.len());
        let mut starts = if index == 0 {
            at..at + 1
        } else if is_last {
            last_start.max(at)..last_start.max(at) + 1
        } else {
            at..last_start + 1
        };
        let fits = |start: &usize| printed.get(*start..*start + part.len()) == Some(*part);
        let Some(start) = starts.find(fits) else {
            let differs = part
                .iter()
                .zip(printed.iter().skip(at))
                .find(|(wanted, got)| wanted != got);
            return Err(match differs {
                Some((wanted, got)) if parts.len() == 1 => {
                    format!("expected\n      {wanted}\n    but pyt prints\n      {got}")
                }
                _ => format!(
                    "expected\n{}\n    but pyt prints\n{}",
                    indented(part),
                    indented(&printed)
                ),
            });
        };
        at = start + part.len();
    }
    if at == printed.len() {
        Ok(())
    } else {
        Err(format!("pyt prints more:\n{}", indented(&printed[at..])))
    }
}

fn indented(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| format!("      {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A folder for one document's files; gone when dropped.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("pyt-transcripts-{}", std::process::id()));
        let failed = |error| format!("{}: {error}", path.display());
        fs::create_dir_all(&path).map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        Ok(Self { path })
    }

    fn put(&self, name: &str, text: &str) -> Result<()> {
        fs::write(self.path.join(name), text).map_err(|error| format!("{name}: {error}"))
    }

    /// What the command prints on both streams, without the path of the folder. Its exit status is
    /// not looked at: transcripts show failures.
    fn run(&self, command: &str, limit: u64, pyt: &Path) -> Result<String> {
        let folder = pyt.parent().unwrap_or(Path::new("."));
        let folder = folder
            .canonicalize()
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let before = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("timeout")
            .args([
                &limit.to_string(),
                "sh",
                "-c",
                &format!("{{ {command}\n}} 2>&1"),
            ])
            .current_dir(&self.path)
            .env("PATH", format!("{}:{before}", folder.display()))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{command}: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.replace(&format!("{}/", self.path.display()), ""))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's folder for such things.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(expected: &str, printed: &str) -> bool {
        let expected: Vec<String> = expected.lines().map(str::to_owned).collect();
        compare(&expected, printed).is_ok()
    }

    #[test]
    fn outputs_are_compared() {
        assert!(fits("a\nb", "a\nb\n"));
        assert!(fits("took 0.3 s", "took 3.5 s\n"));
        assert!(!fits("a", "a\nb\n"));
        assert!(!fits("a\nb", "a\n"));
        assert!(!fits("a", "b\n"));
    }

    #[test]
    fn dots_stand_for_any_lines() {
        assert!(fits("a\n...\nd", "a\nb\nc\nd\n"));
        assert!(fits("a\n...\nd", "a\nd\n"));
        assert!(fits("a\n...", "a\nb\nc\n"));
        assert!(fits("...\nb\n...\nd", "a\nb\nc\nd\n"));
        assert!(!fits("a\n...\nd", "a\nb\nc\n"));
        assert!(!fits("a\n...\nc\n...\nb", "a\nb\nc\n"));
    }

    #[test]
    fn marks_say_how_long_and_with_what() {
        let mark = Mark::read(" for 5 s with a/b.py c.md:d.py").unwrap();
        assert_eq!((mark.limit, mark.files.len()), (5, 2));
        assert!(Mark::read("of").is_err());
    }

    #[test]
    fn commands_have_outputs() {
        let exchanges = exchanges("$ one\na\nb\n$ two\n");
        assert_eq!(exchanges.len(), 2);
        assert_eq!((exchanges[0].0, exchanges[1].0), (1, 4));
        assert_eq!(exchanges[0].1.output, ["a", "b"]);
    }
}

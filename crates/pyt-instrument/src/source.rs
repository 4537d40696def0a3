//! Where in the source an instruction stands, and what is written there.

use std::collections::HashMap;

use pyt_explore::SourceLocation;
use rustpython_vm::builtins::PyCode;

use super::code;

/// The lines of source files that were asked for.
#[derive(Debug, Default)]
pub(super) struct Sources(HashMap<String, Vec<String>>);

impl Sources {
    pub(super) fn line(&mut self, file: &str, line: usize) -> Option<&str> {
        let lines = self.0.entry(file.to_owned()).or_insert_with(|| {
            std::fs::read(file)
                .map(|bytes| lines(&String::from_utf8_lossy(&bytes)))
                .unwrap_or_default()
        });
        Some(lines.get(line.checked_sub(1)?)?)
    }

    pub(super) fn describe(&mut self, code: &PyCode, index: usize) -> SourceLocation {
        let file = code.source_path().as_str().to_owned();
        let line = super::plan::line_of(code, index).unwrap_or(0);
        let text = self.line(&file, line).unwrap_or_default().trim().to_owned();
        SourceLocation {
            file,
            line,
            function: code.code.qualname.as_str().to_owned(),
            text,
        }
    }

    /// What is written where the instruction comes from, on one line. The end of a `with` block is
    /// named as the call that it is: nothing is written there.
    pub(super) fn expression(&mut self, code: &PyCode, index: usize) -> Option<String> {
        let text = self.written(code, index)?;
        if code::leaves_with_block(code, index) {
            return Some(format!("{text}.__exit__()"));
        }
        Some(text)
    }

    fn written(&mut self, code: &PyCode, index: usize) -> Option<String> {
        let (start, end) = *code.code.locations.get(index)?;
        let (first, last) = (start.line.get(), end.line.get());
        let file = code.source_path().as_str();
        let mut text = String::new();
        for line in first..=last {
            let whole = self.line(file, line)?;
            // Columns count bytes of UTF-8, from 1, as CPython's do.
            let from = match line == first {
                true => start.character_offset.to_zero_indexed(),
                false => 0,
            };
            let to = match line == last {
                true => end.character_offset.to_zero_indexed(),
                false => whole.len(),
            };
            // None if the file has changed since it was compiled.
            let part = whole.get(from..to.min(whole.len()))?;
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(part.trim());
        }
        (!text.is_empty()).then_some(text)
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

//! A piece of a text, in which something short stands for what was taken out.

use std::{collections::HashMap, ops::Range};

use rustpython_vm::compiler::Tokens;

use super::holes::{Content, Hole};

/// A piece ends at the next place to cut behind so many bytes.
pub(super) const LENGTH: usize = 2048;

/// A text, and where its lines begin.
pub(in super::super) struct Text<'t> {
    pub(in super::super) source: &'t str,
    pub(super) tokens: &'t Tokens,
    lines: Vec<usize>,
}

impl<'t> Text<'t> {
    pub(in super::super) fn new(source: &'t str, tokens: &'t Tokens) -> Self {
        let newlines = source.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            source,
            tokens,
            lines: std::iter::once(0).chain(newlines).collect(),
        }
    }

    /// The number of the line, from 1.
    pub(in super::super) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|begin| *begin <= at)
    }

    /// Where the line begins in which `at` is.
    pub(in super::super) fn line_begin(&self, at: usize) -> usize {
        self.lines[self.line(at) - 1]
    }

    /// The end of the line in which `at` is, behind its newline.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let next = self.lines.get(self.line(at));
        next.copied().unwrap_or(self.source.len())
    }
}

/// What surrounds a piece, so that it can be parsed by itself.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Lines of their own, or nothing.
    pub(super) opening: &'static str,
    closing: &'static str,
}

pub(super) const WHOLE: Shape = Shape {
    opening: "",
    closing: "",
};
/// Statements that are indented.
pub(super) const INDENTED: Shape = Shape {
    opening: "if 1:\n",
    closing: "",
};
pub(super) const ELEMENTS: Shape = Shape {
    opening: "[\n",
    closing: "\n]",
};
/// Elements of a set: no `{`, since `{**x}` is a dictionary, and there may be none in a list.
pub(super) const ITEMS: Shape = Shape {
    opening: "{\n",
    closing: "\n}",
};

pub(super) struct Piece<'h> {
    pub(super) text: String,
    /// By the lines of the piece in which they are.
    pub(super) holes: HashMap<usize, &'h Hole<'h>>,
    /// From which line of the piece on its lines are those from which line of the text on.
    lines: Vec<(usize, usize)>,
}

impl<'h> Piece<'h> {
    /// `holes` are within `range`, in order.
    pub(super) fn new(
        text: &Text<'_>,
        shape: Shape,
        range: Range<usize>,
        holes: &'h [Hole<'h>],
    ) -> Self {
        let mut piece = Writer {
            text: shape.opening.to_owned(),
            line: 1 + shape.opening.matches('\n').count(),
            lines: Vec::new(),
        };
        piece.begin(text, range.start);
        let mut at = range.start;
        let mut lines_of_holes = HashMap::new();
        for hole in holes {
            piece.push(&text.source[at..hole.range.start]);
            at = hole.range.end;
            match hole.content {
                Content::Block(_) => {
                    lines_of_holes.insert(piece.line, hole);
                    let line = &text.source[hole.range.clone()];
                    let code = line.trim_start_matches([' ', '\t', '\u{c}']);
                    piece.push(&line[..line.len() - code.len()]);
                    piece.push("pass\n");
                }
                Content::Elements { is_tuple, .. } => {
                    piece.push("\n");
                    lines_of_holes.insert(piece.line, hole);
                    piece.push(if is_tuple { "0,0\n" } else { "0\n" });
                }
                Content::Items { .. } => {
                    piece.push("\n");
                    lines_of_holes.insert(piece.line, hole);
                    piece.push("0:0\n");
                }
            }
            piece.begin(text, at);
        }
        piece.push(&text.source[at..range.end]);
        piece.push(shape.closing);
        Self {
            text: piece.text,
            holes: lines_of_holes,
            lines: piece.lines,
        }
    }

    /// The line of the text that a line of the piece is.
    pub(super) fn line(&self, line: usize) -> usize {
        let after = self.lines.partition_point(|(begin, _)| *begin <= line);
        match self.lines.get(after.saturating_sub(1)) {
            Some((begin, of_text)) => of_text + line.saturating_sub(*begin),
            None => line,
        }
    }
}

struct Writer {
    text: String,
    line: usize,
    lines: Vec<(usize, usize)>,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.line += text.matches('\n').count();
        self.text.push_str(text);
    }

    /// What follows is the text from `at` on, at the begin of a line: columns are kept.
    fn begin(&mut self, text: &Text<'_>, at: usize) {
        self.lines.push((self.line, text.line(at)));
        let column = at - text.line_begin(at);
        self.text.extend(std::iter::repeat_n(' ', column));
    }
}

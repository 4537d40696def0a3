//! The texts that pieces are compiled from: what is in none of them is empty lines and spaces, so
//! that all else is where it is in the whole text.

use std::ops::Range;

use rustpython_vm::compiler::ast::{
    DictItem, Expr, ExprContext, Pattern, Stmt,
    visitor::{Visitor, walk_expr, walk_stmt},
};

use super::super::{
    syntax::range_of,
    trees_in_pieces::{Text, cuts_of_display},
};

/// What names of this module's begin with. A text that has it is not compiled in pieces.
pub(super) const PREFIX: &str = "__pyt_";

/// What a part is assigned to.
pub(super) const STORED_AS: &str = "_";

/// A long display that is read where its names are those of the module.
pub(super) struct Display<'a> {
    /// What is between its brackets.
    pub(super) range: Range<usize>,
    content: Content<'a>,
}

enum Content<'a> {
    List(&'a [Expr]),
    Set(&'a [Expr]),
    Dictionary(&'a [DictItem]),
}

/// What is in the place of a part of a display, and the text that the part is compiled from.
pub(super) struct PartText {
    pub(super) name: String,
    pub(super) text: String,
    /// Where the display begins in that, and where it ends.
    pub(super) display: (i32, u32),
    pub(super) last_line: i32,
}

pub(super) struct Texts<'t> {
    pub(super) text: &'t Text<'t>,
    /// A piece ends at the next place to cut behind so many bytes.
    pub(super) length: usize,
    pub(super) parts: Vec<PartText>,
}

impl Texts<'_> {
    /// The text of these statements, and how many lines it has.
    pub(super) fn of_statements(
        &mut self,
        range: Range<usize>,
        statements: &[Stmt],
    ) -> Option<(String, usize)> {
        let mut finder = Finder::new(self.length);
        for statement in statements {
            finder.visit_stmt(statement);
        }
        let mut text = "\n".repeat(self.text.line(range.start) - 1);
        self.write(&mut text, range, &finder.sorted())?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let lines = text.matches('\n').count();
        Some((text, lines))
    }

    /// Writes this part of the text, with names in the place of what is in the displays.
    fn write(
        &mut self,
        to: &mut String,
        range: Range<usize>,
        displays: &[Display<'_>],
    ) -> Option<()> {
        let mut at = range.start;
        for display in displays {
            let inside = display.range.clone();
            to.push_str(&self.text.source[at..inside.start]);
            let before = to.len();
            let stars = match display.content {
                Content::Dictionary(_) => "**",
                _ => "*",
            };
            for name in self.divide(display)? {
                to.push_str(stars);
                to.push_str(&name);
                to.push(',');
            }
            // The closing bracket is where it was.
            let lines = self.text.line(inside.end) - self.text.line(inside.start);
            let spaces = match lines {
                0 => inside.len().checked_sub(to.len() - before)?,
                _ => inside.end - self.text.line_begin(inside.end),
            };
            to.extend(std::iter::repeat_n('\n', lines));
            to.extend(std::iter::repeat_n(' ', spaces));
            at = inside.end;
        }
        to.push_str(&self.text.source[at..range.end]);
        Some(())
    }

    /// Adds the parts of a display, and returns their names.
    fn divide(&mut self, display: &Display<'_>) -> Option<Vec<String>> {
        let mut finder = Finder::new(self.length);
        let brackets = match display.content {
            Content::List(elements) => {
                for element in elements {
                    finder.visit_expr(element);
                }
                ['[', ']']
            }
            Content::Set(elements) => {
                for element in elements {
                    finder.visit_expr(element);
                }
                ['{', '}']
            }
            Content::Dictionary(items) => {
                for item in items {
                    item.key.iter().for_each(|key| finder.visit_expr(key));
                    finder.visit_expr(&item.value);
                }
                ['{', '}']
            }
        };
        let mut within = finder.sorted().into_iter().peekable();
        let end = display.range.end;
        let cuts = cuts_of_display(self.text, &display.range, self.length)?;
        let mut begin = display.range.start;
        let mut names = Vec::new();
        for cut in cuts.into_iter().chain(std::iter::once(end..end)) {
            let mut displays = Vec::new();
            while let Some(display) = within.next_if(|inner| inner.range.start < cut.start) {
                displays.push(display);
            }
            names.push(self.part(begin..cut.start, &displays, brackets)?);
            begin = cut.end;
        }
        Some(names)
    }

    fn part(
        &mut self,
        range: Range<usize>,
        displays: &[Display<'_>],
        [open, close]: [char; 2],
    ) -> Option<String> {
        let opening = format!("{STORED_AS}={open}");
        let column = u32::try_from(opening.len() - 1).ok()?;
        let line = self.text.line(range.start);
        let spaces = range.start - self.text.line_begin(range.start);
        // In the line of the part, if there is room: where a line begins with spaces, upstream
        // skips them once for each character of it (`invalid_match_mapping_rest_wildcard_error`).
        let (first, spaces) = match spaces.checked_sub(opening.len()) {
            Some(rest) => (line, rest),
            None if line == 1 => return None,
            None => (1, spaces),
        };
        let mut text = "\n".repeat(first - 1);
        text.push_str(&opening);
        text.extend(std::iter::repeat_n('\n', line - first));
        text.extend(std::iter::repeat_n(' ', spaces));
        self.write(&mut text, range, displays)?;
        text.extend(['\n', close, '\n']);
        let name = format!("{PREFIX}{}", self.parts.len());
        self.parts.push(PartText {
            name: name.clone(),
            display: (i32::try_from(first).ok()?, column),
            last_line: i32::try_from(text.matches('\n').count()).ok()?,
            text,
        });
        Some(name)
    }
}

/// Finds long displays that are evaluated in the module's own code.
struct Finder<'a> {
    length: usize,
    found: Vec<Display<'a>>,
}

impl<'a> Finder<'a> {
    fn new(length: usize) -> Self {
        Self {
            length,
            found: Vec::new(),
        }
    }

    fn sorted(mut self) -> Vec<Display<'a>> {
        self.found.sort_by_key(|display| display.range.start);
        self.found
    }
}

impl<'a> Visitor<'a> for Finder<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let (begin, end) = range_of(statement);
        let has_own_names = matches!(
            statement,
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::TypeAlias(_) | Stmt::AnnAssign(_)
        );
        if end - begin > self.length && !has_own_names {
            walk_stmt(self, statement);
        }
    }

    fn visit_pattern(&mut self, _: &'a Pattern) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        let is_read = |context: &ExprContext| matches!(context, ExprContext::Load);
        let (range, content) = match expression {
            Expr::FString(_)
            | Expr::TString(_)
            | Expr::Lambda(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_) => return,
            Expr::List(list) if is_read(&list.ctx) => (list.range, Content::List(&list.elts)),
            Expr::Tuple(tuple) if is_read(&tuple.ctx) && tuple.parenthesized => {
                (tuple.range, Content::List(&tuple.elts))
            }
            Expr::Set(set) => (set.range, Content::Set(&set.elts)),
            Expr::Dict(dict) => (dict.range, Content::Dictionary(&dict.items)),
            _ => return walk_expr(self, expression),
        };
        // Without its brackets.
        let range = range.start().to_usize() + 1..range.end().to_usize() - 1;
        if range.len() > 2 * self.length {
            self.found.push(Display { range, content });
        } else {
            walk_expr(self, expression);
        }
    }
}

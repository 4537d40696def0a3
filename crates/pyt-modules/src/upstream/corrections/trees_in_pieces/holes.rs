//! What is taken out of a piece of text: long blocks of statements, and long displays.

use std::ops::Range;

use rustpython_vm::compiler::{
    TokenKind,
    ast::{
        DictItem, Expr, ExprContext, Mod, Stmt,
        token::Token,
        visitor::{Visitor, walk_body, walk_expr, walk_stmt},
    },
};

use super::{
    super::syntax::range_of,
    piece::{ELEMENTS, INDENTED, ITEMS, LENGTH, Shape, Text, WHOLE},
};

pub(super) enum Content<'a> {
    /// Statements, each of the first's indentation.
    Block(&'a [Stmt]),
    /// Elements of a list, a tuple or a set.
    Elements {
        elements: &'a [Expr],
        is_tuple: bool,
    },
    Items {
        items: &'a [DictItem],
    },
}

pub(super) struct Hole<'a> {
    /// Whole lines, or what is between two brackets.
    pub(super) range: Range<usize>,
    pub(super) content: Content<'a>,
}

/// A part of what was in a hole.
pub(super) struct Group<'a> {
    pub(super) range: Range<usize>,
    pub(super) holes: Vec<Hole<'a>>,
}

impl<'a> Hole<'a> {
    pub(super) fn len(&self) -> usize {
        match self.content {
            Content::Block(body) => body.len(),
            Content::Elements { elements, .. } => elements.len(),
            Content::Items { items } => items.len(),
        }
    }

    /// The parts that are made to trees, and what has to surround them. `None` if there is no
    /// place to cut.
    pub(super) fn groups(&self, text: &Text<'_>) -> Option<(Shape, Vec<Group<'a>>)> {
        let (shape, cuts) = match self.content {
            Content::Block(body) => {
                let first = range_of(body.first()?).0;
                let shape = if first == self.range.start {
                    WHOLE
                } else {
                    INDENTED
                };
                (shape, cuts_of_block(text, body))
            }
            Content::Elements { .. } => (ELEMENTS, cuts_of_display(text, &self.range, LENGTH)?),
            Content::Items { .. } => (ITEMS, cuts_of_display(text, &self.range, LENGTH)?),
        };
        let mut finder = Finder::new(text);
        match self.content {
            Content::Block(body) => walk_body(&mut finder, body),
            Content::Elements { elements, .. } => {
                for element in elements {
                    finder.visit_expr(element);
                }
            }
            Content::Items { items } => {
                for item in items {
                    item.key.iter().for_each(|key| finder.visit_expr(key));
                    finder.visit_expr(&item.value);
                }
            }
        }
        let mut holes = finder.sorted().into_iter().peekable();
        let mut groups = Vec::new();
        let mut begin = self.range.start;
        let end = self.range.end;
        for cut in cuts.into_iter().chain(std::iter::once(end..end)) {
            let mut within = Vec::new();
            while let Some(hole) = holes.next_if(|hole| hole.range.start < cut.start) {
                within.push(hole);
            }
            groups.push(Group {
                range: begin..cut.start,
                holes: within,
            });
            begin = cut.end;
        }
        Some((shape, groups))
    }
}

/// The lines of these statements. `None` if the first does not begin its line.
pub(super) fn block(text: &Text<'_>, body: &[Stmt]) -> Option<Range<usize>> {
    let first = range_of(body.first()?).0;
    let last = range_of(body.last()?).1;
    let begin = begin_of_line(text, first)?;
    Some(begin..text.line_end(last))
}

/// Where the line begins in which `at` is the first that is no space.
pub(in super::super) fn begin_of_line(text: &Text<'_>, at: usize) -> Option<usize> {
    let begin = text.line_begin(at);
    let before = &text.source[begin..at];
    let is_first = before.chars().all(|c| matches!(c, ' ' | '\t' | '\u{c}'));
    is_first.then_some(begin)
}

/// Where to cut between statements: nothing is left out.
fn cuts_of_block(text: &Text<'_>, body: &[Stmt]) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    let mut begin = range_of(&body[0]).0;
    for statement in &body[1..] {
        let (first, last) = range_of(statement);
        let is_far = first - begin > LENGTH || last - first > LENGTH;
        if is_far && let Some(at) = begin_of_line(text, first) {
            cuts.push(at..at);
            begin = first;
        }
    }
    cuts
}

/// Commas between elements of a display, of which `range` is the inside: the next ones behind so
/// many bytes each. `None` if brackets do not match.
pub(in super::super) fn cuts_of_display(
    text: &Text<'_>,
    range: &Range<usize>,
    length: usize,
) -> Option<Vec<Range<usize>>> {
    let begin_of = |token: &Token| token.as_tuple().1.start().to_usize();
    let first = text
        .tokens
        .partition_point(|token| begin_of(token) < range.start);
    let mut cuts = Vec::new();
    let mut begin = range.start;
    let mut depth = 0_usize;
    // Of `lambda`, whose parameters have commas, too.
    let mut parameters = 0_usize;
    for token in &text.tokens[first..] {
        let (kind, place) = token.as_tuple();
        let place = place.start().to_usize()..place.end().to_usize();
        if place.start >= range.end {
            break;
        }
        match kind {
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth += 1,
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                depth = depth.checked_sub(1)?;
            }
            TokenKind::Lambda if depth == 0 => parameters += 1,
            TokenKind::Colon if depth == 0 => parameters = parameters.saturating_sub(1),
            TokenKind::Comma
                if depth == 0
                    && parameters == 0
                    && place.start - begin > length
                    && !is_rest_blank(text, place.end..range.end) =>
            {
                begin = place.end;
                cuts.push(place);
            }
            _ => {}
        }
    }
    Some(cuts)
}

/// Whether there is no element in `range`, the end of the inside of a display.
fn is_rest_blank(text: &Text<'_>, range: Range<usize>) -> bool {
    let mut lines = text.source[range].lines();
    lines.all(|line| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with('#')
    })
}

/// The holes of an expression, in order.
pub(super) fn within_expression<'a>(text: &Text<'_>, expression: &'a Expr) -> Vec<Hole<'a>> {
    let mut finder = Finder::new(text);
    finder.visit_expr(expression);
    finder.sorted()
}

/// Whether a program begins with `from __future__ import annotations`, or may do so.
pub(super) fn imports_future_annotations(program: &Mod) -> bool {
    let Mod::Module(module) = program else {
        return false;
    };
    module.body.iter().any(|statement| match statement {
        Stmt::ImportFrom(import) => {
            import.level == 0
                && import
                    .module
                    .as_ref()
                    .is_some_and(|module| module.as_str() == "__future__")
                && import
                    .names
                    .iter()
                    .any(|name| name.name.as_str() == "annotations")
        }
        _ => false,
    })
}

struct Finder<'a, 't> {
    text: &'t Text<'t>,
    found: Vec<Hole<'a>>,
}

impl<'a, 't> Finder<'a, 't> {
    fn new(text: &'t Text<'t>) -> Self {
        Self {
            text,
            found: Vec::new(),
        }
    }

    fn sorted(mut self) -> Vec<Hole<'a>> {
        self.found.sort_by_key(|hole| hole.range.start);
        self.found
    }
}

impl<'a> Visitor<'a> for Finder<'a, '_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let (begin, end) = range_of(statement);
        if end - begin > LENGTH {
            walk_stmt(self, statement);
        }
    }

    fn visit_body(&mut self, body: &'a [Stmt]) {
        match block(self.text, body) {
            Some(range) if range.len() > LENGTH => self.found.push(Hole {
                range,
                content: Content::Block(body),
            }),
            _ => walk_body(self, body),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        let is_read = |context: &ExprContext| matches!(context, ExprContext::Load);
        let elements = |elements: &'a [Expr], is_tuple| Content::Elements { elements, is_tuple };
        let (range, content) = match expression {
            // Lines cannot be put into strings.
            Expr::FString(_) | Expr::TString(_) => return,
            Expr::List(list) if is_read(&list.ctx) => (list.range, elements(&list.elts, false)),
            Expr::Tuple(tuple) if is_read(&tuple.ctx) && tuple.parenthesized => {
                (tuple.range, elements(&tuple.elts, true))
            }
            Expr::Set(set) => (set.range, elements(&set.elts, false)),
            Expr::Dict(dict) => (dict.range, Content::Items { items: &dict.items }),
            _ => return walk_expr(self, expression),
        };
        // Without its brackets.
        let range = range.start().to_usize() + 1..range.end().to_usize() - 1;
        if range.len() > LENGTH {
            self.found.push(Hole { range, content });
        } else {
            walk_expr(self, expression);
        }
    }
}

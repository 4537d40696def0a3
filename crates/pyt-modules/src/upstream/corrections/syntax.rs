//! Programs that upstream's compiler refuses although they are right, and errors that it shows at
//! wrong places.
//!
//! Upstream searches the text of a program for errors that its parser does not tell as CPython
//! does. That takes words of comments for code, and finds errors in statements that have none if
//! another one has. And an annotation under a condition, in a class that is inside of another one,
//! has no place for what was executed.
//!
//! Programs that it accepts although they are wrong are refused as
//! [`late_globals`](super::late_globals) says.
//!
//! So where upstream raises a `SyntaxError`, its parser alone is asked. If it accepts the program,
//! the program is compiled again: without comments, or with the name of that place bound in each
//! such class. If the parser refuses it in another statement than the error names, that statement
//! is compiled by itself, and its error is raised.
//!
//! Can go when upstream's `unparenthesized_comprehension` and its like skip comments, when its
//! diagnostics look at the statement that the parser stopped in only, and when nested classes have
//! their own `__conditional_annotations__`.

use std::{borrow::Cow, ops::Range};

use rustpython_vm::{
    AsObject, Py, PyObject, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyBaseExceptionRef, PyBytes, PyStr},
    compiler::{
        ast::{Expr, Mod, Stmt},
        parser::{Mode, ParseOptions, parse_unchecked},
    },
};

use super::{folded_quotients, late_globals, syntax_messages, unterminated_literals};

/// What upstream keeps the executed annotations in.
pub(super) const PLACE: &str = "__conditional_annotations__";

/// Binds it in the class in which it stands, and does nothing.
const BIND: &str = "; 1 or (__conditional_annotations__ := 0)";

/// A text to compile in the place of one that was refused.
enum Second {
    /// The same program.
    Program(String),
    /// The statement with the error.
    Statement(String),
}

/// What a program is compiled to.
#[derive(Clone, Copy, Default)]
pub struct Compilation {
    /// Of an expression, not of statements.
    pub is_expression: bool,
    /// A tree as it is written. Otherwise code, or a tree with folded constants.
    pub makes_tree: bool,
}

/// Compiles `source` by `compile`, and if that raises a `SyntaxError` that another text avoids or
/// shows better, by that.
///
/// # Errors
/// What `compile` raises.
pub fn compile_corrected<T>(
    source: &str,
    to: Compilation,
    vm: &VirtualMachine,
    mut compile: impl FnMut(&str) -> PyResult<T>,
) -> PyResult<T> {
    let original = source;
    let source = &*unterminated_literals::corrected(source);
    let source = &*match to.makes_tree {
        true => Cow::Borrowed(source),
        false => folded_quotients::corrected(source),
    };
    let is_of_compiler = |error: &Py<PyBaseException>| {
        let is_syntax = error.fast_isinstance(vm.ctx.exceptions.syntax_error);
        // What running the program raised has one.
        is_syntax && error.traceback().is_none()
    };
    let result = compile(source).or_else(|error| {
        if !is_of_compiler(&error) {
            return Err(error);
        }
        match second(source, to.is_expression, &error, vm) {
            Some(Second::Program(text)) => compile(&text).map_err(|_| error),
            Some(Second::Statement(text)) => match compile(&text) {
                Err(other) if other.fast_isinstance(vm.ctx.exceptions.syntax_error) => Err(other),
                _ => Err(error),
            },
            None => Err(error),
        }
    });
    let is_program = !to.is_expression && !to.makes_tree;
    let result = match result {
        Ok(_) if is_program && late_globals::may_have(original) => {
            refuse_late_global(original, vm, &mut compile).map_or(result, Err)
        }
        result => result,
    };
    result.inspect_err(|error| {
        if is_of_compiler(error) {
            syntax_messages::mend(error, vm);
        }
    })
}

/// The error of a program in which a `global` comes too late, though upstream has compiled it.
fn refuse_late_global<T>(
    source: &str,
    vm: &VirtualMachine,
    compile: &mut impl FnMut(&str) -> PyResult<T>,
) -> Option<PyBaseExceptionRef> {
    let late = late_globals::find(source)?;
    let error = compile(late_globals::REFUSED).err()?;
    // What an error cannot be told by is the error.
    Some(match late.tell(source, &error, vm) {
        Ok(()) => error,
        Err(other) => other,
    })
}

/// The text of a program that a function is given, if it is one.
pub(super) fn source_text(source: &PyObject) -> Option<&str> {
    match source.downcast_ref::<PyStr>() {
        Some(text) => text.to_str(),
        None => plain_text(source.downcast_ref::<PyBytes>()?.as_bytes(), false),
    }
}

/// The text that these bytes are as UTF-8, unless they say that they are of another encoding.
pub fn plain_text(source: &[u8], ignores_cookie: bool) -> Option<&str> {
    let text = std::str::from_utf8(source).ok()?;
    // A declaration is in the first two lines.
    let mut first = text.lines().take(2);
    let may_be_other = text.starts_with('\u{feff}') || first.any(|line| line.contains("coding"));
    (ignores_cookie || !may_be_other).then_some(text)
}

fn second(
    source: &str,
    is_expression: bool,
    error: &Py<PyBaseException>,
    vm: &VirtualMachine,
) -> Option<Second> {
    let mode = if is_expression {
        Mode::Expression
    } else {
        Mode::Module
    };
    let parsed = parse_unchecked(source, ParseOptions::from(mode));
    let Some(first) = parsed.errors().first() else {
        let message = error.as_object().get_attr("msg", vm).ok()?;
        let message = message.str(vm).ok()?;
        let is_of_place = message
            .to_str()
            .is_some_and(|message| message.contains(PLACE));
        if let (Mod::Module(module), true) = (parsed.syntax(), is_of_place) {
            return Some(Second::Program(with_places(source, &module.body)));
        }
        let comments = parsed
            .tokens()
            .iter()
            .filter(|token| token.kind().is_comment());
        let mut text = source.to_owned();
        let mut has_comments = false;
        for comment in comments {
            let (_, range) = comment.as_tuple();
            let range = range.start().to_usize()..range.end().to_usize();
            text.replace_range(range.clone(), &" ".repeat(range.len()));
            has_comments = true;
        }
        return has_comments.then_some(Second::Program(text));
    };
    let Mod::Module(module) = parsed.syntax() else {
        return None;
    };
    let at = first.location.start().to_usize();
    // What the parser goes on with behind an error begins within a line.
    let begins_line = |begin: &usize| *begin == 0 || source[..*begin].ends_with('\n');
    let begins = module.body.iter().map(statement_begin).filter(begins_line);
    let begin = begins.clone().rfind(|begin| *begin <= at)?;
    let end = begins
        .clone()
        .find(|begin| *begin > at)
        .unwrap_or(source.len());
    let line_of = |at: usize| source[..at].matches('\n').count() + 1;
    let line = error.as_object().get_attr("lineno", vm).ok()?;
    let line: usize = line.try_to_value(vm).ok()?;
    if (line_of(begin)..=line_of(at)).contains(&line) {
        if line == line_of(at) && !source[at..].trim().is_empty() {
            let end = first.location.end().to_usize();
            tell_token(source, at..end, line, error, vm);
        }
        return None;
    }
    let mut text = "\n".repeat(line_of(begin) - 1);
    text.push_str(&source[begin..end]);
    (text.len() < source.len()).then_some(Second::Statement(text))
}

/// Has the error that a bracket was never closed be one of the token at `at`: the bracket is in the
/// same line, so CPython has not read on to find that it is not closed.
fn tell_token(
    source: &str,
    at: Range<usize>,
    line: usize,
    error: &Py<PyBaseException>,
    vm: &VirtualMachine,
) {
    let object = error.as_object();
    let tell = || -> PyResult<()> {
        let message = object.get_attr("msg", vm)?.str(vm)?;
        let is_of_bracket = message
            .to_str()
            .is_some_and(|message| message.ends_with("never closed"));
        if !is_of_bracket {
            return Ok(());
        }
        let begin = source[..at.start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let column = source[begin..at.start].chars().count() + 1;
        let length = source[at.clone()]
            .chars()
            .take_while(|c| *c != '\n')
            .count();
        let filename = object.get_attr("filename", vm)?;
        let text = object.get_attr("text", vm)?;
        let numbers =
            [line, column, line, column + length.max(1)].map(|n| vm.ctx.new_int(n).into());
        let [line, column, end_line, end_column] = numbers;
        let place = vec![filename, line, column, text, end_line, end_column];
        let args = (vm.ctx.new_str("invalid syntax"), vm.ctx.new_tuple(place));
        vm.call_method(object, "__init__", args).map(drop)
    };
    // If this fails, the error says what it said.
    let _ = tell();
}

/// Where a statement begins, with its decorators.
fn statement_begin(statement: &Stmt) -> usize {
    range_of(statement).0
}

pub(super) fn range_of(statement: &Stmt) -> (usize, usize) {
    macro_rules! ranges {
        ($($kind:ident),*) => {
            match statement {
                $(Stmt::$kind(node) => node.range,)*
            }
        };
    }
    let range = ranges!(
        FunctionDef,
        ClassDef,
        Return,
        Delete,
        TypeAlias,
        Assign,
        AugAssign,
        AnnAssign,
        For,
        While,
        If,
        With,
        Match,
        Raise,
        Try,
        Assert,
        Import,
        ImportFrom,
        Global,
        Nonlocal,
        Expr,
        Pass,
        Break,
        Continue,
        IpyEscapeCommand
    );
    (range.start().to_usize(), range.end().to_usize())
}

/// `source`, with the place bound in each class that has annotations under a condition.
fn with_places(source: &str, body: &[Stmt]) -> String {
    let mut places = Vec::new();
    find_places(body, None, false, &mut places);
    places.sort_unstable();
    let mut text = source.to_owned();
    for place in places.into_iter().rev() {
        text.insert_str(place, BIND);
    }
    text
}

/// Adds the ends of the first annotations under a condition, in each class. `class`: whether the
/// class that the statements belong to has one already.
fn find_places(
    body: &[Stmt],
    mut class: Option<&mut bool>,
    is_conditional: bool,
    places: &mut Vec<usize>,
) {
    for statement in body {
        let mut nested = |body: &[Stmt], places: &mut Vec<usize>| {
            find_places(body, class.as_deref_mut(), true, places);
        };
        match statement {
            Stmt::ClassDef(node) => find_places(&node.body, Some(&mut false), false, places),
            Stmt::FunctionDef(node) => find_places(&node.body, None, false, places),
            Stmt::AnnAssign(node) if is_conditional && matches!(*node.target, Expr::Name(_)) => {
                if let Some(has_one) = class.as_deref_mut()
                    && !std::mem::replace(has_one, true)
                {
                    places.push(node.range.end().to_usize());
                }
            }
            Stmt::For(node) => {
                nested(&node.body, places);
                nested(&node.orelse, places);
            }
            Stmt::While(node) => {
                nested(&node.body, places);
                nested(&node.orelse, places);
            }
            Stmt::If(node) => {
                nested(&node.body, places);
                for clause in &node.elif_else_clauses {
                    nested(&clause.body, places);
                }
            }
            Stmt::With(node) => nested(&node.body, places),
            Stmt::Match(node) => {
                for case in &node.cases {
                    nested(&case.body, places);
                }
            }
            Stmt::Try(node) => {
                nested(&node.body, places);
                for handler in &node.handlers {
                    let rustpython_vm::compiler::ast::ExceptHandler::ExceptHandler(handler) =
                        handler;
                    nested(&handler.body, places);
                }
                nested(&node.orelse, places);
                nested(&node.finalbody, places);
            }
            _ => {}
        }
    }
}

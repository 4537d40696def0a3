//! The code of a long module, which is compiled in pieces.
//!
//! Upstream's compiler takes a time that grows with the square of a module's length:
//! `ConstantPool::find_existing` compares each constant of a code object with all before it, and
//! `SymbolTableAnalyzer::found_in_inner_scope` and
//! `Compiler::module_name_declared_global_in_nested_scope` look for each name of a module in all
//! its functions and classes.
//!
//! So the statements of a long module are compiled a group at a time, each at its lines, and
//! [`linker`] makes one code object of all. Long displays (`[...]`, `{...}`) among them are
//! compiled in parts, too: `[*first, *second]`, with the code of the parts in the place of the
//! names. Names and constants are found by hashes there.
//!
//! What would be another program in pieces is compiled as a whole, as is what the linker does not
//! know: modules with annotated names, and those with comprehensions whose variables a lambda
//! uses. Where a piece is refused, the whole text is compiled: then it has an error.
//!
//! Can go when upstream finds constants and names by hashes.

mod choice;
mod layout;
mod linker;
mod pools;
mod texts;
mod units;

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use rustpython_vm::{
    AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::PyCode,
    compiler::{
        ast::{
            Expr, ExprContext, Mod, Stmt,
            visitor::{Visitor, walk_stmt},
        },
        parser::{Mode, ParseOptions, parse_unchecked},
    },
    function::FuncArgs,
};

use self::{
    linker::{Bounds, Linker, Part},
    texts::{PREFIX, STORED_AS, Texts},
};
use super::{
    syntax::range_of,
    trees_in_pieces::{FILE, FUTURE, IGNORE_COOKIE, Request, Text, begin_of_line},
};

/// A piece ends at the next statement behind so many bytes, and there are at most so many pieces.
const LENGTH: usize = 8192;
const MOST_PIECES: usize = 256;

/// If a module imports more names, calls of their attributes are compiled as those of other names:
/// they do the same.
const MOST_IMPORTS: usize = 100;

/// A text of this length or less is compiled as a whole.
const SHORT: usize = 4 * LENGTH;

/// The code that `compile` is asked for by `args`. `None` if it is asked for something else, or has
/// to compile the text as a whole.
///
/// # Errors
/// What an audit hook raises, and what another thread or a host has raised in this one.
pub(super) fn asked(
    args: &FuncArgs,
    source: &str,
    vm: &VirtualMachine,
) -> PyResult<Option<PyObjectRef>> {
    let request = (source.len() > SHORT).then(|| Request::read(args, vm));
    let Some(request) = request.flatten() else {
        return Ok(None);
    };
    if request.start != FILE || request.asked & !FUTURE != 0 {
        return Ok(None);
    }
    let (filename, optimize) = (&*request.filename, request.optimize);
    let code = compile_in_pieces(source, vm, &mut |text, future| {
        let flags = request.flags | future | IGNORE_COOKIE;
        vm.compile_string_object_with_flags(text.as_bytes(), filename, FILE, flags, -1, optimize)
    })?;
    if code.is_some() {
        let source = vm.ctx.new_bytes(source.as_bytes().to_vec());
        vm.audit("compile", || (source, vm.ctx.new_str(filename)))?;
    }
    Ok(code.map(Into::into))
}

/// Compiles a module in pieces by `compile`, which is given a text and flags of `__future__`.
/// `None` if it has to be compiled as a whole.
///
/// # Errors
/// What `compile` raises, but for what says that a text is refused.
pub fn compile_in_pieces(
    source: &str,
    vm: &VirtualMachine,
    compile: &mut dyn FnMut(&str, i32) -> PyResult<PyObjectRef>,
) -> PyResult<Option<PyRef<PyCode>>> {
    if source.len() <= SHORT
        || source.contains(['\r', '\u{feff}', '\0', '\u{c}'])
        || source.contains(PREFIX)
        || choice::is_fast_as_a_whole(source)
    {
        return Ok(None);
    }
    compiled_by(source, LENGTH.max(source.len() / MOST_PIECES), vm, compile)
}

fn compiled_by(
    source: &str,
    length: usize,
    vm: &VirtualMachine,
    compile: &mut dyn FnMut(&str, i32) -> PyResult<PyObjectRef>,
) -> PyResult<Option<PyRef<PyCode>>> {
    let parsed = parse_unchecked(source, ParseOptions::from(Mode::Module));
    let Mod::Module(module) = parsed.syntax() else {
        return Ok(None);
    };
    let mut survey = Survey::default();
    survey.visit_body(&module.body);
    if !parsed.errors().is_empty() || survey.has_annotations {
        return Ok(None);
    }
    let text = Text::new(source, parsed.tokens());
    let groups = groups(&text, &module.body, length);
    let mut pieces = Pieces {
        texts: Texts {
            text: &text,
            length,
            parts: Vec::new(),
        },
        aside: survey.aside(),
        linker: Linker::default(),
        flags: 0,
        vm,
        compile,
    };
    for (index, (range, statements)) in groups.iter().enumerate() {
        let is_last = index + 1 == groups.len();
        match pieces.add(range.clone(), statements, [groups.len() == 1, is_last]) {
            Ok(()) => {}
            Err(Stop::Refused) => return Ok(None),
            Err(Stop::Raised(error)) => {
                let refusals = [
                    vm.ctx.exceptions.syntax_error,
                    vm.ctx.exceptions.recursion_error,
                ];
                let is_refused = refusals.iter().any(|class| error.fast_isinstance(class));
                return if is_refused { Ok(None) } else { Err(error) };
            }
        }
    }
    Ok(pieces.linker.finish(vm))
}

/// Groups of statements, and the lines of each.
fn groups<'a>(text: &Text<'_>, body: &'a [Stmt], length: usize) -> Vec<(Range<usize>, &'a [Stmt])> {
    let mut groups = Vec::new();
    let (mut begin, mut first) = (0, 0);
    for (index, statement) in body.iter().enumerate().skip(1) {
        let (start, end) = range_of(statement);
        let is_far = start - begin > length || end - start > length;
        // A string would be a docstring, and what is to come from the future has to come first.
        let can_begin = match statement {
            Stmt::Expr(expression) => !expression.value.is_string_literal_expr(),
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref();
                module.is_none_or(|module| module.as_str() != "__future__")
            }
            _ => true,
        };
        if is_far
            && can_begin
            && let Some(at) = begin_of_line(text, start)
        {
            groups.push((begin..at, &body[first..index]));
            (begin, first) = (at, index);
        }
    }
    groups.push((begin..text.source.len(), &body[first..]));
    groups
}

enum Stop {
    Refused,
    Raised(rustpython_vm::builtins::PyBaseExceptionRef),
}

struct Pieces<'p> {
    texts: Texts<'p>,
    /// Two lines that are in all pieces but the only one.
    aside: String,
    linker: Linker,
    flags: i32,
    vm: &'p VirtualMachine,
    compile: &'p mut dyn FnMut(&str, i32) -> PyResult<PyObjectRef>,
}

impl Pieces<'_> {
    fn add(
        &mut self,
        range: Range<usize>,
        statements: &[Stmt],
        [is_only, is_last]: [bool; 2],
    ) -> Result<(), Stop> {
        let known = self.texts.parts.len();
        let texts = self.texts.of_statements(range, statements);
        let (mut text, lines) = texts.ok_or(Stop::Refused)?;
        if is_only && self.texts.parts.is_empty() {
            return Err(Stop::Refused);
        }
        let number = |line: usize| i32::try_from(line).map_err(|_| Stop::Refused);
        let bounds = if is_only {
            Bounds::Module
        } else if is_last {
            let rest = text.strip_prefix("\n\n").ok_or(Stop::Refused)?;
            text = format!("{}{rest}", self.aside);
            Bounds::From(number(3)?)
        } else {
            text.push_str(&self.aside);
            Bounds::Until(number(lines + 1)?)
        };
        let code = self.compile(&text)?;
        self.flags = i32::try_from(code.code.flags.bits()).unwrap_or(0) & FUTURE;
        let mut parts = HashMap::new();
        for index in known..self.texts.parts.len() {
            let text = std::mem::take(&mut self.texts.parts[index].text);
            let code = self.compile(&text)?;
            let part = &self.texts.parts[index];
            let linked = Part {
                code,
                stored_as: STORED_AS,
                display: part.display,
                last_line: part.last_line,
            };
            parts.insert(part.name.clone(), linked);
        }
        let added = self.linker.add(&code, &bounds, &parts, self.vm);
        added.ok_or(Stop::Refused)
    }

    fn compile(&mut self, text: &str) -> Result<PyRef<PyCode>, Stop> {
        let code = (self.compile)(text, self.flags).map_err(Stop::Raised)?;
        code.downcast().map_err(|_| Stop::Refused)
    }
}

/// What of a module concerns all its pieces.
#[derive(Default)]
struct Survey {
    depth: usize,
    /// Names that functions and classes declare as global: upstream's code for them is another
    /// one in the module, too.
    globals: BTreeSet<String>,
    /// Names that are imported: upstream's code for a call of `name.attribute` is another one.
    imports: BTreeSet<String>,
    /// Annotated names are collected in one function of the module's; and names that the module
    /// itself declares as global may not be used before.
    has_annotations: bool,
}

impl Survey {
    /// What is behind a piece, or in the first two lines of the last one, and is left out.
    fn aside(&self) -> String {
        let mut text = format!("def {PREFIX}end(): ");
        if self.globals.is_empty() {
            text.push_str("pass");
        } else {
            text.push_str("global ");
            let names: Vec<&str> = self.globals.iter().map(String::as_str).collect();
            text.push_str(&names.join(", "));
        }
        text.push('\n');
        if (1..=MOST_IMPORTS).contains(&self.imports.len()) {
            text.push_str("import ");
            let names: Vec<&str> = self.imports.iter().map(String::as_str).collect();
            text.push_str(&names.join(", "));
        }
        text.push('\n');
        text
    }
}

impl<'a> Visitor<'a> for Survey {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::AnnAssign(_) if self.depth == 0 => self.has_annotations = true,
            Stmt::Global(global) if self.depth == 0 => {
                self.has_annotations |= !global.names.is_empty();
            }
            Stmt::Import(import) if self.depth == 0 => {
                let names = import.names.iter().map(|alias| match &alias.asname {
                    Some(name) => name.as_str(),
                    None => alias.name.as_str().split('.').next().unwrap_or_default(),
                });
                self.imports.extend(names.map(str::to_owned));
            }
            Stmt::ImportFrom(import) if self.depth == 0 => {
                let names = import.names.iter();
                let names = names.map(|alias| alias.asname.as_ref().unwrap_or(&alias.name));
                let names = names.map(|name| name.as_str().to_owned());
                self.imports.extend(names.filter(|name| name != "*"));
            }
            Stmt::Global(global) => {
                let names = global.names.iter().map(|name| name.as_str().to_owned());
                self.globals.extend(names);
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                self.depth += 1;
                walk_stmt(self, statement);
                self.depth -= 1;
            }
            _ => walk_stmt(self, statement),
        }
    }

    // No statements are in expressions.
    fn visit_expr(&mut self, _: &'a Expr) {}

    fn visit_expr_context(&mut self, _: &'a ExprContext) {}
}

//! `ast.parse` of a long text, whose tree is made in pieces.
//!
//! Upstream goes through the whole text for each node, to find its line. So the time grows with
//! the square of the length: 16,000 lines took six to eleven seconds.
//!
//! So upstream's parser alone reads the text first, which takes no such time, and the text is cut:
//! [`holes`] finds long blocks of statements and long displays (`[...]`, `{...}`), [`piece`] writes
//! something short in their place, and upstream makes a tree of each piece. [`Trees`] gives the
//! nodes their lines, and puts trees of pieces together. Columns are those of the text, since each
//! piece begins in the column in which it stands.
//!
//! Where a piece is refused, upstream makes the tree of the whole text: then it has an error, or
//! this has cut what cannot be cut.
//!
//! Can go when upstream's `text_range_to_source_range` no longer makes an index of lines for each
//! node.

mod holes;
mod piece;

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyList, PyStr},
    compiler::{
        ast::{Mod, PythonVersion},
        parser::{Mode, ParseOptions, parse_unchecked},
    },
    frame::current_code,
    function::FuncArgs,
};

use self::{
    holes::{Content, Hole},
    piece::Piece,
};
pub(super) use self::{
    holes::{begin_of_line, cuts_of_display},
    piece::Text,
};

/// `ast.PyCF_ONLY_AST`, and `compile`'s start symbols of the two kinds of text.
const ONLY_AST: i32 = 0x0400;
pub(super) const IGNORE_COOKIE: i32 = 0x0800;
pub(super) const FILE: i32 = 257;
const EVAL: i32 = 258;
/// The flags of `from __future__ import annotations`, and of all such imports.
const ANNOTATIONS: i32 = 0x0100_0000;
pub(super) const FUTURE: i32 = 0x01fe_0000;

/// A text of this length or less is upstream's alone.
const SHORT: usize = 4 * piece::LENGTH;

/// The tree that `compile` makes of `source`, which `args` ask for. `None` if they ask for
/// something else, or upstream has to make the tree.
///
/// # Errors
/// What an audit hook raises, and what another thread or a host has raised in this one.
pub(super) fn parsed(
    args: &FuncArgs,
    source: &str,
    vm: &VirtualMachine,
) -> PyResult<Option<PyObjectRef>> {
    let is_concerned = source.len() > SHORT && !source.contains(['\r', '\u{feff}', '\0']);
    let Some(request) = is_concerned.then(|| Request::read(args, vm)).flatten() else {
        return Ok(None);
    };
    let is_plain = request.optimize == -1 && vm.state.config.settings.optimize < 2;
    if !is_plain || request.asked & !FUTURE != ONLY_AST {
        return Ok(None);
    }
    let mode = if request.start == EVAL {
        Mode::Expression
    } else {
        Mode::Module
    };
    let options = ParseOptions::from(mode).with_target_version(PythonVersion::PY314);
    let parsed = parse_unchecked(source, options);
    if !parsed.errors().is_empty() || !parsed.unsupported_syntax_errors().is_empty() {
        return Ok(None);
    }
    let text = Text::new(source, parsed.tokens());
    let mut flags = request.flags | IGNORE_COOKIE;
    if source.contains("__future__") && holes::imports_future_annotations(parsed.syntax()) {
        flags |= ANNOTATIONS;
    }
    let trees = Trees {
        text: &text,
        filename: &request.filename,
        flags,
        vm,
    };
    let made = match parsed.syntax() {
        Mod::Module(module) => trees.of_module(&module.body),
        Mod::Expression(expression) => trees.of_expression(&expression.body),
    };
    match made {
        Ok(tree) => {
            let source = vm.ctx.new_bytes(source.as_bytes().to_vec());
            vm.audit("compile", || (source, vm.ctx.new_str(&*request.filename)))?;
            Ok(Some(tree))
        }
        Err(Stop::Refused) => Ok(None),
        Err(Stop::Raised(error)) => Err(error),
    }
}

/// What `compile` was asked for.
pub(super) struct Request {
    pub(super) filename: String,
    /// A start symbol.
    pub(super) start: i32,
    /// The flags that were given.
    pub(super) asked: i32,
    /// With those of the code that calls.
    pub(super) flags: i32,
    pub(super) optimize: i32,
}

impl Request {
    /// `None` if there is something that upstream has to see.
    pub(super) fn read(args: &FuncArgs, vm: &VirtualMachine) -> Option<Self> {
        let given = |at: usize, name: &str| args.args.get(at).or_else(|| args.kwargs.get(name));
        let number = |at: usize, name: &str, default: i32| match given(at, name) {
            Some(value) => value.try_to_value::<i32>(vm).ok(),
            None => Some(default),
        };
        let text = |at: usize, name: &str| {
            let text = given(at, name)?.downcast_ref::<PyStr>()?.to_str()?;
            Some(text.to_owned())
        };
        let asked = number(3, "flags", 0)?;
        let mut flags = asked;
        let optimize = number(5, "optimize", -1)?;
        let is_plain = number(usize::MAX, "_feature_version", -1)? == -1;
        let known = [
            "source",
            "filename",
            "mode",
            "flags",
            "dont_inherit",
            "optimize",
            "_feature_version",
        ];
        let are_known = args.args.len() <= 6
            && args
                .kwargs
                .keys()
                .all(|name| known.contains(&name.as_str().unwrap_or_default()));
        if !is_plain || !are_known {
            return None;
        }
        let inherits = match given(4, "dont_inherit") {
            Some(value) => !value.clone().try_to_bool(vm).ok()?,
            None => true,
        };
        if inherits && let Some(code) = current_code() {
            flags |= i32::try_from(code.flags.bits()).ok()? & FUTURE;
        }
        let start = match &*text(2, "mode")? {
            "exec" => FILE,
            "eval" => EVAL,
            _ => return None,
        };
        Some(Self {
            filename: text(1, "filename")?,
            start,
            asked,
            flags,
            optimize,
        })
    }
}

/// Why there is no tree.
enum Stop {
    /// A piece is no program of its own, or there is an error in the text.
    Refused,
    Raised(PyBaseExceptionRef),
}

type Made<T> = Result<T, Stop>;

/// What belongs into a hole: statements or elements; keys and values of a dictionary.
#[derive(Default)]
struct Filling {
    nodes: Vec<PyObjectRef>,
    values: Vec<PyObjectRef>,
}

/// Makes trees of the pieces of a text.
struct Trees<'t> {
    text: &'t Text<'t>,
    filename: &'t str,
    flags: i32,
    vm: &'t VirtualMachine,
}

impl Trees<'_> {
    fn of_module(&self, body: &[rustpython_vm::compiler::ast::Stmt]) -> Made<PyObjectRef> {
        let range = holes::block(self.text, body).ok_or(Stop::Refused)?;
        let hole = Hole {
            range,
            content: Content::Block(body),
        };
        let filling = self.filling(&hole)?;
        let module = self.upstream("", FILE)?;
        self.list(&module, "body")?;
        let body: PyObjectRef = self.vm.ctx.new_list(filling.nodes).into();
        self.raised(module.set_attr("body", body, self.vm))?;
        Ok(module)
    }

    fn of_expression(&self, body: &rustpython_vm::compiler::ast::Expr) -> Made<PyObjectRef> {
        let holes = holes::within_expression(self.text, body);
        let whole = 0..self.text.source.len();
        let piece = Piece::new(self.text, piece::WHOLE, whole, &holes);
        let tree = self.upstream(&piece.text, EVAL)?;
        Placing::new(self, &piece).place(&tree)?;
        Ok(tree)
    }

    /// What upstream makes of the text of a piece.
    fn upstream(&self, text: &str, start: i32) -> Made<PyObjectRef> {
        let vm = self.vm;
        let tree = vm.compile_string_object_with_flags(
            text.as_bytes(),
            self.filename,
            start,
            self.flags,
            -1,
            0,
        );
        self.raised(tree)
    }

    fn raised<T>(&self, result: PyResult<T>) -> Made<T> {
        let refusals = [
            self.vm.ctx.exceptions.syntax_error,
            self.vm.ctx.exceptions.recursion_error,
        ];
        result.map_err(|error| {
            if refusals.iter().any(|class| error.fast_isinstance(class)) {
                Stop::Refused
            } else {
                Stop::Raised(error)
            }
        })
    }

    fn list(&self, node: &PyObject, name: &'static str) -> Made<Vec<PyObjectRef>> {
        let list = self.raised(node.get_attr(name, self.vm))?;
        let list = list.downcast_ref::<PyList>().ok_or(Stop::Refused)?;
        Ok(list.borrow_vec().to_vec())
    }

    /// The nodes that belong into a hole, in their places.
    fn filling(&self, hole: &Hole<'_>) -> Made<Filling> {
        let mut filling = Filling::default();
        let (shape, groups) = hole.groups(self.text).ok_or(Stop::Refused)?;
        for group in groups {
            let piece = Piece::new(self.text, shape, group.range, &group.holes);
            let mut tree = self.upstream(&piece.text, FILE)?;
            Placing::new(self, &piece).place(&tree)?;
            if !shape.opening.is_empty() {
                let body = self.list(&tree, "body")?;
                tree = body.into_iter().next().ok_or(Stop::Refused)?;
            }
            match hole.content {
                Content::Block(_) => filling.nodes.extend(self.list(&tree, "body")?),
                Content::Elements { .. } => {
                    let display = self.raised(tree.get_attr("value", self.vm))?;
                    filling.nodes.extend(self.list(&display, "elts")?);
                }
                Content::Items { .. } => {
                    let display = self.raised(tree.get_attr("value", self.vm))?;
                    filling.nodes.extend(self.list(&display, "keys")?);
                    filling.values.extend(self.list(&display, "values")?);
                }
            }
        }
        let is_right = filling.nodes.len() == hole.len();
        is_right.then_some(filling).ok_or(Stop::Refused)
    }
}

/// Gives the nodes of a piece's tree their lines, and fills its holes.
struct Placing<'t> {
    trees: &'t Trees<'t>,
    piece: &'t Piece<'t>,
    /// Fillings of holes by their lines: those of dictionaries are used twice.
    fillings: RefCell<HashMap<usize, Rc<Filling>>>,
    /// Where the last statements of blocks end.
    ends: RefCell<HashMap<usize, [PyObjectRef; 2]>>,
}

impl<'t> Placing<'t> {
    fn new(trees: &'t Trees<'t>, piece: &'t Piece<'t>) -> Self {
        Self {
            trees,
            piece,
            fillings: RefCell::default(),
            ends: RefCell::default(),
        }
    }

    fn line(&self, value: &PyObject) -> Option<usize> {
        value.try_to_value(self.trees.vm).ok()
    }

    fn place(&self, node: &PyObject) -> Made<()> {
        let vm = self.trees.vm;
        let Some(dict) = node.dict() else {
            return Ok(());
        };
        let fields: Vec<(PyObjectRef, PyObjectRef)> = (&*dict).into_iter().collect();
        // What is within first: it says where this node ends.
        for (name, value) in &fields {
            let Some(list) = value.downcast_ref::<PyList>() else {
                self.place(value)?;
                continue;
            };
            let items = list.borrow_vec().to_vec();
            let Some(hole) = items.first().and_then(|first| self.hole_of(first)) else {
                items.iter().try_for_each(|item| self.place(item))?;
                continue;
            };
            let filling = self.filling(hole)?;
            let name = name.downcast_ref::<PyStr>().and_then(|name| name.to_str());
            let nodes = match name {
                Some("values") => &filling.values,
                _ => &filling.nodes,
            };
            list.borrow_vec_mut().clone_from(nodes);
        }
        let set = |name: &'static str, value: PyObjectRef| {
            self.trees.raised(dict.set_item(name, value, vm))
        };
        for (name, value) in &fields {
            let name = name.downcast_ref::<PyStr>().and_then(|name| name.to_str());
            match (name, self.line(value)) {
                (Some("lineno"), Some(line)) => {
                    set("lineno", vm.ctx.new_int(self.piece.line(line)).into())?;
                }
                (Some("end_lineno"), Some(line)) => match self.ends.borrow().get(&line) {
                    Some([line, column]) => {
                        set("end_lineno", line.clone())?;
                        set("end_col_offset", column.clone())?;
                    }
                    None => set("end_lineno", vm.ctx.new_int(self.piece.line(line)).into())?,
                },
                _ => {}
            }
        }
        Ok(())
    }

    /// The line of the hole that a node stands for.
    fn hole_of(&self, node: &PyObject) -> Option<usize> {
        let line = node.dict()?.get_item_opt("lineno", self.trees.vm).ok()??;
        let line = self.line(&line)?;
        self.piece.holes.contains_key(&line).then_some(line)
    }

    fn filling(&self, line: usize) -> Made<Rc<Filling>> {
        if let Some(filling) = self.fillings.borrow().get(&line) {
            return Ok(filling.clone());
        }
        let hole = self.piece.holes[&line];
        let filling = Rc::new(self.trees.filling(hole)?);
        if let (Content::Block(_), Some(last)) = (&hole.content, filling.nodes.last()) {
            let vm = self.trees.vm;
            let place = |name: &'static str| self.trees.raised(last.get_attr(name, vm));
            let end = [place("end_lineno")?, place("end_col_offset")?];
            self.ends.borrow_mut().insert(line, end);
        }
        self.fillings.borrow_mut().insert(line, filling.clone());
        Ok(filling)
    }
}

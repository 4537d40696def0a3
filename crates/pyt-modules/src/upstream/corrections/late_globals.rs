//! `global x` behind an assignment to `x`, or a use of it, in the same block is a `SyntaxError`.
//! Upstream accepts it if the block has `x` as a global variable already: by another `global x`, or
//! since a function inside of it has one.
//!
//! So a program with two such statements that upstream has compiled is parsed once more, and its
//! names are looked through in the order in which the compiler meets them. A tree that a program
//! gives to `compile` is not looked through.
//!
//! Can go when upstream's `register_name` checks symbols that are global as it does others.

use std::collections::BTreeMap;

use rustpython_vm::{
    AsObject, Py, PyResult, VirtualMachine,
    builtins::PyBaseException,
    compiler::{
        ast::{
            self, Comprehension, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt,
            TypeParam, TypeParams,
            visitor::{self, Visitor},
        },
        parser::{Mode, ParseOptions, parse_unchecked},
    },
};

/// What a block does with a name, by the messages about it: the first one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Done {
    Parameter,
    Used,
    Annotated,
    Assigned,
}

/// A `global` that comes too late.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Late {
    pub(super) message: String,
    /// The place of the statement.
    pub(super) begin: usize,
    pub(super) end: usize,
}

/// Whether the text may have two `global` statements. Words in comments and strings count, too.
pub(super) fn may_have(source: &str) -> bool {
    let is_statement = |(at, word): &(usize, &str)| {
        source[at + word.len()..].starts_with([' ', '\t', '\x0c', '\\'])
    };
    source
        .match_indices("global")
        .filter(is_statement)
        .nth(1)
        .is_some()
}

/// The first `global` of the program that comes too late. Behind an import it does not.
pub(super) fn find(source: &str) -> Option<Late> {
    let parsed = parse_unchecked(source, ParseOptions::from(Mode::Module));
    let ast::Mod::Module(module) = parsed.syntax() else {
        return None;
    };
    let mut blocks = Blocks {
        blocks: vec![Block {
            is_module: true,
            ..Block::default()
        }],
        found: None,
    };
    blocks.visit_body(&module.body);
    blocks.found
}

/// What the compiler refuses for the same reason: its error gets the place and message of another.
pub(super) const REFUSED: &str = "def f(x):\n global x\n";

impl Late {
    /// Has an error of [`REFUSED`] tell this one.
    pub(super) fn tell(
        &self,
        source: &str,
        error: &Py<PyBaseException>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let (line, column) = place(source, self.begin);
        let (end_line, end_column) = place(source, self.end);
        let numbers = [
            ("lineno", line),
            ("offset", column),
            ("end_lineno", end_line),
            ("end_offset", end_column),
        ];
        let error = error.as_object();
        error.set_attr("msg", vm.ctx.new_str(self.message.as_str()), vm)?;
        for (name, number) in numbers {
            error.set_attr(name, vm.ctx.new_int(number), vm)?;
        }
        Ok(())
    }
}

/// The line and column of a place in a text, both from 1.
fn place(source: &str, at: usize) -> (usize, usize) {
    let before = &source[..at];
    let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[begin..].chars().count() + 1)
}

/// A module, the body of a function or class, or another part with names of its own.
#[derive(Default)]
struct Block {
    names: BTreeMap<String, Done>,
    is_module: bool,
    is_comprehension: bool,
}

struct Blocks {
    /// Those that are around what is visited, the innermost last.
    blocks: Vec<Block>,
    found: Option<Late>,
}

impl Blocks {
    fn note(&mut self, name: &str, done: Done) {
        if let Some(block) = self.blocks.last_mut() {
            note_in(block, name, done);
        }
    }

    fn within(&mut self, block: Block, visit: impl FnOnce(&mut Self)) {
        self.blocks.push(block);
        visit(self);
        self.blocks.pop();
    }

    fn global(&mut self, statement: &ast::StmtGlobal) {
        for name in &statement.names {
            let known = self
                .blocks
                .last()
                .and_then(|block| block.names.get(&*name.id));
            let (Some(done), None) = (known, &self.found) else {
                continue;
            };
            let message = match done {
                Done::Parameter => format!("name '{name}' is parameter and global"),
                Done::Used => format!("name '{name}' is used prior to global declaration"),
                Done::Annotated => format!("annotated name '{name}' can't be global"),
                Done::Assigned => format!("name '{name}' is assigned to before global declaration"),
            };
            self.found = Some(Late {
                message,
                begin: statement.range.start().to_usize(),
                end: statement.range.end().to_usize(),
            });
        }
    }

    /// What of parameters belongs to the block around the function: their defaults.
    fn defaults(&mut self, parameters: &Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    fn function(&mut self, parameters: Option<&Parameters>, body: impl FnOnce(&mut Self)) {
        let mut block = Block::default();
        for parameter in parameters.into_iter().flat_map(Parameters::iter) {
            note_in(&mut block, parameter.name().as_str(), Done::Parameter);
        }
        self.within(block, body);
    }

    /// `visit` is done in the block that type parameters make, if there are some.
    fn with_type_params(&mut self, params: Option<&TypeParams>, visit: impl FnOnce(&mut Self)) {
        match params {
            Some(_) => self.within(Block::default(), visit),
            None => visit(self),
        }
    }

    /// The first iterable belongs to the block around a comprehension.
    fn comprehension(&mut self, generators: &[Comprehension], elements: &[&Expr]) {
        let Some((first, others)) = generators.split_first() else {
            return;
        };
        self.visit_expr(&first.iter);
        let block = Block {
            is_comprehension: true,
            ..Block::default()
        };
        self.within(block, |blocks| {
            blocks.visit_expr(&first.target);
            first.ifs.iter().for_each(|test| blocks.visit_expr(test));
            for generator in others {
                blocks.visit_comprehension(generator);
            }
            for element in elements {
                blocks.visit_expr(element);
            }
        });
    }

    /// An assignment expression binds in the block around comprehensions. In a module, one inside
    /// of a comprehension declares the variable global itself.
    fn bind_named(&mut self, target: &Expr) {
        let is_inside = self
            .blocks
            .last()
            .is_some_and(|block| block.is_comprehension);
        let mut around = self.blocks.iter_mut().rev();
        if let Expr::Name(name) = target
            && let Some(block) = around.find(|block| !block.is_comprehension)
            && !(block.is_module && is_inside)
        {
            note_in(block, &name.id, Done::Assigned);
        }
    }
}

impl<'a> Visitor<'a> for Blocks {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Global(node) => self.global(node),
            Stmt::FunctionDef(node) => {
                self.note(&node.name, Done::Assigned);
                self.defaults(&node.parameters);
                node.decorator_list
                    .iter()
                    .for_each(|decorator| self.visit_decorator(decorator));
                self.function(Some(&node.parameters), |blocks| {
                    blocks.visit_body(&node.body);
                });
            }
            Stmt::ClassDef(node) => {
                self.note(&node.name, Done::Assigned);
                node.decorator_list
                    .iter()
                    .for_each(|decorator| self.visit_decorator(decorator));
                self.with_type_params(node.type_params.as_deref(), |blocks| {
                    if let Some(arguments) = &node.arguments {
                        blocks.visit_arguments(arguments);
                    }
                    blocks.within(Block::default(), |blocks| blocks.visit_body(&node.body));
                });
            }
            Stmt::TypeAlias(node) => self.visit_expr(&node.name),
            Stmt::AnnAssign(node) => {
                if let Expr::Name(name) = &*node.target {
                    // A parenthesised name is no annotated one: `(x): int`.
                    let (is_bare, has_value) = (node.simple, node.value.is_some());
                    if is_bare {
                        self.note(&name.id, Done::Annotated);
                    } else if has_value {
                        self.note(&name.id, Done::Assigned);
                    }
                } else {
                    self.visit_expr(&node.target);
                }
                if let Some(value) = &node.value {
                    self.visit_expr(value);
                }
            }
            Stmt::AugAssign(node) => {
                // The name is read by the store, not by an expression of its own.
                self.visit_expr(&node.target);
                self.visit_expr(&node.value);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(node) = handler;
        if let Some(class) = &node.type_ {
            self.visit_expr(class);
        }
        if let Some(name) = &node.name {
            self.note(name, Done::Assigned);
        }
        self.visit_body(&node.body);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => {
                let done = match name.ctx {
                    ExprContext::Load => Done::Used,
                    _ => Done::Assigned,
                };
                self.note(&name.id, done);
            }
            Expr::Lambda(node) => {
                if let Some(parameters) = &node.parameters {
                    self.defaults(parameters);
                }
                self.function(node.parameters.as_deref(), |blocks| {
                    blocks.visit_expr(&node.body);
                });
            }
            Expr::Named(node) => {
                self.bind_named(&node.target);
                self.visit_expr(&node.value);
            }
            Expr::ListComp(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::SetComp(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::Generator(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::DictComp(node) => {
                let elements: Vec<&Expr> = node.key.iter().map(|key| &**key).collect();
                let elements = [&elements[..], &[&*node.value]].concat();
                self.comprehension(&node.generators, &elements);
            }
            _ => visitor::walk_expr(self, expression),
        }
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let bound = match pattern {
            Pattern::MatchAs(node) => node.name.as_ref(),
            Pattern::MatchStar(node) => node.name.as_ref(),
            Pattern::MatchMapping(node) => node.rest.as_ref(),
            _ => None,
        };
        visitor::walk_pattern(self, pattern);
        if let Some(name) = bound {
            self.note(name, Done::Assigned);
        }
    }

    /// Annotations and bounds have blocks of their own, in which there are no statements.
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_type_param(&mut self, _: &'a TypeParam) {}
}

fn note_in(block: &mut Block, name: &str, done: Done) {
    let known = block.names.entry(name.to_owned()).or_insert(done);
    *known = done.min(*known);
}

#[cfg(test)]
mod tests {
    use super::{find, may_have};

    fn message(source: &str) -> Option<String> {
        find(source).map(|late| late.message)
    }

    #[test]
    fn what_is_global_already_is_looked_through() {
        let source = "def f():\n    global x\nx = 1\nglobal x\n";
        assert!(may_have(source));
        assert!(!may_have("global x\nglobals()\nglobal_name = 1\n"));
        let late = find(source).unwrap();
        assert_eq!(&source[late.begin..late.end], "global x");
        assert_eq!(
            late.message,
            "name 'x' is assigned to before global declaration"
        );
        let used = message("print(x)\nglobal x\n").unwrap();
        assert_eq!(used, "name 'x' is used prior to global declaration");
        let annotated = message("x: int = 1\nglobal x\n").unwrap();
        assert_eq!(annotated, "annotated name 'x' can't be global");
    }

    #[test]
    fn other_blocks_have_names_of_their_own() {
        assert_eq!(message("global x\nx = 1\n"), None);
        assert_eq!(message("f.x = 1\nglobal x\n"), None);
        assert_eq!(message("y: x\nglobal x\n"), None);
        assert_eq!(message("import x, y.z as a\nglobal x, a\n"), None);
        assert_eq!(message("[x for x in ()]\nlambda x: x\nglobal x\n"), None);
        assert_eq!(message("def f():\n    x = 1\nglobal x\n"), None);
    }
}

//! Which names threads can share: the globals and the closures' variables that a program changes.
//!
//! A global is shared if a function stores or deletes it (`global`), or if the module stores it
//! more than once or in a loop while a function reads it. Names that are bound just once, such as
//! functions, classes, imports and constants, are no variables, unless the module has a way to
//! change them without a store: `globals()`, `exec`, `setattr` and the like. In code that is given
//! to `exec` by the program, all names are shared.

use std::collections::{HashMap, HashSet};

use rustpython_vm::{AsObject, Py, PyRef, builtins::PyCode, bytecode::Opcode};

use super::code::{self, Decoded};

/// What is shared among the code objects of one module.
#[derive(Debug, Default)]
pub(super) struct Shared {
    globals: HashSet<String>,
    /// Names that the module binds, and those of them that it binds once, to a function.
    bound: HashSet<String>,
    functions: HashSet<String>,
    /// Closures' variables are changed from outside.
    changes_cells: bool,
    /// Functions are made to do something else.
    changes_functions: bool,
    /// By code object (its address) and slot.
    cells: HashSet<(usize, usize)>,
}

impl Shared {
    /// Of the code objects that `tree` has, outermost first.
    ///
    /// With `is_fragment`, they are part of a module that is compiled elsewhere, and all globals
    /// that they name are that module's.
    pub(super) fn among(
        tree: &[PyRef<PyCode>],
        is_fragment: bool,
        is_builtin: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut shared = Self::default();
        shared.find_globals(tree, is_fragment, is_builtin);
        for code in tree {
            shared.find_cells(code);
        }
        shared
    }

    pub(super) fn global(&self, name: &str) -> bool {
        self.globals.contains(name)
    }

    /// Whether the name is that of a function of this module, and stays so.
    pub(super) fn is_function(&self, name: &str) -> bool {
        self.functions.contains(name) && !self.globals.contains(name) && !self.changes_functions
    }

    /// Whether the name may be that of a built-in function: the module does not bind it.
    pub(super) fn is_free(&self, name: &str) -> bool {
        !self.bound.contains(name)
    }

    /// Whether the cell in this slot of this code object's is.
    pub(super) fn cell(&self, code: &Py<PyCode>, slot: usize) -> bool {
        self.cells.contains(&(code.get_id(), slot))
    }

    fn find_globals(
        &mut self,
        tree: &[PyRef<PyCode>],
        is_fragment: bool,
        is_builtin: &dyn Fn(&str) -> bool,
    ) {
        let mut stored_outside: HashMap<&str, usize> = HashMap::new();
        let mut stored_inside = HashSet::new();
        let mut used_inside = HashSet::new();
        let mut functions = HashSet::new();
        let mut is_dynamic = false;
        let mut has_names = false;
        for (depth, code) in tree.iter().enumerate() {
            let instructions = code::instructions(code);
            let loops = code::loops(&instructions);
            let name = |arg: u32| code.code.names[arg as usize].as_str();
            let has = |name: &&str| code.code.names.iter().any(|one| one.as_str() == *name);
            has_names |= AS_DICTIONARY.iter().any(&has);
            is_dynamic |= has_names || BY_ANOTHER_WAY.iter().any(&has);
            self.changes_cells |= has(&"cell_contents");
            self.changes_functions |= FUNCTION_ATTRIBUTES.iter().any(has);
            for (at, one) in instructions.iter().enumerate() {
                let binds_function = at > 0
                    && matches!(
                        instructions[at - 1].op,
                        Opcode::MakeFunction | Opcode::SetFunctionAttribute
                    );
                match one.op {
                    Opcode::StoreName | Opcode::StoreGlobal if depth == 0 && binds_function => {
                        functions.insert(name(one.arg));
                        *stored_outside.entry(name(one.arg)).or_default() += weight(one, &loops);
                    }
                    Opcode::StoreName
                    | Opcode::DeleteName
                    | Opcode::StoreGlobal
                    | Opcode::DeleteGlobal
                        if depth == 0 =>
                    {
                        *stored_outside.entry(name(one.arg)).or_default() += weight(one, &loops);
                    }
                    Opcode::StoreGlobal | Opcode::DeleteGlobal => {
                        stored_inside.insert(name(one.arg));
                    }
                    Opcode::LoadGlobal if depth != 0 || is_fragment => {
                        used_inside.insert(name(one.arg >> 1));
                    }
                    Opcode::LoadName | Opcode::LoadFromDictOrGlobals
                        if depth != 0 || is_fragment =>
                    {
                        used_inside.insert(name(one.arg));
                    }
                    _ => {}
                }
            }
        }
        self.bound = stored_outside
            .keys()
            .chain(&stored_inside)
            .map(|&name| name.to_owned())
            .collect();
        self.functions = functions
            .into_iter()
            .filter(|name| stored_outside.get(name) == Some(&1))
            .map(str::to_owned)
            .collect();
        let functions = &self.functions;
        let changed_outside = stored_outside
            .into_iter()
            .filter(|&(name, times)| {
                let may_change = times > 1 || has_names || is_dynamic && !functions.contains(name);
                is_fragment || may_change && used_inside.contains(name)
            })
            .map(|(name, _)| name);
        // Names that no store says, nor the built-in functions.
        let made_dynamically = used_inside
            .iter()
            .copied()
            .filter(|name| is_dynamic && !self.bound.contains(*name) && !is_builtin(name));
        let used_by_fragment = used_inside.iter().copied().filter(|_| is_fragment);
        self.globals = stored_inside
            .into_iter()
            .chain(changed_outside)
            .chain(used_by_fragment)
            .chain(made_dynamically)
            .map(str::to_owned)
            .collect();
    }

    /// The variables that `code` owns and functions inside it share: those that one of these
    /// changes, or that change after they came into being.
    fn find_cells(&mut self, code: &Py<PyCode>) {
        let names: Vec<_> = code
            .code
            .cellvars
            .iter()
            .map(|name| name.as_str())
            .collect();
        if names.is_empty() {
            return;
        }
        let instructions = code::instructions(code);
        let loops = code::loops(&instructions);
        for name in names {
            let Some(slot) = slot_of(code, name) else {
                continue;
            };
            let is_argument = code
                .code
                .varnames
                .iter()
                .position(|one| one.as_str() == name);
            let is_argument = is_argument.is_some_and(|place| place < argument_count(code));
            let stores: usize = instructions
                .iter()
                .filter(|one| is_cell_store(one, slot))
                .map(|one| weight(one, &loops))
                .sum();
            let mut inside = Vec::new();
            for function in code::inner(code) {
                users(&function, name, &mut inside);
            }
            let stored_inside = inside.iter().any(|(function, slot)| {
                code::instructions(function)
                    .iter()
                    .any(|one| is_cell_store(one, *slot))
            });
            if self.changes_cells || stored_inside || stores + usize::from(is_argument) > 1 {
                self.cells.insert((code.get_id(), slot));
                let inside = inside.iter();
                self.cells
                    .extend(inside.map(|(function, slot)| (function.get_id(), *slot)));
            }
        }
    }
}

/// Names by which a program may change its globals without an instruction that says so.
const BY_ANOTHER_WAY: &[&str] = &["eval", "setattr", "delattr"];

/// Names by which it gets its globals as a dictionary, or runs code that does.
const AS_DICTIONARY: &[&str] = &[
    "globals",
    "locals",
    "vars",
    "exec",
    "__dict__",
    "__globals__",
    "modules",
];

/// Attributes of functions that say what they do.
const FUNCTION_ATTRIBUTES: &[&str] = &["__defaults__", "__kwdefaults__", "__code__"];

/// How often a store may happen, as far as that matters: once, or more often.
fn weight(store: &Decoded, loops: &[(usize, usize)]) -> usize {
    let in_loop = loops
        .iter()
        .any(|&(first, last)| (first..=last).contains(&store.index));
    1 + usize::from(in_loop)
}

fn is_cell_store(one: &Decoded, slot: usize) -> bool {
    matches!(one.op, Opcode::StoreDeref | Opcode::DeleteDeref) && one.arg as usize == slot
}

fn argument_count(code: &PyCode) -> usize {
    let code = &code.code;
    let stars = [
        rustpython_vm::bytecode::CodeFlags::VARARGS,
        rustpython_vm::bytecode::CodeFlags::VARKEYWORDS,
    ];
    let stars = stars.into_iter().filter(|flag| code.flags.contains(*flag));
    (code.arg_count + code.kwonlyarg_count) as usize + stars.count()
}

/// The code inside `code`, itself included, that uses the variable `name` of an outer function,
/// and in which slot.
fn users(code: &Py<PyCode>, name: &str, found: &mut Vec<(PyRef<PyCode>, usize)>) {
    let free = &code.code.freevars;
    let Some(place) = free.iter().position(|one| one.as_str() == name) else {
        return;
    };
    let first = code.code.localspluskinds.len() - free.len();
    found.push((code.to_owned(), first + place));
    for function in code::inner(code) {
        users(&function, name, found);
    }
}

/// The slot of a variable that `code` owns and shares: among its locals if it is an argument,
/// behind them otherwise.
fn slot_of(code: &PyCode, name: &str) -> Option<usize> {
    let code = &code.code;
    let as_local = code.varnames.iter().position(|one| one.as_str() == name);
    as_local.or_else(|| {
        // Cells that are locals, too, have no slot of their own.
        code.cellvars
            .iter()
            .filter(|one| {
                !code
                    .varnames
                    .iter()
                    .any(|local| local.as_str() == one.as_str())
            })
            .position(|one| one.as_str() == name)
            .map(|place| code.varnames.len() + place)
    })
}

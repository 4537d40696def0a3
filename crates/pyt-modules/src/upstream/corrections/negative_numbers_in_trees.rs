//! A tree may have negative integers among its constants: `ast.Constant(-5)`, also in a tuple or a
//! frozenset, as programs make them that change trees. Upstream panics when it compiles one, which
//! ends the program. While a tree is compiled, `-5` is the negation of a constant, a tuple with it
//! is a tuple of constants, and a frozenset the union of an empty one and a set.
//!
//! And patterns of a tree may be numbers with a sign, or complex ones: `case -1:`, in each module
//! of tests that pytest changes. Upstream refuses these. While a tree is compiled, a string stands
//! for such a number, in the place of which the number is put into the constants of the code.
//!
//! Not corrected: such a pattern in a tree of which `compile` is to make another tree
//! (`ast.PyCF_ONLY_AST`).
//!
//! Can go when upstream's `Node` for `ruff::Int` reads the sign, and `ensure_literal_number` takes
//! the constants of trees.

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyComplex, PyFloat, PyFrozenSet, PyInt, PyList, PyTuple},
    function::KwArgs,
};

use super::{
    surrogates_in_trees::{marked, restored},
    trees::{each_node, field, is_a},
};

/// The names of a node's place.
const PLACE: [&str; 4] = ["lineno", "col_offset", "end_lineno", "end_col_offset"];

/// Begins and ends what stands for a number in a pattern.
const MARK: char = '\u{f8f1}';

/// Where a node is that is replaced.
enum Place {
    /// In a field of a node.
    Field(PyObjectRef, String),
    /// In a list.
    Item(PyObjectRef, usize),
}

struct Replaced {
    place: Place,
    node: PyObjectRef,
    /// The number that it is as a pattern.
    pattern: Option<PyObjectRef>,
}

/// Compiles a tree by `compile`, with its negative numbers. The tree is as it was afterwards.
pub(super) fn compile_tree(
    tree: &PyObject,
    makes_tree: bool,
    vm: &VirtualMachine,
    compile: &dyn Fn() -> PyResult,
) -> PyResult {
    let mut found = Vec::new();
    each_node(tree, vm, &mut |node| {
        if is_a(node, "Constant") {
            return Ok(false);
        }
        let Some(fields) = node.dict() else {
            return Ok(false);
        };
        let has_patterns = !makes_tree && (is_a(node, "MatchValue") || is_a(node, "MatchMapping"));
        let mut look_at = |node: &PyObjectRef, place: &dyn Fn() -> Place| -> PyResult<()> {
            let pattern = match has_patterns {
                true => signed_number(node, vm)?,
                false => None,
            };
            if pattern.is_some() || is_negative(node, vm) {
                found.push(Replaced {
                    place: place(),
                    node: node.clone(),
                    pattern,
                });
            }
            Ok(())
        };
        for (name, value) in &*fields {
            if let Some(list) = value.downcast_ref::<PyList>() {
                let items = list.borrow_vec().to_vec();
                for (index, item) in items.iter().enumerate() {
                    look_at(item, &|| Place::Item(value.clone(), index))?;
                }
            } else {
                let name = name.str(vm)?.to_string_lossy().into_owned();
                look_at(&value, &|| Place::Field(node.to_owned(), name.clone()))?;
            }
        }
        Ok(true)
    })?;
    if found.is_empty() {
        return compile();
    }
    let ast = vm.import("_ast", 0)?;
    let mut numbers: Vec<PyObjectRef> = Vec::new();
    let changed = found.iter().try_for_each(|replaced| {
        let node = match &replaced.pattern {
            Some(number) => {
                numbers.push(number.clone());
                let value = marked(MARK, numbers.len() - 1, vm);
                node_at(&replaced.node, "Constant", vec![("value", value)], &ast, vm)?
            }
            None => match field(&replaced.node, "value", vm) {
                Some(value) => expression(&value, &replaced.node, &ast, vm)?,
                None => return Ok(()),
            },
        };
        put(&replaced.place, node, vm)
    });
    let compiled = changed.and_then(|()| compile());
    for replaced in &found {
        put(&replaced.place, replaced.node.clone(), vm)?;
    }
    let compiled = compiled?;
    match numbers.is_empty() {
        true => Ok(compiled),
        false => restored(&compiled, MARK, &numbers, vm),
    }
}

fn put(place: &Place, node: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    match place {
        Place::Field(parent, name) => parent.set_attr(vm.ctx.intern_str(name.as_str()), node, vm),
        Place::Item(list, index) => list.set_item(index, node, vm),
    }
}

/// The number that an expression is which upstream does not take for one: with a sign, or complex.
fn signed_number(node: &PyObject, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    match is_a(node, "UnaryOp") || is_a(node, "BinOp") || is_negative(node, vm) {
        true => number(node, vm),
        false => Ok(None),
    }
}

fn number(node: &PyObject, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    let of_field = |name| match field(node, name, vm) {
        Some(node) => number(&node, vm),
        None => Ok(None),
    };
    let has_operator = |name| field(node, "op", vm).is_some_and(|operator| is_a(&operator, name));
    if is_a(node, "Constant") {
        return Ok(field(node, "value", vm).filter(|value| {
            value.downcast_ref_if_exact::<PyInt>(vm).is_some()
                || value.downcast_ref_if_exact::<PyFloat>(vm).is_some()
                || value.downcast_ref_if_exact::<PyComplex>(vm).is_some()
        }));
    }
    if is_a(node, "UnaryOp") && has_operator("USub") {
        let operand = of_field("operand")?;
        return operand.map(|operand| vm._neg(&operand)).transpose();
    }
    if is_a(node, "BinOp")
        && let (Some(left), Some(right)) = (of_field("left")?, of_field("right")?)
    {
        if has_operator("Add") {
            return vm._add(&left, &right).map(Some);
        }
        if has_operator("Sub") {
            return vm._sub(&left, &right).map(Some);
        }
    }
    Ok(None)
}

/// Whether a node is a constant with a negative integer.
fn is_negative(node: &PyObject, vm: &VirtualMachine) -> bool {
    is_a(node, "Constant") && field(node, "value", vm).is_some_and(|value| has_negative(&value, vm))
}

fn has_negative(value: &PyObject, vm: &VirtualMachine) -> bool {
    if let Some(number) = value.downcast_ref_if_exact::<PyInt>(vm) {
        return *number.as_bigint() < 0.into();
    }
    if let Some(tuple) = value.downcast_ref_if_exact::<PyTuple>(vm) {
        return tuple.as_slice().iter().any(|item| has_negative(item, vm));
    }
    if let Some(set) = value.downcast_ref_if_exact::<PyFrozenSet>(vm) {
        return set.elements().iter().any(|item| has_negative(item, vm));
    }
    false
}

/// A node that is at the place of another one.
fn node_at(
    other: &PyObject,
    class: &'static str,
    fields: Vec<(&str, PyObjectRef)>,
    ast: &PyObject,
    vm: &VirtualMachine,
) -> PyResult {
    let mut fields: Vec<_> = (fields.into_iter())
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    for place in PLACE {
        if let Some(value) = field(other, place, vm) {
            fields.push((place.to_owned(), value));
        }
    }
    let fields: KwArgs = fields.into_iter().collect();
    ast.get_attr(class, vm)?.call(fields, vm)
}

/// An expression of the value, which is at the place of `constant`.
fn expression(
    value: &PyObject,
    constant: &PyObject,
    ast: &PyObject,
    vm: &VirtualMachine,
) -> PyResult {
    let node = |class: &'static str, fields: Vec<(&str, PyObjectRef)>| {
        node_at(constant, class, fields, ast, vm)
    };
    let operand = |class: &'static str| ast.get_attr(class, vm)?.call((), vm);
    if !has_negative(value, vm) {
        return node("Constant", vec![("value", value.to_owned())]);
    }
    if value.downcast_ref::<PyInt>().is_some() {
        let positive = node("Constant", vec![("value", vm._neg(value)?)])?;
        return node(
            "UnaryOp",
            vec![("op", operand("USub")?), ("operand", positive)],
        );
    }
    let items: Vec<PyObjectRef> = match value.downcast_ref::<PyFrozenSet>() {
        Some(set) => set.elements(),
        None => value
            .downcast_ref::<PyTuple>()
            .map_or_else(Vec::new, |tuple| tuple.as_slice().to_vec()),
    };
    let items: Vec<PyObjectRef> = items
        .iter()
        .map(|item| expression(item, constant, ast, vm))
        .collect::<PyResult<_>>()?;
    let items: PyObjectRef = vm.ctx.new_list(items).into();
    if value.downcast_ref::<PyTuple>().is_some() {
        return node("Tuple", vec![("elts", items), ("ctx", operand("Load")?)]);
    }
    // The union has the class of its left side.
    let empty = vm.ctx.types.frozenset_type.as_object().call((), vm)?;
    let empty = node("Constant", vec![("value", empty)])?;
    let set = node("Set", vec![("elts", items)])?;
    node(
        "BinOp",
        vec![("left", empty), ("op", operand("BitOr")?), ("right", set)],
    )
}

//! `compile(ast.parse("4.0 // 2.0"), ...)`: quotients of constants, as in
//! [`folded_quotients`](super::folded_quotients), in a tree that is compiled.
//!
//! While the tree is compiled, the divisor is `[2.0][0]`, as in a text; the tree is as it was when
//! `compile` returns.
//!
//! Can go with that.

use rustpython_vm::{
    PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyFloat, PyInt, PyList},
    function::{FuncArgs, KwArgs},
};

/// The attributes that say where a node stands.
const PLACES: [&str; 4] = ["lineno", "col_offset", "end_lineno", "end_col_offset"];

/// Compiles a tree by `compile`, so that quotients of constants are right.
pub(super) fn compile_tree(
    tree: &PyObject,
    vm: &VirtualMachine,
    compile: &dyn Fn() -> PyResult,
) -> PyResult {
    let mut quotients = Vec::new();
    find(tree, vm, &mut quotients);
    let mut changed = Vec::with_capacity(quotients.len());
    let change = || {
        for quotient in quotients {
            let divisor = quotient.get_attr("right", vm)?;
            quotient.set_attr("right", in_list(&divisor, vm)?, vm)?;
            changed.push((quotient, divisor));
        }
        Ok(())
    };
    let result = change().and_then(|()| compile());
    for (quotient, divisor) in changed {
        quotient.set_attr("right", divisor, vm)?;
    }
    result
}

/// The node `[divisor][0]`, in the divisor's place.
fn in_list(divisor: &PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let module = vm.import("_ast", 0)?;
    let node = |class: &'static str, fields: Vec<(&str, PyObjectRef)>| -> PyResult {
        let fields = fields.into_iter();
        let fields: KwArgs = fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let class = module.get_attr(class, vm)?;
        let node = class.call(FuncArgs::new(Vec::new(), fields), vm)?;
        for place in PLACES {
            if let Ok(value) = divisor.get_attr(place, vm) {
                node.set_attr(place, value, vm)?;
            }
        }
        Ok(node)
    };
    let read = || module.get_attr("Load", vm)?.call((), vm);
    let elements = vm.ctx.new_list(vec![divisor.clone()]).into();
    let list = node("List", vec![("elts", elements), ("ctx", read()?)])?;
    let index = node("Constant", vec![("value", vm.ctx.new_int(0).into())])?;
    node(
        "Subscript",
        vec![("value", list), ("slice", index), ("ctx", read()?)],
    )
}

/// Finds quotients of constants of which one is a float.
fn find(node: &PyObject, vm: &VirtualMachine, found: &mut Vec<PyObjectRef>) {
    if let Some(list) = node.downcast_ref::<PyList>() {
        let items = list.borrow_vec().to_vec();
        items.iter().for_each(|item| find(item, vm, found));
        return;
    }
    let Some(fields) = node.dict() else {
        return;
    };
    let is_quotient = is_a(node, "BinOp")
        && field(node, "op", vm).is_some_and(|operator| is_a(&operator, "FloorDiv"));
    if is_quotient && kind_of(node, vm) == Some(Kind::Float) {
        found.push(node.to_owned());
    }
    for (_, value) in &*fields {
        find(&value, vm, found);
    }
}

fn is_a(node: &PyObject, class: &str) -> bool {
    &*node.class().name() == class
}

fn field(node: &PyObject, name: &'static str, vm: &VirtualMachine) -> Option<PyObjectRef> {
    node.dict()?.get_item_opt(name, vm).ok().flatten()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Float,
}

/// What kind of number an expression of constants is.
fn kind_of(node: &PyObject, vm: &VirtualMachine) -> Option<Kind> {
    if is_a(node, "Constant") {
        let value = field(node, "value", vm)?;
        let is_float = value.downcast_ref::<PyFloat>().map(|_| Kind::Float);
        return is_float.or_else(|| value.downcast_ref::<PyInt>().map(|_| Kind::Int));
    }
    if is_a(node, "UnaryOp") {
        return kind_of(&*field(node, "operand", vm)?, vm);
    }
    if !is_a(node, "BinOp") {
        return None;
    }
    let of = |name: &'static str| kind_of(&*field(node, name, vm)?, vm);
    match (of("left")?, of("right")?) {
        (Kind::Int, Kind::Int) if !is_a(&*field(node, "op", vm)?, "Div") => Some(Kind::Int),
        _ => Some(Kind::Float),
    }
}

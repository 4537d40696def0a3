//! Quotients of constants in a tree that is compiled, which upstream computes wrong as
//! [`folded_quotients`](super::folded_quotients) says. While it is compiled, the divisor of each
//! is no constant.
//!
//! Can go with that.

use rustpython_vm::{AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine, function::KwArgs};

use super::trees::{each_node, field, is_a};

/// Compiles a tree by `compile`, without folded quotients. The tree is as it was afterwards.
pub(super) fn compile_tree(
    tree: &PyObject,
    vm: &VirtualMachine,
    compile: impl FnOnce() -> PyResult,
) -> PyResult {
    let mut quotients = Vec::new();
    each_node(tree, vm, &mut |node| {
        if is_a(node, "BinOp") && is_float(node, vm) == Some(true) {
            let divisor = field(node, "op", vm).filter(|op| is_a(op, "FloorDiv"));
            if let Some(divisor) = divisor.and_then(|_| field(node, "right", vm)) {
                quotients.push((node.to_owned(), divisor));
            }
        }
        Ok(true)
    })?;
    if quotients.is_empty() {
        return compile();
    }
    let ast = vm.import("_ast", 0)?;
    let changed = quotients.iter().try_for_each(|(node, divisor)| {
        let divisor = in_list(divisor, &ast, vm)?;
        node.set_attr("right", divisor, vm)
    });
    let compiled = changed.and_then(|()| compile());
    for (node, divisor) in quotients {
        node.set_attr("right", divisor, vm)?;
    }
    compiled
}

/// The expression `[divisor][0]`.
fn in_list(divisor: &PyObjectRef, ast: &PyObject, vm: &VirtualMachine) -> PyResult {
    let places = ["lineno", "col_offset", "end_lineno", "end_col_offset"];
    let node = |class: &'static str, fields: Vec<(&str, PyObjectRef)>| {
        let mut fields: Vec<_> = (fields.into_iter())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        for place in places {
            if let Some(value) = field(divisor, place, vm) {
                fields.push((place.to_owned(), value));
            }
        }
        let fields: KwArgs = fields.into_iter().collect();
        ast.get_attr(class, vm)?.call(fields, vm)
    };
    let load = || ast.get_attr("Load", vm)?.call((), vm);
    let items = vm.ctx.new_list(vec![divisor.clone()]).into();
    let list = node("List", vec![("elts", items), ("ctx", load()?)])?;
    let first = node("Constant", vec![("value", vm.ctx.new_int(0).into())])?;
    node(
        "Subscript",
        vec![("value", list), ("slice", first), ("ctx", load()?)],
    )
}

/// Whether an expression of constants is a float. `None` if it is another expression.
fn is_float(node: &PyObject, vm: &VirtualMachine) -> Option<bool> {
    if is_a(node, "Constant") {
        let value = field(node, "value", vm)?;
        let (types, class) = (&vm.ctx.types, value.class());
        let is_int = class.is(types.int_type) || class.is(types.bool_type);
        let is_float = class.is(types.float_type);
        return (is_int || is_float).then_some(is_float);
    }
    if is_a(node, "UnaryOp") {
        return is_float(&*field(node, "operand", vm)?, vm);
    }
    if !is_a(node, "BinOp") {
        return None;
    }
    let left = is_float(&*field(node, "left", vm)?, vm)?;
    let right = is_float(&*field(node, "right", vm)?, vm)?;
    Some(left || right || is_a(&*field(node, "op", vm)?, "Div"))
}

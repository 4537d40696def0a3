//! The nodes of a tree of `ast`, as Python objects.

use rustpython_vm::{PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyList};

/// Calls `f` with each node of a tree, and whether its fields are looked at is what `f` returns.
/// What is no node is passed over.
pub(super) fn each_node(
    node: &PyObject,
    vm: &VirtualMachine,
    f: &mut dyn FnMut(&PyObject) -> PyResult<bool>,
) -> PyResult<()> {
    if let Some(list) = node.downcast_ref::<PyList>() {
        let items: Vec<PyObjectRef> = list.borrow_vec().to_vec();
        return items.iter().try_for_each(|item| each_node(item, vm, f));
    }
    let fields = vm.ctx.intern_str("_fields");
    if node.class().get_attr(fields).is_none() {
        return Ok(());
    }
    let Some(fields) = node.dict() else {
        return Ok(());
    };
    if f(node)? {
        for (_, value) in &*fields {
            each_node(&value, vm, f)?;
        }
    }
    Ok(())
}

/// Whether a node is of the class of this name.
pub(super) fn is_a(node: &PyObject, name: &str) -> bool {
    &*node.class().name() == name
}

/// A field of a node, if it is there.
pub(super) fn field(node: &PyObject, name: &str, vm: &VirtualMachine) -> Option<PyObjectRef> {
    node.dict()?.get_item_opt(name, vm).ok()?
}

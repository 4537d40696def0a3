//! `repr` of a view of an `OrderedDict` shows what it has: `odict_keys(['a', 'b'])`. Upstream shows
//! its address.
//!
//! Can go when upstream's `PyODictKeys` and its like have a `repr`.

use std::sync::Once;

use rustpython_vm::{
    AsObject, Py, PyObject, PyResult, VirtualMachine,
    builtins::{PyModule, PyStrRef, PyType, PyTypeRef},
    recursion::ReprGuard,
};

use super::slots::renew_descriptors;

const VIEWS: [&str; 3] = ["odict_keys", "odict_values", "odict_items"];

/// Corrects the classes of the module `_collections`.
pub(super) fn correct_module(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    static CORRECTED: Once = Once::new();
    for name in VIEWS {
        let class = module.as_object().get_attr(name, vm)?;
        let Ok(class) = class.downcast::<PyType>() else {
            return Ok(());
        };
        // The classes are those of the process: the first interpreter that imports the module
        // changes them.
        if !CORRECTED.is_completed() {
            class.slots.repr.store(Some(repr_of));
            // The class is corrected once and lives as long as the process.
            let class: &'static PyTypeRef = Box::leak(Box::new(class));
            renew_descriptors(class, &["__repr__"], &vm.ctx);
        }
    }
    CORRECTED.call_once(|| {});
    Ok(())
}

fn repr_of(view: &PyObject, vm: &VirtualMachine) -> PyResult<PyStrRef> {
    let Some(_guard) = ReprGuard::enter(vm, view) else {
        return Ok(vm.ctx.new_str("..."));
    };
    let list = vm.ctx.types.list_type.as_object();
    let items = list.call((view.to_owned(),), vm)?.repr(vm)?;
    let class = view.class().name().to_string();
    Ok(vm.ctx.new_str(format!("{class}({items})")))
}

//! Decision points for modules that were imported before there were any, where options ask for
//! them: most of the library that the interpreter itself uses.

use rustpython_vm::{
    AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyDict, PyFunction, PyModule, PyType},
};

use super::user;

/// The code of functions and methods of imported modules that is looked into although it is not
/// the program's own.
pub(super) fn codes(vm: &VirtualMachine) -> PyResult<Vec<PyRef<PyCode>>> {
    let mut found = Vec::new();
    let modules = vm.sys_module.get_attr("modules", vm)?;
    let Some(modules) = modules.downcast_ref::<PyDict>() else {
        return Ok(found);
    };
    for (_, module) in modules.items_vec() {
        if module.downcast_ref::<PyModule>().is_none() {
            continue;
        }
        for (_, value) in module
            .dict()
            .map(|names| names.items_vec())
            .unwrap_or_default()
        {
            collect(&value, &mut found, vm);
            if let Some(class) = value.downcast_ref::<PyType>() {
                let attributes = class.as_object().get_attr("__dict__", vm)?;
                let values = vm.call_method(&attributes, "values", ())?;
                let values: Vec<PyObjectRef> = values.try_to_value(vm)?;
                for value in values {
                    collect(&value, &mut found, vm);
                    for part in ["__func__", "fget", "fset"] {
                        if let Ok(function) = value.get_attr(part, vm) {
                            collect(&function, &mut found, vm);
                        }
                    }
                }
            }
        }
    }
    Ok(found)
}

/// Adds the code of a function that is looked into and not the program's own.
fn collect(value: &PyObjectRef, found: &mut Vec<PyRef<PyCode>>, vm: &VirtualMachine) {
    if value.downcast_ref::<PyFunction>().is_none() {
        return;
    }
    let code = value.get_attr("__code__", vm).ok();
    let Some(code) = code.and_then(|code| code.downcast::<PyCode>().ok()) else {
        return;
    };
    let file = code.source_path().as_str().to_owned();
    let is_new = !found.iter().any(|known| known.is(&code));
    if is_new && !user::is_own(&file, vm) && user::is_looked_into(&code, vm) {
        found.push(code);
    }
}

//! Functions and methods of upstream's whose arguments are looked at before they are called.
//!
//! The replacements have the names, signatures and documentation of the originals. What is looked
//! at is in [`sizes`](super::sizes) and [`arguments`](super::arguments).

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use pyt_vm::shared_classes;
use rustpython_vm::{
    Py, PyResult, VirtualMachine,
    builtins::{PyModuleDef, PyType, descriptor::PyMethodDescriptor},
    function::{Callee, FuncArgs, PyMethodDef},
};

use crate::upstream::derived;

/// Looks at the arguments of a call, the object first if it is one of a method. What it raises is
/// raised in the place of the call.
pub(super) type Check = fn(&FuncArgs, &VirtualMachine) -> PyResult<()>;

/// A function and what looks at its arguments: the module or class, the name, the check.
pub(super) type Checked = (&'static str, &'static str, Check);

/// Makes the arguments with which a function is called of those that it was given.
pub(super) type Replace = fn(FuncArgs, &VirtualMachine) -> PyResult<FuncArgs>;

/// A function of a module and what replaces its arguments.
pub(super) type Replaced = (&'static str, &'static str, Replace);

/// `original`, with `replace` before it.
fn replaced(original: &PyMethodDef, replace: Replace) -> PyMethodDef {
    let function = original.func;
    let call = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        function(vm, replace(args, vm)?, callee)
    };
    PyMethodDef {
        // Definitions live as long as the process.
        func: Box::leak(Box::new(call)),
        ..original.clone()
    }
}

/// `original`, with `check` before it.
pub(super) fn checked(original: &PyMethodDef, check: Check) -> PyMethodDef {
    let function = original.func;
    let call = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        check(&args, vm)?;
        function(vm, args, callee)
    };
    PyMethodDef {
        // Definitions live as long as the process.
        func: Box::leak(Box::new(call)),
        ..original.clone()
    }
}

/// The definition of a module, with those of its functions changed that `tables` name. The same one
/// each time.
pub(super) fn definition(
    def: &'static PyModuleDef,
    tables: &[&[Checked]],
    replacements: &[&[Replaced]],
) -> &'static PyModuleDef {
    static MADE: Mutex<BTreeMap<usize, &'static PyModuleDef>> = Mutex::new(BTreeMap::new());
    let module = def.name.as_str();
    let table = || tables.iter().copied().flatten();
    let mut names = table().map(|(known, ..)| *known);
    let replacements = || replacements.iter().copied().flatten();
    let mut others = replacements().map(|(known, ..)| *known);
    if !names.any(|known| known == module) && !others.any(|known| known == module) {
        return def;
    }
    let address = std::ptr::from_ref(def).addr();
    MADE.lock().entry(address).or_insert_with(|| {
        let mut methods = def.methods.to_vec();
        for method in &mut methods {
            let known = table().find(|(known, name, _)| (*known, *name) == (module, method.name));
            if let Some((.., check)) = known {
                *method = checked(method, *check);
            }
            let mut others = replacements();
            let known = others.find(|(known, name, _)| (*known, *name) == (module, method.name));
            if let Some((.., replace)) = known {
                *method = replaced(method, *replace);
            }
        }
        derived::with_methods(def, Box::leak(methods.into_boxed_slice()))
    })
}

/// Changes those methods of a native class that `table` names.
pub(super) fn guard_class(class: &Py<PyType>, table: &[Checked], vm: &VirtualMachine) {
    static DONE: Mutex<BTreeSet<(usize, &'static str, &'static str)>> = Mutex::new(BTreeSet::new());
    let name = class.name();
    for (class_name, method, check) in table.iter().filter(|(known, ..)| *known == &*name) {
        let key = (std::ptr::from_ref(class).addr(), *class_name, *method);
        let attribute = vm.ctx.intern_str(*method);
        let Some(known) = class.get_direct_attr(attribute) else {
            continue;
        };
        let Some(known) = known.downcast_ref::<PyMethodDescriptor>() else {
            continue;
        };
        if !DONE.lock().insert(key) {
            continue;
        }
        let def: &'static PyMethodDef = Box::leak(Box::new(checked(known.method, *check)));
        // SAFETY: native classes live as long as the process.
        let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
        shared_classes::set_attribute(class, attribute, def.build_method(&vm.ctx, class).into());
    }
}

/// A function of upstream's.
pub(super) type Upstream<'a> = &'a dyn Fn(FuncArgs) -> PyResult;

/// What is called in the place of a method, with upstream's function and the arguments.
pub(super) type Instead = fn(Upstream<'_>, FuncArgs, &VirtualMachine) -> PyResult;

/// Has `call` called in the place of a method of a native class.
pub(super) fn replace(
    class: &'static Py<PyType>,
    name: &'static str,
    call: impl Fn(Upstream<'_>, FuncArgs, &VirtualMachine) -> PyResult + Send + Sync + 'static,
    vm: &VirtualMachine,
) {
    let attribute = vm.ctx.intern_str(name);
    let known = class.get_direct_attr(attribute);
    let known = known
        .as_ref()
        .and_then(|known| known.downcast_ref::<PyMethodDescriptor>());
    let Some(known) = known else { return };
    let function = known.method.func;
    let replaced = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        call(&|args| function(vm, args, callee), args, vm)
    };
    // Definitions live as long as the process.
    let def: &'static PyMethodDef = Box::leak(Box::new(PyMethodDef {
        func: Box::leak(Box::new(replaced)),
        ..known.method.clone()
    }));
    shared_classes::set_attribute(class, attribute, def.build_method(&vm.ctx, class).into());
}

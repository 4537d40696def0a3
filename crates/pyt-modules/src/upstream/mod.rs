//! Upstream's own definitions of the modules that pyt replaces, for the parts that scheduling
//! does not touch.

pub(crate) mod eager;
pub(crate) mod wrapped;

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
    function::{Callee, FuncArgs},
    stdlib::builtin_module_defs,
};

/// Upstream's definition of the module `name`.
fn definition(vm: &VirtualMachine, name: &str) -> PyResult<&'static PyModuleDef> {
    static ALL: OnceLock<Vec<&'static PyModuleDef>> = OnceLock::new();
    ALL.get_or_init(|| builtin_module_defs(&vm.ctx))
        .iter()
        .find(|def| def.name.as_str() == name)
        .copied()
        .ok_or_else(|| vm.new_system_error(format!("upstream defines no module {name}")))
}

/// A fresh instance of upstream's module `name`, in no `sys.modules`.
fn module(vm: &VirtualMachine, name: &str) -> PyResult<PyRef<PyModule>> {
    let def = definition(vm, name)?;
    let module = def.create_module(vm)?;
    def.exec_module(vm, &module)?;
    Ok(module)
}

/// Calls the function `name` of upstream's module `module`.
pub(crate) fn call(vm: &VirtualMachine, module: &str, name: &str, args: FuncArgs) -> PyResult {
    let function = definition(vm, module)?
        .methods
        .iter()
        .find(|function| function.name == name)
        .ok_or_else(|| vm.new_system_error(format!("upstream defines no {module}.{name}")))?;
    (function.func)(vm, args, Callee::named(function.name))
}

/// What has the interpreter forget threads that have ended.
///
/// For each thread it keeps a few bytes, which it looks through, and lets go of those that are of
/// no use any more, only when it is about to free an object that threads may read without a lock:
/// what was the value of a class's attribute. So one is made, read, and replaced.
#[derive(Default)]
pub(crate) struct Broom {
    class: OnceLock<PyObjectRef>,
    ended: AtomicU64,
}

/// After how many threads it is time to sweep.
const SWEEP_EVERY: u64 = 256;

impl Broom {
    /// To be called by a thread that ends, inside.
    pub(crate) fn one_ends(&self, vm: &VirtualMachine) {
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        if ended.is_multiple_of(SWEEP_EVERY) {
            // All that it would do is save memory.
            let _ = self.sweep(vm);
        }
    }

    fn sweep(&self, vm: &VirtualMachine) -> PyResult<()> {
        let types = &vm.ctx.types;
        if self.class.get().is_none() {
            let make = types.type_type.as_object();
            let names = vm.ctx.new_dict();
            let class = make.call(("broom", vm.ctx.new_tuple(Vec::new()), names), vm)?;
            let _ = self.class.set(class);
        }
        if let Some(class) = self.class.get() {
            let value = types.object_type.as_object().call((), vm)?;
            class.set_attr("value", value, vm)?;
            class.get_attr("value", vm)?;
            class.set_attr("value", vm.ctx.none(), vm)?;
        }
        Ok(())
    }
}

/// Copies the named attributes of upstream's module `name` into `target`.
pub(crate) fn take(
    vm: &VirtualMachine,
    name: &str,
    attributes: &[&'static str],
    target: &Py<PyModule>,
) -> PyResult<()> {
    let source = module(vm, name)?;
    for attribute in attributes {
        let value = source.as_object().get_attr(*attribute, vm)?;
        target.as_object().set_attr(*attribute, value, vm)?;
    }
    // What was taken leads back to it: nothing else shall be found there.
    source.dict().clear();
    Ok(())
}

/// Gives `target` everything that upstream's module `name` has and it has not.
pub(crate) fn complete(vm: &VirtualMachine, name: &str, target: &Py<PyModule>) -> PyResult<()> {
    let source = module(vm, name)?;
    let ours = target.dict();
    for (name, value) in &source.dict() {
        if !ours.contains_key(&*name, vm) {
            ours.set_item(&*name, value, vm)?;
        }
    }
    // As in `take`.
    source.dict().clear();
    Ok(())
}

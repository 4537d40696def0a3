//! Upstream's native modules with some of their contents changed.
//!
//! A definition of a module lives as long as the process and is shared by its interpreters; what is
//! changed is decided when a module is made, in the interpreter that makes it.

use std::{collections::BTreeMap, sync::OnceLock};

use parking_lot::Mutex;
use rustpython_vm::{
    Context, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyModuleSlots},
    function::{Callee, FuncArgs},
    stdlib::builtin_module_defs,
};

/// Changes a module of an interpreter that is being made.
pub(crate) type Change = fn(&Py<PyModule>, &VirtualMachine) -> PyResult<()>;

/// Upstream's definitions, by name.
pub(crate) fn definitions() -> &'static BTreeMap<&'static str, &'static PyModuleDef> {
    static ALL: OnceLock<BTreeMap<&'static str, &'static PyModuleDef>> = OnceLock::new();
    ALL.get_or_init(|| {
        let ctx = Context::genesis();
        let own = builtin_module_defs(ctx);
        let stdlib = rustpython_stdlib::stdlib_module_defs(ctx);
        own.into_iter()
            .chain(stdlib)
            .map(|def| (def.name.as_str(), def))
            .collect()
    })
}

/// What is done to a module, by the address of its changed definition.
static CHANGES: Mutex<BTreeMap<usize, (&'static PyModuleDef, Change)>> =
    Mutex::new(BTreeMap::new());

/// The definition of upstream's module `name`, `change`d. `None` if there is none.
pub(crate) fn changed(name: &str, change: Change) -> Option<&'static PyModuleDef> {
    let original = *definitions().get(name)?;
    Some(change_definition(original, change))
}

/// As [`changed`], of any definition. One and the same each time.
pub(crate) fn change_definition(
    original: &'static PyModuleDef,
    change: Change,
) -> &'static PyModuleDef {
    /// Definitions made so far, by their originals' addresses and their changes'.
    static MADE: Mutex<BTreeMap<(usize, usize), &'static PyModuleDef>> =
        Mutex::new(BTreeMap::new());
    let key = (std::ptr::from_ref(original).addr(), change as usize);
    let mut made = MADE.lock();
    made.entry(key).or_insert_with(|| {
        let slots = PyModuleSlots {
            create: original.slots.create,
            exec: Some(exec),
        };
        let def: &PyModuleDef = Box::leak(Box::new(PyModuleDef {
            name: original.name,
            doc: original.doc,
            methods: original.methods,
            slots,
        }));
        let address = std::ptr::from_ref(def).addr();
        CHANGES.lock().insert(address, (original, change));
        def
    })
}

/// Fills a module, and changes what is in it.
fn exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    // A changed definition may have been changed again: the first change comes first.
    let mut changes = Vec::new();
    let mut def = module.def;
    while let Some(current) = def {
        let address = std::ptr::from_ref(current).addr();
        let Some((original, change)) = CHANGES.lock().get(&address).copied() else {
            break;
        };
        changes.push(change);
        def = Some(original);
    }
    if let Some(exec) = def.and_then(|original| original.slots.exec) {
        exec(vm, module)?;
    }
    changes
        .iter()
        .rev()
        .try_for_each(|change| change(module, vm))
}

/// Calls the function `name` of upstream's module `module`, as upstream defines it.
pub(crate) fn upstreams(module: &str, name: &str, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let def = match module {
        // Made by the interpreter itself, without being among its definitions.
        "builtins" => vm.builtins.def,
        _ => definitions().get(module).copied(),
    };
    let function = def.and_then(|def| def.methods.iter().find(|method| method.name == name));
    match function {
        Some(function) => (function.func)(vm, args, Callee::named(function.name)),
        None => Err(vm.new_system_error(format!("upstream defines no {module}.{name}"))),
    }
}

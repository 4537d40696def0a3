//! Definitions of modules that are made from others.
//!
//! What is changed is decided when a module is made, in the interpreter that makes it.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use rustpython_vm::{
    Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyModuleSlots},
    function::PyMethodDef,
};

use super::definitions;

/// Changes a module of an interpreter that is being made.
pub type Change = fn(&Py<PyModule>, &VirtualMachine) -> PyResult<()>;

/// Fills a module.
pub type Fill = fn(&VirtualMachine, &Py<PyModule>) -> PyResult<()>;

/// What is done to a module, by the address of its derived definition.
static CHANGES: Mutex<BTreeMap<usize, (&'static PyModuleDef, Change)>> =
    Mutex::new(BTreeMap::new());

/// The definition of upstream's module `name`, with `change`. `None` if there is none.
pub fn derive_named(name: &str, change: Change) -> Option<&'static PyModuleDef> {
    let original = *definitions().get(name)?;
    Some(derive(original, change))
}

/// `original`, with a `change` that is made to a module once it is filled. The same definition each
/// time. A derived definition may be derived from again: the first change comes first.
pub fn derive(original: &'static PyModuleDef, change: Change) -> &'static PyModuleDef {
    /// Definitions made so far, by their originals' addresses and their changes'.
    static MADE: Mutex<BTreeMap<(usize, usize), &'static PyModuleDef>> =
        Mutex::new(BTreeMap::new());
    let key = (std::ptr::from_ref(original).addr(), change as usize);
    let mut made = MADE.lock();
    made.entry(key).or_insert_with(|| {
        let def: &PyModuleDef = Box::leak(Box::new(refilled(original, fill_and_change)));
        let address = std::ptr::from_ref(def).addr();
        CHANGES.lock().insert(address, (original, change));
        def
    })
}

/// As `original`, with these functions in the place of its own.
pub(crate) fn with_methods(
    original: &'static PyModuleDef,
    methods: &'static [PyMethodDef],
) -> &'static PyModuleDef {
    let def: &PyModuleDef = Box::leak(Box::new(PyModuleDef {
        methods,
        ..refilled(original, fill_and_change)
    }));
    let unchanged: Change = |_, _| Ok(());
    let address = std::ptr::from_ref(def).addr();
    CHANGES.lock().insert(address, (original, unchanged));
    def
}

/// As `original`, filled by `fill` alone.
#[must_use]
pub fn refilled(original: &PyModuleDef, fill: Fill) -> PyModuleDef {
    with_slots(
        original,
        PyModuleSlots {
            create: original.slots.create,
            exec: Some(fill),
        },
    )
}

/// As `original`, made and filled by `slots`.
pub(super) fn with_slots(original: &PyModuleDef, slots: PyModuleSlots) -> PyModuleDef {
    PyModuleDef {
        name: original.name,
        doc: original.doc,
        methods: original.methods,
        slots,
    }
}

fn fill_and_change(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
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
    if let Some(fill) = def.and_then(|original| original.slots.exec)
        && let Err(error) = fill(vm, module)
        && !is_filled_but_for_sealed_classes(module, vm)
    {
        return Err(error);
    }
    changes
        .iter()
        .rev()
        .try_for_each(|change| change(module, vm))
}

/// Whether the error of filling a module was its last step, which stores on a class what the first
/// interpreter of the process stored there before the class was sealed.
fn is_filled_but_for_sealed_classes(module: &Py<PyModule>, vm: &VirtualMachine) -> bool {
    let stored_last = match module.def.map_or("", |def| def.name.as_str()) {
        "_contextvars" => ("Token", "MISSING"),
        _ => return false,
    };
    let class = module.dict().get_item(stored_last.0, vm);
    class.is_ok_and(|class| class.get_attr(stored_last.1, vm).is_ok())
}

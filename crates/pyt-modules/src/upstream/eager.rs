//! Native modules that are filled before the import system lists them.
//!
//! Upstream lists a native module first, fills it next, and then gives it the specification by
//! which other threads could tell that it is not ready: they take it for ready, and miss what is
//! not there yet. So these have their content in the step that makes a module, before it is listed.
//! Their filling must not import them.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use rustpython_vm::{
    Context, PyObject, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyModuleSlots},
};

use super::derived::with_slots;

/// A module, by its definition.
pub(crate) trait Definition {
    fn original(ctx: &Context) -> &'static PyModuleDef;
}

/// Makes a type for each module, which stands for its definition.
macro_rules! definitions {
    ($($name:ident: $original:path;)*) => {$(
        struct $name;

        impl $crate::upstream::eager::Definition for $name {
            fn original(
                ctx: &rustpython_vm::Context,
            ) -> &'static rustpython_vm::builtins::PyModuleDef {
                $original(ctx)
            }
        }
    )*};
}

pub(crate) use definitions;

/// `D`'s definition, of a module that is filled once it is made. The same one each time.
pub(crate) fn definition<D: Definition>(ctx: &Context) -> &'static PyModuleDef {
    static MADE: Mutex<BTreeMap<usize, &'static PyModuleDef>> = Mutex::new(BTreeMap::new());
    let original = D::original(ctx);
    let address = std::ptr::from_ref(original).addr();
    MADE.lock().entry(address).or_insert_with(|| {
        let slots = PyModuleSlots {
            create: Some(create::<D>),
            exec: None,
        };
        Box::leak(Box::new(with_slots(original, slots)))
    })
}

fn create<D: Definition>(
    vm: &VirtualMachine,
    _spec: &PyObject,
    def: &'static PyModuleDef,
) -> PyResult<PyRef<PyModule>> {
    let module = PyModule::from_def(def).into_ref(&vm.ctx);
    PyModule::__init_dict_from_def(vm, &module);
    module.__init_methods(vm)?;
    if let Some(fill) = D::original(&vm.ctx).slots.exec {
        fill(vm, &module)?;
    }
    Ok(module)
}

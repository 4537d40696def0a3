//! Corrections of the classes of `itertools`, and of `enumerate`.

mod compress;
mod counts;
mod ended_sources;

use rustpython_vm::{
    AsObject, Context, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyType},
};

use super::{base_classes, iterated_twice};
use crate::upstream::derived::derive_named;

/// Corrects a class, once.
type Correct = fn(&PyType);

pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("itertools", correct_module)
}

/// Corrects the built-in class.
pub(super) fn correct(ctx: &Context) {
    counts::correct_enumerate(ctx);
}

fn correct_module(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    base_classes::allow(module, &base_classes::OF_ITERTOOLS, vm)?;
    iterated_twice::correct_module(module, vm)?;
    let module = module.as_object();
    ended_sources::begin();
    for (name, correct) in ended_sources::CLASSES.into_iter().chain(counts::CLASSES) {
        let class = module.get_attr(name, vm)?;
        if let Some(class) = class.downcast_ref::<PyType>() {
            correct(class);
        }
    }
    module.set_attr("compress", compress::class(), vm)
}

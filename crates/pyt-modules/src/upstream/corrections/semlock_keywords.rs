//! `_multiprocessing.SemLock` takes its arguments by name, too: `kind`, `value`, `maxvalue`,
//! `name` and `unlink`. Upstream takes them by position only.
//!
//! Can go when upstream's arguments of `SemLock` are `any` instead of `positional`.

use rustpython_vm::{
    AsObject, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyType, PyTypeRef},
    function::FuncArgs,
};

use super::replaced_new::UpstreamNew;
use crate::upstream::derived::derive_named;

static UPSTREAM: UpstreamNew = UpstreamNew::unknown();

const NAMES: [&str; 5] = ["kind", "value", "maxvalue", "name", "unlink"];

pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("_multiprocessing", replace_new)
}

fn replace_new(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let class = module.as_object().get_attr("SemLock", vm)?;
    if let Some(class) = class.downcast_ref::<PyType>() {
        UPSTREAM.replace(class, create);
    }
    Ok(())
}

fn create(class: PyTypeRef, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    for name in NAMES.iter().skip(args.args.len()) {
        let Some(value) = args.kwargs.shift_remove(name) else {
            break;
        };
        args.args.push(value);
    }
    UPSTREAM.call(class, args, vm)
}

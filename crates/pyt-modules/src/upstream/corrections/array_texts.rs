//! `repr` of an `array.array` of floats shows them as `repr` of a list of floats does:
//! `array('d', [-0.0, 1e+16])`. Upstream writes them as Rust does, `[-0, 10000000000000000]`, which
//! are integers, and shortens those of `'f'` as numbers of 32 bits.
//!
//! Can go when upstream's `ArrayContentType::repr` writes floats with `float_ops::to_string`.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Py, PyObject, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyStr, PyStrRef, PyType, PyTypeRef},
};

use super::{array_bytes, array_items, slots::renew_descriptors};
use crate::upstream::derived::derive_named;

type Repr = fn(&PyObject, &VirtualMachine) -> PyResult<PyStrRef>;

struct Upstream {
    repr: Repr,
    /// It has the methods that a class which derives from it may have replaced.
    class: PyTypeRef,
}

static UPSTREAM: OnceLock<Upstream> = OnceLock::new();

pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("array", correct)
}

fn correct(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let class = module.as_object().get_attr("array", vm)?;
    let Ok(class) = class.downcast::<PyType>() else {
        return Ok(());
    };
    // The class is one for the process: the first interpreter that imports the module changes it.
    if let Some(repr) = class.slots.repr.load() {
        let own = class.clone();
        if UPSTREAM.set(Upstream { repr, class }).is_ok() {
            own.slots.repr.store(Some(repr_of));
            // The class is corrected once and lives as long as the process.
            let own: &'static PyTypeRef = Box::leak(Box::new(own));
            renew_descriptors(own, &["__repr__"], &vm.ctx);
            array_items::correct(own, &vm.ctx);
            array_bytes::correct(own);
        }
    }
    Ok(())
}

fn repr_of(array: &PyObject, vm: &VirtualMachine) -> PyResult<PyStrRef> {
    let Some(upstream) = UPSTREAM.get() else {
        return Err(vm.new_system_error("the interpreter lacks the slot for array.__repr__"));
    };
    let own = |name: &'static str| upstream.class.get_attr(vm.ctx.intern_str(name));
    let typecode = match own("typecode") {
        Some(descriptor) => match descriptor.class().slots.descr_get.load() {
            Some(get) => Some(get(&descriptor, Some(array), None, vm)?),
            None => None,
        },
        None => None,
    };
    let typecode = typecode
        .as_ref()
        .and_then(|code| code.downcast_ref::<PyStr>());
    let typecode = typecode.and_then(|code| code.to_str());
    let (Some(typecode @ ("d" | "f")), Some(tolist)) = (typecode, own("tolist")) else {
        return (upstream.repr)(array, vm);
    };
    let class = array.class().name().to_string();
    let floats = tolist.call((array.to_owned(),), vm)?;
    let floats = floats.repr(vm)?;
    Ok(vm.ctx.new_str(match floats.to_str() {
        Some("[]") | None => format!("{class}('{typecode}')"),
        Some(floats) => format!("{class}('{typecode}', {floats})"),
    }))
}

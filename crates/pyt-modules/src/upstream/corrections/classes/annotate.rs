//! `C.__annotate__` is what the `__get__` of the attribute returns, where a class body stores a
//! descriptor under that name. Upstream returns the descriptor.
//!
//! Can go when upstream's getter calls `__get__` as CPython's `type_get_annotate` does.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyGetSet, PyType},
    function::PySetterValue,
};

const NAME: &str = "__annotate__";

static UPSTREAM: OnceLock<PyObjectRef> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.type_type;
    let name = ctx.intern_str(NAME);
    let Some(upstream) = class.attributes.get(name) else {
        return;
    };
    if UPSTREAM.set(upstream).is_err() {
        return;
    }
    let ours = PyGetSet::new(NAME, class, ctx).with_get(get).with_set(set);
    let ours = PyRef::new_ref(ours, ctx.types.getset_type.to_owned(), None);
    shared_classes::set_attribute(class, name, ours.into());
}

fn get(class: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    // As CPython's classes that are no program's. `functools.wraps` asks.
    if let Some(native) = class.downcast_ref::<PyType>()
        && native.heaptype_ext.is_none()
    {
        let message = format!("type object '{}' has no attribute '{NAME}'", native.name());
        return Err(vm.new_attribute_error(message));
    }
    if let Some(class) = class.downcast_ref::<PyType>()
        && let Some(attribute) = class.attributes.get(vm.ctx.intern_str(NAME))
        && let Some(get) = attribute.class().slots().descr_get.load()
    {
        return get(&attribute, None, Some(class.as_object()), vm);
    }
    let Some(upstream) = UPSTREAM.get() else {
        return Ok(vm.ctx.none());
    };
    let owner = class.class().to_owned();
    vm.call_method(upstream, "__get__", (class, owner))
}

fn set(class: PyObjectRef, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()> {
    let set = UPSTREAM.get().and_then(|upstream| {
        let set = upstream.class().slots().descr_set.load();
        set.map(|set| (upstream, set))
    });
    match set {
        Some((upstream, set)) => set(upstream, class, value, vm),
        None => Ok(()),
    }
}

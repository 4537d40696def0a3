//! Adapters, which make objects into what SQLite can store, and converters, which make objects of
//! what it has stored: each interpreter's own.

use parking_lot::Mutex;
use pyt_vm::state::{self, InterpreterState};
use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyDictRef, PyTypeRef},
};

/// What one interpreter has registered.
#[derive(Clone)]
pub(super) struct Registries {
    /// Functions by the name of a column's type, in capital letters.
    pub(super) converters: PyDictRef,
    /// Functions by class and protocol.
    pub(super) adapters: PyDictRef,
    /// The class that stands for SQLite's protocol.
    pub(super) protocol: PyObjectRef,
    /// Whether values that SQLite can store as they are, are adapted all the same.
    pub(super) adapts_plain: bool,
    /// Whether exceptions in callbacks are shown.
    pub(super) shows_tracebacks: bool,
}

#[derive(Default)]
struct Slot(Mutex<Option<Registries>>);

/// Begins the registries of an interpreter that imports the module. They last until its end.
pub(super) fn begin(protocol: PyObjectRef, vm: &VirtualMachine) -> Registries {
    let state = state::of(vm);
    let mut slot = state.slot::<Slot>().0.lock();
    let new = || Registries {
        converters: vm.ctx.new_dict(),
        adapters: vm.ctx.new_dict(),
        protocol,
        adapts_plain: false,
        shows_tracebacks: false,
    };
    slot.get_or_insert_with(new).clone()
}

/// Calls `f` with the interpreter's registries, which must run no Python code.
pub(super) fn with<R>(vm: &VirtualMachine, f: impl FnOnce(&mut Registries) -> R) -> PyResult<R> {
    let state = state::of(vm);
    let mut slot = state.slot::<Slot>().0.lock();
    let missing = || vm.new_system_error("sqlite3 has not been imported");
    slot.as_mut().map(f).ok_or_else(missing)
}

/// Gives up what is kept for an interpreter.
pub(crate) fn release(state: &InterpreterState) -> Vec<PyObjectRef> {
    let taken = state.slot::<Slot>().0.lock().take();
    let objects = |registries: Registries| {
        vec![
            registries.converters.into(),
            registries.adapters.into(),
            registries.protocol,
        ]
    };
    taken.map(objects).unwrap_or_default()
}

/// The function that converts columns of a type.
pub(super) fn converter(name: &str, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    let converters = with(vm, |registries| registries.converters.clone())?;
    converters.get_item_opt(&*name.to_uppercase(), vm)
}

/// Whether `class` is one whose objects SQLite can store.
fn is_plain(class: &PyObject, vm: &VirtualMachine) -> bool {
    let types = &vm.ctx.types;
    [
        types.int_type,
        types.float_type,
        types.str_type,
        types.bytearray_type,
    ]
    .iter()
    .any(|plain| class.is(*plain))
}

/// Registers an adapter for a class.
pub(super) fn register_adapter(
    class: PyTypeRef,
    adapter: PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let plain = is_plain(class.as_object(), vm);
    let (adapters, protocol) = with(vm, |registries| {
        registries.adapts_plain |= plain;
        (registries.adapters.clone(), registries.protocol.clone())
    })?;
    let key = vm.ctx.new_tuple(vec![class.into(), protocol]);
    adapters.set_item(key.as_object(), adapter, vm)
}

/// What is stored for `value`.
pub(super) fn for_database(value: &PyObjectRef, vm: &VirtualMachine) -> PyResult {
    if is_plain(value.class().as_object(), vm) {
        let adapts_plain = with(vm, |registries| registries.adapts_plain)?;
        if !adapts_plain {
            return Ok(value.clone());
        }
    }
    let protocol = with(vm, |registries| registries.protocol.clone())?;
    let adapted = adapt(value, &protocol, vm)?;
    Ok(adapted.unwrap_or_else(|| value.clone()))
}

/// `value` adapted to a protocol; `None` if nothing does that.
pub(super) fn adapt(
    value: &PyObjectRef,
    protocol: &PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<Option<PyObjectRef>> {
    let adapters = with(vm, |registries| registries.adapters.clone())?;
    let key = vec![value.class().to_owned().into(), protocol.clone()];
    let key = vm.ctx.new_tuple(key);
    if let Some(adapter) = adapters.get_item_opt(key.as_object(), vm)? {
        return adapter.call((value.clone(),), vm).map(Some);
    }
    let attempts = [
        (protocol, "__adapt__", value),
        (value, "__conform__", protocol),
    ];
    for (object, method, argument) in attempts {
        let Some(method) = vm.get_attribute_opt(object, method)? else {
            continue;
        };
        match method.call((argument.clone(),), vm) {
            Ok(adapted) if vm.is_none(&adapted) => {}
            Ok(adapted) => return Ok(Some(adapted)),
            Err(error) if error.fast_isinstance(vm.ctx.exceptions.type_error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

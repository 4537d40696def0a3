//! `sqlite3.converters` and `sqlite3.adapters`, each interpreter's own.
//!
//! Upstream looks both up in two dictionaries of the process: what one interpreter registers would
//! run in all others. Here each entry's key is a [`Key`], which equals what it stands for in
//! its own interpreter and nothing in any other. What programs see are dictionaries of their
//! interpreter's, whose changes are carried over (`lib/_pyt_sqlite3.py`).

use std::sync::OnceLock;

use parking_lot::Mutex;
use pyt_vm::state;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyDictRef, PyModule, PyStrRef, PyTypeRef},
    class::PyClassImpl,
    common::hash::PyHash,
    function::{ArgCallable, PyComparisonValue},
    pyclass,
    types::{Comparable, Hashable, PyComparisonOp},
};

use crate::upstream;

/// Upstream's dictionaries.
struct Shared {
    converters: PyDictRef,
    adapters: PyDictRef,
}

static SHARED: OnceLock<Shared> = OnceLock::new();

/// The key of an entry of one interpreter.
#[pyclass(module = false, name = "_key")]
#[derive(Debug, PyPayload)]
struct Key {
    interpreter: i64,
    /// What upstream looks up.
    original: PyObjectRef,
}

#[pyclass(with(Comparable, Hashable), flags(DISALLOW_INSTANTIATION))]
impl Key {}

impl Comparable for Key {
    fn cmp(
        zelf: &Py<Self>,
        other: &PyObject,
        op: PyComparisonOp,
        vm: &VirtualMachine,
    ) -> PyResult<PyComparisonValue> {
        op.eq_only(|| {
            let here = vm.state.interpreter_id;
            let other = match other.downcast_ref::<Self>() {
                Some(key) if key.interpreter != here => return Ok(false.into()),
                Some(key) => &key.original,
                None => other,
            };
            let is_here = zelf.interpreter == here;
            Ok((is_here && vm.bool_eq(&zelf.original, other)?).into())
        })
    }
}

impl Hashable for Key {
    fn hash(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyHash> {
        zelf.original.hash(vm)
    }
}

/// What one interpreter has registered, to be removed at its end.
#[derive(Default)]
struct Registered(Mutex<Vec<(PyDictRef, PyObjectRef)>>);

/// Gives a module that has just been filled dictionaries and functions of its interpreter's.
pub(super) fn replace(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let _ = Key::make_static_type();
    let dict = module.dict();
    if SHARED.get().is_none() {
        let [converters, adapters] = ["converters", "adapters"].map(|name| {
            let other = |_| vm.new_system_error("upstream's _sqlite3 has other registries");
            dict.get_item(name, vm)?.downcast().map_err(other)
        });
        let (converters, adapters) = (converters?, adapters?);
        // Another interpreter may have been quicker, with the same two.
        let _ = SHARED.set(Shared {
            converters,
            adapters,
        });
    }
    let class = vm.import("_pyt_sqlite3", 0)?.get_attr("Registry", vm)?;
    let converters = class.call(
        (
            vm.new_function("store", store_converter),
            vm.new_function("discard", discard_converter),
        ),
        vm,
    )?;
    let adapters = class.call(
        (
            vm.new_function("store", store_adapter),
            vm.new_function("discard", discard_adapter),
        ),
        vm,
    )?;
    dict.set_item("converters", converters, vm)?;
    dict.set_item("adapters", adapters, vm)?;
    let register = vm.new_function("register_converter", register_converter);
    dict.set_item("register_converter", register.into(), vm)?;
    let register = vm.new_function("register_adapter", register_adapter);
    dict.set_item("register_adapter", register.into(), vm)
}

/// Register a function to convert SQLite values of the declared type typename.
fn register_converter(
    typename: PyStrRef,
    converter: ArgCallable,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let name = vm.call_method(typename.as_object(), "upper", ())?;
    enter("converters", name, converter.into(), vm)
}

/// Register a function to adapt Python objects of a class to what SQLite can store.
fn register_adapter(class: PyTypeRef, adapter: ArgCallable, vm: &VirtualMachine) -> PyResult<()> {
    let protocol = vm.import("_sqlite3", 0)?.get_attr("PrepareProtocol", vm)?;
    let types = &vm.ctx.types;
    let plain = [
        types.int_type,
        types.float_type,
        types.str_type,
        types.bytearray_type,
    ];
    let original = vm.ctx.new_tuple(vec![class.clone().into(), protocol]);
    if plain.iter().any(|plain| class.is(*plain)) {
        // Upstream searches adapters for such values only once it has seen one. Another interpreter
        // may find the entry before it is gone: it changes nothing.
        let unchanged = vm.new_function("unchanged", |value: PyObjectRef| value);
        let args = vec![class.into(), unchanged.into()];
        upstream::call("_sqlite3", "register_adapter", args.into(), vm)?;
        let _ = shared(vm)?.adapters.del_item(original.as_object(), vm);
    }
    enter("adapters", original.into(), adapter.into(), vm)
}

/// Sets an entry of one of the dictionaries that the program sees.
fn enter(
    registry: &'static str,
    key: PyObjectRef,
    value: PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let registry = vm.import("_sqlite3", 0)?.get_attr(registry, vm)?;
    registry.set_item(&*key, value, vm)
}

fn shared(vm: &VirtualMachine) -> PyResult<&'static Shared> {
    let missing = || vm.new_system_error("_sqlite3 has no registries yet");
    SHARED.get().ok_or_else(missing)
}

fn store_converter(name: PyObjectRef, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    store(&shared(vm)?.converters, name, value, vm)
}

fn discard_converter(name: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    discard(&shared(vm)?.converters, name, vm)
}

fn store_adapter(key: PyObjectRef, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    store(&shared(vm)?.adapters, key, value, vm)
}

fn discard_adapter(key: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    discard(&shared(vm)?.adapters, key, vm)
}

fn store(
    dict: &PyDictRef,
    original: PyObjectRef,
    value: PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let interpreter = vm.state.interpreter_id;
    let is_new = dict.get_item_opt(&*original, vm)?.is_none();
    let key: PyObjectRef = Key {
        interpreter,
        original,
    }
    .into_ref(&vm.ctx)
    .into();
    dict.set_item(&*key, value, vm)?;
    if is_new {
        let state = state::of(vm);
        let registered = state.slot::<Registered>();
        registered.0.lock().push((dict.clone(), key));
    }
    Ok(())
}

fn discard(dict: &PyDictRef, original: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    let state = state::of(vm);
    // Compared outside of the lock: that may run Python code.
    let registered = state.slot::<Registered>().0.lock().clone();
    let mut found = None;
    for (its, key) in registered {
        if its.is(dict) && vm.bool_eq(&key, &original)? {
            found = Some(key);
            break;
        }
    }
    let Some(key) = found else {
        return Ok(());
    };
    let mut registered = state.slot::<Registered>().0.lock();
    registered.retain(|(_, other)| !other.is(&key));
    drop(registered);
    dict.del_item(&*key, vm)
}

/// Removes what an interpreter has registered, once it has ended but for the calling thread.
pub(crate) fn interpreter_exits(vm: &VirtualMachine) {
    let state = state::of(vm);
    let registered = std::mem::take(&mut *state.slot::<Registered>().0.lock());
    for (dict, key) in registered {
        // What cannot be compared any more stays where no interpreter finds it.
        let _ = dict.del_item(&*key, vm);
    }
}

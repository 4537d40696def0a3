//! The Python side of host classes: their common base class, and the attribute that records the
//! Rust type of a class.

use std::{
    any::{Any, TypeId},
    fmt,
    sync::OnceLock,
};

use rustpython_vm::{
    Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyType, PyTypeRef},
    class::PyClassImpl,
    function::FuncArgs,
    pyclass,
    types::Constructor,
};

use super::state::InstanceState;
use crate::{Python, api::host_code::drop_catching};

/// The attribute of a class that holds its [`RustType`].
pub(super) const MARK: &str = "__rust_type__";

/// The base class of host classes.
#[pyclass(module = "pyt", name = "RustObject")]
#[derive(PyPayload, Default)]
pub(super) struct RustObject {
    /// An `InstanceState<T>` of the class's Rust type. Created by the first access.
    state: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl fmt::Debug for RustObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RustObject").finish_non_exhaustive()
    }
}

impl Drop for RustObject {
    fn drop(&mut self) {
        drop_catching(self.state.take());
    }
}

impl Constructor for RustObject {
    type Args = FuncArgs;

    /// The arguments are for `__init__`.
    fn py_new(_class: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self::default())
    }
}

#[pyclass(with(Constructor), flags(BASETYPE, HAS_WEAKREF))]
impl RustObject {}

/// The class that host classes derive from.
pub(super) fn base() -> PyTypeRef {
    RustObject::make_static_type()
}

/// The state of `object`, if it is an instance of a class of `T`s.
pub(super) fn state_of<'a, T: Send + Sync + 'static>(
    object: &'a PyObject,
    py: Python<'_>,
) -> PyResult<&'a InstanceState<T>> {
    let vm = py.vm();
    let is_mine = is_of_type::<T>(object.class(), vm);
    let Some(instance) = object.downcast_ref::<RustObject>().filter(|_| is_mine) else {
        let (class, wanted) = (object.class().name().to_string(), short_name::<T>());
        let message =
            format!("expected an instance of a class of the Rust type {wanted}, got {class}");
        return Err(vm.new_type_error(message));
    };
    let new = || Box::new(InstanceState::<T>::new()) as Box<dyn Any + Send + Sync>;
    let state = instance.state.get_or_init(new);
    state
        .downcast_ref()
        .ok_or_else(|| vm.new_type_error("the instance was made by a class of another Rust type"))
}

/// A new instance of `class`, a class of `T`, that holds `value`.
pub(super) fn create<T: Send + Sync + 'static>(
    class: &PyObject,
    value: T,
    py: Python<'_>,
) -> PyResult {
    let vm = py.vm();
    let class = class
        .to_owned()
        .downcast::<PyType>()
        .map_err(|_| vm.new_type_error("expected a class"))?;
    let object: PyObjectRef = RustObject::default().into_ref_with_type(vm, class)?.into();
    state_of::<T>(&object, py)?.replace(py, value)?;
    Ok(object)
}

/// The Rust type of a class.
#[pyclass(module = "pyt", name = "RustType")]
#[derive(Debug, PyPayload)]
pub(super) struct RustType {
    of: TypeId,
}

#[pyclass(flags(DISALLOW_INSTANTIATION))]
impl RustType {}

pub(super) fn mark<T: 'static>(vm: &VirtualMachine) -> PyObjectRef {
    let _class = RustType::make_static_type();
    let of = TypeId::of::<T>();
    RustType { of }.into_ref(&vm.ctx).into()
}

/// Whether `class` is a class of `T`, or derives from one.
pub(super) fn is_of_type<T: 'static>(class: &Py<PyType>, vm: &VirtualMachine) -> bool {
    let Some(mark) = vm
        .ctx
        .interned_str(MARK)
        .and_then(|name| class.get_attr(name))
    else {
        return false;
    };
    mark.downcast_ref::<RustType>()
        .is_some_and(|mark| mark.of == TypeId::of::<T>())
}

/// A type's name without its path.
pub(super) fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}

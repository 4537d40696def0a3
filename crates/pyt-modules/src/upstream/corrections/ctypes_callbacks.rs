//! A function of the program's that C calls: an instance of a class of `ctypes.CFUNCTYPE` may be
//! given to a C function, with and without `argtypes`, and pointers that it is called with arrive
//! as instances of their class. Upstream converts no such argument, and gives `None` for pointers.
//!
//! An instance becomes its address as any object with `_as_parameter_` does. Since upstream asks
//! for a `_type_` of classes in `argtypes`, a class that has one stands there for each class of
//! functions. Pointers and functions are received as addresses: a function is made with a class
//! that says so, and made one of the class that was asked for.
//!
//! A field of a structure that is a function is read and written as its address; upstream writes
//! null.
//!
//! Can go when upstream's `ConvParam`, `ffi_to_python` and `CField` know `CFuncPtr` and `POINTER`.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{
        PyBytes, PyGetSet, PyInt, PyModule, PyModuleDef, PyStrRef, PyTuple, PyType, PyTypeRef,
    },
    class::PyClassImpl,
    function::{FuncArgs, ItemDoc, PyMethodFlags, PySetterValue},
    object::{Traverse, TraverseFn},
    pyclass,
    types::{Callable, Representable},
};

use super::ctypes_casts;
use crate::upstream::derived::derive_named;

type New = fn(PyTypeRef, FuncArgs, &VirtualMachine) -> PyResult;
type Get = fn(&PyObject, Option<&PyObject>, Option<&PyObject>, &VirtualMachine) -> PyResult;
type Set = fn(&PyObject, PyObjectRef, PySetterValue, &VirtualMachine) -> PyResult<()>;

/// Upstream's descriptor of fields.
static FIELD: OnceLock<(Get, Set)> = OnceLock::new();

/// Upstream's constructor of `CFuncPtr`, and its attribute `argtypes`.
static UPSTREAM: OnceLock<(New, PyObjectRef)> = OnceLock::new();

/// The attribute of a class of functions that has the class with addresses for pointers.
const RECEIVING: &str = "_pyt_receiving_";

/// The attribute of a class of functions that has the class which stands for it in `argtypes`; and
/// of that the attribute with the class of functions.
const STAND_IN: &str = "_pyt_parameter_";
const ORIGINAL: &str = "_pyt_original_";

pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("_ctypes", correct)
}

/// The classes are the process's, and corrected once.
fn correct(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let class = module.as_object().get_attr("CFuncPtr", vm)?;
    let Ok(class) = class.downcast::<PyType>() else {
        return Ok(());
    };
    let name = vm.ctx.intern_str("argtypes");
    let (Some(new), Some(types)) = (class.slots.new.load(), class.attributes.get(name)) else {
        return Ok(());
    };
    if UPSTREAM.set((new, types)).is_err() {
        return Ok(());
    }
    class.slots.new.store(Some(create));
    ctypes_casts::correct(&class, &vm.ctx);
    let object = vm.ctx.types.object_type;
    let types = PyGetSet::new("argtypes", object, &vm.ctx)
        .with_get(get_types)
        .with_set(set_types);
    let types = PyRef::new_ref(types, vm.ctx.types.getset_type.to_owned(), None);
    shared_classes::set_attribute(&class, name, types.into());
    let parameter = PyGetSet::new("_as_parameter_", object, &vm.ctx).with_get(parameter_of);
    let parameter = PyRef::new_ref(parameter, vm.ctx.types.getset_type.to_owned(), None);
    shared_classes::set_attribute(
        &class,
        vm.ctx.intern_str("_as_parameter_"),
        parameter.into(),
    );
    let field = module.as_object().get_attr("CField", vm)?;
    if let Some(field) = field.downcast_ref::<PyType>()
        && let (Some(get), Some(set)) = (field.slots.descr_get.load(), field.slots.descr_set.load())
        && FIELD.set((get, set)).is_ok()
    {
        field.slots.descr_get.store(Some(get_field));
        field.slots.descr_set.store(Some(set_field));
    }
    Ok(())
}

/// The class of functions that a field has, and the bytes of the structure that are the field.
fn function_field(
    field: &PyObject,
    structure: &PyObject,
    vm: &VirtualMachine,
) -> PyResult<Option<(PyTypeRef, PyObjectRef, PyObjectRef)>> {
    let Some(class) = class_below("CFuncPtr", &field.get_attr("type", vm)?, vm)? else {
        return Ok(None);
    };
    let begin: usize = field.get_attr("offset", vm)?.try_to_value(vm)?;
    let memory = vm
        .ctx
        .types
        .memoryview_type
        .as_object()
        .call((structure.to_owned(),), vm)?;
    let memory = vm.call_method(&memory, "cast", ("B",))?;
    let slice = vm.ctx.types.slice_type.as_object();
    let range = slice.call((begin, begin + size_of::<usize>()), vm)?;
    Ok(Some((class, memory, range)))
}

fn get_field(
    field: &PyObject,
    structure: Option<&PyObject>,
    owner: Option<&PyObject>,
    vm: &VirtualMachine,
) -> PyResult {
    if let Some(structure) = structure
        && let Some((class, memory, range)) = function_field(field, structure, vm)?
    {
        let bytes = memory.get_item(&*range, vm)?;
        let bytes = vm.ctx.types.bytes_type.as_object().call((bytes,), vm)?;
        let address = address_in(&bytes, vm)?;
        return class.as_object().call((address,), vm);
    }
    match FIELD.get() {
        Some((get, _)) => get(field, structure, owner, vm),
        None => Ok(vm.ctx.none()),
    }
}

/// The attribute of a structure that keeps the functions which its fields have.
const KEPT: &str = "_pyt_functions_";

fn set_field(
    field: &PyObject,
    structure: PyObjectRef,
    value: PySetterValue,
    vm: &VirtualMachine,
) -> PyResult<()> {
    if let PySetterValue::Assign(function) = &value
        && class_below("CFuncPtr", &function.class().to_owned().into(), vm)?.is_some()
        && let Some((class, memory, range)) = function_field(field, &structure, vm)?
        && function.fast_isinstance(&class)
    {
        let bytes = vm
            .ctx
            .types
            .bytes_type
            .as_object()
            .call((function.clone(),), vm)?;
        memory.set_item(&*range, bytes, vm)?;
        let kept = match vm.get_attribute_opt(&structure, KEPT)? {
            Some(kept) => kept,
            None => {
                let kept: PyObjectRef = vm.ctx.new_dict().into();
                structure.set_attr(KEPT, kept.clone(), vm)?;
                kept
            }
        };
        return kept.set_item(&*field.get_attr("offset", vm)?, function.clone(), vm);
    }
    match FIELD.get() {
        Some((_, set)) => set(field, structure, value, vm),
        None => Ok(()),
    }
}

/// The address that an object of eight bytes is.
pub(super) fn address_in(bytes: &PyObject, vm: &VirtualMachine) -> PyResult<usize> {
    let bytes = bytes.downcast_ref::<PyBytes>();
    let address = bytes.and_then(|bytes| bytes.as_bytes().first_chunk());
    let address = address.ok_or_else(|| vm.new_type_error("a function without an address"))?;
    Ok(usize::from_ne_bytes(*address))
}

/// `_as_parameter_`: the address of the function, as a `c_void_p`.
fn parameter_of(function: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let bytes = vm.ctx.types.bytes_type.as_object().call((function,), vm)?;
    let class = vm.import("ctypes", 0)?.get_attr("c_void_p", vm)?;
    class.call((address_in(&bytes, vm)?,), vm)
}

/// `argtypes`, with the classes that were set.
fn get_types(function: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let Some((_, upstream)) = UPSTREAM.get() else {
        return Ok(vm.ctx.none());
    };
    let class = function.class().to_owned();
    let types = vm.call_method(upstream, "__get__", (function, class))?;
    if types.downcast_ref::<PyTuple>().is_none() {
        return Ok(types);
    }
    let types: Vec<PyObjectRef> = types.try_to_value(vm)?;
    let original = |class: PyObjectRef| class.get_attr(ORIGINAL, vm).unwrap_or(class);
    let types = types.into_iter().map(original);
    Ok(vm.ctx.new_tuple(types.collect()).into())
}

fn set_types(function: PyObjectRef, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()> {
    let upstream = UPSTREAM.get();
    let set = upstream.and_then(|(_, types)| Some((types, types.class().slots.descr_set.load()?)));
    let Some((types, set)) = set else {
        return Ok(());
    };
    let value = match value {
        PySetterValue::Assign(types) if !vm.is_none(&types) => {
            let types: Vec<PyObjectRef> = types.try_to_value(vm)?;
            let stand_ins = types.into_iter().map(|class| stand_in(class, vm));
            let stand_ins = stand_ins.collect::<PyResult<Vec<_>>>()?;
            PySetterValue::Assign(vm.ctx.new_tuple(stand_ins).into())
        }
        other => other,
    };
    set(types, function, value, vm)
}

/// What stands for a class in `argtypes`: the class, unless it is one of functions.
fn stand_in(class: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let Some(functions) = class_below("CFuncPtr", &class, vm)? else {
        return Ok(class);
    };
    let name = vm.ctx.intern_str(STAND_IN);
    if let Some(known) = functions.attributes.get(name) {
        return Ok(known);
    }
    let attributes = vm.ctx.new_dict();
    attributes.set_item("_type_", vm.ctx.new_str("P").into(), vm)?;
    attributes.set_item(ORIGINAL, class, vm)?;
    let convert = vm.ctx.new_method_def(
        "from_param",
        from_parameter,
        PyMethodFlags::empty(),
        ItemDoc::NONE,
    );
    let convert = convert.build_function(vm, None);
    let convert = vm
        .ctx
        .types
        .classmethod_type
        .as_object()
        .call((convert,), vm)?;
    attributes.set_item("from_param", convert, vm)?;
    let class_name = vm.ctx.new_str(functions.name().to_string());
    let made = vm.ctx.types.type_type.as_object();
    let made = made.call((class_name, vm.ctx.empty_tuple.clone(), attributes), vm)?;
    functions.set_attr(name, made.clone());
    Ok(made)
}

/// What is given to C for an argument: a function of the class, null for `None`, or what has
/// `_as_parameter_`.
fn from_parameter(stand_in: PyObjectRef, value: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let class = stand_in.get_attr(ORIGINAL, vm)?;
    if vm.is_none(&value) || value.is_instance(&class, vm)? {
        return Ok(value);
    }
    let is_function = class_below("CFuncPtr", &value.class().to_owned().into(), vm)?.is_some();
    if !is_function && let Some(parameter) = vm.get_attribute_opt(&value, "_as_parameter_")? {
        return Ok(parameter);
    }
    let expected = class.downcast_ref::<PyType>();
    let expected = expected.map_or_else(String::new, |class| class.name().to_string());
    Err(vm.new_type_error(format!(
        "expected {expected} instance instead of {}",
        value.class().name()
    )))
}

/// The constructor of `CFuncPtr`.
fn create(class: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let Some((new, _)) = UPSTREAM.get() else {
        return Err(vm.new_system_error("ctypes was not set up"));
    };
    let types = class.get_attr(vm.ctx.intern_str("_argtypes_"));
    let types: Vec<PyObjectRef> = match types {
        Some(types) if !vm.is_none(&types) => types.try_to_value(vm)?,
        _ => return new(class, args, vm),
    };
    let received = types.iter().map(|class| received_class(class, vm));
    let received: Vec<Option<PyTypeRef>> = received.collect::<PyResult<_>>()?;
    if received.iter().all(Option::is_none) {
        return new(class, args, vm);
    }
    let function = match args.args.as_slice() {
        [callable] if is_function(callable) => {
            let receiver = Receiver {
                callable: callable.clone(),
                received: received.clone(),
            };
            let _ = Receiver::make_static_type();
            let receiver: PyObjectRef = receiver.into_ref(&vm.ctx).into();
            let receiving = receiving_class(&class, &types, &received, vm)?;
            let function = new(receiving, vec![receiver].into(), vm)?;
            function.set_class(class, vm);
            function
        }
        _ => new(class, args, vm)?,
    };
    // Those of the class are upstream's only.
    function.set_attr("argtypes", vm.ctx.new_tuple(types), vm)?;
    Ok(function)
}

fn is_function(argument: &PyObjectRef) -> bool {
    let is_address = argument.downcast_ref::<PyInt>().is_some();
    argument.is_callable() && !is_address && argument.downcast_ref::<PyTuple>().is_none()
}

/// `class`, if its instances are received as addresses.
fn received_class(class: &PyObjectRef, vm: &VirtualMachine) -> PyResult<Option<PyTypeRef>> {
    match class_below("_Pointer", class, vm)? {
        Some(found) => Ok(Some(found)),
        None => class_below("CFuncPtr", class, vm),
    }
}

/// `class`, if it derives from the class `base` of `_ctypes`.
pub(super) fn class_below(
    base: &'static str,
    class: &PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<Option<PyTypeRef>> {
    let base = vm.import("_ctypes", 0)?.get_attr(base, vm)?;
    let pair = (
        class.downcast_ref::<PyType>(),
        base.downcast_ref::<PyType>(),
    );
    Ok(match pair {
        (Some(class), Some(base)) => class.fast_issubclass(base).then(|| class.to_owned()),
        _ => None,
    })
}

/// The class whose functions are called with addresses where those of `class` are called with
/// pointers. It is made once.
fn receiving_class(
    class: &Py<PyType>,
    types: &[PyObjectRef],
    received: &[Option<PyTypeRef>],
    vm: &VirtualMachine,
) -> PyResult<PyTypeRef> {
    let name = vm.ctx.intern_str(RECEIVING);
    let known = class.attributes.get(name);
    if let Some(known) = known.and_then(|known| known.downcast::<PyType>().ok()) {
        return Ok(known);
    }
    let address = vm.import("ctypes", 0)?.get_attr("c_void_p", vm)?;
    let types = types
        .iter()
        .zip(received)
        .map(|(class, received)| match received {
            Some(_) => address.clone(),
            None => class.clone(),
        });
    let attributes = vm.ctx.new_dict();
    attributes.set_item("_argtypes_", vm.ctx.new_tuple(types.collect()).into(), vm)?;
    for inherited in ["_restype_", "_flags_"] {
        if let Some(value) = class.get_attr(vm.ctx.intern_str(inherited)) {
            attributes.set_item(inherited, value, vm)?;
        }
    }
    let base = vm.import("_ctypes", 0)?.get_attr("CFuncPtr", vm)?;
    let bases = vm.ctx.new_tuple(vec![base]);
    let class_name = vm.ctx.new_str(class.name().to_string());
    let made = class
        .class()
        .as_object()
        .call((class_name, bases, attributes), vm)?;
    let made: PyTypeRef = made.try_into_value(vm)?;
    class.set_attr(name, made.clone().into());
    Ok(made)
}

/// Calls a function with pointers and functions in the place of addresses.
#[pyclass(module = false, name = "receiver", traverse = "manual")]
#[derive(PyPayload)]
struct Receiver {
    callable: PyObjectRef,
    received: Vec<Option<PyTypeRef>>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

// SAFETY: each object is visited once.
unsafe impl Traverse for Receiver {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.callable.traverse(visit);
        for class in self.received.iter().flatten() {
            class.traverse(visit);
        }
    }
}

#[pyclass(with(Callable, Representable))]
impl Receiver {}

impl Callable for Receiver {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let cast = vm.import("ctypes", 0)?.get_attr("cast", vm)?;
        for (arg, class) in args.args.iter_mut().zip(&zelf.received) {
            if let Some(class) = class {
                *arg = match class_below("CFuncPtr", &class.clone().into(), vm)? {
                    Some(class) => class.as_object().call((arg.clone(),), vm)?,
                    None => cast.call((arg.clone(), class.clone()), vm)?,
                };
            }
        }
        zelf.callable.call(args, vm)
    }
}

impl Representable for Receiver {
    /// As the function, which errors in it are reported with.
    fn repr(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyStrRef> {
        zelf.callable.repr(vm)
    }
}

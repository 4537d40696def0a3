//! A `__buffer__` in Python is called before a `bytearray` is locked.
//!
//! Upstream keeps the lock while it asks the other operand, or some arguments, for their buffer. If
//! that uses the `bytearray`, the thread waits for itself: without end, and nothing can interrupt
//! it. So a memory view is made of such an object first, and stands in its place.

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyMemoryView, PyTuple, PyType, descriptor::PyMethodDescriptor},
    function::{Callee, Either, FuncArgs, PyComparisonValue, PyMethodDef},
    protocol::PySequence,
    types::PyComparisonOp,
};

use super::slots::{wrap, wrappers};
use crate::upstream::corrections::slots::renew_descriptors;

/// The methods that ask for buffers of arguments while the object is locked.
const METHODS: [&str; 3] = ["endswith", "startswith", "translate"];

/// The operators that do, as a class has them in its dictionary.
const OPERATORS: [&str; 7] = [
    "__add__", "__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__ne__",
];

wrappers!(
    concatenate =
        |original, sequence: PySequence<'_>, other: &PyObject, vm: &VirtualMachine| -> PyResult {
            let view = viewed(other, vm)?;
            original(sequence, view.as_deref().unwrap_or(other), vm)
        }
);
wrappers!(
    compare = |original,
               one: &PyObject,
               other: &PyObject,
               operator: PyComparisonOp,
               vm: &VirtualMachine|
     -> PyResult<Either<PyObjectRef, PyComparisonValue>> {
        match viewed(other, vm) {
            Ok(view) => original(one, view.as_deref().unwrap_or(other), operator, vm),
            // Only what stops the program is not taken for an object without a buffer.
            Err(error) if error.fast_isinstance(vm.ctx.exceptions.exception_type) => {
                Ok(Either::B(PyComparisonValue::NotImplemented))
            }
            Err(error) => Err(error),
        }
    }
);

/// Whether an object has a `__buffer__` that may run Python code.
fn runs_python(object: &PyObject, vm: &VirtualMachine) -> bool {
    let class = object.class();
    if class.slots.as_buffer.load().is_none() {
        return false;
    }
    let name = vm.ctx.intern_str("__buffer__");
    let found = class.get_attr(name);
    found.is_some_and(|found| !found.class().is(vm.ctx.types.wrapper_descriptor_type))
}

/// A memory view of an object whose `__buffer__` is in Python.
fn viewed(object: &PyObject, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    if !runs_python(object, vm) {
        return Ok(None);
    }
    let view = PyMemoryView::from_object(object, vm)?;
    Ok(Some(view.into_pyobject(vm)))
}

/// An argument, with views in the place of such objects, also of those in a tuple.
fn viewed_argument(argument: PyObjectRef, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
    let Some(tuple) = argument.downcast_ref_if_exact::<PyTuple>(vm) else {
        return Ok(viewed(&argument, vm)?.unwrap_or(argument));
    };
    if !tuple.iter().any(|each| runs_python(each, vm)) {
        return Ok(argument);
    }
    let each = tuple.iter().map(|each| viewed_argument(each.clone(), vm));
    let each = each.collect::<PyResult<Vec<_>>>()?;
    Ok(vm.ctx.new_tuple(each).into())
}

/// Changes the class, if that is `bytearray`. Called once for each class.
pub(super) fn guard(class: &Py<PyType>, vm: &VirtualMachine) {
    if !class.is(vm.ctx.types.bytearray_type) {
        return;
    }
    let class = vm.ctx.types.bytearray_type;
    wrap!(class.slots.as_sequence.concat, concatenate);
    wrap!(class.slots.richcompare, compare);
    renew_descriptors(class, &OPERATORS, &vm.ctx);
    for name in METHODS {
        let attribute = vm.ctx.intern_str(name);
        let known = class.get_direct_attr(attribute);
        let known = known
            .as_ref()
            .and_then(|known| known.downcast_ref::<PyMethodDescriptor>());
        let Some(known) = known else { continue };
        let function = known.method.func;
        let call = move |vm: &VirtualMachine, mut args: FuncArgs, callee: Callee| {
            for argument in args.args.iter_mut().skip(1) {
                *argument = viewed_argument(argument.clone(), vm)?;
            }
            for argument in args.kwargs.values_mut() {
                *argument = viewed_argument(argument.clone(), vm)?;
            }
            function(vm, args, callee)
        };
        // Definitions live as long as the process.
        let def: &'static PyMethodDef = Box::leak(Box::new(PyMethodDef {
            func: Box::leak(Box::new(call)),
            ..known.method.clone()
        }));
        shared_classes::set_attribute(class, attribute, def.build_method(&vm.ctx, class).into());
    }
}

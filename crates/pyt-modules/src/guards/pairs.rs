//! Operations of native objects that lock two of them at a time are made one after another.
//!
//! Upstream locks the object and then the other one. Without the GIL, two threads that do it with
//! the same objects in different order wait for one another: without end, and nothing can interrupt
//! them. So each such operation takes a lock of its interpreter first.

use std::time::Duration;

use parking_lot::ReentrantMutex;
use pyt_vm::{shared_classes, state};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyType, descriptor::PyMethodDescriptor},
    function::{Callee, Either, FuncArgs, PyComparisonValue, PyMethodDef},
    protocol::{PyMapping, PySequence},
    types::PyComparisonOp,
};

use super::{
    slots::{wrap, wrappers},
    turns::look,
};
use crate::upstream::corrections::slots::renew_descriptors;

/// How long a comparison waits for others. They may call Python code, which may wait for this one;
/// no other lock is held meanwhile. What calls no Python code, or none that could wait for this
/// thread in any sensible program, is waited for until it ends.
const PATIENCE: Duration = Duration::from_millis(50);

/// Held by the thread that is in such an operation.
#[derive(Default)]
struct InPair(ReentrantMutex<()>);

/// Calls `f`, which locks both objects if the second one is of the same class as the first.
fn paired<R>(
    one: &PyObject,
    other: &PyObject,
    vm: &VirtualMachine,
    f: impl FnOnce() -> PyResult<R>,
) -> PyResult<R> {
    if one.is(other) {
        return f();
    }
    let Some(kind) = native_kind(one).filter(|kind| native_kind(other) == Some(kind)) else {
        return f();
    };
    let state = state::of(vm);
    let InPair(lock) = state.slot();
    let _held = match (lock.try_lock(), kind) {
        (Some(held), _) => Some(held),
        (None, "array") => Some(vm.allow_threads(|| lock.lock())),
        (None, "TextIOWrapper") => loop {
            if let Some(held) = vm.allow_threads(|| lock.try_lock_for(PATIENCE)) {
                break Some(held);
            }
            look(vm)?;
        },
        (None, _) => vm.allow_threads(|| lock.try_lock_for(PATIENCE)),
    };
    f()
}

/// The class of [`LOCKING`] that the object is of.
fn native_kind(object: &PyObject) -> Option<&'static str> {
    let classes = object.class().mro.read();
    let is_of = |kind: &&&str| classes.iter().any(|class| &*class.name() == **kind);
    LOCKING.iter().find(is_of).copied()
}

wrappers!(
    compare = |original,
               one: &PyObject,
               other: &PyObject,
               operator: PyComparisonOp,
               vm: &VirtualMachine|
     -> PyResult<Either<PyObjectRef, PyComparisonValue>> {
        paired(one, other, vm, || original(one, other, operator, vm))
    }
);
wrappers!(
    concatenate =
        |original, sequence: PySequence<'_>, other: &PyObject, vm: &VirtualMachine| -> PyResult {
            paired(sequence.obj, other, vm, || original(sequence, other, vm))
        }
);
wrappers!(
    set_item = |original,
                mapping: PyMapping<'_>,
                key: &PyObject,
                value: Option<PyObjectRef>,
                vm: &VirtualMachine|
     -> PyResult<()> {
        match value.clone() {
            Some(other) => paired(mapping.obj, &other, vm, || {
                original(mapping, key, value, vm)
            }),
            None => original(mapping, key, value, vm),
        }
    }
);

wrappers!(
    initialise =
        |original, object: &PyObject, args: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
            let given = args.args.first().or_else(|| args.kwargs.get("buffer"));
            match given.cloned() {
                Some(other) => paired(object, &other, vm, || original(object, args, vm)),
                None => original(object, args, vm),
            }
        }
);

/// Classes of which operations lock two objects.
const LOCKING: [&str; 3] = ["OrderedDict", "TextIOWrapper", "array"];

/// Changes such operations of a native class. Called once for each class.
pub(super) fn guard(class: &Py<PyType>, vm: &VirtualMachine) {
    if !LOCKING.contains(&&*class.name()) {
        return;
    }
    let slots = &class.slots;
    // Their methods, such as `__eq__`, call what was in the slots when the class was made.
    let mut methods = vec!["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"];
    if &*class.name() == "TextIOWrapper" {
        // It keeps its lock while it asks the stream beneath, which may be one of the same class.
        wrap!(slots.init, initialise);
        methods = vec!["__init__"];
    } else {
        wrap!(slots.richcompare, compare);
    }
    if &*class.name() == "array" {
        methods.extend(["__add__", "__iadd__", "__setitem__"]);
        wrap!(slots.as_sequence.concat, concatenate);
        wrap!(slots.as_sequence.inplace_concat, concatenate);
        wrap!(slots.as_mapping.ass_subscript, set_item);
        guard_method(class, "extend", vm);
    }
    // SAFETY: native classes live as long as the process.
    let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
    let own = |name: &&str| class.get_direct_attr(vm.ctx.intern_str(*name)).is_some();
    methods.retain(own);
    renew_descriptors(class, &methods, &vm.ctx);
}

fn guard_method(class: &Py<PyType>, name: &'static str, vm: &VirtualMachine) {
    let attribute = vm.ctx.intern_str(name);
    let known = class.get_direct_attr(attribute);
    let known = known
        .as_ref()
        .and_then(|known| known.downcast_ref::<PyMethodDescriptor>());
    let Some(known) = known else { return };
    let function = known.method.func;
    let call = move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        let pair = args.args.first().cloned().zip(args.args.get(1).cloned());
        match pair {
            Some((one, other)) => paired(&one, &other, vm, || function(vm, args, callee)),
            None => function(vm, args, callee),
        }
    };
    // Definitions, and native classes, live as long as the process.
    let def: &'static PyMethodDef = Box::leak(Box::new(PyMethodDef {
        func: Box::leak(Box::new(call)),
        ..known.method.clone()
    }));
    // SAFETY: as said above.
    let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
    shared_classes::set_attribute(class, attribute, def.build_method(&vm.ctx, class).into());
}

//! Chains of objects that are freed at once take no more of the stack than there is.
//!
//! Upstream puts off freeing objects that are nested more than 50 levels deep, if its collector
//! tracks them. It does not track all classes, and no longer those that the collector frees itself.
//! Here objects of the classes below are tracked again right before they are freed: upstream then
//! counts them. Each 50 levels still take as much of the stack as one would.
//!
//! The place where that can be done is upstream's question whether an object has a finalizer to be
//! called. Exceptions have none here: native code makes classes of them that would ask for a
//! `__del__` which is not there.

use std::ptr::NonNull;

use rustpython_vm::{
    PyObject, PyResult, VirtualMachine,
    builtins::PyType,
    gc_state::{current_owner, gc_state},
};

/// Classes whose instances refer to others, which upstream's collector does not track or cannot
/// clear.
const CHAINED: [&str; 44] = [
    "Context",
    "GenericAlias",
    "Token",
    "_lru_cache_wrapper",
    "accumulate",
    "anext_awaitable",
    "async_generator_asend",
    "attrgetter",
    "batched",
    "builtin_function_or_method",
    "callable_iterator",
    "cell",
    "chain",
    "classmethod",
    "code",
    "combinations",
    "combinations_with_replacement",
    "compress",
    "coroutine_wrapper",
    "cycle",
    "dropwhile",
    "enumerate",
    "filter",
    "filterfalse",
    "frozenset",
    "groupby",
    "islice",
    "itemgetter",
    "map",
    "mappingproxy",
    "method",
    "method-wrapper",
    "methodcaller",
    "pairwise",
    "permutations",
    "product",
    "property",
    "reader",
    "repeat",
    "starmap",
    "staticmethod",
    "takewhile",
    "zip",
    "zip_longest",
];

/// The finalizer of classes that have none. Without one upstream does not ask.
static NOTHING: fn(&PyObject, &VirtualMachine) -> PyResult<()> = nothing;

static IS_NEEDED: fn(&PyObject) -> bool = is_needed;

fn nothing(_object: &PyObject, _vm: &VirtualMachine) -> PyResult<()> {
    Ok(())
}

/// Whether the object has a finalizer to be called. Called right before it is freed.
fn is_needed(object: &PyObject) -> bool {
    if !object.is_gc_tracked() {
        // SAFETY: the object is not tracked, and its memory is valid until it is freed, which is
        // when upstream gives up tracking it.
        unsafe { gc_state().track_object(NonNull::from(object), current_owner()) };
    }
    !has_none(object.class())
}

/// Whether the class has a finalizer only so that upstream asks for it.
pub(super) fn has_none(class: &PyType) -> bool {
    let finalizer = class.slots.del.load();
    finalizer.is_some_and(|finalizer| finalizer as usize == NOTHING as usize)
}

/// Has upstream ask for instances of the class, if they may be chained.
pub(super) fn guard(class: &PyType) {
    if CHAINED.contains(&&*class.name()) && class.slots.del.load().is_none() {
        class.slots.del_needed.store(Some(IS_NEEDED));
        class.slots.del.store(Some(NOTHING));
    } else {
        guard_derived(class);
    }
}

/// As [`guard`], for a class that is derived from one of those: it inherits only their finalizer.
pub(super) fn guard_derived(class: &PyType) {
    let is_guarded = |class: &PyType| {
        let asked = class.slots.del_needed.load();
        asked.is_some_and(|asked| asked as usize == IS_NEEDED as usize)
    };
    if class.mro.read().iter().skip(1).any(|base| is_guarded(base)) {
        class.slots.del_needed.store(Some(IS_NEEDED));
    }
}

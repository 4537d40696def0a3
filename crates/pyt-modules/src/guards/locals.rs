//! The variables of frames (`frame.f_locals` of functions) are read and changed while the threads
//! that may run the frame are stopped, without the GIL.
//!
//! All operations that read go through the list of items, which is made during a stop. Names are
//! compared afterwards, since that may run Python code.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{FrameLocalsProxy, PyDict, PyDictRef, PyList, PyStr, PyTuple, PyType},
    frame::FrameObject,
    function::{Either, FuncArgs, PyComparisonValue},
    object::Traverse,
    protocol::{PyMapping, PySequence},
    recursion::ReprGuard,
    types::PyComparisonOp,
};

use super::{
    frames::{others_run, replace_method, stopped},
    methods::{Instead, Upstream},
    slots::{wrap, wrappers},
};
use crate::upstream::corrections::slots::renew_descriptors;

/// What makes the list of items: upstream's method, and upstream's function that sets one.
static ITEMS: OnceLock<PyObjectRef> = OnceLock::new();

type Items = Vec<(PyObjectRef, PyObjectRef)>;

/// The names that are bound, and their values, as they are at one time.
fn items_of(proxy: &PyObject, vm: &VirtualMachine) -> PyResult<Items> {
    let list = stopped(vm, || upstreams_items(proxy, vm))??;
    let list = list.downcast_ref::<PyList>();
    let pair = |both: &PyObjectRef| match both.downcast_ref::<PyTuple>()?.as_slice() {
        [name, value] => Some((name.clone(), value.clone())),
        _ => None,
    };
    let items = list.map(|list| list.borrow_vec().iter().filter_map(pair).collect());
    Ok(items.unwrap_or_default())
}

/// Runs no Python code.
fn upstreams_items(proxy: &PyObject, vm: &VirtualMachine) -> PyResult {
    match ITEMS.get() {
        Some(items) => items.call((proxy.to_owned(),), vm),
        None => Ok(vm.ctx.new_list(Vec::new()).into()),
    }
}

fn names_of(proxy: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
    let items = items_of(proxy, vm)?;
    Ok(items.into_iter().map(|(name, _)| name).collect())
}

/// The variables as a dictionary. A variable of the function comes before what was added.
fn dict_of(proxy: &PyObject, vm: &VirtualMachine) -> PyResult<PyDictRef> {
    let dict = vm.ctx.new_dict();
    for (name, value) in items_of(proxy, vm)? {
        if !dict.contains_key(&*name, vm) {
            dict.set_item(&*name, value, vm)?;
        }
    }
    Ok(dict)
}

fn find(proxy: &PyObject, key: &PyObject, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    let hash = key.hash(vm)?;
    for (name, value) in items_of(proxy, vm)? {
        let is_it = name.hash(vm)? == hash
            && (name.is(key) || name.rich_compare_bool(key, PyComparisonOp::Eq, vm)?);
        if is_it {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Sets a variable by `set`, upstream's function.
fn set_by(
    set: impl FnOnce(&PyObject) -> PyResult<()>,
    proxy: &PyObject,
    key: &PyObject,
    vm: &VirtualMachine,
) -> PyResult<()> {
    // Any other could be compared by Python code, which may say something else each time.
    let Some(text) = key.downcast_ref::<PyStr>() else {
        let message = "without the GIL, only a str can name a variable of a frame";
        return Err(vm.new_type_error(message));
    };
    let exact = vm.ctx.new_str(text.as_wtf8().to_owned());
    if !names_variable(proxy, &exact) {
        return set(exact.as_object());
    }
    let (result, before) = stopped(vm, || {
        let before = upstreams_items(proxy, vm);
        (set(exact.as_object()), before)
    })?;
    // What was in a variable may run Python code when it is freed: after the stop.
    drop(before);
    result
}

/// Whether this is the name of a variable of the function, bound or not.
fn names_variable(proxy: &PyObject, name: &PyStr) -> bool {
    let mut code = None;
    if let Some(proxy) = proxy.downcast_ref::<FrameLocalsProxy>() {
        (**proxy).traverse(&mut |frame| {
            let frame = frame.downcast_ref::<FrameObject>();
            code = frame.map(Py::f_code);
        });
    }
    code.is_some_and(|code| {
        let groups = [&code.varnames, &code.cellvars, &code.freevars];
        let mut names = groups.into_iter().flatten();
        names.any(|known| known.as_wtf8() == name.as_wtf8())
    })
}

/// Sets all that `other` has.
fn update_from(proxy: &PyObject, other: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    let names = vm.call_method(other, "keys", ())?;
    for name in names.try_to_value::<Vec<PyObjectRef>>(vm)? {
        let value = other.get_item(&*name, vm)?;
        proxy.set_item(&*name, value, vm)?;
    }
    Ok(())
}

/// A proxy as a dictionary, a dictionary as it is.
fn as_dict(object: &PyObject, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    if object.downcast_ref::<FrameLocalsProxy>().is_some() {
        return Ok(Some(dict_of(object, vm)?.into()));
    }
    Ok(object
        .downcast_ref::<PyDict>()
        .map(|dict| dict.to_owned().into()))
}

wrappers!(
    length = |original, mapping: PyMapping<'_>, vm: &VirtualMachine| -> PyResult<usize> {
        if !others_run(vm) {
            return original(mapping, vm);
        }
        Ok(items_of(mapping.obj, vm)?.len())
    }
);
wrappers!(
    subscript =
        |original, mapping: PyMapping<'_>, key: &PyObject, vm: &VirtualMachine| -> PyResult {
            if !others_run(vm) {
                return original(mapping, key, vm);
            }
            let found = find(mapping.obj, key, vm)?;
            found.ok_or_else(|| vm.new_key_error(key.to_owned()))
        }
);
wrappers!(
    set_item = |original,
                mapping: PyMapping<'_>,
                key: &PyObject,
                value: Option<PyObjectRef>,
                vm: &VirtualMachine|
     -> PyResult<()> {
        // Deleting reads no variable.
        if value.is_none() || !others_run(vm) {
            return original(mapping, key, value, vm);
        }
        set_by(
            |key| original(mapping, key, value, vm),
            mapping.obj,
            key,
            vm,
        )
    }
);
wrappers!(
    contains = |original,
                sequence: PySequence<'_>,
                key: &PyObject,
                vm: &VirtualMachine|
     -> PyResult<bool> {
        if !others_run(vm) {
            return original(sequence, key, vm);
        }
        Ok(find(sequence.obj, key, vm)?.is_some())
    }
);
wrappers!(
    merged = |original, one: &PyObject, other: &PyObject, vm: &VirtualMachine| -> PyResult {
        if !others_run(vm) {
            return original(one, other, vm);
        }
        match (as_dict(one, vm)?, as_dict(other, vm)?) {
            (Some(one), Some(other)) => vm._or(&one, &other),
            _ => Ok(vm.ctx.not_implemented()),
        }
    }
);
wrappers!(
    merge = |original, one: &PyObject, other: &PyObject, vm: &VirtualMachine| -> PyResult {
        if !others_run(vm) || as_dict(other, vm)?.is_none() {
            return original(one, other, vm);
        }
        update_from(one, other, vm)?;
        Ok(one.to_owned())
    }
);
wrappers!(
    iterate = |original, proxy: PyObjectRef, vm: &VirtualMachine| -> PyResult {
        if !others_run(vm) {
            return original(proxy, vm);
        }
        let names = PyObjectRef::from(vm.ctx.new_list(names_of(&proxy, vm)?));
        Ok(names.get_iter(vm)?.into())
    }
);
wrappers!(
    compare = |original,
               one: &PyObject,
               other: &PyObject,
               operator: PyComparisonOp,
               vm: &VirtualMachine|
     -> PyResult<Either<PyObjectRef, PyComparisonValue>> {
        let is_equality = matches!(operator, PyComparisonOp::Eq | PyComparisonOp::Ne);
        if !others_run(vm) || !is_equality || other.downcast_ref::<PyDict>().is_none() {
            return original(one, other, operator, vm);
        }
        let one: PyObjectRef = dict_of(one, vm)?.into();
        Ok(Either::A(one.rich_compare(
            other.to_owned(),
            operator,
            vm,
        )?))
    }
);
wrappers!(
    show = |original, proxy: &PyObject, vm: &VirtualMachine| -> PyResult<PyRef<PyStr>> {
        if !others_run(vm) {
            return original(proxy, vm);
        }
        match ReprGuard::enter(vm, proxy) {
            Some(_shown) => dict_of(proxy, vm)?.as_object().repr(vm),
            None => Ok(vm.ctx.new_str("{...}")),
        }
    }
);

/// The methods that read variables, or set some. `pop` does neither: it takes what was added.
const METHODS: [(&str, Instead); 8] = [
    ("keys", |upstream, args, vm| {
        alone(upstream, args, |proxy| {
            Ok(vm.ctx.new_list(names_of(proxy, vm)?).into())
        })
    }),
    ("values", |upstream, args, vm| {
        alone(upstream, args, |proxy| {
            let values = items_of(proxy, vm)?.into_iter().map(|(_, value)| value);
            Ok(vm.ctx.new_list(values.collect()).into())
        })
    }),
    ("items", |upstream, args, vm| {
        alone(upstream, args, |proxy| {
            let pair = |(name, value)| vm.ctx.new_tuple(vec![name, value]).into();
            let items = items_of(proxy, vm)?.into_iter().map(pair);
            Ok(vm.ctx.new_list(items.collect()).into())
        })
    }),
    ("copy", |upstream, args, vm| {
        alone(upstream, args, |proxy| Ok(dict_of(proxy, vm)?.into()))
    }),
    ("__reversed__", |upstream, args, vm| {
        alone(upstream, args, |proxy| {
            let names = names_of(proxy, vm)?.into_iter().rev();
            Ok(vm.ctx.new_list(names.collect()).into())
        })
    }),
    ("get", |upstream, args, vm| {
        keyed(upstream, args, |proxy, key, default| {
            let found = find(proxy, key, vm)?;
            Ok(found.or(default).unwrap_or_else(|| vm.ctx.none()))
        })
    }),
    ("setdefault", |upstream, args, vm| {
        keyed(upstream, args, |proxy, key, default| {
            if let Some(found) = find(proxy, key, vm)? {
                return Ok(found);
            }
            let default = default.unwrap_or_else(|| vm.ctx.none());
            proxy.set_item(key, default.clone(), vm)?;
            Ok(default)
        })
    }),
    ("update", |upstream, args, vm| match args.args.as_slice() {
        [proxy, other] if args.kwargs.is_empty() && as_dict(other, vm)?.is_some() => {
            update_from(proxy, other, vm)?;
            Ok(vm.ctx.none())
        }
        _ => upstream(args),
    }),
];

/// Calls `f` with a proxy that is the only argument; other arguments are upstream's matter.
fn alone(
    upstream: Upstream<'_>,
    args: FuncArgs,
    f: impl FnOnce(&PyObject) -> PyResult,
) -> PyResult {
    match args.args.as_slice() {
        [proxy] if is_proxy(proxy) && args.kwargs.is_empty() => f(proxy),
        _ => upstream(args),
    }
}

/// Calls `f` with a proxy, a key and a default; other arguments are upstream's matter.
fn keyed(
    upstream: Upstream<'_>,
    args: FuncArgs,
    f: impl FnOnce(&PyObject, &PyObject, Option<PyObjectRef>) -> PyResult,
) -> PyResult {
    match args.args.as_slice() {
        [proxy, key, rest @ ..] if is_proxy(proxy) && args.kwargs.is_empty() && rest.len() < 2 => {
            f(proxy, key, rest.first().cloned())
        }
        _ => upstream(args),
    }
}

fn is_proxy(object: &PyObject) -> bool {
    object.downcast_ref::<FrameLocalsProxy>().is_some()
}

/// Changes the class of proxies of variables.
pub(super) fn guard(class: &'static Py<PyType>, vm: &VirtualMachine) {
    let Some(items) = class.get_direct_attr(vm.ctx.intern_str("items")) else {
        return;
    };
    ITEMS.get_or_init(|| items);
    for (name, method) in METHODS {
        replace_method(class, name, method, vm);
    }
    let slots = &class.slots;
    wrap!(slots.as_mapping.length, length);
    wrap!(slots.as_mapping.subscript, subscript);
    wrap!(slots.as_mapping.ass_subscript, set_item);
    wrap!(slots.as_sequence.contains, contains);
    wrap!(slots.as_number.or, merged);
    wrap!(slots.as_number.right_or, merged);
    wrap!(slots.as_number.inplace_or, merge);
    wrap!(slots.iter, iterate);
    wrap!(slots.richcompare, compare);
    wrap!(slots.repr, show);
    let mut names = vec![
        "__len__",
        "__getitem__",
        "__setitem__",
        "__delitem__",
        "__contains__",
        "__or__",
        "__ror__",
        "__ior__",
        "__iter__",
        "__eq__",
        "__ne__",
        "__repr__",
    ];
    names.retain(|name| class.get_direct_attr(vm.ctx.intern_str(*name)).is_some());
    renew_descriptors(class, &names, &vm.ctx);
}

//! `csv.register_dialect` and `csv.field_size_limit` set what belongs to an interpreter. Upstream
//! has one table of dialects and one limit for the process: what one interpreter registers, takes
//! out or limits holds for all others.
//!
//! Here each interpreter has its own table. The limit stays the process's, since upstream's reader
//! asks for it at each line; an isolated interpreter may not change it.
//!
//! Can go when upstream keeps both per interpreter.

use std::{
    collections::BTreeMap,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use pyt_vm::{InterpreterState, state};
use rustpython_vm::{
    PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyModuleDef, PyStr, PyType},
    function::{Callee, FuncArgs, PyMethodDef},
};

use crate::upstream::{definitions, derived::with_methods};

/// The dialects of an interpreter, by name.
#[derive(Default)]
struct Dialects(Mutex<BTreeMap<String, PyObjectRef>>);

type Upstream = fn(&'static str, FuncArgs, &VirtualMachine) -> PyResult;

/// What a function of `_csv` does here. It gets what calls upstream's functions.
type Ours = fn(FuncArgs, &VirtualMachine, Upstream) -> PyResult;

const FUNCTIONS: [(&str, Ours); 7] = [
    ("register_dialect", register),
    ("unregister_dialect", unregister),
    ("get_dialect", get),
    ("list_dialects", list),
    ("reader", |args, vm, upstream| {
        upstream("reader", resolved(args, vm)?, vm)
    }),
    ("writer", |args, vm, upstream| {
        upstream("writer", resolved(args, vm)?, vm)
    }),
    ("field_size_limit", limit),
];

/// The guards replace functions of a definition, so this is one of it.
pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    static OURS: OnceLock<Option<&'static PyModuleDef>> = OnceLock::new();
    *OURS.get_or_init(|| {
        let original = *definitions().get("_csv")?;
        let methods: Vec<_> = original.methods.iter().map(replaced).collect();
        Some(with_methods(original, methods.leak()))
    })
}

/// Gives up the dialects of an interpreter, which ends.
pub(crate) fn release(state: &InterpreterState) -> Vec<PyObjectRef> {
    let dialects = std::mem::take(&mut *state.slot::<Dialects>().0.lock());
    dialects.into_values().collect()
}

fn replaced(method: &PyMethodDef) -> PyMethodDef {
    let known = FUNCTIONS.iter().find(|(name, _)| *name == method.name);
    let Some((_, ours)) = known.copied() else {
        return method.clone();
    };
    let call = move |vm: &VirtualMachine, args: FuncArgs, _: Callee| ours(args, vm, upstream);
    PyMethodDef {
        func: Box::leak(Box::new(call)),
        ..method.clone()
    }
}

/// Calls upstream's function.
fn upstream(name: &'static str, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    crate::upstream::call("_csv", name, args, vm)
}

/// The name among the arguments that must be a string. `None`: there is none.
fn name_of(args: &FuncArgs) -> Option<String> {
    let given = args.args.first().or_else(|| args.kwargs.get("name"));
    text_of(given?)
}

fn text_of(object: &PyObject) -> Option<String> {
    let text = object.downcast_ref::<PyStr>()?;
    text.to_str().map(str::to_owned)
}

/// The arguments, with the dialect itself in the place of its name.
fn resolved(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<FuncArgs> {
    let given = args.args.get(1).or_else(|| args.kwargs.get("dialect"));
    if let Some(name) = given.and_then(|given| text_of(given)) {
        let dialect = find(&name, vm)?;
        match args.args.get_mut(1) {
            Some(place) => *place = dialect,
            None => {
                args.kwargs.insert("dialect".into(), dialect);
            }
        }
    }
    Ok(args)
}

fn find(name: &str, vm: &VirtualMachine) -> PyResult {
    let state = state::of(vm);
    let found = state.slot::<Dialects>().0.lock().get(name).cloned();
    found.ok_or_else(|| unknown(vm))
}

/// `_csv.Error`.
fn unknown(vm: &VirtualMachine) -> PyBaseExceptionRef {
    let message = "unknown dialect";
    let class = vm
        .import("_csv", 0)
        .and_then(|module| module.get_attr("Error", vm));
    match class.map(PyObjectRef::downcast::<PyType>) {
        Ok(Ok(class)) => vm.new_exception_msg(class, message.into()),
        _ => vm.new_value_error(message),
    }
}

/// Has upstream make the dialect, under a name that no other call uses, and takes it out again.
fn register(args: FuncArgs, vm: &VirtualMachine, upstream: Upstream) -> PyResult {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let Some(name) = args.args.first().and_then(|name| text_of(name)) else {
        // It raises.
        return upstream("register_dialect", args, vm);
    };
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let place = vm.ctx.new_str(format!("{name}\0{number}"));
    let mut args = resolved(args, vm)?;
    args.args[0] = place.clone().into();
    upstream("register_dialect", args, vm)?;
    let place = || FuncArgs::from(vec![place.clone().into()]);
    let dialect = upstream("get_dialect", place(), vm)?;
    upstream("unregister_dialect", place(), vm)?;
    let state = state::of(vm);
    let replaced = state.slot::<Dialects>().0.lock().insert(name, dialect);
    drop(replaced);
    Ok(vm.ctx.none())
}

fn unregister(args: FuncArgs, vm: &VirtualMachine, upstream: Upstream) -> PyResult {
    let Some(name) = only_name(&args) else {
        // It raises.
        return upstream("unregister_dialect", args, vm);
    };
    let state = state::of(vm);
    let removed = state.slot::<Dialects>().0.lock().remove(&name);
    removed.map(|_| vm.ctx.none()).ok_or_else(|| unknown(vm))
}

fn get(args: FuncArgs, vm: &VirtualMachine, upstream: Upstream) -> PyResult {
    match only_name(&args) {
        Some(name) => find(&name, vm),
        // It raises.
        None => upstream("get_dialect", args, vm),
    }
}

/// The name, if that is all that was given.
fn only_name(args: &FuncArgs) -> Option<String> {
    let is_one = args.args.len() + args.kwargs.len() == 1;
    name_of(args).filter(|_| is_one)
}

fn list(args: FuncArgs, vm: &VirtualMachine, upstream: Upstream) -> PyResult {
    // It raises for arguments, and has no dialects else.
    upstream("list_dialects", args, vm)?;
    let state = state::of(vm);
    let names: Vec<String> = state.slot::<Dialects>().0.lock().keys().cloned().collect();
    let names = names.into_iter().map(|name| vm.ctx.new_str(name).into());
    Ok(vm.ctx.new_list(names.collect()).into())
}

fn limit(args: FuncArgs, vm: &VirtualMachine, upstream: Upstream) -> PyResult {
    let changes = !args.args.is_empty() || !args.kwargs.is_empty();
    if changes && vm.state.module_defs.contains_key(crate::ISOLATION_MARK) {
        let message = "changing csv.field_size_limit is not granted in this isolated runtime";
        let class = vm.ctx.exceptions.permission_error.to_owned();
        return Err(vm.new_exception_msg(class, message.into()));
    }
    upstream("field_size_limit", args, vm)
}

//! Waits of event loops for other threads, so that they can be part of a deadlock.
//!
//! `select.epoll.poll` without a timeout is where an event loop of `asyncio` waits. Once it has
//! waited for a while, and only another thread of the program could wake it, the scheduler sees the
//! wait. What an event loop is, and what its tasks are, only `_pyt_event_loops` knows.

use std::sync::OnceLock;

use pyt_sched::{Thread, shown_while_foreign};
use pyt_vm::shared_classes;
use pyt_vm::{abort::OrRaise, event_loops::LoopDescriber, state};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyFloat, PyInt, PyList, PyModule, PyModuleDef, PyType, PyTypeRef},
    function::{FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

use super::search_path;
use crate::upstream::derived::derive_named;

/// How long a wait lasts before the scheduler sees it, in seconds.
const SHOWN_AFTER: f64 = 0.5;
/// How often a thread that waits looks whether it was interrupted, in milliseconds.
const SLICE: i32 = 200;

/// Upstream's method. Native classes are shared by all interpreters of the process.
static UPSTREAM: OnceLock<PyObjectRef> = OnceLock::new();

static METHOD: PyMethodDef = PyMethodDef::new_const(
    "poll",
    poll,
    PyMethodFlags::METHOD,
    ItemDoc::static_text(
        "poll(timeout=None, maxevents=-1)\n\nWait for events on the epoll file descriptor.",
    ),
);

pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("select", add)
}

fn add(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    LoopDescriber::of(&state::of(vm)).has_loop();
    let class = module.as_object().get_attr("epoll", vm)?;
    let Ok(class) = class.downcast::<PyType>() else {
        return Ok(());
    };
    let name = vm.ctx.intern_str(METHOD.name);
    if UPSTREAM.get().is_some() {
        return Ok(());
    }
    let upstream = class.as_object().get_attr(name, vm)?;
    if UPSTREAM.set(upstream).is_err() {
        return Ok(());
    }
    // A native class is never freed.
    let class: &'static PyTypeRef = Box::leak(Box::new(class));
    shared_classes::set_attribute(
        class,
        name,
        METHOD.to_method(class, &vm.ctx).into_ref(&vm.ctx).into(),
    );
    Ok(())
}

fn poll(epoll: PyObjectRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let Some(upstream) = UPSTREAM.get() else {
        return Err(vm.new_system_error("select.epoll has no method poll"));
    };
    let with = |args: FuncArgs| {
        let mut args = args;
        args.args.insert(0, epoll.clone());
        upstream.call(args, vm)
    };
    if !waits_for_ever(&args, vm) {
        return with(args);
    }
    let most = args.args.get(1).or_else(|| args.kwargs.get("maxevents"));
    let most = most.cloned();
    let for_seconds = |timeout: f64| {
        let mut all = vec![epoll.clone(), vm.ctx.new_float(timeout).into()];
        all.extend(most.clone());
        upstream.call(all, vm)
    };
    let first = for_seconds(SHOWN_AFTER)?;
    let is_empty = first.downcast_ref::<PyList>();
    if !is_empty.is_some_and(|list| list.borrow_vec().is_empty()) || !only_threads_wake(vm) {
        return match is_empty {
            Some(list) if list.borrow_vec().is_empty() => with(args),
            _ => Ok(first),
        };
    }
    let number: i32 = vm.call_method(&epoll, "fileno", ())?.try_into_value(vm)?;
    shown_while_foreign(&|| is_readable(number, 0), || wait(number, vm))?;
    for_seconds(0.0)
}

/// Whether the arguments of `poll` set no timeout.
fn waits_for_ever(args: &FuncArgs, vm: &VirtualMachine) -> bool {
    let timeout = args.args.first().or_else(|| args.kwargs.get("timeout"));
    timeout.is_none_or(|timeout| {
        vm.is_none(timeout)
            || timeout
                .downcast_ref::<PyFloat>()
                .is_some_and(|timeout| timeout.to_f64() < 0.0)
            || timeout
                .downcast_ref::<PyInt>()
                .is_some_and(|timeout| timeout.try_to_primitive::<i64>(vm).is_ok_and(|n| n < 0))
    })
}

/// Whether an event loop runs on the calling thread that only another thread can wake.
fn only_threads_wake(vm: &VirtualMachine) -> bool {
    let look = || -> PyResult<bool> {
        if vm.asyncio_running_loop.borrow().is_none() {
            return Ok(false);
        }
        let module = search_path::import_own("_pyt_event_loops", vm)?;
        let found = vm.call_method(&module, "only_threads_wake", ())?;
        found.try_to_bool(vm)
    };
    // A loop of the program's own.
    look().unwrap_or(false)
}

/// Waits until something can be read from the file, and handles interruptions meanwhile.
fn wait(number: i32, vm: &VirtualMachine) -> PyResult<()> {
    let state = state::of(vm);
    loop {
        if vm.allow_threads(|| is_readable(number, SLICE)) {
            return Ok(());
        }
        vm.check_signals()?;
        if Thread::current().is_some_and(|me| me.take_interrupt()) {
            state.scheduler.world().interrupted().or_raise(vm)?;
        }
    }
}

/// Whether something can be read from the file, or cannot be polled, within so many milliseconds.
fn is_readable(number: i32, milliseconds: i32) -> bool {
    let mut polled = libc::pollfd {
        fd: number,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry, which outlives the call.
    unsafe { libc::poll(&raw mut polled, 1, milliseconds) > 0 }
}

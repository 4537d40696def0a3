//! The methods of a queue that has fallen back: every step goes through the attributes and hooks
//! that a program can see and replace, in the order in which CPython's `queue` takes them.

use std::time::Duration;

use pyt_sched::Deadline;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine, identifier,
    types::PyComparisonOp,
};

use super::{
    blocking::{Blocking, Wait},
    classes::PyQueue,
    errors,
};

/// `queue.name`
fn attribute(queue: &Py<PyQueue>, name: &'static str, vm: &VirtualMachine) -> PyResult {
    queue.as_object().get_attr(vm.ctx.intern_str(name), vm)
}

fn set_attribute(
    queue: &Py<PyQueue>,
    name: &'static str,
    value: PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    queue
        .as_object()
        .set_attr(vm.ctx.intern_str(name), value, vm)
}

/// `with queue.name: body()`
fn with<R: Default>(
    queue: &Py<PyQueue>,
    name: &'static str,
    vm: &VirtualMachine,
    body: impl FnOnce(&PyObject) -> PyResult<R>,
) -> PyResult<R> {
    let guard = attribute(queue, name, vm)?;
    vm.call_special_method(&guard, identifier!(vm, __enter__), ())?;
    let exit = identifier!(vm, __exit__);
    match body(&guard) {
        Ok(result) => {
            let none = vm.ctx.none();
            vm.call_special_method(&guard, exit, (none.clone(), none.clone(), none))?;
            Ok(result)
        }
        Err(error) => {
            let (kind, value, trace) = vm.split_exception(error.clone());
            let swallowed = vm.call_special_method(&guard, exit, (kind, value, trace))?;
            if swallowed.try_to_bool(vm)? {
                Ok(R::default())
            } else {
                Err(error)
            }
        }
    }
}

fn truth(queue: &Py<PyQueue>, name: &'static str, vm: &VirtualMachine) -> PyResult<bool> {
    attribute(queue, name, vm)?.try_to_bool(vm)
}

fn hook(queue: &Py<PyQueue>, name: &str, vm: &VirtualMachine) -> PyResult {
    vm.call_method(queue.as_object(), name, ())
}

fn has_items(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<bool> {
    hook(queue, "_qsize", vm)?.try_to_bool(vm)
}

fn is_positive(number: &PyObject, vm: &VirtualMachine) -> PyResult<bool> {
    let zero = vm.ctx.new_int(0);
    number.rich_compare_bool(zero.as_object(), PyComparisonOp::Gt, vm)
}

/// Notifies one thread on the condition `queue.name`.
fn notify(queue: &Py<PyQueue>, name: &'static str, vm: &VirtualMachine) -> PyResult<()> {
    vm.call_method(&*attribute(queue, name, vm)?, "notify", ())
        .map(drop)
}

fn notify_all(queue: &Py<PyQueue>, name: &'static str, vm: &VirtualMachine) -> PyResult<()> {
    vm.call_method(&*attribute(queue, name, vm)?, "notify_all", ())
        .map(drop)
}

/// Waits on the condition `queue.name` as long as `busy`. False: the deadline passed.
fn wait_while(
    queue: &Py<PyQueue>,
    name: &'static str,
    blocking: &mut Blocking,
    vm: &VirtualMachine,
    busy: impl Fn() -> PyResult<bool>,
    woken: impl Fn() -> PyResult<()>,
) -> PyResult<bool> {
    let wait = blocking.wait(vm)?;
    while busy()? {
        let condition = attribute(queue, name, vm)?;
        match wait {
            Wait::No => return Ok(false),
            Wait::Bad(bad) => return Err(bad.raise(vm)),
            Wait::Forever => {
                vm.call_method(&condition, "wait", ())?;
            }
            Wait::Until(deadline) => {
                let now = Deadline::after(Duration::ZERO);
                if now >= deadline {
                    return Ok(false);
                }
                let left = Duration::from_nanos(deadline.0 - now.0).as_secs_f64();
                vm.call_method(&condition, "wait", (vm.ctx.new_float(left),))?;
            }
        }
        woken()?;
    }
    Ok(true)
}

pub(super) fn put(
    queue: &Py<PyQueue>,
    item: PyObjectRef,
    mut blocking: Blocking,
    vm: &VirtualMachine,
) -> PyResult<()> {
    with(queue, "not_full", vm, |_| {
        let check_open = || {
            if truth(queue, "is_shutdown", vm)? {
                return Err(errors::shut_down(vm));
            }
            Ok(())
        };
        check_open()?;
        if is_positive(&*attribute(queue, "maxsize", vm)?, vm)? {
            let is_full = || {
                hook(queue, "_qsize", vm)?.rich_compare_bool(
                    &*attribute(queue, "maxsize", vm)?,
                    PyComparisonOp::Ge,
                    vm,
                )
            };
            if !wait_while(queue, "not_full", &mut blocking, vm, is_full, check_open)? {
                return Err(errors::full(vm));
            }
        }
        vm.call_method(queue.as_object(), "_put", (item,))?;
        let one = vm.ctx.new_int(1);
        let unfinished = vm._add(&*attribute(queue, "unfinished_tasks", vm)?, one.as_object())?;
        set_attribute(queue, "unfinished_tasks", unfinished, vm)?;
        notify(queue, "not_empty", vm)
    })
}

pub(super) fn get(
    queue: &Py<PyQueue>,
    mut blocking: Blocking,
    vm: &VirtualMachine,
) -> PyResult<Option<PyObjectRef>> {
    with(queue, "not_empty", vm, |_| {
        let check_open = || {
            if truth(queue, "is_shutdown", vm)? && !has_items(queue, vm)? {
                return Err(errors::shut_down(vm));
            }
            Ok(())
        };
        check_open()?;
        let is_empty = || Ok(!has_items(queue, vm)?);
        if !wait_while(queue, "not_empty", &mut blocking, vm, is_empty, check_open)? {
            return Err(errors::empty(vm));
        }
        let item = hook(queue, "_get", vm)?;
        notify(queue, "not_full", vm)?;
        Ok(Some(item))
    })
}

pub(super) fn task_done(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<()> {
    with(queue, "all_tasks_done", vm, |condition| {
        let one = vm.ctx.new_int(1);
        let unfinished = vm._sub(&*attribute(queue, "unfinished_tasks", vm)?, one.as_object())?;
        if !is_positive(&unfinished, vm)? {
            let zero = vm.ctx.new_int(0);
            if unfinished.rich_compare_bool(zero.as_object(), PyComparisonOp::Lt, vm)? {
                return Err(errors::too_many_done(vm));
            }
            vm.call_method(condition, "notify_all", ())?;
        }
        set_attribute(queue, "unfinished_tasks", unfinished, vm)
    })
}

pub(super) fn join(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<()> {
    with(queue, "all_tasks_done", vm, |_| {
        while truth(queue, "unfinished_tasks", vm)? {
            vm.call_method(&*attribute(queue, "all_tasks_done", vm)?, "wait", ())?;
        }
        Ok(())
    })
}

pub(super) fn qsize(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    with(queue, "mutex", vm, |_| hook(queue, "_qsize", vm).map(Some))
}

pub(super) fn empty(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<bool> {
    with(queue, "mutex", vm, |_| Ok(!has_items(queue, vm)?))
}

pub(super) fn full(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<bool> {
    with(queue, "mutex", vm, |_| {
        let maxsize = attribute(queue, "maxsize", vm)?;
        let zero = vm.ctx.new_int(0);
        Ok(zero
            .as_object()
            .rich_compare_bool(&maxsize, PyComparisonOp::Lt, vm)?
            && maxsize.rich_compare_bool(&*hook(queue, "_qsize", vm)?, PyComparisonOp::Le, vm)?)
    })
}

pub(super) fn shut_down(
    queue: &Py<PyQueue>,
    immediate: Option<&PyObject>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    with(queue, "mutex", vm, |_| {
        set_attribute(queue, "is_shutdown", vm.ctx.new_bool(true).into(), vm)?;
        let immediate = match immediate {
            Some(immediate) => immediate.to_owned().try_to_bool(vm)?,
            None => false,
        };
        if immediate {
            while has_items(queue, vm)? {
                hook(queue, "_get", vm)?;
                let unfinished = attribute(queue, "unfinished_tasks", vm)?;
                if is_positive(&unfinished, vm)? {
                    let one = vm.ctx.new_int(1);
                    let less = vm._sub(&unfinished, one.as_object())?;
                    set_attribute(queue, "unfinished_tasks", less, vm)?;
                }
            }
            notify_all(queue, "all_tasks_done", vm)?;
        }
        notify_all(queue, "not_empty", vm)?;
        notify_all(queue, "not_full", vm)
    })
}

/// What CPython's constructor does.
pub(super) fn init(queue: &Py<PyQueue>, maxsize: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    set_attribute(queue, "maxsize", maxsize.clone(), vm)?;
    vm.call_method(queue.as_object(), "_init", (maxsize,))?;
    let threading = vm.import("threading", 0)?;
    let mutex = threading.get_attr("Lock", vm)?.call((), vm)?;
    let condition = threading.get_attr("Condition", vm)?;
    set_attribute(queue, "mutex", mutex, vm)?;
    for name in ["not_empty", "not_full", "all_tasks_done"] {
        let mutex = attribute(queue, "mutex", vm)?;
        set_attribute(queue, name, condition.call((mutex,), vm)?, vm)?;
    }
    set_attribute(queue, "unfinished_tasks", vm.ctx.new_int(0).into(), vm)?;
    set_attribute(queue, "is_shutdown", vm.ctx.new_bool(false).into(), vm)
}

//! The attributes through which Python code reaches into a queue: `mutex`, `queue`, ...
//!
//! A queue on the fast path has none of them until Python code asks for one. Then it *falls back*:
//! its items move into a real `deque` or list, with a real lock and real conditions, all kept in
//! the object's dictionary as CPython keeps them, and from then on `fallback` works through these.
//!
//! An [`ExposedAttribute`] is a descriptor that can only be read: an entry in the object's
//! dictionary hides it.

use pyt_vm::{abort::OrRaise, shared_classes};
use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyDictRef, PyList, PyStr, PyType, object_get_dict},
    class::PyClassImpl,
    function::PySetterValue,
    pyclass,
    types::GetDescriptor,
};

use super::{
    classes::{Phase, PyQueue},
    fast::{CALLED, EXPOSED, HOOKS, Order},
};
use crate::args::arguments::no_attribute;

/// One of the attributes that a queue gets when it falls back.
#[pyclass(module = "queue", name = "_exposed_attribute")]
#[derive(Debug, PyPayload)]
pub(super) struct ExposedAttribute {
    name: &'static str,
}

#[pyclass(with(GetDescriptor), flags(DISALLOW_INSTANTIATION))]
impl ExposedAttribute {}

impl GetDescriptor for ExposedAttribute {
    fn descr_get(
        zelf: &PyObject,
        obj: Option<&PyObject>,
        cls: Option<&PyObject>,
        vm: &VirtualMachine,
    ) -> PyResult {
        let (attribute, obj) = Self::_unwrap(zelf, obj, vm)?;
        match obj.downcast_ref::<PyQueue>() {
            Some(queue) => read(queue, attribute.name, vm),
            None => Err(vm.new_attribute_error(format!(
                "type object '{}' has no attribute '{}'",
                cls.and_then(PyObject::downcast_ref::<PyType>)
                    .map_or_else(|| "Queue".to_owned(), |cls| cls.name().to_string()),
                attribute.name
            ))),
        }
    }
}

/// Puts the descriptors on `Queue`.
pub(super) fn expose_attributes(ctx: &Context, class: &'static Py<PyType>) {
    let _ = ExposedAttribute::make_static_type();
    for name in EXPOSED {
        let attribute = ExposedAttribute { name }.into_ref(ctx);
        shared_classes::set_attribute(class, ctx.intern_str(name), attribute.into());
    }
}

fn read(queue: &Py<PyQueue>, name: &'static str, vm: &VirtualMachine) -> PyResult {
    if let Some(fast) = queue.fast()
        && let Some(state) = fast.queue.state()
    {
        match name {
            "maxsize" => return Ok(vm.ctx.new_int(fast.maxsize).into()),
            "unfinished_tasks" => return Ok(vm.ctx.new_int(state.unfinished).into()),
            "is_shutdown" => return Ok(vm.ctx.new_bool(state.shut_down).into()),
            _ => {}
        }
    }
    fall_back(queue, vm)?;
    // It has just fallen back, here or in another thread: then it is in the dictionary.
    if let Some(dict) = queue.as_object().dict()
        && let Some(value) = dict.get_item_opt(name, vm)?
    {
        return Ok(value);
    }
    Err(no_attribute(queue.as_object(), name, vm))
}

/// As `object.__setattr__`, but a queue falls back when a name is set that `fallback` works
/// through.
pub(super) fn write(
    queue: &Py<PyQueue>,
    name: &Py<PyStr>,
    value: PySetterValue,
    vm: &VirtualMachine,
) -> PyResult<()> {
    if queue.fast().is_some() && name.to_str().is_some_and(matters) {
        fall_back(queue, vm)?;
    }
    queue.as_object().generic_setattr(name, value, vm)
}

fn matters(name: &str) -> bool {
    EXPOSED.contains(&name) || HOOKS.contains(&name) || CALLED.contains(&name)
}

/// Whether the object's own dictionary has a name that `fallback` works through.
pub(super) fn has_own(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<bool> {
    let Some(dict) = queue.as_object().dict() else {
        return Ok(false);
    };
    for name in EXPOSED.iter().chain(&HOOKS).chain(&CALLED) {
        if dict.get_item_opt(*name, vm)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The object's dictionary, with everything in it that CPython's has.
pub(super) fn dict(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<PyDictRef> {
    fall_back(queue, vm)?;
    object_get_dict(queue.to_owned().into(), vm)
}

/// Has the queue fall back if it is on the fast path; returns when it has.
pub(super) fn fall_back(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<()> {
    if queue.fast().is_none() {
        return Ok(());
    }
    // Reentrant: importing `threading` may run code that reaches for this queue.
    let turn = queue.falling_back.acquire(None).or_raise(vm)?;
    let done = fall_back_alone(queue, vm);
    if turn {
        let _ = queue.falling_back.release();
    }
    done
}

fn fall_back_alone(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<()> {
    let threading = vm.import("threading", 0)?;
    let mutex = threading.get_attr("Lock", vm)?.call((), vm)?;
    let condition = threading.get_attr("Condition", vm)?;
    let not_empty = condition.call((mutex.clone(),), vm)?;
    let not_full = condition.call((mutex.clone(),), vm)?;
    let all_tasks_done = condition.call((mutex.clone(),), vm)?;
    let deque = vm.import("collections", 0)?.get_attr("deque", vm)?;
    vm.call_method(&mutex, "acquire", ())?;
    let moved = match queue.fast() {
        // Code that ran in the calls above had it fall back.
        None => Ok(()),
        Some(fast) => {
            // A thread that finds the fast queue moved from here on waits for the mutex.
            let set = |name: &'static str, value: PyObjectRef| {
                queue.as_object().generic_setattr(
                    vm.ctx.intern_str(name),
                    PySetterValue::Assign(value),
                    vm,
                )
            };
            set("maxsize", vm.ctx.new_int(fast.maxsize).into())?;
            set("mutex", mutex.clone())?;
            set("not_empty", not_empty)?;
            set("not_full", not_full)?;
            set("all_tasks_done", all_tasks_done)?;
            let moved = move_items(queue, &deque, &set, vm);
            queue.set_phase(Phase::Fallback);
            moved
        }
    };
    vm.call_method(&mutex, "release", ())?;
    moved
}

fn move_items(
    queue: &Py<PyQueue>,
    deque: &PyObject,
    set: &dyn Fn(&'static str, PyObjectRef) -> PyResult<()>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let Some(taken) = queue.fast().and_then(|fast| fast.queue.move_out()) else {
        return Ok(());
    };
    set(
        "unfinished_tasks",
        vm.ctx.new_int(taken.state.unfinished).into(),
    )?;
    set("is_shutdown", vm.ctx.new_bool(taken.state.shut_down).into())?;
    let order = taken.items.order();
    let items = PyList::from(taken.items.into_vec()).into_ref(&vm.ctx);
    let items = match order {
        Order::Fifo => deque.call((items,), vm)?,
        Order::Lifo | Order::Priority => items.into(),
    };
    set("queue", items)
}

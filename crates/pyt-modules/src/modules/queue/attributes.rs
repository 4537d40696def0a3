//! The attributes through which Python code reaches into a queue: `mutex`, `queue`, ...
//!
//! A native queue has none of them until somebody asks. Then it *opens*: its items move into a
//! real `deque` or list, with a real lock and real conditions, all kept in the object's
//! dictionary as CPython keeps them, and from then on `open` does the work through these.
//!
//! A [`Door`] is a descriptor that can only be read: what is in the object's dictionary hides it.

use pyt_vm::abort::OrRaise;
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
    fast::{CALLED, DOORS, HOOKS, Order},
};
use crate::args::arguments::no_attribute;

/// One of the attributes that a queue gets when it opens.
#[pyclass(module = "queue", name = "_door")]
#[derive(Debug, PyPayload)]
pub(super) struct Door {
    name: &'static str,
}

#[pyclass(with(GetDescriptor), flags(DISALLOW_INSTANTIATION))]
impl Door {}

impl GetDescriptor for Door {
    fn descr_get(
        zelf: &PyObject,
        obj: Option<&PyObject>,
        cls: Option<&PyObject>,
        vm: &VirtualMachine,
    ) -> PyResult {
        let (door, obj) = Self::_unwrap(zelf, obj, vm)?;
        match obj.downcast_ref::<PyQueue>() {
            Some(queue) => read(queue, door.name, vm),
            None => Err(vm.new_attribute_error(format!(
                "type object '{}' has no attribute '{}'",
                cls.and_then(PyObject::downcast_ref::<PyType>)
                    .map_or_else(|| "Queue".to_owned(), |cls| cls.name().to_string()),
                door.name
            ))),
        }
    }
}

/// Puts the doors on `Queue`.
pub(super) fn add_doors(ctx: &Context, class: &'static Py<PyType>) {
    let _ = Door::make_static_type();
    for name in DOORS {
        class.set_str_attr(name, Door { name }.into_ref(ctx), ctx);
    }
}

fn read(queue: &Py<PyQueue>, name: &'static str, vm: &VirtualMachine) -> PyResult {
    if let Some(native) = queue.native()
        && let Some(state) = native.queue.state()
    {
        match name {
            "maxsize" => return Ok(vm.ctx.new_int(native.maxsize).into()),
            "unfinished_tasks" => return Ok(vm.ctx.new_int(state.unfinished).into()),
            "is_shutdown" => return Ok(vm.ctx.new_bool(state.shut_down).into()),
            _ => {}
        }
    }
    open(queue, vm)?;
    // Opened just now, here or elsewhere: then it is in the dictionary.
    if let Some(dict) = queue.as_object().dict()
        && let Some(value) = dict.get_item_opt(name, vm)?
    {
        return Ok(value);
    }
    Err(no_attribute(queue.as_object(), name, vm))
}

/// As `object.__setattr__`, but a queue opens when a name is set that it works through.
pub(super) fn write(
    queue: &Py<PyQueue>,
    name: &Py<PyStr>,
    value: PySetterValue,
    vm: &VirtualMachine,
) -> PyResult<()> {
    if queue.native().is_some() && name.to_str().is_some_and(matters) {
        open(queue, vm)?;
    }
    queue.as_object().generic_setattr(name, value, vm)
}

fn matters(name: &str) -> bool {
    DOORS.contains(&name) || HOOKS.contains(&name) || CALLED.contains(&name)
}

/// Whether the object's own dictionary has a name that the queue works through.
pub(super) fn has_own(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<bool> {
    let Some(dict) = queue.as_object().dict() else {
        return Ok(false);
    };
    for name in DOORS.iter().chain(&HOOKS).chain(&CALLED) {
        if dict.get_item_opt(*name, vm)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The object's dictionary, with everything in it that CPython's has.
pub(super) fn dict(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<PyDictRef> {
    open(queue, vm)?;
    object_get_dict(queue.to_owned().into(), vm)
}

/// Opens the queue if it is native; returns when it is open.
pub(super) fn open(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<()> {
    if queue.native().is_none() {
        return Ok(());
    }
    // Reentrant: importing `threading` may run code that reaches for this queue.
    let turn = queue.opening.acquire(None).or_raise(vm)?;
    let opened = open_alone(queue, vm);
    if turn {
        let _ = queue.opening.release();
    }
    opened
}

fn open_alone(queue: &Py<PyQueue>, vm: &VirtualMachine) -> PyResult<()> {
    let threading = vm.import("threading", 0)?;
    let mutex = threading.get_attr("Lock", vm)?.call((), vm)?;
    let condition = threading.get_attr("Condition", vm)?;
    let not_empty = condition.call((mutex.clone(),), vm)?;
    let not_full = condition.call((mutex.clone(),), vm)?;
    let all_tasks_done = condition.call((mutex.clone(),), vm)?;
    let deque = vm.import("collections", 0)?.get_attr("deque", vm)?;
    vm.call_method(&mutex, "acquire", ())?;
    let moved = match queue.native() {
        // Opened meanwhile by code that ran in the calls above.
        None => Ok(()),
        Some(native) => {
            // Whoever finds the native queue empty from here on waits for the mutex.
            let set = |name: &'static str, value: PyObjectRef| {
                queue.as_object().generic_setattr(
                    vm.ctx.intern_str(name),
                    PySetterValue::Assign(value),
                    vm,
                )
            };
            set("maxsize", vm.ctx.new_int(native.maxsize).into())?;
            set("mutex", mutex.clone())?;
            set("not_empty", not_empty)?;
            set("not_full", not_full)?;
            set("all_tasks_done", all_tasks_done)?;
            let moved = move_items(queue, &deque, &set, vm);
            queue.set_phase(Phase::Open);
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
    let Some(taken) = queue.native().and_then(|native| native.queue.take_over()) else {
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

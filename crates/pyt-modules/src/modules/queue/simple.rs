//! The module `_queue`: `SimpleQueue`, whose `put` can be called anywhere, and `Empty`.

use std::time::Duration;

use pyt_sched::{Deadline, controlled::current_number};
use pyt_vm::{abort::abort_exception, naming};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyGenericAlias, PyStrRef, PyType, PyTypeRef},
    function::FuncArgs,
    object::{Traverse, TraverseFn},
    pyclass,
    types::{Constructor, Representable},
};

use super::{
    args::{
        SimpleEmptyArgs, SimpleGetArgs, SimpleGetNowaitArgs, SimplePutArgs, SimplePutNowaitArgs,
        SimpleQsizeArgs,
    },
    blocking::negative,
    errors,
};
use crate::args::{
    arguments::given,
    fastcall::{HotMethods, hot_methods},
    pickling,
    seconds::{self, Round},
};

pub(crate) use _queue::module_def;

/// Implementation detail of the module queue.
#[rustpython_vm::pymodule]
mod _queue {
    use rustpython_vm::{
        AsObject, Py, PyResult, VirtualMachine, builtins::PyModule, class::PyClassImpl,
    };

    use crate::modules::queue::{errors::PyEmpty, simple::PySimpleQueue};

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        let object = module.as_object();
        object.set_attr("Empty", PyEmpty::make_static_type(), vm)?;
        object.set_attr("SimpleQueue", PySimpleQueue::make_static_type(), vm)
    }
}

/// An unbounded queue for several threads, first in, first out.
#[pyclass(module = "_queue", name = "SimpleQueue", traverse = "manual")]
#[derive(Debug, Default, PyPayload)]
pub(crate) struct PySimpleQueue {
    queue: pyt_sched::SimpleQueue<PyObjectRef>,
}

impl PySimpleQueue {
    /// The queue itself.
    pub(crate) const fn inner(&self) -> &pyt_sched::SimpleQueue<PyObjectRef> {
        &self.queue
    }
}

// SAFETY: each item is visited once. The items' lock is never held by a thread that is stopped.
unsafe impl Traverse for PySimpleQueue {
    fn traverse(&self, traverse_fn: &mut TraverseFn<'_>) {
        self.queue.visit(|item| item.traverse(traverse_fn));
    }

    fn clear(&mut self, out: &mut Vec<PyObjectRef>) {
        out.extend(self.queue.drain());
    }
}

hot_methods!(PySimpleQueue: put, get, get_nowait, put_nowait, qsize, empty);

impl Constructor for PySimpleQueue {
    type Args = FuncArgs;

    fn py_new(cls: &Py<PyType>, args: Self::Args, vm: &VirtualMachine) -> PyResult<Self> {
        // A subclass's own __init__ may take more; the class itself takes nothing.
        if cls.is(Self::class(&vm.ctx)) {
            let what = if !args.args.is_empty() {
                "positional"
            } else if !args.kwargs.is_empty() {
                "keyword"
            } else {
                return Ok(Self::default());
            };
            return Err(vm.new_type_error(format!("SimpleQueue() takes no {what} arguments")));
        }
        Ok(Self::default())
    }

    fn slot_new(cls: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let payload = Self::py_new(&cls, args, vm)?;
        let made = payload.into_ref_with_type(vm, cls)?;
        naming::made(made.as_object());
        Ok(made.into())
    }
}

impl Representable for PySimpleQueue {
    fn repr(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyStrRef> {
        let name = zelf.class().slot_name();
        Ok(vm
            .ctx
            .new_str(format!("<{name} object at {:#x}>", zelf.get_id())))
    }

    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        Self::repr(zelf, vm).map(|repr| repr.to_string())
    }
}

#[pyclass(
    with(Constructor, HotMethods, Representable),
    flags(BASETYPE, HAS_WEAKREF, IMMUTABLETYPE)
)]
impl PySimpleQueue {
    /// Adds an item; never blocks. The other arguments are there because Queue.put has them.
    #[pymethod]
    fn put(zelf: &Py<Self>, args: SimplePutArgs, vm: &VirtualMachine) -> PyResult<()> {
        if let Some(block) = args.block {
            block.try_to_bool(vm)?;
        }
        zelf.queue.put(args.item);
        Ok(())
    }

    /// Adds an item; never blocks.
    #[pymethod]
    fn put_nowait(zelf: &Py<Self>, args: SimplePutNowaitArgs, _vm: &VirtualMachine) {
        zelf.queue.put(args.item);
    }

    /// Takes the oldest item, waiting for one if block is true: for ever, or for timeout seconds.
    ///
    /// Raises Empty if there is none in time.
    #[pymethod]
    fn get(zelf: &Py<Self>, args: SimpleGetArgs, vm: &VirtualMachine) -> PyResult {
        let blocks = match args.block {
            Some(block) => block.try_to_bool(vm)?,
            None => true,
        };
        let timeout = match given(args.timeout, vm) {
            Some(timeout) if blocks => {
                let nanos = seconds::nanos(&timeout, Round::Up, vm)?;
                Some(u64::try_from(nanos).map_err(|_| negative(vm))?)
            }
            _ => None,
        };
        // In a run, a `get` that may wait is one step.
        if (!blocks || current_number().is_none())
            && let Some(item) = zelf.queue.try_get()
        {
            return Ok(item);
        }
        if !blocks {
            return Err(errors::empty(vm));
        }
        let deadline = timeout.map(|nanos| Deadline::after(Duration::from_nanos(nanos)));
        match zelf.queue.get(deadline) {
            Ok(Some(item)) => Ok(item),
            Ok(None) => Err(errors::empty(vm)),
            Err(gave_up) => Err(abort_exception(gave_up, vm)),
        }
    }

    /// Takes the oldest item without waiting for one.
    ///
    /// Raises Empty if there is none.
    #[pymethod]
    fn get_nowait(zelf: &Py<Self>, _args: SimpleGetNowaitArgs, vm: &VirtualMachine) -> PyResult {
        zelf.queue.try_get().ok_or_else(|| errors::empty(vm))
    }

    /// Whether there are no items now; other threads may change that at any time.
    #[pymethod]
    fn empty(zelf: &Py<Self>, _args: SimpleEmptyArgs, _vm: &VirtualMachine) -> bool {
        zelf.queue.is_empty()
    }

    /// How many items there are now; other threads may change that at any time.
    #[pymethod]
    fn qsize(zelf: &Py<Self>, _args: SimpleQsizeArgs, _vm: &VirtualMachine) -> usize {
        zelf.queue.len()
    }

    #[pymethod]
    fn __getstate__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        pickling::refuse(zelf.as_object(), vm)
    }

    #[pyclassmethod]
    fn __class_getitem__(
        cls: PyTypeRef,
        item: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<PyGenericAlias> {
        PyGenericAlias::from_args(cls, item, vm)
    }
}

/// CPython's substitute for `SimpleQueue` where `_queue` is missing; here it is the same queue.
#[pyclass(module = "queue", name = "_PySimpleQueue", base = PySimpleQueue)]
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct PySubstituteQueue(PySimpleQueue);

#[pyclass(flags(BASETYPE, HAS_DICT, HAS_WEAKREF))]
impl PySubstituteQueue {}

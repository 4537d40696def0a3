//! A pool's work item: a future, and the call that is to give it its result.

use parking_lot::Mutex;
use pyt_vm::state;
use rustpython_vm::{
    Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyGenericAlias, PyType, PyTypeRef},
    function::FuncArgs,
    object::{Traverse, TraverseFn},
    pyclass,
    stdlib::_thread::get_ident,
    types::Constructor,
};

use super::{
    args::{ItemArgs, RunArgs},
    future::PyFuture,
    steps,
};
use crate::args::fastcall::Bind;

/// What is to be done.
#[derive(Debug)]
enum Task {
    /// As a worker's context takes it.
    Object(PyObjectRef),
    /// The function to call and its arguments: what the library's own context makes a tuple of.
    Call(PyObjectRef, FuncArgs),
}

/// One call that a pool has been given.
#[pyclass(
    module = "concurrent.futures.thread",
    name = "_WorkItem",
    traverse = "manual"
)]
#[derive(Debug, PyPayload)]
pub(super) struct WorkItem {
    future: PyObjectRef,
    task: Mutex<Option<Task>>,
}

// SAFETY: each object is visited once. The lock is held for a move or a copy of the task: no thread
// stops in it.
unsafe impl Traverse for WorkItem {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.future.traverse(visit);
        match &*self.task.lock() {
            Some(Task::Object(task)) => task.traverse(visit),
            Some(Task::Call(function, args)) => {
                function.traverse(visit);
                args.traverse(visit);
            }
            None => {}
        }
    }
}

impl Task {
    fn object(self, vm: &VirtualMachine) -> PyResult {
        match self {
            Self::Object(task) => Ok(task),
            Self::Call(function, args) => {
                let keywords = vm.ctx.new_dict();
                for (name, value) in args.kwargs {
                    keywords.set_item(&*name, value, vm)?;
                }
                let parts = vec![
                    function,
                    vm.ctx.new_tuple(args.args).into(),
                    keywords.into(),
                ];
                Ok(vm.ctx.new_tuple(parts).into())
            }
        }
    }
}

impl WorkItem {
    /// That `function` be called with `args`.
    pub(super) fn call(future: PyRef<PyFuture>, function: PyObjectRef, args: FuncArgs) -> Self {
        Self {
            future: future.into(),
            task: Mutex::new(Some(Task::Call(function, args))),
        }
    }

    fn take_task(&self, vm: &VirtualMachine) -> PyResult {
        let task = self.task.lock().take();
        task.map_or_else(|| Ok(vm.ctx.none()), |task| task.object(vm))
    }
}

/// Does what `item` says. `is_plain`: `ctx` does nothing but to call the function.
///
/// # Errors
/// What ends the thread; what the future's methods raise.
pub(super) fn run(
    item: &Py<WorkItem>,
    ctx: &PyObject,
    is_plain: bool,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let direct = PyFuture::is_direct(&item.future);
    let begins = match direct {
        Some(future) => steps::set_running(future, vm)?,
        None => vm
            .call_method(&item.future, "set_running_or_notify_cancel", ())?
            .try_to_bool(vm)?,
    };
    if !begins {
        return Ok(());
    }
    let task = item.task.lock().take();
    let done = match task {
        Some(Task::Call(function, args)) if is_plain => function.call(args, vm),
        Some(task) => task
            .object(vm)
            .and_then(|task| vm.call_method(ctx, "run", (task,))),
        None => vm.call_method(ctx, "run", (vm.ctx.none(),)),
    };
    match done {
        Ok(result) => match direct {
            Some(future) => steps::set_result(future, result, vm),
            None => vm
                .call_method(&item.future, "set_result", (result,))
                .map(drop),
        },
        Err(raised) => {
            is_to_go_on(vm).map_err(|()| raised.clone())?;
            match direct {
                Some(future) => steps::set_exception(future, raised.into(), vm),
                None => vm
                    .call_method(&item.future, "set_exception", (raised,))
                    .map(drop),
            }
        }
    }
}

/// Whether the calling thread may handle what was raised in it.
pub(super) fn is_to_go_on(vm: &VirtualMachine) -> Result<(), ()> {
    let state = state::of(vm);
    if state.world.async_exceptions.is_unwinding(get_ident()) {
        return Err(());
    }
    Ok(())
}

impl Constructor for WorkItem {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<Self> {
        let ItemArgs { future, task } = ItemArgs::bind(args, vm)?;
        Ok(Self {
            future,
            task: Mutex::new(Some(Task::Object(task))),
        })
    }
}

#[pyclass(with(Constructor), flags(BASETYPE, HAS_DICT, HAS_WEAKREF))]
impl WorkItem {
    /// Does the work, and gives the future its result.
    #[pymethod]
    fn run(zelf: &Py<Self>, args: RunArgs, vm: &VirtualMachine) -> PyResult<()> {
        run(zelf, &args.ctx, false, vm)
    }

    #[pygetset]
    fn future(zelf: &Py<Self>) -> PyObjectRef {
        zelf.future.clone()
    }

    #[pygetset]
    fn task(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        let task = zelf.take_task(vm)?;
        *zelf.task.lock() = Some(Task::Object(task.clone()));
        Ok(task)
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

//! What the native functions of `concurrent.futures.thread` know of their module, and how such a
//! function replaces one that is written in Python.

use std::sync::atomic::{AtomicU32, Ordering};

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyBoundMethod, PyCode, PyDictRef, PyStr, PyStrInterned, PyTypeRef},
    function::FuncArgs,
    object::{Traverse, TraverseFn},
    pyclass,
    types::{Callable, GetAttr, GetDescriptor, Representable},
};

use super::names::{BASE, THREAD};

/// Names that are looked up each time.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) adjust: &'static PyStrInterned,
    pub(super) broken: &'static PyStrInterned,
    pub(super) future: &'static PyStrInterned,
    pub(super) global_lock: &'static PyStrInterned,
    pub(super) idle: &'static PyStrInterned,
    pub(super) lock: &'static PyStrInterned,
    pub(super) queue: &'static PyStrInterned,
    pub(super) resolve: &'static PyStrInterned,
    pub(super) shutdown: &'static PyStrInterned,
}

/// The module, and what of it is known to do what it does in the standard library.
#[pyclass(module = false, name = "_parts", traverse = "manual")]
#[derive(Debug, PyPayload)]
pub(super) struct Parts {
    pub(super) module: PyDictRef,
    pub(super) base: PyDictRef,
    /// `ThreadPoolExecutor` and its method `_adjust_thread_count`.
    pub(super) pool: PyTypeRef,
    pub(super) adjust: PyObjectRef,
    /// The code of what `WorkerContext.prepare` gives for `_resolve_work_item_task`.
    pub(super) resolve: PyRef<PyCode>,
    /// `WorkerContext`.
    context: PyTypeRef,
    /// Its version as long as the program has not changed it.
    context_version: u32,
    /// The version of a class of executors that leaves alone what `submit` works through.
    pub(super) plain_version: AtomicU32,
    pub(super) names: Names,
}

// SAFETY: each object is visited once.
unsafe impl Traverse for Parts {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.module.traverse(visit);
        self.base.traverse(visit);
        self.pool.traverse(visit);
        self.adjust.traverse(visit);
        self.resolve.traverse(visit);
        self.context.traverse(visit);
    }
}

#[pyclass]
impl Parts {}

/// What a module of another standard library than ours lacks.
fn unknown(what: &str, vm: &VirtualMachine) -> rustpython_vm::builtins::PyBaseExceptionRef {
    vm.new_import_error(
        format!("concurrent.futures.thread has no {what} as expected"),
        vm.ctx.new_utf8_str(THREAD),
    )
}

impl Parts {
    /// Those of `module`, whose code has just run.
    pub(super) fn of(module: &PyObject, vm: &VirtualMachine) -> PyResult<Self> {
        let dict = |module: &PyObject| module.dict().ok_or_else(|| unknown("dictionary", vm));
        let base = vm.sys_module.get_attr("modules", vm)?.get_item(BASE, vm)?;
        let class = |name: &'static str| {
            let class = module.get_attr(name, vm)?;
            class.downcast().map_err(|_| unknown(name, vm))
        };
        let pool: PyTypeRef = class("ThreadPoolExecutor")?;
        let context: PyTypeRef = class("WorkerContext")?;
        let prepare = context
            .as_object()
            .get_attr("prepare", vm)?
            .get_attr("__func__", vm)?
            .get_attr("__code__", vm)?;
        let constants: Vec<PyObjectRef> = prepare.get_attr("co_consts", vm)?.try_to_value(vm)?;
        let mut codes = constants
            .into_iter()
            .filter_map(|constant| constant.downcast::<PyCode>().ok());
        let resolve = codes
            .find(|code| code.obj_name.as_str() == "resolve_task")
            .ok_or_else(|| unknown("resolve_task", vm))?;
        // A lookup has the class get a version.
        let _ = context.get_attr(vm.ctx.intern_str("run"));
        let context_version = context.tp_version_tag().load(Ordering::Acquire);
        let name = |name: &'static str| vm.ctx.intern_str(name);
        Ok(Self {
            module: dict(module)?,
            base: dict(&base)?,
            adjust: pool.as_object().get_attr("_adjust_thread_count", vm)?,
            pool,
            resolve,
            context,
            context_version,
            plain_version: AtomicU32::new(0),
            names: Names {
                adjust: name("_adjust_thread_count"),
                broken: name("_broken"),
                future: name("Future"),
                global_lock: name("_global_shutdown_lock"),
                idle: name("_idle_semaphore"),
                lock: name("_shutdown_lock"),
                queue: name("_work_queue"),
                resolve: name("_resolve_work_item_task"),
                shutdown: name("_shutdown"),
            },
        })
    }

    /// Whether `ctx` does nothing but to call the function of a task.
    pub(super) fn is_plain_context(&self, ctx: &PyObject) -> bool {
        let version = ctx.class().tp_version_tag().load(Ordering::Acquire);
        version != 0 && version == self.context_version && ctx.class().is(&self.context)
    }
}

type Body = fn(&Parts, FuncArgs, &VirtualMachine) -> PyResult<Called>;

/// What a native function has done.
pub(super) enum Called {
    Done(PyObjectRef),
    /// Nothing: something is not as it is in the standard library. The arguments are given back.
    NotMine(FuncArgs),
}

/// A native function in the place of one that is written in Python. It has the other one's
/// attributes, and calls it when it cannot do what is asked.
#[pyclass(module = false, name = "function", traverse = "manual")]
#[derive(PyPayload)]
pub(super) struct StandIn {
    parts: PyRef<Parts>,
    original: PyObjectRef,
    body: Body,
}

impl std::fmt::Debug for StandIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StandIn").finish_non_exhaustive()
    }
}

// SAFETY: each object is visited once.
unsafe impl Traverse for StandIn {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.parts.traverse(visit);
        self.original.traverse(visit);
    }
}

impl StandIn {
    pub(super) fn new(parts: &PyRef<Parts>, original: PyObjectRef, body: Body) -> Self {
        Self {
            parts: parts.clone(),
            original,
            body,
        }
    }
}

impl Callable for StandIn {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        match (zelf.body)(&zelf.parts, args, vm)? {
            Called::Done(result) => Ok(result),
            Called::NotMine(args) => zelf.original.call(args, vm),
        }
    }
}

impl GetDescriptor for StandIn {
    fn descr_get(
        zelf: &PyObject,
        obj: Option<&PyObject>,
        _cls: Option<&PyObject>,
        vm: &VirtualMachine,
    ) -> PyResult {
        Ok(match obj.filter(|obj| !vm.is_none(obj)) {
            Some(obj) => PyBoundMethod::new(obj.to_owned(), zelf.to_owned())
                .into_ref(&vm.ctx)
                .into(),
            None => zelf.to_owned(),
        })
    }
}

impl GetAttr for StandIn {
    fn getattro(zelf: &Py<Self>, name: &Py<PyStr>, vm: &VirtualMachine) -> PyResult {
        zelf.original.get_attr(name, vm)
    }
}

impl Representable for StandIn {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        Ok(zelf.original.repr(vm)?.to_string())
    }
}

#[pyclass(
    with(Callable, GetAttr, GetDescriptor, Representable),
    flags(METHOD_DESCRIPTOR, DISALLOW_INSTANTIATION)
)]
impl StandIn {}

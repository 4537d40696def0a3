//! The modules `concurrent.futures._base` and `concurrent.futures.thread`: the standard library's,
//! with native classes and functions in the places of those that a round trip through a pool of
//! threads goes through (`Future`, `_WorkItem`, `ThreadPoolExecutor.submit`, `_worker`).
//!
//! A native module of a name is found before the frozen one. These two run the frozen one's code
//! and then change what they have to. All else stays as it is, and works on the same attributes:
//! whatever a program has replaced is called.
//!
//! What waits and wakes is `pyt_sched`'s.

mod args;
mod future;
mod item;
mod log;
mod names;
mod parts;
mod state;
mod steps;
mod submit;
mod worker;

use once_cell::sync::OnceCell;
use rustpython_vm::{
    AsObject, Context, Py, PyPayload, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCode, PyModule, PyModuleDef, PyModuleSlots, PyStrInterned},
    class::PyClassImpl,
    scope::Scope,
};

pub(crate) use future::address_in;

use self::{
    future::PyFuture,
    item::WorkItem,
    names::{BASE, THREAD},
    parts::{Parts, StandIn},
};

pub(crate) fn base_def(ctx: &Context) -> &'static PyModuleDef {
    static DEF: OnceCell<PyModuleDef> = OnceCell::new();
    DEF.get_or_init(|| def(ctx.intern_str(BASE), None, exec_base))
}

pub(crate) fn thread_def(ctx: &Context) -> &'static PyModuleDef {
    static DEF: OnceCell<PyModuleDef> = OnceCell::new();
    let doc = Some(ctx.intern_str("Pools of threads."));
    DEF.get_or_init(|| def(ctx.intern_str(THREAD), doc, exec_thread))
}

type Exec = fn(&VirtualMachine, &Py<PyModule>) -> PyResult<()>;

fn def(
    name: &'static PyStrInterned,
    doc: Option<&'static PyStrInterned>,
    exec: Exec,
) -> PyModuleDef {
    PyModuleDef {
        name,
        doc,
        methods: &[],
        slots: PyModuleSlots {
            create: None,
            exec: Some(exec),
        },
    }
}

/// Runs the standard library's code of the module `name` in `module`.
fn run_library(name: &'static str, module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let Some(frozen) = vm.state.frozen.get(name) else {
        return Err(missing(name, vm));
    };
    let code = PyCode::new_ref_from_frozen(vm, frozen.code);
    let scope = Scope::with_builtins(None, module.dict(), vm);
    vm.run_code_obj(code, scope).map(drop)
}

/// Gives `module` the file that the frozen module says it is from: programs look for the sources of
/// what is not built in.
fn set_file(name: &'static str, module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let importer = vm
        .import("_frozen_importlib", 0)?
        .get_attr("FrozenImporter", vm)?;
    let spec = vm.call_method(&importer, "find_spec", (name,))?;
    if vm.is_none(&spec) {
        // With -X frozen_modules=off.
        return Ok(());
    }
    let file = spec
        .get_attr("loader_state", vm)?
        .get_attr("filename", vm)?;
    if vm.is_none(&file) {
        return Ok(());
    }
    module.as_object().set_attr("__file__", file, vm)
}

/// The error for a program that was built without this module of the standard library.
fn missing(name: &'static str, vm: &VirtualMachine) -> PyBaseExceptionRef {
    let class = vm.ctx.exceptions.module_not_found_error.to_owned();
    vm.new_exception_msg(class, format!("No module named '{name}'").into())
}

fn exec_base(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    run_library(BASE, module, vm)?;
    // Its conditions are made without asking the module for the class.
    vm.import("threading", 0)?;
    let future = PyFuture::make_static_type();
    module.as_object().set_attr("Future", future, vm)?;
    set_file(BASE, module, vm)
}

fn exec_thread(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    run_library(THREAD, module, vm)?;
    let _ = StandIn::make_static_type();
    let _ = Parts::make_static_type();
    let item = WorkItem::make_static_type();
    let object = module.as_object();
    object.set_attr("_WorkItem", item, vm)?;
    let parts = Parts::of(object, vm)?.into_ref(&vm.ctx);
    submit::install(&parts, object, vm)?;
    worker::install(&parts, module, vm)?;
    set_file(THREAD, module, vm)
}

//! A function that is given to `sys.setprofile` sees calls of native functions only as `c_call`,
//! as CPython's documentation says. Upstream sends these events for all that is no Python
//! function: classes, weak references, instances with `__call__`; profilers look for names that
//! these do not have.
//!
//! Can go when upstream's `PyCallable::invoke` asks for native functions.

use std::sync::Arc;

use pyt_vm::state::InterpreterState;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::PyStr,
    class::PyClassImpl,
    function::{FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
    object::{Traverse, TraverseFn},
    pyclass,
    types::Callable,
};

use crate::upstream::{self, wrapped::Wrapped};

static FUNCTIONS: [PyMethodDef; 2] = [
    PyMethodDef::new_const(
        "setprofile",
        set,
        PyMethodFlags::empty(),
        ItemDoc::static_text("setprofile($module, function, /)\n--\n\n"),
    ),
    PyMethodDef::new_const(
        "getprofile",
        get,
        PyMethodFlags::empty(),
        ItemDoc::static_text("getprofile($module, /)\n--\n\n"),
    ),
];

/// Puts the functions into `sys`.
pub(super) fn begin(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    let sys = vm.sys_module.as_object();
    for function in &FUNCTIONS {
        let name = function.name;
        let function = function
            .to_function()
            .with_module(vm.ctx.intern_str("sys"))
            .with_module_object(sys.to_owned())
            .into_ref(&vm.ctx);
        sys.set_attr(name, function, vm)?;
    }
    let name = "_setprofileallthreads";
    let upstreams = Wrapped::keep(state, sys.get_attr(name, vm)?);
    let ours = vm.new_function(name, move |mut args: FuncArgs, vm: &VirtualMachine| {
        filter(&mut args, vm);
        upstreams.get(vm)?.call(args, vm)
    });
    sys.set_attr(name, ours, vm)
}

fn set(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    filter(&mut args, vm);
    upstream::call("sys", "setprofile", args, vm)
}

fn get(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let set = upstream::call("sys", "getprofile", args, vm)?;
    Ok(match set.downcast_ref::<ProfileFilter>() {
        Some(filter) => filter.function.clone(),
        None => set,
    })
}

/// Puts a filter before the function in the arguments.
fn filter(args: &mut FuncArgs, vm: &VirtualMachine) {
    if let [function] = args.args.as_mut_slice()
        && !vm.is_none(function)
    {
        let _ = ProfileFilter::make_static_type();
        let filter = ProfileFilter {
            function: function.clone(),
        };
        *function = filter.into_ref(&vm.ctx).into();
    }
}

/// Passes a profile function the events that are for it.
#[pyclass(module = false, name = "profile_filter", traverse = "manual")]
#[derive(PyPayload)]
struct ProfileFilter {
    function: PyObjectRef,
}

impl std::fmt::Debug for ProfileFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProfileFilter").finish_non_exhaustive()
    }
}

// SAFETY: the object is visited once.
unsafe impl Traverse for ProfileFilter {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.function.traverse(visit);
    }
}

#[pyclass(with(Callable))]
impl ProfileFilter {}

impl Callable for ProfileFilter {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        if let [_, event, callee, ..] = args.args.as_slice()
            && is_of_native_call(event)
            && !is_native_function(callee, vm)
        {
            return Ok(vm.ctx.none());
        }
        zelf.function.call(args, vm)
    }
}

fn is_of_native_call(event: &PyObject) -> bool {
    let event = event
        .downcast_ref::<PyStr>()
        .and_then(|event| event.to_str());
    event.is_some_and(|event| event.starts_with("c_"))
}

fn is_native_function(callee: &PyObject, vm: &VirtualMachine) -> bool {
    let types = &vm.ctx.types;
    let classes = [
        types.builtin_function_or_method_type,
        types.method_descriptor_type,
    ];
    classes.iter().any(|class| callee.class().is(*class))
}

//! Audit hooks in Python can be interrupted.
//!
//! Upstream suppresses all events of `sys.monitoring` while a hook runs that does not ask to be
//! traced, and with them those by which code is stopped: a hook that never returns outlasted every
//! limit. So upstream gets a hook that asks for it, which calls the program's, untraced unless
//! that asks, too.

use std::sync::Arc;

use pyt_vm::{audit_hooks::AuditHooks, state::InterpreterState};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::PyBaseExceptionRef,
    class::PyClassImpl,
    function::FuncArgs,
    object::{Traverse, TraverseFn},
    pyclass,
    types::Callable,
};

use crate::upstream::wrapped::Wrapped;

const NAME: &str = "addaudithook";

/// What upstream calls.
#[pyclass(module = false, name = "audit_hook", traverse = "manual")]
#[derive(PyPayload)]
struct Hook {
    /// The program's.
    hook: PyObjectRef,
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hook").finish_non_exhaustive()
    }
}

// SAFETY: each object is visited once.
unsafe impl Traverse for Hook {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.hook.traverse(visit);
    }
}

#[pyclass(with(Callable), flags(DISALLOW_INSTANTIATION))]
impl Hook {
    /// What upstream asks for.
    #[pygetset]
    fn __cantrace__(_zelf: PyRef<Self>) -> bool {
        true
    }
}

impl Callable for Hook {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let hook = &zelf.hook;
        let wants = vm.get_attribute_opt(hook, "__cantrace__")?;
        let is_traced = wants.map_or(Ok(false), |wants| wants.try_to_bool(vm))?;
        let before = vm.use_tracing.get();
        vm.use_tracing.set(before && is_traced);
        let result = hook.call(args, vm);
        // The hook may have set a trace function.
        vm.use_tracing.set(before || vm.use_tracing.get());
        result
    }
}

/// Has hooks of `vm`'s program called by ours.
pub(super) fn install(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    let _ = Hook::make_static_type();
    let sys = vm.sys_module.as_object();
    let upstreams = Wrapped::keep(state, sys.get_attr(NAME, vm)?);
    let ours = vm.new_function(NAME, move |mut args: FuncArgs, vm: &VirtualMachine| {
        let wrapped = |hook: &PyObjectRef| Hook { hook: hook.clone() }.into_ref(&vm.ctx);
        if let Some(hook) = args.args.first_mut() {
            *hook = wrapped(hook).into();
        } else if let Some(hook) = args.kwargs.get("hook").map(wrapped) {
            args.kwargs.insert("hook".into(), hook.into());
        }
        let added = upstreams.get(vm)?.call(args, vm)?;
        AuditHooks::of(&pyt_vm::state::of(vm)).note();
        Ok::<_, PyBaseExceptionRef>(added)
    });
    sys.set_attr(NAME, ours, vm)
}

//! What a started thread does, on that thread.

use pyt_vm::{panics, state, uncaught::UncaughtExceptions};
use rustpython_vm::{AsObject, Py, PyResult, VirtualMachine, builtins::PyBaseExceptionRef};

use super::PyThread;
use crate::modules::threading::{registry, trace_hooks};

/// Runs a started thread.
pub(super) fn bootstrap(thread: &Py<PyThread>, vm: &VirtualMachine) {
    let handle = thread.handle();
    let ident = handle.ident();
    registry::set_current(thread.as_object(), vm);
    thread.set_os_name();
    let done = registry::add(thread.as_object(), ident, vm).and_then(|()| {
        let hooks = trace_hooks::with(vm, |hooks| hooks.clone());
        for (function, hook) in [("settrace", hooks.trace), ("setprofile", hooks.profile)] {
            if let Some(hook) = hook {
                vm.sys_module.get_attr(function, vm)?.call((hook,), vm)?;
            }
        }
        if let Err(raised) = panics::contained(vm, || run_in_context(thread, vm))
            && UncaughtExceptions::note(&state::of(vm), &raised, thread.as_object(), vm)
        {
            report(raised, thread, vm)?;
        }
        Ok(())
    });
    if let Err(raised) = done {
        let message = format!(
            "Exception ignored in thread started by {}",
            describe(thread, vm)
        );
        vm.run_unraisable(raised, Some(message), vm.ctx.none());
    }
    registry::leave(ident, vm);
}

fn describe(thread: &Py<PyThread>, vm: &VirtualMachine) -> String {
    thread
        .as_object()
        .repr(vm)
        .map_or_else(|_| String::from("a thread"), |repr| repr.to_string())
}

fn run_in_context(thread: &Py<PyThread>, vm: &VirtualMachine) -> PyResult<()> {
    match thread.context() {
        Some(context) => {
            let run = thread.as_object().get_attr("run", vm)?;
            vm.call_method(&context, "run", (run,))?;
        }
        None => {
            vm.call_method(thread.as_object(), "run", ())?;
        }
    }
    Ok(())
}

/// Hands an exception that left `run` to the hook, with the exception as the current one.
fn report(raised: PyBaseExceptionRef, thread: &Py<PyThread>, vm: &VirtualMachine) -> PyResult<()> {
    let before = vm.current_exception();
    vm.set_exception(Some(raised.clone()));
    let done = thread
        .as_object()
        .get_attr("_invoke_excepthook", vm)
        .and_then(|hook| hook.call((thread.to_owned(),), vm));
    vm.set_exception(before);
    done.map(drop)
}

//! What a started thread does, on that thread.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyDict},
    function::FuncArgs,
};

use super::PyThread;
use crate::{interpreters, thread::keywords, threading::registry};

/// The life of a started thread.
pub(super) fn bootstrap(thread: &Py<PyThread>, vm: &VirtualMachine) {
    let handle = thread.handle();
    let ident = handle.ident();
    registry::set_current(thread.as_object(), vm);
    thread.set_os_name();
    let done = registry::add(thread.as_object(), ident, vm).and_then(|()| {
        let hooks = interpreters::of(vm).hooks.lock().clone();
        for (function, hook) in [("settrace", hooks.trace), ("setprofile", hooks.profile)] {
            if let Some(hook) = hook {
                vm.sys_module.get_attr(function, vm)?.call((hook,), vm)?;
            }
        }
        if let Err(raised) = run_in_context(thread, vm) {
            let threads = interpreters::of(vm);
            if threads.uncaught.note(&raised, thread.as_object(), vm) {
                report(raised, thread, vm)?;
            }
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

/// Calls what a thread was made with.
pub(super) fn call_target(
    target: &PyObject,
    args: &PyObject,
    kwargs: Option<&PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let positional: Vec<PyObjectRef> = args.try_to_value(vm)?;
    let named = match kwargs {
        Some(kwargs) => match kwargs.downcast_ref::<PyDict>() {
            Some(dict) => keywords(Some(&dict.to_owned()), vm)?,
            None => {
                let dict = vm
                    .ctx
                    .types
                    .dict_type
                    .as_object()
                    .call((kwargs.clone(),), vm)?;
                keywords(
                    dict.downcast_ref::<PyDict>()
                        .map(ToOwned::to_owned)
                        .as_ref(),
                    vm,
                )?
            }
        },
        None => keywords(None, vm)?,
    };
    target.call(FuncArgs::new(positional, named), vm).map(drop)
}

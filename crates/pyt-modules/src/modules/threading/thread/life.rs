//! What a started thread does, on that thread.

use pyt_vm::{panics, state, uncaught::UncaughtExceptions};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyDict},
    compiler::Mode,
    function::{ArgMapping, FuncArgs},
    scope::Scope,
};

use super::PyThread;
use crate::modules::{
    thread::keywords,
    threading::{registry, trace_hooks},
};

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
    let args = FuncArgs::new(positional, named);
    if needs_frame(target, vm) {
        call_in_frame(target, args, vm)
    } else {
        target.call(args, vm).map(drop)
    }
}

/// Whether it may read the frame that calls it, as `exec` and `globals` do: functions of
/// `builtins`.
fn needs_frame(target: &PyObject, vm: &VirtualMachine) -> bool {
    let function = vm.ctx.types.builtin_function_or_method_type;
    target.class().is(function)
        && target.get_attr("__module__", vm).is_ok_and(|module| {
            vm.bool_eq(&module, vm.ctx.new_str("builtins").as_object())
                .unwrap_or(false)
        })
}

/// As in CPython, where `Thread.run` is Python code of the module `threading`.
fn call_in_frame(target: &PyObject, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let code = vm
        .compile(
            "target(*args, **kwargs)",
            Mode::Eval,
            "<threading>".to_owned(),
        )
        .map_err(|error| error.into_pyexception(vm, None))?;
    let kwargs = vm.ctx.new_dict();
    for (name, value) in args.kwargs {
        kwargs.set_item(&*name, value, vm)?;
    }
    let locals = vm.ctx.new_dict();
    locals.set_item("target", target.to_owned(), vm)?;
    locals.set_item("args", vm.ctx.new_tuple(args.args).into(), vm)?;
    locals.set_item("kwargs", kwargs.into(), vm)?;
    let threading = vm.import("threading", 0)?;
    let globals = threading.get_attr("__dict__", vm)?.downcast::<PyDict>();
    let globals = globals.unwrap_or_else(|_| vm.ctx.new_dict());
    let scope = Scope::with_builtins(Some(ArgMapping::from_dict_exact(locals)), globals, vm);
    vm.run_code_obj(code, scope).map(drop)
}

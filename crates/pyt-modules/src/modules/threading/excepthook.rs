//! What happens to an exception that leaves a thread's `run`.

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyBaseExceptionRef,
    function::FuncArgs,
};

use super::registry;

/// `threading._make_invoke_excepthook`: the hooks as they are now are kept for the end of the
/// interpreter, when the modules may be empty.
pub(super) fn make(vm: &VirtualMachine) -> PyResult {
    let old_hook = registry::module(vm)?.get_attr("excepthook", vm)?;
    if vm.is_none(&old_hook) {
        return Err(vm.new_runtime_error("threading.excepthook is None"));
    }
    let old_sys_hook = vm.sys_module.get_attr("excepthook", vm)?;
    if vm.is_none(&old_sys_hook) {
        return Err(vm.new_runtime_error("sys.excepthook is None"));
    }
    let invoke = move |thread: PyObjectRef, vm: &VirtualMachine| -> PyResult<()> {
        match vm.current_exception() {
            Some(raised) => call(raised, thread, &old_hook, &old_sys_hook, vm),
            None => Ok(()),
        }
    };
    Ok(vm.new_function("invoke_excepthook", invoke).into())
}

/// Calls `threading.excepthook` for `raised`; an exception in the hook goes to `sys.excepthook`.
pub(super) fn call(
    raised: PyBaseExceptionRef,
    thread: PyObjectRef,
    old_hook: &PyObjectRef,
    old_sys_hook: &PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let Err(second) = try_hook(raised, &thread, old_hook, vm) else {
        return Ok(());
    };
    if !second.fast_isinstance(vm.ctx.exceptions.exception_type) {
        return Err(second);
    }
    second
        .as_object()
        .set_attr("__suppress_context__", vm.ctx.new_bool(true), vm)?;
    let stderr = match vm.sys_module.get_attr("stderr", vm) {
        Ok(stderr) if !vm.is_none(&stderr) => stderr,
        _ => thread.get_attr("_stderr", vm)?,
    };
    vm.call_method(&stderr, "write", ("Exception in threading.excepthook:\n",))?;
    vm.call_method(&stderr, "flush", ())?;
    let sys_hook = match vm.sys_module.get_attr("excepthook", vm) {
        Ok(hook) if !vm.is_none(&hook) => hook,
        _ => old_sys_hook.clone(),
    };
    let (class, value, traceback) = vm.split_exception(second);
    sys_hook.call((class, value, traceback), vm)?;
    Ok(())
}

fn try_hook(
    raised: PyBaseExceptionRef,
    thread: &PyObjectRef,
    old_hook: &PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let module = registry::module(vm)?;
    let hook = match module.get_attr("excepthook", vm) {
        Ok(hook) if !vm.is_none(&hook) => hook,
        _ => old_hook.clone(),
    };
    let (class, value, traceback) = vm.split_exception(raised);
    let fields = vm
        .ctx
        .new_list(vec![class, value, traceback, thread.clone()]);
    let args = module
        .get_attr("ExceptHookArgs", vm)?
        .call(FuncArgs::from(vec![fields.into()]), vm)?;
    hook.call((args,), vm)?;
    Ok(())
}

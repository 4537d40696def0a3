//! The environment of a runtime that has one of its own: `os.environ`, `os.putenv`, `os.unsetenv`,
//! and what child processes inherit.
//!
//! Which variables it starts with is not known here.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
};

use pyt_modules::upstream::{self, derived};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyDictRef, PyModule, PyModuleDef},
    function::{FsPath, FuncArgs},
};

/// Whether `setenv` would take it.
pub(crate) fn is_variable(name: &OsStr, value: &OsStr) -> bool {
    let has = |text: &OsStr, byte| text.as_bytes().contains(&byte);
    !name.is_empty() && !has(name, b'=') && !has(name, 0) && !has(value, 0)
}

/// Puts the runtime's environment into `posix`, where `os` finds it.
pub(crate) fn install(
    environment: &BTreeMap<OsString, OsString>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let posix = vm.import("posix", 0)?;
    let bytes = |text: &OsStr| vm.ctx.new_bytes(text.as_bytes().to_vec());
    let fill = |dict: &PyDictRef| -> PyResult<()> {
        for (name, value) in environment {
            dict.set_item(bytes(name).as_object(), bytes(value).into(), vm)?;
        }
        Ok(())
    };
    let dict = vm.ctx.new_dict();
    fill(&dict)?;
    posix.set_attr("environ", dict, vm)?;
    // `os.putenv` changes this one; `os.environ` shows it after `os.reload_environ`.
    let current = vm.ctx.new_dict();
    fill(&current)?;
    posix.set_attr(CURRENT, current, vm)?;
    posix.set_attr("putenv", vm.new_function("putenv", put), vm)?;
    posix.set_attr("unsetenv", vm.new_function("unsetenv", unset), vm)?;
    let create = vm.new_function("_create_environ", create);
    posix.set_attr("_create_environ", create, vm)
}

/// The attribute of `posix` that holds the runtime's environment as `putenv` has made it.
const CURRENT: &str = "_environ_of_runtime";

/// The runtime's environment; `None` if the runtime uses that of the process.
fn current(vm: &VirtualMachine) -> PyResult<Option<PyDictRef>> {
    let posix = vm.import("posix", 0)?;
    let current = vm.get_attribute_opt(&posix, CURRENT)?;
    Ok(current.and_then(|current| current.downcast().ok()))
}

/// The module `_posixsubprocess` for such a runtime: child processes get the runtime's environment,
/// unless they are started with another.
pub(crate) fn module_for_children() -> Option<&'static PyModuleDef> {
    derived::derive_named("_posixsubprocess", pass_on_environment)
}

fn pass_on_environment(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    module.set_attr("fork_exec", vm.new_function("fork_exec", fork_exec), vm)
}

/// Which argument of `fork_exec` is the environment.
const ENVIRONMENT: usize = 5;

fn fork_exec(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    if let Some(given) = args.args.get_mut(ENVIRONMENT)
        && vm.is_none(given)
        && let Some(current) = current(vm)?
    {
        let variables = current.into_iter().map(|(name, value)| {
            let part = |part: PyObjectRef| part.try_bytes_like(vm, <[u8]>::to_vec);
            let variable = [part(name)?, part(value)?].join(&b'=');
            Ok(vm.ctx.new_bytes(variable).into())
        });
        *given = vm.ctx.new_list(variables.collect::<PyResult<_>>()?).into();
    }
    upstream::call("_posixsubprocess", "fork_exec", args, vm)
}

fn put(name: FsPath, value: FsPath, vm: &VirtualMachine) -> PyResult<()> {
    if !is_variable(&name.as_os_str(vm)?, &value.as_os_str(vm)?) {
        return Err(vm.new_value_error("illegal environment variable name"));
    }
    match current(vm)? {
        Some(current) => current.set_item(
            vm.ctx.new_bytes(name.as_bytes().to_vec()).as_object(),
            vm.ctx.new_bytes(value.as_bytes().to_vec()).into(),
            vm,
        ),
        None => Ok(()),
    }
}

fn unset(name: FsPath, vm: &VirtualMachine) -> PyResult<()> {
    let name = vm.ctx.new_bytes(name.as_bytes().to_vec());
    match current(vm)? {
        Some(current) if current.contains_key(name.as_object(), vm) => {
            current.del_item(name.as_object(), vm)
        }
        _ => Ok(()),
    }
}

fn create(vm: &VirtualMachine) -> PyResult<PyDictRef> {
    let current = current(vm)?.unwrap_or_else(|| vm.ctx.new_dict());
    Ok(current.copy().into_ref(&vm.ctx))
}

//! What `time` has to do with dates: upstream's functions, told the time by our clock.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyStr},
    function::{Callee, FuncArgs},
    host_env::time::tz,
    stdlib::builtin_module_defs,
};

use super::clocks;

/// Upstream's module `time`.
fn upstream(vm: &VirtualMachine) -> PyResult<&'static PyModuleDef> {
    static UPSTREAM: OnceLock<Option<&'static PyModuleDef>> = OnceLock::new();
    UPSTREAM
        .get_or_init(|| {
            builtin_module_defs(&vm.ctx)
                .into_iter()
                .find(|def| def.name.as_str() == "time")
        })
        .ok_or_else(|| vm.new_runtime_error("the interpreter has no module 'time' of its own"))
}

/// Gives `module` everything that upstream's has and it has not.
pub(super) fn complete(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let upstream = upstream(vm)?;
    let theirs = upstream.create_module(vm)?;
    upstream.exec_module(vm, &theirs)?;
    let ours = module.dict();
    for (name, value) in &theirs.dict() {
        if let Some(name) = name.downcast_ref::<PyStr>()
            && ours.get_item_opt(name, vm)?.is_none()
        {
            ours.set_item(name, value, vm)?;
        }
    }
    set_zone(module, vm)
}

/// Calls upstream's function `name`.
fn call(name: &str, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let method = upstream(vm)?
        .methods
        .iter()
        .find(|method| method.name == name)
        .ok_or_else(|| {
            vm.new_attribute_error(format!("module 'time' has no attribute '{name}'"))
        })?;
    (method.func)(vm, args, Callee::named(method.name))
}

fn now(vm: &VirtualMachine) -> PyObjectRef {
    vm.ctx.new_int(clocks::wall().as_secs()).into()
}

/// A function of seconds, which are by default those of the clock: `localtime`, for one.
pub(super) fn of_seconds(name: &str, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    if clocks::is_virtual() && args.args.iter().all(|arg| vm.is_none(arg)) && args.args.len() < 2 {
        args.args = vec![now(vm)];
    }
    call(name, args, vm)
}

/// A function of a time tuple, which is by default that of the local time now: `asctime`, for
/// one. `before` arguments come before it.
pub(super) fn of_tuple(
    name: &str,
    before: usize,
    mut args: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult {
    if clocks::is_virtual() && args.args.len() == before {
        args.args
            .push(call("localtime", FuncArgs::from(vec![now(vm)]), vm)?);
    }
    call(name, args, vm)
}

/// Sets what the module says of the time zone from the C library.
fn set_zone(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    tz::tzset();
    let (standard, daylight) = tz::tzname_strings();
    let names = [standard, daylight].map(|name| vm.ctx.new_str(name).into());
    let module = module.as_object();
    module.set_attr("timezone", vm.ctx.new_int(tz::timezone()), vm)?;
    module.set_attr("altzone", vm.ctx.new_int(tz::altzone()), vm)?;
    module.set_attr("daylight", vm.ctx.new_int(tz::daylight()), vm)?;
    module.set_attr("tzname", vm.ctx.new_tuple(names.to_vec()), vm)
}

/// Looks at the environment variable `TZ` again.
pub(super) fn tzset(vm: &VirtualMachine) -> PyResult<()> {
    let module = vm.import("time", 0)?;
    match module.downcast_ref::<PyModule>() {
        Some(module) => set_zone(module, vm),
        None => Ok(()),
    }
}

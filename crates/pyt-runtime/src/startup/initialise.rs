//! The last part of an interpreter's start: `sys`, `compile`, `__main__`, `faulthandler`,
//! `warnings` and `site`.

use pyt_modules::guards;
use pyt_vm::shared_classes;
use rustpython_vm::{AsObject, PyResult, VirtualMachine};

use super::{ast, library_sources, site};
use crate::config::{arguments, options::Options};

/// Does what CPython's start does once the core is initialised, in its order.
pub(crate) fn initialise(vm: &VirtualMachine, options: &Options) -> PyResult<()> {
    let argv = options
        .argv
        .iter()
        .map(|arg| vm.fsdecode(arg.clone()).into())
        .collect();
    vm.sys_module.set_attr("argv", vm.ctx.new_list(argv), vm)?;
    if let Some(original) = arguments::original() {
        let original = original.iter();
        let original = original.map(|argument| vm.fsdecode(argument.clone()).into());
        let original = vm.ctx.new_list(original.collect());
        vm.sys_module.set_attr("orig_argv", original, vm)?;
    }
    add_gil_flag(vm)?;
    ast::install(vm)?;
    library_sources::install(vm)?;
    guards::guard_interpreter(vm);
    // Objects that exist already live to the end, so no collection needs to visit them.
    vm.state.gc.freeze();
    vm.state.gc.enable();
    shared_classes::expect_readers();
    vm.new_scope_with_main()?;
    if options.faulthandler {
        let enable = vm.import("faulthandler", 0)?.get_attr("enable", vm)?;
        enable.call((), vm)?;
    }
    if !options.warn_options().is_empty() {
        vm.import("warnings", 0)?;
    }
    if !options.no_site {
        site::start(vm)?;
    }
    Ok(())
}

/// Adds `sys.flags.gil`, which the interpreter's own struct lacks. The class is shared by all
/// interpreters of the process, so the attribute reads the setting of the current interpreter.
fn add_gil_flag(vm: &VirtualMachine) -> PyResult<()> {
    let flags = vm.sys_module.get_attr("flags", vm)?;
    let class = flags.class();
    let name = vm.ctx.intern_str("gil");
    if class.get_attr(name).is_none() {
        let gil = vm
            .ctx
            .new_readonly_getset("gil", vm.ctx.types.object_type, gil_flag);
        shared_classes::set_attribute(class, name, gil.into());
    }
    Ok(())
}

fn gil_flag(_flags: rustpython_vm::PyObjectRef, vm: &VirtualMachine) -> PyResult<i32> {
    let is_enabled = vm
        .sys_module
        .get_attr("_is_gil_enabled", vm)?
        .call((), vm)?;
    Ok(i32::from(is_enabled.is_true(vm)?))
}

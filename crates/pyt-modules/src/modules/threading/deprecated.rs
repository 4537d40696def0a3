//! Warnings about the deprecated names of `threading`.

use rustpython_vm::{PyResult, VirtualMachine};

/// Issues a `DeprecationWarning` for the caller of the function that calls this.
pub(super) fn warn_deprecated(message: &str, vm: &VirtualMachine) -> PyResult<()> {
    rustpython_vm::warn::warn(
        vm.ctx.new_str(message).into(),
        Some(vm.ctx.exceptions.deprecation_warning.to_owned()),
        1,
        None,
        vm,
    )
}

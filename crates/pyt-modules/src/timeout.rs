//! Timeouts as Python code gives them: parsing, and CPython's errors for bad ones.

use pyt_sched::Deadline;
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

/// `_ThreadHandle.join`'s: none or negative, for ever.
pub(crate) fn of_join(
    timeout: Option<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult<Option<Deadline>> {
    let Some(timeout) = timeout.filter(|timeout| !vm.is_none(timeout)) else {
        return Ok(None);
    };
    let seconds: f64 = timeout.try_float(vm)?.to_f64();
    Ok((seconds >= 0.0).then(|| Deadline::after(std::time::Duration::from_secs_f64(seconds))))
}

/// `Thread.join`'s: none, for ever; negative, as zero.
pub(crate) fn of_thread_join(
    timeout: Option<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult<Option<Deadline>> {
    let Some(timeout) = timeout.filter(|timeout| !vm.is_none(timeout)) else {
        return Ok(None);
    };
    let seconds: f64 = timeout.try_float(vm)?.to_f64();
    Ok(Some(Deadline::after(std::time::Duration::from_secs_f64(
        seconds.max(0.0),
    ))))
}

//! Timeouts as Python code gives them: which numbers each function takes, and CPython's errors
//! for the others.
//!
//! Nothing here reads a clock: a timeout becomes a [`Deadline`] where its wait begins.

use std::time::Duration;

use pyt_sched::Deadline;
use rustpython_vm::{
    AsObject, PyObject, PyResult, VirtualMachine,
    builtins::{PyFloat, PyInt},
    types::PyComparisonOp,
};

use crate::args::seconds::{self, Round};

/// The longest timeout there is, in microseconds.
const MAX_MICROS: i64 = i64::MAX / 1_000;

/// How a lock is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// Only if it is free.
    Try,
    /// Waiting for ever, or for this long.
    Wait(Option<Duration>),
}

/// The point in time at which a wait of `timeout` that begins now ends.
#[inline]
pub(crate) fn deadline(timeout: Option<Duration>) -> Option<Deadline> {
    timeout.map(Deadline::after)
}

/// A positive timeout as a duration.
fn duration(nanos: i64, vm: &VirtualMachine) -> PyResult<Duration> {
    let nanos = u64::try_from(nanos).unwrap_or(0);
    if nanos.div_ceil(1_000) > MAX_MICROS as u64 {
        return Err(vm.new_overflow_error("timeout value is too large"));
    }
    Ok(Duration::from_nanos(nanos))
}

/// The arguments `blocking` and `timeout` of `Lock.acquire` and its like. A timeout of -1 means
/// for ever, other negative ones are errors.
pub(crate) fn attempt(
    blocking: Option<&PyObject>,
    timeout: Option<&PyObject>,
    vm: &VirtualMachine,
) -> PyResult<Attempt> {
    const FOR_EVER: i64 = -1_000_000_000;
    let blocking = match blocking {
        Some(blocking) => blocking.to_owned().try_to_bool(vm)?,
        None => true,
    };
    let timeout = match timeout {
        Some(timeout) => seconds::nanos(timeout, Round::Away, vm)?,
        None => FOR_EVER,
    };
    if !blocking && timeout != FOR_EVER {
        return Err(vm.new_value_error("can't specify a timeout for a non-blocking call"));
    }
    if timeout < 0 && timeout != FOR_EVER {
        return Err(vm.new_value_error("timeout value must be a non-negative number"));
    }
    Ok(match timeout {
        _ if !blocking => Attempt::Try,
        FOR_EVER => Attempt::Wait(None),
        0 => Attempt::Try,
        nanos => Attempt::Wait(Some(duration(nanos, vm)?)),
    })
}

/// The usual whole numbers, for which nothing need be asked of Python's arithmetic.
fn small(timeout: &PyObject, vm: &VirtualMachine) -> Option<u32> {
    let int = timeout.downcast_ref_if_exact::<PyInt>(vm)?;
    u32::try_from(int.as_bigint()).ok()
}

/// The argument `timeout` of `Condition.wait` and its like: nothing or `None` means for ever,
/// zero and less not at all.
pub(crate) fn wait(timeout: Option<&PyObject>, vm: &VirtualMachine) -> PyResult<Option<Duration>> {
    let Some(timeout) = timeout.filter(|timeout| !vm.is_none(timeout)) else {
        return Ok(None);
    };
    if let Some(seconds) = small(timeout, vm) {
        return Ok(Some(Duration::from_secs(seconds.into())));
    }
    let is_number =
        timeout.downcast_ref::<PyFloat>().is_some() || timeout.downcast_ref::<PyInt>().is_some();
    if !is_number {
        let zero = vm.ctx.new_int(0);
        if timeout.rich_compare_bool(zero.as_object(), PyComparisonOp::Le, vm)? {
            return Ok(Some(Duration::ZERO));
        }
    } else if timeout
        .downcast_ref::<PyInt>()
        .is_some_and(|int| int.as_bigint() <= &0.into())
        || timeout
            .downcast_ref::<PyFloat>()
            .is_some_and(|float| float.to_f64() <= 0.0)
    {
        return Ok(Some(Duration::ZERO));
    }
    duration(seconds::nanos(timeout, Round::Away, vm)?, vm).map(Some)
}

/// Functions such as `Condition.wait_for` first add a timeout to the time: what cannot be added to
/// a float fails in that way.
pub(crate) fn addable(timeout: Option<&PyObject>, vm: &VirtualMachine) -> PyResult<()> {
    if let Some(timeout) = timeout.filter(|timeout| !vm.is_none(timeout))
        && timeout.downcast_ref::<PyFloat>().is_none()
        && small(timeout, vm).is_none()
    {
        vm._add(vm.ctx.new_float(0.0).as_object(), timeout)?;
    }
    Ok(())
}

/// `_ThreadHandle.join`'s: nothing, `None` or less than zero means for ever.
pub(crate) fn of_join(
    timeout: Option<&PyObject>,
    vm: &VirtualMachine,
) -> PyResult<Option<Deadline>> {
    let Some(timeout) = timeout.filter(|timeout| !vm.is_none(timeout)) else {
        return Ok(None);
    };
    let nanos = seconds::nanos(timeout, Round::Away, vm)?;
    if nanos < 0 {
        return Ok(None);
    }
    duration(nanos, vm).map(|timeout| deadline(Some(timeout)))
}

/// `Thread.join`'s: nothing or `None` means for ever, less than zero not at all.
pub(crate) fn of_thread_join(
    timeout: Option<&PyObject>,
    vm: &VirtualMachine,
) -> PyResult<Option<Deadline>> {
    let Some(timeout) = timeout.filter(|timeout| !vm.is_none(timeout)) else {
        return Ok(None);
    };
    let zero = vm.ctx.new_int(0);
    // As `max(timeout, 0)` compares.
    if zero
        .as_object()
        .rich_compare_bool(timeout, PyComparisonOp::Gt, vm)?
    {
        return Ok(deadline(Some(Duration::ZERO)));
    }
    of_join(Some(timeout), vm)
}

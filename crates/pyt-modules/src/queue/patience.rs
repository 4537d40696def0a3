//! How long a `put` or `get` of a `Queue` is to wait, from its arguments `block` and `timeout`.

use std::time::Duration;

use pyt_sched::Deadline;
use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyFloat, PyInt},
    types::PyComparisonOp,
};

use crate::seconds::{BadSeconds, Round, nanos_of_float};

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    /// Not at all.
    No,
    /// Without end.
    Forever,
    /// Until then.
    Until(Deadline),
    /// Longer than can be expressed, or NaN: an error, but only if waiting turns out to be
    /// necessary.
    Bad(BadSeconds),
}

/// The arguments as given, or what they came to.
pub(super) enum Patience {
    Given {
        block: Option<PyObjectRef>,
        timeout: Option<PyObjectRef>,
    },
    Known(Wait),
}

impl Patience {
    /// Whether there is a timeout that could be wrong.
    pub(super) fn has_timeout(&self, vm: &VirtualMachine) -> bool {
        matches!(self, Self::Given { timeout: Some(timeout), .. } if !vm.is_none(timeout))
    }

    /// What the arguments come to. The time is counted from the first call.
    ///
    /// # Errors
    /// `ValueError` for a negative timeout, and whatever comparing and adding the timeout raise.
    pub(super) fn wait(&mut self, vm: &VirtualMachine) -> PyResult<Wait> {
        let wait = match self {
            Self::Known(wait) => return Ok(*wait),
            Self::Given { block, timeout } => {
                let blocks = match block {
                    Some(block) => block.clone().try_to_bool(vm)?,
                    None => true,
                };
                match timeout {
                    _ if !blocks => Wait::No,
                    Some(timeout) if !vm.is_none(timeout) => for_seconds(seconds(timeout, vm)?),
                    _ => Wait::Forever,
                }
            }
        };
        *self = Self::Known(wait);
        Ok(wait)
    }
}

fn for_seconds(seconds: f64) -> Wait {
    match nanos_of_float(seconds, Round::Up) {
        Ok(nanos) => {
            let nanos = u64::try_from(nanos).unwrap_or(0);
            Wait::Until(Deadline::after(Duration::from_nanos(nanos)))
        }
        Err(bad) => Wait::Bad(bad),
    }
}

/// The timeout in seconds, not negative.
fn seconds(timeout: &PyObject, vm: &VirtualMachine) -> PyResult<f64> {
    if let Some(float) = timeout.downcast_ref_if_exact::<PyFloat>(vm) {
        let seconds = float.to_f64();
        return if seconds < 0.0 {
            Err(negative(vm))
        } else {
            Ok(seconds)
        };
    }
    let zero = vm.ctx.new_int(0);
    if timeout.rich_compare_bool(zero.as_object(), PyComparisonOp::Lt, vm)? {
        return Err(negative(vm));
    }
    if let Some(int) = timeout.downcast_ref_if_exact::<PyInt>(vm) {
        return int.as_object().to_owned().try_float(vm).map(|f| f.to_f64());
    }
    // Whatever can be added to the time will do.
    let sum = vm._add(vm.ctx.new_float(0.0).as_object(), timeout)?;
    sum.try_float(vm).map(|f| f.to_f64())
}

/// The error for a timeout below zero.
pub(super) fn negative(vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_value_error("'timeout' must be a non-negative number")
}

//! How long a `put` or `get` of a `Queue` may block, from its arguments `block` and `timeout`.

use std::time::Duration;

use pyt_sched::Deadline;
use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyFloat, PyInt},
    types::PyComparisonOp,
};

use crate::args::seconds::{BadSeconds, Round, nanos_of_float};

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

/// The arguments as given, or their meaning.
pub(super) enum Blocking {
    Given {
        block: Option<PyObjectRef>,
        timeout: Option<PyObjectRef>,
    },
    /// So long, counted from the first call of [`wait`](Self::wait).
    Within(Duration),
    Known(Wait),
}

impl Blocking {
    /// Whether there is a timeout that could be wrong.
    pub(super) fn has_timeout(&self, vm: &VirtualMachine) -> bool {
        matches!(self, Self::Given { timeout: Some(timeout), .. } if !vm.is_none(timeout))
    }

    /// Whether the arguments say so without being evaluated: wait without end.
    pub(super) fn is_endless(&self, vm: &VirtualMachine) -> bool {
        match self {
            Self::Given {
                block: None,
                timeout,
            } => timeout.as_ref().is_none_or(|timeout| vm.is_none(timeout)),
            Self::Known(wait) => matches!(wait, Wait::Forever),
            _ => false,
        }
    }

    /// Checks the arguments. No time passes yet: most calls need not wait.
    ///
    /// # Errors
    /// `ValueError` for a negative timeout, and what comparing and adding the timeout raise.
    pub(super) fn check(&mut self, vm: &VirtualMachine) -> PyResult<()> {
        let Self::Given { block, timeout } = self else {
            return Ok(());
        };
        let blocks = match block {
            Some(block) => block.clone().try_to_bool(vm)?,
            None => true,
        };
        *self = match timeout {
            _ if !blocks => Self::Known(Wait::No),
            Some(timeout) if !vm.is_none(timeout) => for_seconds(seconds(timeout, vm)?),
            _ => Self::Known(Wait::Forever),
        };
        Ok(())
    }

    /// What the arguments mean. The time is counted from the first call.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(super) fn wait(&mut self, vm: &VirtualMachine) -> PyResult<Wait> {
        self.check(vm)?;
        let wait = match self {
            Self::Known(wait) => *wait,
            Self::Within(timeout) => Wait::Until(Deadline::after(*timeout)),
            // Checked, it is none of these.
            Self::Given { .. } => Wait::Forever,
        };
        *self = Self::Known(wait);
        Ok(wait)
    }
}

fn for_seconds(seconds: f64) -> Blocking {
    match nanos_of_float(seconds, Round::Up) {
        Ok(nanos) => Blocking::Within(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))),
        Err(bad) => Blocking::Known(Wait::Bad(bad)),
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
    // The usual ones without Python's arithmetic; all of them are exact as floats.
    if let Some(int) = timeout.downcast_ref_if_exact::<PyInt>(vm)
        && let Ok(seconds) = u32::try_from(int.as_bigint())
    {
        return Ok(f64::from(seconds));
    }
    let zero = vm.ctx.new_int(0);
    if timeout.rich_compare_bool(zero.as_object(), PyComparisonOp::Lt, vm)? {
        return Err(negative(vm));
    }
    if let Some(int) = timeout.downcast_ref_if_exact::<PyInt>(vm) {
        return int.as_object().to_owned().try_float(vm).map(|f| f.to_f64());
    }
    // Everything that can be added to the time is a timeout.
    let sum = vm._add(vm.ctx.new_float(0.0).as_object(), timeout)?;
    sum.try_float(vm).map(|f| f.to_f64())
}

/// The error for a timeout below zero.
pub(super) fn negative(vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_value_error("'timeout' must be a non-negative number")
}

//! A number of seconds, as Python code gives it, in nanoseconds.

use rustpython_vm::{
    PyObject, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyFloat},
};

const PER_SECOND: i64 = 1_000_000_000;

/// What to do with fractions of a nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// To the next higher one: a wait is never shorter than it was to be.
    Up,
    /// Away from zero: a wait that is not zero stays so.
    Away,
    /// To the next lower one: a clock never runs ahead.
    Down,
}

/// `seconds`, an int, a float, or an object with `__index__`, in nanoseconds.
///
/// # Errors
/// `TypeError` for anything else, `ValueError` for NaN, `OverflowError` for what is beyond
/// CPython's time type: 64 bits of nanoseconds.
pub(crate) fn nanos(seconds: &PyObject, round: Round, vm: &VirtualMachine) -> PyResult<i64> {
    if let Some(float) = seconds.downcast_ref::<PyFloat>() {
        return nanos_of_float(float.to_f64(), round).map_err(|bad| bad.raise(vm));
    }
    let int = match seconds.try_index_opt(vm) {
        Some(int) => int?,
        None => {
            let class = seconds.class().fully_qualified_name(vm)?;
            return Err(vm.new_type_error(format!(
                "'{class}' object cannot be interpreted as an integer or float",
            )));
        }
    };
    i64::try_from(int.as_bigint())
        .ok()
        .and_then(|seconds| seconds.checked_mul(PER_SECOND))
        .ok_or_else(|| BadSeconds::OutOfRange.raise(vm))
}

/// Why a number of seconds is not a number of nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadSeconds {
    Nan,
    /// Beyond CPython's time type.
    OutOfRange,
}

impl BadSeconds {
    /// CPython's exception.
    pub(crate) fn raise(self, vm: &VirtualMachine) -> PyBaseExceptionRef {
        match self {
            Self::Nan => vm.new_value_error("Invalid value NaN (not a number)"),
            Self::OutOfRange => vm.new_overflow_error("timestamp out of range for C PyTime_t"),
        }
    }
}

/// `seconds` in nanoseconds.
pub(crate) fn nanos_of_float(seconds: f64, round: Round) -> Result<i64, BadSeconds> {
    if seconds.is_nan() {
        return Err(BadSeconds::Nan);
    }
    let nanos = seconds * 1e9;
    let nanos = match round {
        Round::Down => nanos.floor(),
        Round::Away if nanos < 0.0 => nanos.floor(),
        Round::Up | Round::Away => nanos.ceil(),
    };
    // The upper bound itself is not a number of 64 bits.
    #[expect(clippy::cast_precision_loss, reason = "both bounds are powers of two")]
    #[expect(clippy::cast_possible_truncation, reason = "checked")]
    if nanos >= i64::MIN as f64 && nanos < i64::MAX as f64 {
        Ok(nanos as i64)
    } else {
        Err(BadSeconds::OutOfRange)
    }
}

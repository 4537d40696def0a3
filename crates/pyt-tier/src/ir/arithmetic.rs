//! Python's arithmetic on unboxed numbers. `None` means that the interpreter has to do it: the
//! result is no 64-bit integer, or an exception.

use rustpython_vm::common::float_ops;

use super::{Cmp, FloatOp, IntOp};

/// From here on not each integer is a float.
const EXACT: i64 = 1 << 53;

#[inline(always)]
pub(crate) fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    let is_inexact = quotient.wrapping_mul(b) != a;
    Some(quotient - i64::from(is_inexact && (a < 0) != (b < 0)))
}

#[inline(always)]
pub(crate) fn modulo(a: i64, b: i64) -> Option<i64> {
    let rest = a.checked_rem(b)?;
    Some(if rest != 0 && (rest < 0) != (b < 0) {
        rest + b
    } else {
        rest
    })
}

#[inline(always)]
pub(crate) fn shift_left(a: i64, by: i64) -> Option<i64> {
    if !(0..64).contains(&by) {
        return None;
    }
    let shifted = a << by;
    (shifted >> by == a).then_some(shifted)
}

#[inline(always)]
pub(crate) fn shift_right(a: i64, by: i64) -> Option<i64> {
    (by >= 0).then(|| a >> by.min(63))
}

#[inline(always)]
pub(crate) fn int(op: IntOp, a: i64, b: i64) -> Option<i64> {
    match op {
        IntOp::Add => a.checked_add(b),
        IntOp::Sub => a.checked_sub(b),
        IntOp::Mul => a.checked_mul(b),
        IntOp::FloorDiv => floor_div(a, b),
        IntOp::Mod => modulo(a, b),
        IntOp::Pow => a.checked_pow(u32::try_from(b).ok()?),
        IntOp::Shl => shift_left(a, b),
        IntOp::Shr => shift_right(a, b),
        IntOp::And => Some(a & b),
        IntOp::Or => Some(a | b),
        IntOp::Xor => Some(a ^ b),
        IntOp::Min => Some(a.min(b)),
        IntOp::Max => Some(a.max(b)),
    }
}

/// An integer as a float, if that is exact whatever the rounding.
#[inline(always)]
pub(crate) fn to_float(a: i64) -> Option<f64> {
    (-EXACT..=EXACT).contains(&a).then_some(a as f64)
}

/// True division: of exact floats it is rounded once, as Python's. The sign of a zero quotient of
/// integers is left to the interpreter, which differs from CPython there.
#[inline(always)]
pub(crate) fn int_div(a: i64, b: i64) -> Option<f64> {
    if b == 0 || (a == 0 && b < 0) {
        return None;
    }
    Some(to_float(a)? / to_float(b)?)
}

#[inline(always)]
pub(crate) fn float(op: FloatOp, a: f64, b: f64) -> Option<f64> {
    match op {
        FloatOp::Add => Some(a + b),
        FloatOp::Sub => Some(a - b),
        FloatOp::Mul => Some(a * b),
        FloatOp::Div => (b != 0.0).then(|| a / b),
        FloatOp::FloorDiv => float_ops::floordiv(a, b),
        FloatOp::Mod => float_ops::mod_(a, b),
        FloatOp::Pow => pow(a, b),
        // The first of two that are equal, or that cannot be compared.
        FloatOp::Min => Some(if b < a { b } else { a }),
        FloatOp::Max => Some(if b > a { b } else { a }),
    }
}

/// A float without its fraction.
#[inline]
pub(crate) fn to_int(a: f64) -> Option<i64> {
    // All floats between these are, and the limits themselves are exact.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0)
        .contains(&a)
        .then_some(a as i64)
}

/// How many values a `range` has, if the interpreter's iterator of it is one of machine integers.
#[inline]
pub(crate) fn range_length(start: i64, stop: i64, step: i64) -> Option<u64> {
    start.checked_add(step)?;
    let (from, to) = if step > 0 {
        (start, stop)
    } else {
        (stop, start)
    };
    if step == 0 || from >= to {
        return (step != 0).then_some(0);
    }
    Some((to.abs_diff(from) - 1) / step.unsigned_abs() + 1)
}

/// What is plain about powers; errors, complex results and the special values are left out.
#[inline]
fn pow(a: f64, b: f64) -> Option<f64> {
    if !(a > 0.0 && a.is_finite() && b.is_finite()) {
        return None;
    }
    let power = a.powf(b);
    power.is_finite().then_some(power)
}

#[inline(always)]
pub(crate) fn compare<T: PartialOrd>(op: Cmp, a: T, b: T) -> bool {
    match op {
        Cmp::Lt => a < b,
        Cmp::Le => a <= b,
        Cmp::Eq => a == b,
        Cmp::Ne => a != b,
        Cmp::Gt => a > b,
        Cmp::Ge => a >= b,
    }
}

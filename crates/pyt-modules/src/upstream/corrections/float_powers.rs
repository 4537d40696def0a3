//! Powers of floats as C's `pow` has them: `(-0.0) ** 0.5` and `float('-inf') ** 0.5` are floats.
//! Upstream takes both for negative numbers, whose roots are complex. And a result that is too
//! large raises `OverflowError` with the number of the error, as CPython's does.
//!
//! Can go when upstream's `float_pow` asks whether the base is less than zero and finite, and its
//! error has the number.

use std::sync::OnceLock;

use rustpython_vm::{
    Context, PyObject, PyResult, VirtualMachine,
    builtins::{PyFloat, PyInt},
};

use super::slots::renew_descriptors;

type Power = fn(&PyObject, &PyObject, &PyObject, &VirtualMachine) -> PyResult;

static UPSTREAM: OnceLock<Power> = OnceLock::new();

/// POSIX's "result out of range", on Linux and elsewhere.
const ERANGE: i32 = 34;

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.float_type;
    let number = &class.slots.as_number;
    let Some(upstream) = number.power.load() else {
        return;
    };
    if UPSTREAM.set(upstream).is_err() {
        return;
    }
    number.power.store(Some(power));
    number.right_power.store(Some(power));
    renew_descriptors(class, &["__pow__", "__rpow__"], ctx);
}

fn power(a: &PyObject, b: &PyObject, modulus: &PyObject, vm: &VirtualMachine) -> PyResult {
    if vm.is_none(modulus)
        && let (Some(base), Some(exponent)) = (real(a), real(b))
    {
        match of_numbers(base, exponent) {
            Outcome::Float(result) => return Ok(vm.ctx.new_float(result).into()),
            Outcome::TooLarge => {
                let class = vm.ctx.exceptions.overflow_error.to_owned();
                let args = vec![
                    vm.ctx.new_int(ERANGE).into(),
                    vm.ctx.new_str("Numerical result out of range").into(),
                ];
                return Err(vm.new_exception(class, args));
            }
            // A complex number, or an error.
            Outcome::Upstreams => {}
        }
    }
    match UPSTREAM.get() {
        Some(upstream) => upstream(a, b, modulus, vm),
        None => Ok(vm.ctx.not_implemented()),
    }
}

/// The number that a float or an integer is. `None` for an integer that is too large.
fn real(object: &PyObject) -> Option<f64> {
    if let Some(float) = object.downcast_ref::<PyFloat>() {
        return Some(float.to_f64());
    }
    let integer: i64 = object
        .downcast_ref::<PyInt>()?
        .as_bigint()
        .try_into()
        .ok()?;
    Some(integer as f64)
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Float(f64),
    TooLarge,
    Upstreams,
}

fn of_numbers(base: f64, exponent: f64) -> Outcome {
    let is_whole = exponent.fract() == 0.0;
    let has_complex_root = base < 0.0 && base.is_finite() && exponent.is_finite() && !is_whole;
    if has_complex_root || (base == 0.0 && exponent < 0.0) {
        return Outcome::Upstreams;
    }
    let result = base.powf(exponent);
    if result.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Outcome::TooLarge;
    }
    Outcome::Float(result)
}

#[cfg(test)]
mod tests {
    use super::{Outcome, of_numbers};

    #[test]
    fn powers_are_those_of_c() {
        let float = |base, exponent| match of_numbers(base, exponent) {
            Outcome::Float(result) => result,
            other => panic!("{base} ** {exponent}: {other:?}"),
        };
        let is = |result: f64, expected: f64| assert_eq!(result.to_bits(), expected.to_bits());
        let infinity = f64::INFINITY;
        assert!(float(-0.0, 0.5).is_sign_positive() && float(-0.0, 0.5) == 0.0);
        assert!(float(-0.0, 3.0).is_sign_negative());
        is(float(-infinity, 0.5), infinity);
        is(float(-infinity, 3.0), -infinity);
        is(float(-2.0, infinity), infinity);
        is(float(-2.0, -infinity), 0.0);
        is(float(-1.0, infinity), 1.0);
        is(float(f64::NAN, 0.0), 1.0);
        is(float(1.0, f64::NAN), 1.0);
        assert!(float(-f64::NAN, 0.5).is_nan());
        assert_eq!(of_numbers(10.0, 400.0), Outcome::TooLarge);
        assert_eq!(of_numbers(-8.0, 0.5), Outcome::Upstreams);
        assert_eq!(of_numbers(0.0, -1.0), Outcome::Upstreams);
    }
}

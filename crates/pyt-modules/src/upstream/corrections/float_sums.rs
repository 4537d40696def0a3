//! `sum` of floats and of complex numbers keeps track of what rounding loses (Neumaier's
//! summation), as CPython's does since 3.12: `sum([0.1] * 10)` is `1.0`. Upstream adds one after
//! the other.
//!
//! Can go when upstream's `sum` does.

use rustpython_vm::{
    AsObject, FromArgs, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyByteArray, PyBytes, PyComplex, PyFloat, PyInt, PyStr},
    function::{ArgIterable, FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

static SUM: PyMethodDef = PyMethodDef::new_const(
    "sum",
    sum,
    PyMethodFlags::empty(),
    ItemDoc::static_text("sum($module, iterable, /, start=0)\n--\n\n"),
);

/// Puts it into `builtins`.
pub(super) fn begin(vm: &VirtualMachine) -> PyResult<()> {
    let builtins = vm.builtins.as_object();
    let function = SUM
        .to_function()
        .with_module(vm.ctx.intern_str("builtins"))
        .with_module_object(builtins.to_owned())
        .into_ref(&vm.ctx);
    builtins.set_attr(SUM.name, function, vm)
}

#[derive(FromArgs)]
struct SumArgs {
    #[pyarg(positional)]
    iterable: ArgIterable,
    #[pyarg(any, optional)]
    start: Option<PyObjectRef>,
}

/// A sum of floats, and what its rounding has lost.
#[derive(Clone, Copy)]
struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    fn of(sum: f64) -> Self {
        Self { sum, lost: 0.0 }
    }

    fn add(&mut self, x: f64) {
        let sum = self.sum + x;
        self.lost += if self.sum.abs() >= x.abs() {
            (self.sum - sum) + x
        } else {
            (x - sum) + self.sum
        };
        self.sum = sum;
    }

    fn result(self) -> f64 {
        // What infinities lose is no number.
        if self.lost != 0.0 && self.lost.is_finite() {
            self.sum + self.lost
        } else {
            self.sum
        }
    }
}

/// The sum so far.
enum Total {
    Float(Compensated),
    /// With the number that it began with, whose type is not named here.
    Complex(Compensated, Compensated, PyRef<PyComplex>),
    Other(PyObjectRef),
}

impl Total {
    fn of(object: PyObjectRef, vm: &VirtualMachine) -> Self {
        if let Some(float) = object.downcast_ref_if_exact::<PyFloat>(vm) {
            return Self::Float(Compensated::of(float.to_f64()));
        }
        if let Some(complex) = object.downcast_ref_if_exact::<PyComplex>(vm) {
            let first = complex.to_owned();
            let complex = complex.to_complex64();
            return Self::Complex(
                Compensated::of(complex.re),
                Compensated::of(complex.im),
                first,
            );
        }
        Self::Other(object)
    }

    fn object(self, vm: &VirtualMachine) -> PyObjectRef {
        match self {
            Self::Float(sum) => vm.ctx.new_float(sum.result()).into(),
            Self::Complex(re, im, first) => {
                let mut value = first.to_complex64();
                (value.re, value.im) = (re.result(), im.result());
                vm.ctx.new_complex(value).into()
            }
            Self::Other(object) => object,
        }
    }

    fn add(mut self, item: PyObjectRef, vm: &VirtualMachine) -> PyResult<Self> {
        let is_added = match &mut self {
            Self::Float(sum) => real(&item, vm).is_some_and(|x| {
                sum.add(x);
                true
            }),
            Self::Complex(re, im, _) => {
                if let Some(x) = real(&item, vm) {
                    re.add(x);
                    true
                } else if let Some(complex) = item.downcast_ref_if_exact::<PyComplex>(vm) {
                    let complex = complex.to_complex64();
                    re.add(complex.re);
                    im.add(complex.im);
                    true
                } else {
                    false
                }
            }
            Self::Other(_) => false,
        };
        if is_added {
            return Ok(self);
        }
        let sum = vm._add(&self.object(vm), &item)?;
        Ok(Self::of(sum, vm))
    }
}

/// A float, or an integer that fits into a C `long`, which CPython converts.
fn real(item: &PyObjectRef, vm: &VirtualMachine) -> Option<f64> {
    if let Some(float) = item.downcast_ref_if_exact::<PyFloat>(vm) {
        return Some(float.to_f64());
    }
    let integer = item.downcast_ref::<PyInt>()?;
    let is_plain =
        item.class().is(vm.ctx.types.int_type) || item.class().is(vm.ctx.types.bool_type);
    let integer: i64 = is_plain.then(|| integer.as_bigint().try_into().ok())??;
    Some(integer as f64)
}

fn sum(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let SumArgs { iterable, start } = args.bind(vm)?;
    if let Some(start) = &start {
        let refused = if start.downcast_ref::<PyStr>().is_some() {
            Some("strings [use ''.join(seq) instead]")
        } else if start.downcast_ref::<PyBytes>().is_some() {
            Some("bytes [use b''.join(seq) instead]")
        } else if start.downcast_ref::<PyByteArray>().is_some() {
            Some("bytearray [use b''.join(seq) instead]")
        } else {
            None
        };
        if let Some(what) = refused {
            return Err(vm.new_type_error(format!("sum() can't sum {what}")));
        }
    }
    let start = start.unwrap_or_else(|| vm.ctx.new_int(0).into());
    let mut total = Total::of(start, vm);
    for item in iterable.iter(vm)? {
        total = total.add(item?, vm)?;
    }
    Ok(total.object(vm))
}

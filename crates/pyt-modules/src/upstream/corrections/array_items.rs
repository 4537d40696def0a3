//! What `array.array` says of an index that is none or out of range, and of a number that does not
//! fit an item: `array index out of range`, `signed char is greater than maximum`. The index of an
//! item that is set is looked at before the value.
//!
//! Upstream looks at the value first, does not name the array, and names Rust's types.
//!
//! Not corrected: a number among those of `extend`, `fromlist` or `array()` that does not fit.
//!
//! Can go when upstream's `PyArray` says so.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyInt, PySlice, PyStr, PyType},
    function::{Callee, FuncArgs},
    protocol::PyMapping,
};

use super::{replaced_methods::replace, slots::renew_descriptors};

type Subscript = fn(PyMapping<'_>, &PyObject, &VirtualMachine) -> PyResult;
type AssSubscript =
    fn(PyMapping<'_>, &PyObject, Option<PyObjectRef>, &VirtualMachine) -> PyResult<()>;

static UPSTREAM: OnceLock<(Subscript, AssSubscript)> = OnceLock::new();

/// Corrects the class of the module.
pub(super) fn correct(class: &'static Py<PyType>, ctx: &Context) {
    let slots = &class.slots.as_mapping;
    let (Some(subscript), Some(ass_subscript)) =
        (slots.subscript.load(), slots.ass_subscript.load())
    else {
        return;
    };
    if UPSTREAM.set((subscript, ass_subscript)).is_err() {
        return;
    }
    slots.subscript.store(Some(get));
    slots.ass_subscript.store(Some(set));
    renew_descriptors(class, &["__getitem__", "__setitem__", "__delitem__"], ctx);
    // The value is the last argument.
    for name in ["append", "insert"] {
        replace(class, name, ctx, |upstream| {
            move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
                let (array, value) = (args.args.first().cloned(), args.args.last().cloned());
                upstream(vm, args, callee).map_err(|error| match (array, value) {
                    (Some(array), Some(value)) => of_value(error, &array, &value, vm),
                    _ => error,
                })
            }
        });
    }
}

fn upstream(vm: &VirtualMachine) -> PyResult<&'static (Subscript, AssSubscript)> {
    let missing = || vm.new_system_error("the interpreter lacks a slot of array");
    UPSTREAM.get().ok_or_else(missing)
}

fn get(array: PyMapping<'_>, index: &PyObject, vm: &VirtualMachine) -> PyResult {
    check_index(index, vm)?;
    upstream(vm)?.0(array, index, vm).map_err(|error| {
        if error.class().is(vm.ctx.exceptions.index_error)
            && index.downcast_ref::<PyInt>().is_some()
        {
            out_of_range(error, "array index out of range", vm)
        } else {
            error
        }
    })
}

fn set(
    array: PyMapping<'_>,
    index: &PyObject,
    value: Option<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    const OUT_OF_RANGE: &str = "array assignment index out of range";
    check_index(index, vm)?;
    let object = array.obj;
    if let Some(place) = index.downcast_ref::<PyInt>()
        && let Ok(place) = place.try_to_primitive::<isize>(vm)
        && place_of(place, object.length(vm)?).is_none()
    {
        return Err(vm.new_index_error(OUT_OF_RANGE));
    }
    upstream(vm)?.1(array, index, value.clone(), vm).map_err(|error| match value {
        Some(value) if !error.class().is(vm.ctx.exceptions.index_error) => {
            of_value(error, object, &value, vm)
        }
        _ => out_of_range(error, OUT_OF_RANGE, vm),
    })
}

/// Upstream's error of an index that is out of range, in CPython's words.
fn out_of_range(
    error: PyBaseExceptionRef,
    words: &'static str,
    vm: &VirtualMachine,
) -> PyBaseExceptionRef {
    let is_upstreams = ["index out of range", "assignment index out of range"];
    match text_of(&error) {
        Some(text) if is_upstreams.contains(&text.as_str()) => vm.new_index_error(words),
        _ => error,
    }
}

fn text_of(error: &PyBaseExceptionRef) -> Option<String> {
    let args = error.args();
    let text = args.as_slice().first()?.downcast_ref::<PyStr>()?;
    Some(text.to_string_lossy().into_owned())
}

fn check_index(index: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    let is_index = index.downcast_ref::<PyInt>().is_some()
        || index.downcast_ref::<PySlice>().is_some()
        || index.class().slots.as_number.index.load().is_some();
    if is_index {
        Ok(())
    } else {
        Err(vm.new_type_error("array indices must be integers"))
    }
}

/// The number of the item that `index` means.
fn place_of(index: isize, length: usize) -> Option<usize> {
    let place = if index < 0 {
        length.checked_sub(index.unsigned_abs())?
    } else {
        index.unsigned_abs()
    };
    (place < length).then_some(place)
}

/// The error of a value that does not fit an item, in CPython's words.
fn of_value(
    error: PyBaseExceptionRef,
    array: &PyObject,
    value: &PyObject,
    vm: &VirtualMachine,
) -> PyBaseExceptionRef {
    if !error.class().is(vm.ctx.exceptions.overflow_error) {
        return error;
    }
    let Ok(typecode) = array.get_attr("typecode", vm) else {
        return error;
    };
    let typecode = typecode.downcast_ref::<PyStr>();
    let typecode = typecode.and_then(|code| code.to_str()).unwrap_or_default();
    let Some(number) = value.downcast_ref::<PyInt>() else {
        return error;
    };
    let is_negative = *number.as_bigint() < 0.into();
    let number = number.try_to_primitive::<i64>(vm).ok();
    match does_not_fit(typecode, number, is_negative) {
        Some(words) => vm.new_overflow_error(words),
        None => error,
    }
}

/// What CPython says of a number that does not fit. `None` for `number`: it does not fit 64 bits
/// either.
fn does_not_fit(typecode: &str, number: Option<i64>, is_negative: bool) -> Option<&'static str> {
    /// CPython takes the numbers for `'b'` as those for `'h'` first.
    const OF_SHORTS: std::ops::RangeInclusive<i64> = i16::MIN as i64..=i16::MAX as i64;
    let (below, above) = match typecode {
        "b" if number.is_some_and(|number| OF_SHORTS.contains(&number)) => (
            "signed char is less than minimum",
            "signed char is greater than maximum",
        ),
        "b" | "h" => (
            "signed short integer is less than minimum",
            "signed short integer is greater than maximum",
        ),
        "B" => (
            "unsigned byte integer is less than minimum",
            "unsigned byte integer is greater than maximum",
        ),
        "H" => (
            "unsigned short is less than minimum",
            "unsigned short is greater than maximum",
        ),
        "i" => (
            "signed integer is less than minimum",
            "signed integer is greater than maximum",
        ),
        "I" | "L" if is_negative => {
            return Some("can't convert negative value to unsigned int");
        }
        "I" if number.is_some() => return Some("unsigned int is greater than maximum"),
        "I" | "L" => return Some("Python int too large to convert to C unsigned long"),
        "Q" if is_negative => return Some("can't convert negative int to unsigned"),
        "q" | "Q" => return Some("int too big to convert"),
        _ => return None,
    };
    Some(match number {
        None => "Python int too large to convert to C long",
        Some(_) if is_negative => below,
        Some(_) => above,
    })
}

#[cfg(test)]
mod tests {
    use super::{does_not_fit, place_of};

    #[test]
    fn indices_count_from_either_end() {
        assert_eq!(place_of(0, 2), Some(0));
        assert_eq!(place_of(-2, 2), Some(0));
        assert_eq!(place_of(2, 2), None);
        assert_eq!(place_of(-3, 2), None);
        assert_eq!(place_of(isize::MIN, 2), None);
        assert_eq!(place_of(0, 0), None);
    }

    #[test]
    fn numbers_are_called_too_large_as_by_cpython() {
        let words = |code, number: i64| does_not_fit(code, Some(number), number < 0);
        assert_eq!(words("b", 300), Some("signed char is greater than maximum"));
        assert_eq!(
            words("b", 70000),
            Some("signed short integer is greater than maximum")
        );
        assert_eq!(
            words("B", -1),
            Some("unsigned byte integer is less than minimum")
        );
        assert_eq!(
            does_not_fit("h", None, true),
            Some("Python int too large to convert to C long")
        );
        assert_eq!(does_not_fit("d", None, true), None);
    }
}

//! `index` and `remove` of lists look at the items that there are when they come to them, also at
//! those that a comparison has added; and where nothing is found, `index` and `remove` of lists,
//! `index` of ranges, `bytes` and `bytearray` say so in CPython's words.
//!
//! Upstream's lists look at so many items as there were at first, and the messages show the item
//! that was looked for, whose text can be long and is made by code of the program's.
//!
//! Can go when upstream does so.

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyInt, PyList, PyStr, PyType},
    function::{Callee, FuncArgs},
    sliceable::SequenceIndexOp as _,
};

use super::replaced_methods::replace;

const INDEX: &str = "index";
const REMOVE: &str = "remove";

/// Corrects the classes that every interpreter has.
pub(super) fn correct(ctx: &Context) {
    let types = &ctx.types;
    replace(types.list_type, INDEX, ctx, |upstream| {
        move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| match &args.args[..] {
            [list, value, bounds @ ..]
                if bounds.len() <= 2 && args.kwargs.is_empty() && is_list(list) =>
            {
                let found = index(list, value, bounds, vm)?;
                Ok(PyInt::from(found).into_pyobject(vm))
            }
            _ => upstream(vm, args, callee),
        }
    });
    replace(types.list_type, REMOVE, ctx, |upstream| {
        move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| match &args.args[..] {
            [list, value] if args.kwargs.is_empty() && is_list(list) => {
                remove(list, value, vm)?;
                Ok(vm.ctx.none())
            }
            _ => upstream(vm, args, callee),
        }
    });
    for class in [types.bytes_type, types.bytearray_type] {
        for name in [INDEX, "rindex"] {
            word_anew(class, name, ctx, "subsection not found", |_, said| {
                said == "substring not found"
            });
        }
    }
    word_anew(
        types.range_type,
        INDEX,
        ctx,
        "range.index(x): x not in range",
        |args, said| is_integer(args) && said.ends_with(" is not in range"),
    );
    word_anew(
        types.range_type,
        INDEX,
        ctx,
        "sequence.index(x): x not in sequence",
        |args, said| !is_integer(args) && said.ends_with(" not in range"),
    );
}

/// A `ValueError` of a method that says what `is_upstreams` knows says `words`.
fn word_anew(
    class: &'static Py<PyType>,
    name: &'static str,
    ctx: &Context,
    words: &'static str,
    is_upstreams: fn(&[PyObjectRef], &str) -> bool,
) {
    replace(class, name, ctx, |upstream| {
        move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
            let given = args.args.clone();
            upstream(vm, args, callee).map_err(|error| {
                if said(error.as_object(), vm).is_some_and(|said| is_upstreams(&given, &said)) {
                    vm.new_value_error(words)
                } else {
                    error
                }
            })
        }
    });
}

/// The text of a `ValueError`.
fn said(error: &PyObject, vm: &VirtualMachine) -> Option<String> {
    if !error.class().is(vm.ctx.exceptions.value_error) {
        return None;
    }
    let args = error.downcast_ref::<PyBaseException>()?.args();
    let text = args.as_slice().first()?.downcast_ref::<PyStr>()?;
    Some(text.to_string_lossy().into_owned())
}

fn is_list(object: &PyObject) -> bool {
    object.downcast_ref::<PyList>().is_some()
}

fn is_integer(args: &[PyObjectRef]) -> bool {
    args.get(1)
        .is_some_and(|value| value.downcast_ref::<PyInt>().is_some())
}

fn index(
    list: &PyObject,
    value: &PyObject,
    bounds: &[PyObjectRef],
    vm: &VirtualMachine,
) -> PyResult<usize> {
    let length = length(list);
    let bound = |bound: &PyObjectRef| -> PyResult<usize> {
        Ok(bound.try_index(vm)?.as_bigint().saturated_at(length))
    };
    let start = bounds.first().map_or(Ok(0), bound)?;
    let stop = bounds.get(1).map_or(Ok(usize::MAX), bound)?;
    find(list, value, start, stop, vm)?
        .ok_or_else(|| vm.new_value_error("list.index(x): x not in list"))
}

fn remove(list: &PyObject, value: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    let found = find(list, value, 0, usize::MAX, vm)?
        .ok_or_else(|| vm.new_value_error("list.remove(x): x not in list"))?;
    let removed = list.downcast_ref::<PyList>().and_then(|list| {
        let mut items = list.borrow_vec_mut();
        (found < items.len()).then(|| items.remove(found))
    });
    // (What it does when it is let go of may use the list.)
    drop(removed);
    Ok(())
}

fn length(list: &PyObject) -> usize {
    list.downcast_ref::<PyList>()
        .map_or(0, |list| list.borrow_vec().len())
}

/// Where an item is that is `value`, or equal to it.
fn find(
    list: &PyObject,
    value: &PyObject,
    start: usize,
    stop: usize,
    vm: &VirtualMachine,
) -> PyResult<Option<usize>> {
    let Some(list) = list.downcast_ref::<PyList>() else {
        return Ok(None);
    };
    let mut number = start;
    while number < stop {
        // (A comparison may change the list.)
        let item = {
            let items = list.borrow_vec();
            number += items
                .get(number..stop.min(items.len()))
                .into_iter()
                .flatten()
                .take_while(|item| are_known_to_differ(item, value, vm))
                .count();
            match items.get(number) {
                Some(item) if number < stop => item.clone(),
                _ => break,
            }
        };
        if vm.identical_or_equal(&item, value)? {
            return Ok(Some(number));
        }
        number += 1;
    }
    Ok(None)
}

/// Whether no code has to run to say that they are not equal.
fn are_known_to_differ(one: &PyObject, other: &PyObject, vm: &VirtualMachine) -> bool {
    if let (Some(one), Some(other)) = (
        one.downcast_ref_if_exact::<PyInt>(vm),
        other.downcast_ref_if_exact::<PyInt>(vm),
    ) {
        return one.as_bigint() != other.as_bigint();
    }
    if let (Some(one), Some(other)) = (
        one.downcast_ref_if_exact::<PyStr>(vm),
        other.downcast_ref_if_exact::<PyStr>(vm),
    ) {
        return one.as_wtf8() != other.as_wtf8();
    }
    false
}

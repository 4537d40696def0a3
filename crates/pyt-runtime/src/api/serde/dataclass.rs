//! `dict`s to instances of dataclasses, by the annotations of their fields.

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult,
    builtins::{PyDict, PyList, PyType},
    function::{FuncArgs, KwArgs},
};

use crate::{FromPython, Python, api::value::convert_collections};

/// An instance of `class` with `fields` as its arguments.
pub(super) fn create(class: &PyObject, fields: &PyObject, py: Python<'_>) -> PyResult {
    let vm = py.vm();
    let hints = vm.import("typing", 0)?.get_attr("get_type_hints", vm)?;
    // Annotations that cannot be resolved do not matter: their fields are passed as they are.
    let hints = hints.call((class.to_owned(),), vm).ok();
    let mut arguments = Vec::new();
    for (name, value) in convert_collections::entries(fields, vm)? {
        let hint = hints
            .as_ref()
            .and_then(|hints| hints.get_item(&*name, vm).ok());
        let value = match hint {
            Some(hint) => shape(&hint, value, py)?,
            None => value,
        };
        arguments.push((String::from_object(name, py)?, value));
    }
    let arguments: KwArgs = arguments.into_iter().collect();
    class.call(FuncArgs::new(Vec::new(), arguments), vm)
}

/// `value` converted as the annotation `hint` says.
fn shape(hint: &PyObject, value: PyObjectRef, py: Python<'_>) -> PyResult {
    let vm = py.vm();
    if value.downcastable::<PyDict>() && is_dataclass(hint, py) {
        return create(hint, &value, py);
    }
    let Some(args) = hint.get_attr("__args__", vm).ok() else {
        return Ok(value);
    };
    let args = convert_collections::items(&args, vm)?;
    if let Some(list) = value.downcast_ref::<PyList>() {
        // `list[T]`, or a union with it.
        let item = match args.as_slice() {
            [item] => item.clone(),
            _ => return first_that_changes(&args, value, py),
        };
        let items = list.borrow_vec().to_vec().into_iter();
        let items = items.map(|value| shape(&item, value, py));
        return Ok(vm.ctx.new_list(items.collect::<PyResult<_>>()?).into());
    }
    let is_mapping = hint
        .get_attr("__origin__", vm)
        .is_ok_and(|origin| origin.is(vm.ctx.types.dict_type));
    if let (true, Some(dict), [_, of]) = (is_mapping, value.downcast_ref::<PyDict>(), &args[..]) {
        let shaped = vm.ctx.new_dict();
        for (key, value) in dict.items_vec() {
            shaped.set_item(&*key, shape(of, value, py)?, vm)?;
        }
        return Ok(shaped.into());
    }
    first_that_changes(&args, value, py)
}

/// `value` converted by the first alternative of a union that changes it.
fn first_that_changes(
    alternatives: &[PyObjectRef],
    value: PyObjectRef,
    py: Python<'_>,
) -> PyResult {
    for alternative in alternatives {
        let shaped = shape(alternative, value.clone(), py)?;
        if !shaped.is(&value) {
            return Ok(shaped);
        }
    }
    Ok(value)
}

fn is_dataclass(hint: &PyObject, py: Python<'_>) -> bool {
    hint.downcastable::<PyType>() && hint.get_attr("__dataclass_fields__", py.vm()).is_ok()
}

//! Lone surrogates in strings of a program survive the way from source to a tree, and from a tree
//! to code. Upstream's trees hold UTF-8, in which each becomes U+FFFD.
//!
//! In a tree made from a source that writes surrogates, strings with that character are evaluated
//! anew from their places in the source. Strings with surrogates in a tree that is compiled are
//! compiled as others, which are put back in the constants of the code.
//!
//! Can go when upstream's string constants of trees hold WTF-8.

use rustpython_vm::{
    PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyStr, PyTuple},
    common::wtf8::Wtf8Buf,
    function::{FuncArgs, KwArgs},
};

use super::trees::{each_node, field, is_a};

/// Begins and ends what stands for a string with surrogates.
const MARK: char = '\u{f8f0}';

/// The constant that stands for the value of this number, until it is [`restored`]. Each kind of
/// values has its own `mark`.
pub(super) fn marked(mark: char, number: usize, vm: &VirtualMachine) -> PyObjectRef {
    vm.ctx.new_str(format!("{mark}{number}{mark}")).into()
}

/// Whether a source may write a surrogate.
pub(super) fn may_write(source: &str) -> bool {
    let bytes = source.as_bytes();
    let is_d = |byte: Option<&u8>| matches!(byte, Some(b'd' | b'D'));
    bytes.windows(2).enumerate().any(|(at, pair)| match pair {
        b"\\u" => is_d(bytes.get(at + 2)),
        b"\\U" => bytes[at + 2..].starts_with(b"0000") && is_d(bytes.get(at + 6)),
        _ => false,
    })
}

/// Calls `f` with each constant of a tree that is a string.
fn each_string(
    tree: &PyObject,
    vm: &VirtualMachine,
    f: &mut dyn FnMut(&PyObject, PyObjectRef) -> PyResult<()>,
) -> PyResult<()> {
    each_node(tree, vm, &mut |node| {
        if !is_a(node, "Constant") {
            return Ok(true);
        }
        let value = field(node, "value", vm);
        if let Some(value) = value.filter(|value| value.downcast_ref::<PyStr>().is_some()) {
            f(node, value)?;
        }
        Ok(false)
    })
}

/// Evaluates anew the strings of a tree that upstream may have changed.
pub(super) fn mend_tree(tree: &PyObject, source: &str, vm: &VirtualMachine) -> PyResult<()> {
    let lines: Vec<&str> = source.split_inclusive('\n').collect();
    each_string(tree, vm, &mut |node, value| {
        let is_changed = value
            .downcast_ref::<PyStr>()
            .and_then(|value| value.to_str())
            .is_some_and(|value| value.contains('\u{fffd}'));
        if is_changed && let Some(value) = evaluated(node, &lines, vm) {
            node.set_attr("value", value, vm)?;
        }
        Ok(())
    })
}

/// The value of a string where it stands in the source, if that can be found.
fn evaluated(node: &PyObject, lines: &[&str], vm: &VirtualMachine) -> Option<PyObjectRef> {
    let number = |name: &'static str| -> Option<usize> {
        node.get_attr(name, vm).ok()?.try_to_value(vm).ok()
    };
    let (first, last) = (number("lineno")?, number("end_lineno")?);
    let (begin, end) = (number("col_offset")?, number("end_col_offset")?);
    let mut text = lines.get(first.checked_sub(1)?..last)?.concat();
    let cut = lines.get(last.checked_sub(1)?)?.len().checked_sub(end)?;
    text.truncate(text.len().checked_sub(cut)?);
    let text = text.get(begin..)?;
    let is_literal = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let text = match is_literal.starts_with(['"', '\'']) {
        true => format!("({text})"),
        // A part of a formatted string.
        false => {
            let text = text.replace("{{", "{").replace("}}", "}");
            let text = text
                .replace('\r', "")
                .replace('\n', "\\n")
                .replace('"', "\\\"");
            format!("\"{text}\"")
        }
    };
    let args = FuncArgs::from(vec![vm.ctx.new_str(text).into(), vm.ctx.new_dict().into()]);
    let value = crate::upstream::call("builtins", "eval", args, vm).ok()?;
    value.downcast_ref::<PyStr>().is_some().then_some(value)
}

/// Compiles a tree by `compile`, with its strings as they are.
pub(super) fn compile_tree(
    tree: &PyObject,
    vm: &VirtualMachine,
    compile: &dyn Fn() -> PyResult,
) -> PyResult {
    let mut changed: Vec<(PyObjectRef, PyObjectRef)> = Vec::new();
    each_string(tree, vm, &mut |node, value| {
        let has_surrogates = value
            .downcast_ref::<PyStr>()
            .is_some_and(|value| value.to_str().is_none());
        if has_surrogates {
            node.set_attr("value", marked(MARK, changed.len(), vm), vm)?;
            changed.push((node.to_owned(), value));
        }
        Ok(())
    })?;
    if changed.is_empty() {
        return compile();
    }
    let compiled = compile();
    for (node, value) in &changed {
        node.set_attr("value", value.clone(), vm)?;
    }
    let values: Vec<PyObjectRef> = changed.into_iter().map(|(_, value)| value).collect();
    let compiled = compiled?;
    restored(&compiled, MARK, &values, vm)
}

/// A constant with the values in the place of what stands for them. Of a string, values that are
/// strings may be parts.
pub(super) fn restored(
    constant: &PyObject,
    mark: char,
    values: &[PyObjectRef],
    vm: &VirtualMachine,
) -> PyResult {
    if let Some(text) = constant.downcast_ref::<PyStr>() {
        let Some(text) = text.to_str().filter(|text| text.contains(mark)) else {
            return Ok(constant.to_owned());
        };
        let only = text
            .strip_prefix(mark)
            .and_then(|text| text.strip_suffix(mark));
        let only = only.and_then(|number| number.parse().ok());
        if let Some(value) = only.and_then(|number: usize| values.get(number)) {
            return Ok(value.clone());
        }
        let mut whole = Wtf8Buf::new();
        for (index, part) in text.split(mark).enumerate() {
            let value = part
                .parse()
                .ok()
                .and_then(|number: usize| values.get(number));
            match value.and_then(|value| value.downcast_ref::<PyStr>()) {
                Some(value) if index % 2 == 1 => whole.push_wtf8(value.as_wtf8()),
                _ => whole.push_str(part),
            }
        }
        return Ok(vm.ctx.new_str(whole).into());
    }
    if let Some(tuple) = constant.downcast_ref::<PyTuple>() {
        let items = tuple
            .as_slice()
            .iter()
            .map(|item| restored(item, mark, values, vm));
        let items: Vec<PyObjectRef> = items.collect::<PyResult<_>>()?;
        return Ok(vm.ctx.new_tuple(items).into());
    }
    if constant.downcast_ref::<PyCode>().is_none() {
        return Ok(constant.to_owned());
    }
    let constants = restored(&*constant.get_attr("co_consts", vm)?, mark, values, vm)?;
    let keywords: KwArgs = std::iter::once(("co_consts".to_owned(), constants)).collect();
    vm.call_method(constant, "replace", FuncArgs::new(Vec::new(), keywords))
}

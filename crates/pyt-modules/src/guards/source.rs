//! Programs whose syntax tree is nested too deeply for the thread's stack raise `RecursionError`.
//!
//! Upstream's parser and compiler raise it themselves in most places. What does not look at the
//! stack is freeing a tree, which each level of it takes some of.

use parking_lot::Mutex;
use rustpython_vm::{
    Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyByteArray, PyBytes, PyStr, PyType, PyTypeRef},
    function::FuncArgs,
};

use super::{
    methods::Checked,
    nesting::nesting,
    slots::{wrap, wrappers},
    stack,
};

/// The stack that one level of a tree takes at most where nothing checks it, in bytes: twice what
/// was measured.
const LEVEL: usize = 192;

/// A source below this many bytes is not looked at: it cannot be nested deeply enough.
const SHORT: usize = 2048;

/// The functions of modules that take the text of a program. Those of `builtins` are called by
/// [`upstream::call`](crate::upstream::call), which checks it.
pub(super) const FUNCTIONS: &[Checked] = &[("_symtable", "symtable", first)];

fn first(args: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let source = args.args.first().or_else(|| args.kwargs.get("source"));
    source.map_or(Ok(()), |source| check_object(source, vm))
}

/// Checks that the tree of the program `source` has room on the stack.
///
/// # Errors
/// `RecursionError`.
pub fn check(source: &[u8], vm: &VirtualMachine) -> PyResult<()> {
    if source.len() < SHORT {
        return Ok(());
    }
    let room = stack::remaining() / LEVEL;
    if source.len() < room {
        return Ok(());
    }
    let depth = if has_ascii_syntax(source) {
        nesting(source)
    } else {
        source.len()
    };
    if depth > room {
        let message = "maximum recursion depth exceeded during compilation";
        return Err(vm.new_recursion_error(message.to_owned()));
    }
    Ok(())
}

/// As [`check`], of what `compile`, `eval` and `exec` take. Other objects than text pass.
///
/// # Errors
/// As there.
pub fn check_object(source: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    if let Some(text) = source.downcast_ref::<PyStr>() {
        return check(text.as_bytes(), vm);
    }
    if let Some(bytes) = source.downcast_ref::<PyBytes>() {
        return check(bytes.as_bytes(), vm);
    }
    if let Some(bytes) = source.downcast_ref::<PyByteArray>() {
        let bytes = bytes.borrow_buf().to_vec();
        return check(&bytes, vm);
    }
    Ok(())
}

wrappers!(
    new_tokenizer = |original, class: PyTypeRef, args: FuncArgs, vm: &VirtualMachine| -> PyResult {
        let mut args = args;
        if let Some(readline) = args.args.first_mut() {
            *readline = checked_lines(readline.clone(), vm);
        }
        original(class, args, vm)
    }
);

/// Has iterators over the tokens of a source check it. They parse all of it once they have read the
/// last line.
pub(super) fn guard(class: &PyType) {
    if &*class.name() == "TokenizerIter" {
        wrap!(class.slots.new, new_tokenizer);
    }
}

/// `readline`, which at the end of its lines checks all of them.
fn checked_lines(readline: PyObjectRef, vm: &VirtualMachine) -> PyObjectRef {
    let read = Mutex::new(Vec::new());
    let checked = move |vm: &VirtualMachine| -> PyResult {
        let line = readline.call((), vm);
        let mut read = read.lock();
        let text = line.as_ref().ok();
        let bytes = text.and_then(|line| {
            let text = line.downcast_ref::<PyStr>().map(Py::<PyStr>::as_bytes);
            text.or_else(|| line.downcast_ref::<PyBytes>().map(Py::<PyBytes>::as_bytes))
        });
        match bytes {
            Some(bytes) if !bytes.is_empty() => read.extend_from_slice(bytes),
            _ => check(&std::mem::take(&mut *read), vm)?,
        }
        line
    };
    vm.new_function("readline", checked).into()
}

/// Whether the bytes of operators stand for themselves: not so in encodings such as UTF-7, which a
/// comment in the first two lines may name.
fn has_ascii_syntax(source: &[u8]) -> bool {
    const WELL_KNOWN: [&[u8]; 6] = [b"utf-8", b"utf8", b"latin", b"ascii", b"iso-8859", b"cp125"];
    let lines = source.splitn(3, |byte| *byte == b'\n').take(2);
    lines
        .filter(|line| line.trim_ascii_start().starts_with(b"#"))
        .filter_map(|line| {
            let place = line.windows(6).position(|word| word == b"coding")?;
            Some(line[place + 6..].trim_ascii_start().to_ascii_lowercase())
        })
        .all(|name| {
            let name = name.trim_ascii_start();
            let name = name
                .strip_prefix(b":")
                .or(name.strip_prefix(b"="))
                .unwrap_or(b"");
            let name = name.trim_ascii_start();
            name.is_empty() || WELL_KNOWN.iter().any(|known| name.starts_with(known))
        })
}

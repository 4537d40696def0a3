//! Methods of `bytes` and `bytearray` take them for bytes: `strip`, `lstrip`, `rstrip`, `isalpha`
//! and `isalnum`, and so do `int(b"1")` and `float(b"1")`.
//!
//! Upstream takes them for UTF-8 text. It strips a character whose number ends in a byte that is
//! to be stripped: so `urllib.parse.quote` left U+3134 as it was, since 0x34 is the digit 4. And
//! white space and letters outside of ASCII count as such.
//!
//! Can go when upstream's `PyBytesInner` has no characters.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, PyObjectRef, PyPayload, PyResult, TryFromObject, VirtualMachine,
    builtins::{PyByteArray, PyBytes, PyInt, PyTypeRef},
    function::{ArgBytesLike, FuncArgs, ItemDoc, OptionalArg, PyMethodDef, PyMethodFlags},
};

static METHODS: [PyMethodDef; 5] = [
    PyMethodDef::new_const(
        "strip",
        strip::<true, true>,
        PyMethodFlags::METHOD,
        ItemDoc::static_text("strip($self, bytes=None, /)\n--\n\n"),
    ),
    PyMethodDef::new_const(
        "lstrip",
        strip::<true, false>,
        PyMethodFlags::METHOD,
        ItemDoc::static_text("lstrip($self, bytes=None, /)\n--\n\n"),
    ),
    PyMethodDef::new_const(
        "rstrip",
        strip::<false, true>,
        PyMethodFlags::METHOD,
        ItemDoc::static_text("rstrip($self, bytes=None, /)\n--\n\n"),
    ),
    PyMethodDef::new_const(
        "isalpha",
        is_alpha,
        PyMethodFlags::METHOD,
        ItemDoc::static_text("isalpha($self, /)\n--\n\n"),
    ),
    PyMethodDef::new_const(
        "isalnum",
        is_alnum,
        PyMethodFlags::METHOD,
        ItemDoc::static_text("isalnum($self, /)\n--\n\n"),
    ),
];

/// White space among bytes.
const SPACE: &[u8] = b" \t\n\r\x0b\x0c";

type New = fn(PyTypeRef, FuncArgs, &VirtualMachine) -> PyResult;

/// How upstream makes integers and floats.
static NEW: OnceLock<[New; 2]> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    for class in [ctx.types.bytes_type, ctx.types.bytearray_type] {
        for method in &METHODS {
            let ours = method.to_method(class, ctx).into_ref(ctx);
            shared_classes::set_attribute(class, ctx.intern_str(method.name), ours.into());
        }
    }
    let (int, float) = (
        &ctx.types.int_type.slots.new,
        &ctx.types.float_type.slots.new,
    );
    if let (Some(of_int), Some(of_float)) = (int.load(), float.load())
        && NEW.set([of_int, of_float]).is_ok()
    {
        int.store(Some(new_int));
        float.store(Some(new_float));
    }
}

fn is_bytes(object: &PyObjectRef) -> bool {
    object.downcast_ref::<PyBytes>().is_some() || object.downcast_ref::<PyByteArray>().is_some()
}

fn bytes_of(object: PyObjectRef, vm: &VirtualMachine) -> PyResult<Vec<u8>> {
    let bytes = ArgBytesLike::try_from_object(vm, object)?;
    let bytes = bytes.borrow_buf();
    Ok(bytes.to_vec())
}

fn strip<const FRONT: bool, const BACK: bool>(
    zelf: PyObjectRef,
    chars: OptionalArg<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult {
    let stripped = match chars.into_option().filter(|chars| !vm.is_none(chars)) {
        Some(chars) => bytes_of(chars, vm)?,
        None => SPACE.to_vec(),
    };
    let all = bytes_of(zelf.clone(), vm)?;
    let is_kept = |byte: &u8| !stripped.contains(byte);
    let begin = match FRONT {
        true => all.iter().position(is_kept).unwrap_or(all.len()),
        false => 0,
    };
    let end = match BACK {
        true => all.iter().rposition(is_kept).map_or(0, |last| last + 1),
        false => all.len(),
    };
    let left = all.get(begin..end).unwrap_or_default();
    if zelf.downcast_ref::<PyByteArray>().is_some() {
        return Ok(PyByteArray::from(left.to_vec()).into_ref(&vm.ctx).into());
    }
    if left.len() == all.len() && zelf.class().is(vm.ctx.types.bytes_type) {
        return Ok(zelf);
    }
    Ok(vm.ctx.new_bytes(left.to_vec()).into())
}

fn is_alpha(zelf: PyObjectRef, vm: &VirtualMachine) -> PyResult<bool> {
    let bytes = bytes_of(zelf, vm)?;
    Ok(!bytes.is_empty() && bytes.iter().all(u8::is_ascii_alphabetic))
}

fn is_alnum(zelf: PyObjectRef, vm: &VirtualMachine) -> PyResult<bool> {
    let bytes = bytes_of(zelf, vm)?;
    Ok(!bytes.is_empty() && bytes.iter().all(u8::is_ascii_alphanumeric))
}

/// Whether no number has this byte: it is outside of ASCII, or white space of text only.
fn is_of_no_number(byte: u8) -> bool {
    !byte.is_ascii() || (0x1c..=0x1f).contains(&byte)
}

/// Calls upstream's `int` or `float`. Bytes are taken as a number without white space around it;
/// `refused` words the error for those that are none.
fn number(
    which: usize,
    class: PyTypeRef,
    mut args: FuncArgs,
    vm: &VirtualMachine,
    refused: impl Fn(&PyObjectRef, &[u8]) -> PyResult<String>,
) -> PyResult {
    let Some(new) = NEW.get() else {
        return Err(vm.new_system_error("the interpreter cannot make numbers"));
    };
    let Some(given) = args.args.first().filter(|given| is_bytes(given)).cloned() else {
        return new[which](class, args, vm);
    };
    let bytes = bytes_of(given.clone(), vm)?;
    if bytes.iter().copied().any(is_of_no_number) {
        return Err(vm.new_value_error(refused(&given, &bytes)?));
    }
    let is_kept = |byte: &u8| !SPACE.contains(byte);
    let begin = bytes.iter().position(is_kept).unwrap_or(bytes.len());
    let end = bytes
        .iter()
        .rposition(is_kept)
        .map_or(begin, |last| last + 1);
    args.args[0] = vm.ctx.new_bytes(bytes[begin..end].to_vec()).into();
    new[which](class, args, vm).map_err(|error| {
        let is_about_text = error.fast_isinstance(vm.ctx.exceptions.value_error)
            && error.as_object().str(vm).is_ok_and(|text| {
                let text = text.to_string();
                UPSTREAMS_WORDS.iter().any(|words| text.starts_with(words))
            });
        match is_about_text.then(|| refused(&given, &bytes)) {
            Some(Ok(text)) => vm.new_value_error(text),
            Some(Err(error)) => error,
            None => error,
        }
    })
}

/// How upstream's errors about text that is no number begin.
const UPSTREAMS_WORDS: [&str; 2] = ["invalid literal for int()", "could not convert string"];

fn new_int(class: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let mut keywords = args.kwargs.iter();
    let named = keywords.find(|(name, _)| name.as_str() == Ok("base"));
    let base = match args.args.get(1).or(named.map(|(_, base)| base)) {
        None => 10,
        Some(base) => {
            let base = base.downcast_ref::<PyInt>();
            let base = base.and_then(|base| base.try_to_primitive::<u32>(vm).ok());
            // With another one upstream raises.
            base.filter(|base| matches!(base, 0 | 2..=36)).unwrap_or(10)
        }
    };
    number(0, class, args, vm, |_, bytes| {
        let text = PyObjectRef::from(vm.ctx.new_bytes(bytes.to_vec())).repr(vm)?;
        Ok(format!(
            "invalid literal for int() with base {base}: {text}"
        ))
    })
}

fn new_float(class: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    number(1, class, args, vm, |given, _| {
        Ok(format!(
            "could not convert string to float: {}",
            given.repr(vm)?
        ))
    })
}

//! Sizes that a program asks for are checked before memory is: `MemoryError`, as in CPython.
//!
//! Where upstream allocates without a check, a request that the system refuses ends the process.
//! Here the system is asked first, for each function that makes much of few arguments. A request
//! that is granted may use up the machine's memory all the same: for that there are limits.

use std::sync::atomic::{AtomicBool, Ordering};

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyByteArray, PyBytes, PyDict, PyInt, PyList, PyStr, PyTuple, PyType},
    function::FuncArgs,
};

use super::{
    methods::Checked,
    slots::{wrap, wrappers},
};

/// Sizes up to this many bytes are not checked: a process that gets no more memory than that cannot
/// go on in any case.
const SMALL: usize = 16 << 20;

/// How much is asked for at a time when a result grows in steps: each step needs the old and the
/// new memory.
const GROWTH: usize = 2;

/// Checks that so many bytes can be allocated.
///
/// # Errors
/// `MemoryError`.
pub fn check(bytes: usize, vm: &VirtualMachine) -> PyResult<()> {
    if bytes <= SMALL {
        return Ok(());
    }
    let mut probe = Vec::<u8>::new();
    probe
        .try_reserve_exact(bytes)
        .map_err(|_| vm.no_memory_error())
}

/// The functions whose sizes are checked.
pub(super) const FUNCTIONS: &[Checked] = &[
    ("posix", "urandom", |args, vm| {
        argument(args, 0, "size", 1, vm)
    }),
    ("posix", "getrandom", |args, vm| {
        argument(args, 0, "size", 1, vm)
    }),
    ("posix", "read", |args, vm| {
        argument(args, 1, "length", 1, vm)
    }),
    ("posix", "pread", |args, vm| {
        argument(args, 1, "length", 1, vm)
    }),
    ("_ctypes", "resize", |args, vm| {
        argument(args, 1, "size", 1, vm)
    }),
    ("_struct", "pack", format),
    ("zlib", "decompress", |args, vm| {
        argument(args, 2, "bufsize", 1, vm)
    }),
];

/// Methods, by the name of their class.
pub(super) const METHODS: &[Checked] = &[
    ("BytesIO", "seek", note_seek),
    ("BytesIO", "write", write),
    ("Random", "getrandbits", random_bits),
    ("StringIO", "seek", note_seek),
    ("StringIO", "write", write),
    ("bytearray", "join", join),
    ("bytearray", "replace", replace),
    ("bytes", "join", join),
    ("bytes", "replace", replace),
    ("socket", "recvmsg", |args, vm| {
        argument(args, 1, "bufsize", 1, vm)?;
        argument(args, 2, "ancbufsize", 1, vm)
    }),
    ("str", "join", join),
    ("str", "replace", replace),
    ("str", "translate", translate),
];

/// Has `%` of text check widths and precisions.
pub(super) fn guard(class: &PyType) {
    if ["str", "bytes", "bytearray"].contains(&&*class.name()) {
        wrap!(class.slots.as_number.remainder, remainder);
    }
}

wrappers!(
    remainder = |original, format: &PyObject, values: &PyObject, vm: &VirtualMachine| -> PyResult {
        check_percent(format, values, vm)?;
        original(format, values, vm)
    }
);

/// The argument at this place, or of this name.
fn given(args: &FuncArgs, place: usize, name: &str) -> Option<PyObjectRef> {
    let given = args.args.get(place).or_else(|| args.kwargs.get(name));
    given.cloned()
}

/// A size that a program has given. What is no size, or a negative one, is for the function itself
/// to refuse.
fn size(object: &PyObject, vm: &VirtualMachine) -> usize {
    let Some(number) = object.downcast_ref::<PyInt>() else {
        return 0;
    };
    let is_negative = || *number.as_bigint() < 0.into();
    let size = number.try_to_primitive(vm);
    size.unwrap_or_else(|_| if is_negative() { 0 } else { usize::MAX })
}

fn argument(
    args: &FuncArgs,
    place: usize,
    name: &str,
    bytes_for_each: usize,
    vm: &VirtualMachine,
) -> PyResult<()> {
    match given(args, place, name) {
        Some(given) => check(size(&given, vm).saturating_mul(bytes_for_each), vm),
        None => Ok(()),
    }
}

fn random_bits(args: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    match given(args, 1, "k") {
        // As 32-bit words, and as an integer made of them.
        Some(bits) => check(size(&bits, vm) / 8 * GROWTH, vm),
        None => Ok(()),
    }
}

/// The sum of all numbers in a format.
fn numbers(format: &[u8]) -> usize {
    let digits = format.split(|byte| !byte.is_ascii_digit());
    let numbers = digits.map(|digits| {
        digits.iter().fold(0_usize, |number, digit| {
            number
                .saturating_mul(10)
                .saturating_add(usize::from(digit - b'0'))
        })
    });
    numbers.fold(0, usize::saturating_add)
}

/// The bytes of text or of an object like bytes.
fn with_bytes<R>(object: &PyObject, f: impl FnOnce(&[u8]) -> R) -> Option<R> {
    if let Some(text) = object.downcast_ref::<PyStr>() {
        Some(f(text.as_bytes()))
    } else if let Some(bytes) = object.downcast_ref::<PyBytes>() {
        Some(f(bytes.as_bytes()))
    } else {
        let bytes = object.downcast_ref::<PyByteArray>()?;
        Some(f(&bytes.borrow_buf()))
    }
}

fn length(object: &PyObject) -> usize {
    with_bytes(object, <[u8]>::len).unwrap_or(0)
}

/// `format % values`: widths and precisions are numbers in the fields of the format, or those of
/// the values for which a field has a `*`.
fn check_percent(format: &PyObject, values: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    let Some(Fields { widths, stars }) = with_bytes(format, fields) else {
        return Ok(());
    };
    let mut widths = widths;
    if let Some(values) = values.downcast_ref::<PyTuple>() {
        let given = stars.iter().filter_map(|star| values.as_slice().get(*star));
        for value in given {
            widths = widths.saturating_add(size(value, vm));
        }
    }
    check(widths.saturating_mul(GROWTH), vm)
}

/// What the fields of a format for `%` say of sizes.
#[derive(Debug, PartialEq, Eq)]
struct Fields {
    /// The sum of the widths and precisions that are numbers in the format.
    widths: usize,
    /// Which of the values are widths and precisions, from 0.
    stars: Vec<usize>,
}

fn fields(format: &[u8]) -> Fields {
    let mut found = Fields {
        widths: 0,
        stars: Vec::new(),
    };
    let mut values = 0;
    let mut rest = format;
    while let Some(percent) = rest.iter().position(|byte| *byte == b'%') {
        rest = after_name(&rest[percent + 1..]);
        let is_size = |byte: &u8| b"#0- +.*hlL".contains(byte) || byte.is_ascii_digit();
        let end = rest.iter().position(|byte| !is_size(byte));
        let (sizes, conversion) = rest.split_at(end.unwrap_or(rest.len()));
        found.widths = found.widths.saturating_add(numbers(sizes));
        for _ in sizes.iter().filter(|byte| **byte == b'*') {
            found.stars.push(values);
            values += 1;
        }
        if conversion.first().is_some_and(|kind| *kind != b'%') {
            values += 1;
        }
        rest = conversion.get(1..).unwrap_or_default();
    }
    found
}

/// A field without the name in parentheses that it begins with, if it has one.
fn after_name(field: &[u8]) -> &[u8] {
    let mut depth = 0_usize;
    for (place, byte) in field.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return match byte {
                b')' => &field[place + 1..],
                _ => field,
            };
        }
    }
    &[]
}

/// The repetition counts of a format of `struct`, of which each is for at most eight bytes.
fn format(args: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    const LARGEST_ITEM: usize = 16;
    let counts = args
        .args
        .first()
        .and_then(|format| with_bytes(format, numbers));
    check(counts.unwrap_or(0).saturating_mul(LARGEST_ITEM), vm)
}

/// Whether a program has ever gone to a place in a buffer that is far away: writing there makes the
/// buffer so large.
static HAS_SOUGHT_FAR: AtomicBool = AtomicBool::new(false);

fn note_seek(args: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    if given(args, 1, "pos").is_some_and(|place| size(&place, vm) > SMALL) {
        HAS_SOUGHT_FAR.store(true, Ordering::Relaxed);
    }
    Ok(())
}

fn write(args: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    if !HAS_SOUGHT_FAR.load(Ordering::Relaxed) {
        return Ok(());
    }
    let (Some(buffer), Some(data)) = (args.args.first(), args.args.get(1)) else {
        return Ok(());
    };
    let place = vm.call_method(buffer, "tell", ())?;
    // The text of a `StringIO` has characters of up to four bytes.
    let end = size(&place, vm).saturating_add(length(data));
    check(end.saturating_mul(GROWTH), vm)
}

fn join(args: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let (Some(between), Some(parts)) = (args.args.first(), args.args.get(1)) else {
        return Ok(());
    };
    let total = |parts: &[PyObjectRef]| {
        let between = length(between).saturating_mul(parts.len());
        let parts = parts.iter().map(|part| length(part));
        parts.fold(between, usize::saturating_add)
    };
    let total = if let Some(parts) = parts.downcast_ref::<PyList>() {
        total(&parts.borrow_vec())
    } else if let Some(parts) = parts.downcast_ref::<PyTuple>() {
        total(parts.as_slice())
    } else {
        return Ok(());
    };
    check(total.saturating_mul(GROWTH), vm)
}

fn replace(args: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let [text, old, new, ..] = &*args.args else {
        return Ok(());
    };
    let (whole, old_length, new_length) = (length(text), length(old), length(new));
    let most = whole / old_length.max(1) + 1;
    if most.saturating_mul(new_length) <= SMALL {
        return Ok(());
    }
    let count = vm.call_method(text, "count", (old.clone(),))?;
    let mut count = size(&count, vm);
    if let Some(most) = given(args, 3, "count")
        && most
            .downcast_ref::<PyInt>()
            .is_some_and(|most| *most.as_bigint() >= 0.into())
    {
        count = count.min(size(&most, vm));
    }
    let total = whole.saturating_add(count.saturating_mul(new_length));
    check(total.saturating_mul(GROWTH), vm)
}

/// `str.translate` with a dictionary.
fn translate(args: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let [text, table, ..] = &*args.args else {
        return Ok(());
    };
    let (Some(text), Some(table)) = (text.downcast_ref::<PyStr>(), table.downcast_ref::<PyDict>())
    else {
        return Ok(());
    };
    let longest = table
        .into_iter()
        .map(|(_, value)| length(&value))
        .max()
        .unwrap_or(0);
    let whole = text.as_bytes().len();
    if whole.saturating_mul(longest) <= SMALL {
        return Ok(());
    }
    let mut total = whole;
    for character in text.as_wtf8().code_points() {
        let code = vm.ctx.new_int(character.to_u32());
        if let Some(value) = table.get_item_opt(code.as_object(), vm)? {
            total = total.saturating_add(length(&value));
        }
    }
    check(total.saturating_mul(GROWTH), vm)
}

#[cfg(test)]
mod tests {
    use super::{Fields, fields};

    fn sizes(format: &str) -> (usize, Vec<usize>) {
        let Fields { widths, stars } = fields(format.as_bytes());
        (widths, stars)
    }

    #[test]
    fn only_sizes_inside_of_fields_count() {
        assert_eq!(sizes("%d * %d = %d"), (0, vec![]));
        assert_eq!(sizes("card 9999999999999999999 %d"), (0, vec![]));
        assert_eq!(sizes("*** %s: 100%% of %-5.2f"), (7, vec![]));
        assert_eq!(sizes("%s %*.*f %s %*d"), (0, vec![1, 2, 5]));
        assert_eq!(sizes("%(a(9)*)12s %()3d"), (15, vec![]));
        assert_eq!(sizes("%99999999999999999999s").0, usize::MAX);
        assert_eq!(sizes("%"), (0, vec![]));
        assert_eq!(sizes("%(no end 7"), (0, vec![]));
    }
}

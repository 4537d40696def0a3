//! `locale.nl_langinfo`, which upstream lacks: it has the numbers of the items only.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;

use rustpython_vm::{
    AsObject, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyStrRef},
};

use crate::upstream::derived::derive_named;

/// The items that CPython answers for beside names of days and months.
const ITEMS: [libc::nl_item; 17] = [
    libc::RADIXCHAR,
    libc::THOUSEP,
    libc::CRNCYSTR,
    libc::D_FMT,
    libc::D_T_FMT,
    libc::T_FMT,
    libc::AM_STR,
    libc::PM_STR,
    libc::CODESET,
    libc::T_FMT_AMPM,
    libc::ERA,
    libc::ERA_D_FMT,
    libc::ERA_D_T_FMT,
    libc::ERA_T_FMT,
    libc::ALT_DIGITS,
    libc::YESEXPR,
    libc::NOEXPR,
];

/// The first and the last of what follows each other: names of days and months.
const NAMES: [(libc::nl_item, libc::nl_item); 4] = [
    (libc::ABDAY_1, libc::ABDAY_7),
    (libc::DAY_1, libc::DAY_7),
    (libc::ABMON_1, libc::ABMON_12),
    (libc::MON_1, libc::MON_12),
];

pub(crate) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("_locale", complete)
}

fn complete(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let function = vm.new_function("nl_langinfo", nl_langinfo);
    module.as_object().set_attr("nl_langinfo", function, vm)
}

fn nl_langinfo(item: i32, vm: &VirtualMachine) -> PyResult<PyStrRef> {
    let is_name = NAMES
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&item));
    if !is_name && !ITEMS.contains(&item) {
        return Err(vm.new_value_error("unsupported langinfo constant"));
    }
    if item == libc::CODESET && is_of_start() {
        return Ok(vm.ctx.new_str("UTF-8"));
    }
    // SAFETY: takes a number. The text is copied before the locale can change.
    let text = unsafe { libc::nl_langinfo(item) };
    if text.is_null() {
        return Ok(vm.ctx.empty_str.to_owned());
    }
    // SAFETY: a string of the C library's with a null character at its end.
    let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
    Ok(vm.fsdecode(OsStr::from_bytes(bytes)))
}

/// Whether the program has set no locale for characters. CPython sets that of the environment when
/// it starts, or one of UTF-8 in the place of C's; pyt sets none, and takes all text for UTF-8.
fn is_of_start() -> bool {
    // SAFETY: asks for the name only, which is copied before it can change.
    let name = unsafe { libc::setlocale(libc::LC_CTYPE, std::ptr::null()) };
    // SAFETY: a string of the C library's with a null character at its end.
    let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) });
    name.is_none_or(|name| matches!(name.to_bytes(), b"C" | b"POSIX"))
}

//! The name that the kernel keeps for a thread: a few bytes, for tools such as `ps` and `top`.

use std::ffi::{CStr, CString, OsString};
use std::os::unix::ffi::OsStringExt;

use rustpython_vm::{PyObjectRef, VirtualMachine, builtins::PyStr};

/// How many bytes of a name Linux keeps.
pub const MAX_LEN: usize = 15;

/// Gives the calling OS thread a name: as much of it as the kernel keeps, up to the first null
/// character. A surrogate becomes a question mark.
pub fn set(name: &PyStr) {
    let mut bytes = Vec::with_capacity(MAX_LEN);
    for point in name.as_wtf8().code_points() {
        match point.to_char() {
            Some('\0') => break,
            Some(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            None => bytes.push(b'?'),
        }
        if bytes.len() >= MAX_LEN {
            break;
        }
    }
    bytes.truncate(MAX_LEN);
    // Failing to set it changes nothing else.
    if let Ok(name) = CString::new(bytes) {
        let _ = rustix::thread::set_name(&name);
    }
}

/// The calling OS thread's name as the kernel has it.
pub(super) fn of_caller() -> Option<CString> {
    rustix::thread::name().ok()
}

/// Gives the calling OS thread a name that was read from the kernel.
pub(super) fn set_bytes(name: &CStr) {
    // Failing to set it changes nothing else.
    let _ = rustix::thread::set_name(name);
}

/// The calling OS thread's name as the kernel has it; empty if it has none.
pub fn get(vm: &VirtualMachine) -> PyObjectRef {
    let bytes = of_caller().map_or_else(Vec::new, CString::into_bytes);
    vm.fsdecode(OsString::from_vec(bytes)).into()
}

//! Writing out the standard streams where a thread or the process ends without doing it itself.

use std::ffi::c_int;

use rustpython_vm::{AsObject, PyObject, VirtualMachine};

unsafe extern "C" {
    safe fn _exit(status: c_int) -> !;
}

/// Ends the process at once: nothing is cleaned up.
pub(super) fn exit_at_once(status: i32) -> ! {
    _exit(status)
}

/// Writes out what threads that have ended left in the buffers of the standard streams, of those
/// for which `wanted` holds.
pub(super) fn flush_streams(vm: &VirtualMachine, wanted: impl Fn(&PyObject) -> bool) {
    for name in ["stdout", "stderr"] {
        if let Ok(stream) = vm.sys_module.get_attr(name, vm)
            && !vm.is_none(&stream)
            && wanted(&stream)
        {
            // The interpreter flushes once more at its end, and reports what fails then.
            let _ = vm.call_method(&stream, "flush", ());
        }
    }
}

/// Whether all that a stream calls is the interpreter's own: then no thread stands still in the
/// middle of a write, with the lock of the stream held.
pub(super) fn writes_to_a_file(stream: &PyObject, vm: &VirtualMachine) -> bool {
    let is = |object: &PyObject, class: &str| {
        let io = vm.import("_io", 0);
        let class = io.and_then(|io| io.get_attr(vm.ctx.intern_str(class), vm));
        class.is_ok_and(|class| object.class().is(&class))
    };
    if !is(stream, "TextIOWrapper") {
        return false;
    }
    let Ok(buffer) = stream.get_attr("buffer", vm) else {
        return false;
    };
    is(&buffer, "BufferedWriter")
        && buffer
            .get_attr("raw", vm)
            .is_ok_and(|raw| is(&raw, "FileIO"))
}

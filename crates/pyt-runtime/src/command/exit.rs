//! The end of a program: its uncaught exception, its exit status, the flushing of its streams.
//!
//! What ran before is not known here.

use pyt_pictures::Turns;
use rustpython_vm::{AsObject, PyObjectRef, VirtualMachine, builtins::PyBaseExceptionRef};

use crate::{Runtime, Timeline, api::error::exit_status, command::live::Live};

/// What shows a program's threads until its interpreter has ended.
#[derive(Default)]
#[expect(dead_code, reason = "both end when they are dropped")]
pub(crate) struct Shown(Option<Timeline>, Option<Live>);

impl Runtime {
    /// Begins what the options ask for. `Err` is the exit status of the process: there is a message
    /// already.
    pub(crate) fn show_as_asked(&self, turns: Turns, vm: &VirtualMachine) -> Result<Shown, i32> {
        let recording = self.record_as_asked(turns, vm)?;
        let live = self.options().live.then(|| Live::begin(self.core()));
        Ok(Shown(recording, live))
    }

    /// Ends the interpreter after a program's end, and what shows its threads. Returns the exit
    /// status; ends the process if Ctrl-C ended the program.
    pub(crate) fn end_main(self, status: i32, interrupted: bool, shown: Shown) -> i32 {
        let finalized = self.finalize(None);
        drop(shown);
        if interrupted {
            die_by_sigint();
        }
        if finalized == 0 { status } else { finalized }
    }
}

/// Prints an uncaught exception, and keeps it in `sys.last_exc` and its like for debuggers.
pub(crate) fn show(vm: &VirtualMachine, error: &PyBaseExceptionRef) {
    let (class, value, traceback) = vm.split_exception(error.clone());
    for (name, object) in [
        ("last_exc", value.clone()),
        ("last_type", class),
        ("last_value", value),
        ("last_traceback", traceback),
    ] {
        // If this fails, only debuggers miss it.
        let _ = vm.sys_module.set_attr(name, object, vm);
    }
    vm.print_exception(error);
}

/// Reports the exception that ended the program. Returns the exit status, and whether it was
/// Ctrl-C.
pub(crate) fn conclude(vm: &VirtualMachine, error: &PyBaseExceptionRef) -> (i32, bool) {
    if error.fast_isinstance(vm.ctx.exceptions.system_exit) {
        let (status, message) = exit_status(vm, error);
        flush(vm, "stdout");
        if let Some(message) = message {
            print_exit_message(vm, message);
        }
        return (status, false);
    }
    flush(vm, "stdout");
    show(vm, error);
    let interrupted = error.fast_isinstance(vm.ctx.exceptions.keyboard_interrupt);
    (if interrupted { 130 } else { 1 }, interrupted)
}

fn print_exit_message(vm: &VirtualMachine, message: PyObjectRef) {
    let Ok(text) = message.str(vm) else { return };
    if let Ok(stderr) = vm.sys_module.get_attr("stderr", vm)
        && !vm.is_none(&stderr)
    {
        // An error of standard error cannot be reported anywhere.
        let _ = vm.call_method(&stderr, "write", (text,));
        let _ = vm.call_method(&stderr, "write", ("\n",));
    }
}

/// Flushes a standard stream. The end of the interpreter flushes again, and reports errors.
pub(crate) fn flush(vm: &VirtualMachine, name: &'static str) {
    if let Ok(stream) = vm.sys_module.get_attr(name, vm)
        && !vm.is_none(&stream)
    {
        let _ = vm.call_method(&stream, "flush", ());
    }
}

/// Ends the process as an unhandled SIGINT does.
fn die_by_sigint() {
    #[cfg(unix)]
    // SAFETY: setting a default disposition and sending a signal to the own process touch no
    // memory; the interpreter has ended, so its signal handlers are no longer needed.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::kill(libc::getpid(), libc::SIGINT);
    }
}

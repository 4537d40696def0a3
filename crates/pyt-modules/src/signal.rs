//! Functions of `signal` that have to do with threads, and that upstream lacks.

use std::{
    ffi::{c_int, c_ulong, c_void},
    io,
    sync::Arc,
};

use rustpython_vm::{
    PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, builtins::PySet,
    convert::IntoPyException, function::ArgIterable, host_env::signal as host,
};

use crate::interpreters::Threads;

/// POSIX's "no such process".
const ESRCH: i32 = 3;

/// One more than the largest number of a signal on Linux. Upstream's `NSIG` leaves the last out.
const NSIG: i32 = 65;

unsafe extern "C" {
    fn pthread_kill(thread: c_ulong, signal: c_int) -> c_int;
    // A `sigset_t` is passed as what it is to Rust, whose name for it is in a crate not used here.
    fn sigpending(set: *mut c_void) -> c_int;
    fn sigwait(set: *const c_void, signal: *mut c_int) -> c_int;
}

/// Puts these functions into `_signal`, where `signal` looks for them when it is imported.
pub(crate) fn install(threads: &Arc<Threads>, vm: &VirtualMachine) -> PyResult<()> {
    let module = vm.import("_signal", 0)?;
    let threads = Arc::downgrade(threads);
    let kill = vm.new_function(
        "pthread_kill",
        move |thread_id: u64, signalnum: i32, vm: &VirtualMachine| -> PyResult<()> {
            if let Some(threads) = threads.upgrade() {
                send(&threads, thread_id, signalnum).map_err(|error| error.into_pyexception(vm))?;
            }
            // It may have been to this thread.
            vm.check_signals()
        },
    );
    module.set_attr("pthread_kill", kill, vm)?;
    module.set_attr("sigpending", vm.new_function("sigpending", pending), vm)?;
    module.set_attr("sigwait", vm.new_function("sigwait", wait), vm)
}

/// Sends a signal to the thread `ident`.
///
/// # Errors
/// The operating system's; "no such process" if the interpreter knows no such thread.
fn send(threads: &Threads, ident: u64, signal: i32) -> io::Result<()> {
    let error = threads.while_alive(ident, || {
        // SAFETY: `ident` is the `pthread_t` of a thread that has not ended.
        unsafe { pthread_kill(ident, signal) }
    });
    match error.unwrap_or(ESRCH) {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// The signals that wait to be delivered to the calling thread.
fn pending(vm: &VirtualMachine) -> PyResult<PyRef<PySet>> {
    let mut set = host::sigemptyset().map_err(|error| error.into_pyexception(vm))?;
    // SAFETY: it is a `sigset_t`, and outlives the call.
    if unsafe { sigpending((&raw mut set).cast()) } != 0 {
        return Err(io::Error::last_os_error().into_pyexception(vm));
    }
    let found = PySet::default().into_ref(&vm.ctx);
    for signal in (1..NSIG).filter(|signal| host::sigset_contains(set, *signal)) {
        found.add(vm.ctx.new_int(signal).into(), vm)?;
    }
    Ok(found)
}

/// Waits, outside the interpreter, until one of the signals is pending, and takes it.
fn wait(signals: ArgIterable<PyObjectRef>, vm: &VirtualMachine) -> PyResult<i32> {
    let mut set = host::sigemptyset().map_err(|error| error.into_pyexception(vm))?;
    for signal in signals.iter(vm)? {
        let signal = signal?;
        // As CPython, which names all that is too large -1.
        let number = signal.try_index(vm)?.try_to_primitive(vm).unwrap_or(-1);
        if !(1..NSIG).contains(&number) {
            return Err(vm.new_value_error(format!(
                "signal number {number} out of range [1; {}]",
                NSIG - 1
            )));
        }
        host::sigaddset(&mut set, number).map_err(|error| error.into_pyexception(vm))?;
    }
    let mut taken: c_int = 0;
    // SAFETY: both outlive the call, and the first is a `sigset_t`.
    let error = vm.allow_threads(|| unsafe { sigwait((&raw const set).cast(), &raw mut taken) });
    match error {
        0 => Ok(taken),
        error => Err(io::Error::from_raw_os_error(error).into_pyexception(vm)),
    }
}

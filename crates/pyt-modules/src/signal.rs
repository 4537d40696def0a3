//! Functions of `signal` that have to do with threads.
//!
//! Handlers, masks and timers are upstream's; nothing here knows what a signal leads to.

use std::{
    ffi::c_int,
    io,
    os::unix::thread::RawPthread,
    sync::{Arc, Weak},
};

use rustpython_vm::{
    AsObject, PyResult, VirtualMachine, convert::ToPyException, stdlib::_thread::get_ident,
};

use crate::interpreters::Threads;

/// "No such process", also of a thread.
const ESRCH: c_int = 3;

/// Puts pyt's functions into `vm`'s `_signal`, before anybody imports `signal`.
pub(crate) fn install(threads: &Arc<Threads>, vm: &VirtualMachine) -> PyResult<()> {
    let module = vm.import("_signal", 0)?;
    let threads = Arc::downgrade(threads);
    let kill = vm.new_function(
        "pthread_kill",
        move |ident: u64, signal: c_int, vm: &VirtualMachine| {
            pthread_kill(&threads, ident, signal, vm)
        },
    );
    module.as_object().set_attr("pthread_kill", kill, vm)
}

/// Sends `signal` to the thread `ident`, as `threading.get_ident()` named it. Handlers run on the
/// main thread all the same.
///
/// `ProcessLookupError` if the interpreter has no such thread, also where CPython would crash.
fn pthread_kill(
    threads: &Weak<Threads>,
    ident: u64,
    signal: c_int,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let send = || send(ident, signal);
    // The main thread lasts as long as the interpreter.
    let sent = if ident == get_ident() || ident == vm.state.main_thread_ident.load() {
        Some(send())
    } else {
        threads
            .upgrade()
            .and_then(|threads| threads.while_it_lives(ident, send))
    };
    sent.unwrap_or_else(|| Err(io::Error::from_raw_os_error(ESRCH)))
        .map_err(|error| error.to_pyexception(vm))?;
    vm.check_signals()
}

/// Sends `signal` to a thread that lives.
fn send(ident: u64, signal: c_int) -> io::Result<()> {
    unsafe extern "C" {
        fn pthread_kill(thread: RawPthread, signal: c_int) -> c_int;
    }
    // SAFETY: an ident is what the C library calls the thread, and the callers see to it that the
    // thread has not ended.
    let refused = unsafe { pthread_kill(ident as RawPthread, signal) };
    if refused == 0 {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(refused))
    }
}

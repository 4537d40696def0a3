//! Functions of `signal` that have to do with threads, and that upstream lacks.

mod noted;
#[cfg(target_os = "linux")]
mod waits;

use std::{
    ffi::{c_int, c_ulong, c_void},
    io,
    sync::{Arc, Weak},
};

use pyt_sched::{Thread, controlled::current_number};
use pyt_vm::{deadlock::Reporter, signal_handlers::SignalHandlers, state::InterpreterState};
use rustpython_vm::{
    PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PySet, PyStr},
    convert::IntoPyException,
    function::{ArgIterable, FuncArgs},
    host_env::signal as host,
};

use self::noted::Noted;
use crate::upstream::wrapped::Wrapped;

/// POSIX's "no such process".
const ESRCH: i32 = 3;

/// Ctrl-\.
const SIGQUIT: i32 = 3;

/// One more than the largest number of a signal on Linux. Upstream's `NSIG` leaves the last out.
const NSIG: i32 = 65;

unsafe extern "C" {
    fn pthread_kill(thread: c_ulong, signal: c_int) -> c_int;
    // A `sigset_t` is passed as what it is to Rust, whose name for it is in a crate not used here.
    fn sigpending(set: *mut c_void) -> c_int;
    fn sigwait(set: *const c_void, signal: *mut c_int) -> c_int;
}

/// Puts these functions into `_signal`, where `signal` looks for them when it is imported.
pub(crate) fn install(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    let module = vm.import("_signal", 0)?;
    install_handlers(state, &module, vm)?;
    for (module, name) in [("_signal", "raise_signal"), ("posix", "kill")] {
        let module = vm.import(module, 0)?;
        let Ok(send) = module.get_attr(name, vm) else {
            continue; // the operating system has none
        };
        let (send, state) = (Wrapped::keep(state, send), Arc::downgrade(state));
        let send = vm.new_function(name, move |args: FuncArgs, vm: &VirtualMachine| {
            let sent = send.get(vm)?.call(args, vm);
            wake_main(&state);
            sent
        });
        module.set_attr(name, send, vm)?;
    }
    let state = Arc::downgrade(state);
    let kill = vm.new_function(
        "pthread_kill",
        move |thread_id: u64, signalnum: i32, vm: &VirtualMachine| -> PyResult<()> {
            if let Some(state) = state.upgrade() {
                send(&state, thread_id, signalnum).map_err(|error| error.into_pyexception(vm))?;
            }
            wake_main(&state);
            // It may have been to this thread.
            vm.check_signals()
        },
    );
    module.set_attr("pthread_kill", kill, vm)?;
    module.set_attr("sigpending", vm.new_function("sigpending", pending), vm)?;
    module.set_attr("sigwait", vm.new_function("sigwait", wait), vm)?;
    #[cfg(target_os = "linux")]
    waits::install(&module, vm)?;
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    if let Some(module) = module.downcast_ref::<rustpython_vm::builtins::PyModule>() {
        super::constants::add(module, vm)?;
    }
    Ok(())
}

/// Wraps the functions that set and show handlers: the scheduler must know which signals the
/// program handles, and a handler of our own does not show.
fn install_handlers(
    state: &Arc<InterpreterState>,
    module: &PyObject,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let set = module.get_attr("signal", vm)?;
    let get = module.get_attr("getsignal", vm)?;
    let default = module.get_attr("SIG_DFL", vm)?;
    let interrupt = module.get_attr("default_int_handler", vm)?;
    let own = report_on_quit(&Arc::downgrade(state), &set, &get, &default, vm)?;
    let own = own.map(|own| Wrapped::keep(state, own));
    let [set, get, default, interrupt] =
        [set, get, default, interrupt].map(|object| Wrapped::keep(state, object));
    let shown = move |handler: PyObjectRef, vm: &VirtualMachine| {
        if own.as_ref().is_some_and(|own| own.is(&handler)) {
            default.get(vm)
        } else {
            Ok(handler)
        }
    };
    let (shown_by_set, shown_by_get) = (shown.clone(), shown);
    // A recording or a run may begin at any time: handlers that are set from then on are noted.
    let state = Arc::downgrade(state);
    let state_of_get = state.clone();
    let set = vm.new_function("signal", move |mut args: FuncArgs, vm: &VirtualMachine| {
        let given = args.args.clone();
        let state = state.upgrade();
        let noted = state.as_ref().and_then(|state| Noted::of(state, vm));
        let before = match (noted, &*given) {
            (Some(noted), [signal, handler]) => {
                let (stand_in, of_program) = noted.replace(signal, handler.clone(), vm)?;
                args.args[1] = stand_in;
                match set.get(vm)?.call(args, vm) {
                    Ok(before) => noted.shown(before, of_program),
                    Err(raised) => {
                        noted.restore(signal, of_program, vm)?;
                        return Err(raised);
                    }
                }
            }
            _ => set.get(vm)?.call(args, vm)?,
        };
        if let (Some(state), [signal, handler, ..]) = (state, &*given) {
            let signal: u32 = signal.try_index(vm)?.try_to_primitive(vm)?;
            let handled =
                handler.is_callable() && !interrupt.is(handler) && !is_of_runner(handler, vm);
            SignalHandlers::of(&state).note(signal, handled);
            Noted::note_set(&state, signal);
        }
        shown_by_set(before, vm)
    });
    module.set_attr("signal", set, vm)?;
    let get = vm.new_function("getsignal", move |args: FuncArgs, vm: &VirtualMachine| {
        let given = args.args.first().cloned();
        let handler = get.get(vm)?.call(args, vm)?;
        let state = state_of_get.upgrade();
        match (state.as_deref().and_then(Noted::known), given) {
            (Some(noted), Some(signal)) => {
                let of_program = noted.of_program(&signal, vm)?;
                shown_by_get(noted.shown(handler, of_program), vm)
            }
            _ => shown_by_get(handler, vm),
        }
    });
    module.set_attr("getsignal", get, vm)
}

/// A run has ended: the handlers that it has set are called no more.
pub(crate) fn end_run(state: &InterpreterState, vm: &VirtualMachine) {
    Noted::end_run(state, vm);
}

/// Whether this is the handler by which `asyncio.run` has Ctrl-C cancel its task: as with the
/// default one, Ctrl-C ends the program.
fn is_of_runner(handler: &PyObject, vm: &VirtualMachine) -> bool {
    let has = |object: &PyObject, name: &'static str, text: &str| {
        let found = object.get_attr(name, vm).ok();
        found.is_some_and(|found| {
            let found = found.downcast_ref::<PyStr>();
            found.is_some_and(|found| found.to_string_lossy() == text)
        })
    };
    handler.get_attr("func", vm).is_ok_and(|method| {
        has(&method, "__qualname__", "Runner._on_sigint")
            && has(&method, "__module__", "asyncio.runners")
    })
}

/// Has SIGQUIT (Ctrl-\) report what all threads are doing, if that is wanted and the signal has its
/// default action; the program may set a handler of its own at any time. Returns the handler.
///
/// It is a handler as any other: it runs on the main thread, between two instructions or in a
/// wait, and not inside of the operating system's.
fn report_on_quit(
    state: &Weak<InterpreterState>,
    set: &PyObject,
    get: &PyObject,
    default: &PyObject,
    vm: &VirtualMachine,
) -> PyResult<Option<PyObjectRef>> {
    let wanted = state.upgrade().is_some_and(|state| {
        Reporter::of(&state).is_some_and(|reporter| reporter.reports_on_quit())
    });
    if !wanted {
        return Ok(None);
    }
    let before = get.call((SIGQUIT,), vm)?;
    // The process was started with the signal ignored, say, or the host handles signals itself.
    if !vm.bool_eq(&before, default)? {
        return Ok(None);
    }
    let state = state.clone();
    let report: PyObjectRef = vm
        .new_function("report_threads", move |_args: FuncArgs| {
            if let Some(state) = state.upgrade()
                && let Some(reporter) = Reporter::of(&state)
            {
                reporter.report_now();
            }
        })
        .into();
    set.call((SIGQUIT, report.clone()), vm)?;
    Ok(Some(report))
}

/// A thread has sent a signal, perhaps to this process. In a run, no thread looks for signals while
/// it waits: then the main thread, which runs the handlers, is made to.
fn wake_main(state: &Weak<InterpreterState>) {
    if current_number().is_none() {
        return;
    }
    let state = state.upgrade();
    if let Some(main) = state.as_ref().and_then(|state| state.main_thread())
        && Thread::current().is_some_and(|me| !Arc::ptr_eq(&me, main))
    {
        main.interrupt();
    }
}

/// Sends a signal to the thread that shows `ident`.
///
/// # Errors
/// The operating system's; "no such process" if the interpreter knows no such thread.
fn send(state: &InterpreterState, ident: u64, signal: i32) -> io::Result<()> {
    let ident = state.threads().real_ident(ident);
    let error = state.threads().while_alive(ident, || {
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

/// The set of the signals with these numbers.
fn set_of(signals: &ArgIterable<PyObjectRef>, vm: &VirtualMachine) -> PyResult<libc::sigset_t> {
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
    Ok(set)
}

/// Waits, outside the interpreter, until one of the signals is pending, and takes it.
fn wait(signals: ArgIterable<PyObjectRef>, vm: &VirtualMachine) -> PyResult<i32> {
    let set = set_of(&signals, vm)?;
    let mut taken: c_int = 0;
    // SAFETY: both outlive the call, and the first is a `sigset_t`.
    let error = vm.allow_threads(|| unsafe { sigwait((&raw const set).cast(), &raw mut taken) });
    match error {
        0 => Ok(taken),
        error => Err(io::Error::from_raw_os_error(error).into_pyexception(vm)),
    }
}

//! `signal.sigwaitinfo` and `signal.sigtimedwait`, what they return, and the numbers of real-time
//! signals.

use std::{
    io,
    time::{Duration, Instant},
};

use rustpython_vm::{
    PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::PyTypeRef,
    class::PyClassImpl,
    convert::{IntoPyException, ToPyObject},
    function::{ArgIntoFloat, ArgIterable},
    pyclass, pystruct_sequence, pystruct_sequence_data,
    types::PyStructSequence,
};

/// Puts them into `_signal`.
pub(super) fn install(module: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    for (name, number) in [
        ("SIGRTMIN", libc::SIGRTMIN()),
        ("SIGRTMAX", libc::SIGRTMAX()),
        ("SIGSTKFLT", libc::SIGSTKFLT),
        // Upstream leaves the last out.
        ("NSIG", super::NSIG),
    ] {
        module.set_attr(name, vm.ctx.new_int(number), vm)?;
    }
    let class: PyTypeRef = PySignalInformation::make_static_type();
    module.set_attr("struct_siginfo", class, vm)?;
    let wait = vm.new_function("sigwaitinfo", wait);
    module.set_attr("sigwaitinfo", wait, vm)?;
    let timed = vm.new_function("sigtimedwait", wait_until);
    module.set_attr("sigtimedwait", timed, vm)
}

/// What is known of a signal that was taken.
#[expect(clippy::struct_field_names, reason = "the names are CPython's")]
#[pystruct_sequence_data]
struct SignalInformation {
    si_signo: i32,
    si_code: i32,
    si_errno: i32,
    si_pid: i32,
    si_uid: u32,
    si_status: i32,
    si_band: i64,
}

#[pystruct_sequence(name = "struct_siginfo", module = "signal", data = "SignalInformation")]
struct PySignalInformation;

#[pyclass(with(PyStructSequence))]
impl PySignalInformation {}

impl From<libc::siginfo_t> for SignalInformation {
    fn from(info: libc::siginfo_t) -> Self {
        // SAFETY: the kernel has filled it. Fields that are none of this signal's are other fields
        // of the same memory, which CPython shows, too.
        let (pid, uid, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
        Self {
            si_signo: info.si_signo,
            si_code: info.si_code,
            si_errno: info.si_errno,
            si_pid: pid,
            si_uid: uid,
            si_status: status,
            // The first word of what depends on the signal, as in `siginfo_t`.
            si_band: i64::from(pid) | i64::from(uid) << 32,
        }
    }
}

/// Waits until one of the signals is pending, takes it and returns what is known of it.
fn wait(signals: ArgIterable<PyObjectRef>, vm: &VirtualMachine) -> PyResult {
    let set = super::set_of(&signals, vm)?;
    loop {
        match take(&set, None, vm) {
            Ok(info) => return Ok(info.to_pyobject(vm)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => vm.check_signals()?,
            Err(error) => return Err(error.into_pyexception(vm)),
        }
    }
}

/// As [`wait`], for a number of seconds at most: then it returns `None`.
fn wait_until(
    signals: ArgIterable<PyObjectRef>,
    timeout: ArgIntoFloat,
    vm: &VirtualMachine,
) -> PyResult {
    let set = super::set_of(&signals, vm)?;
    let seconds = timeout.into_float();
    if seconds < 0.0 {
        return Err(vm.new_value_error("timeout must be non-negative"));
    }
    let timeout = Duration::try_from_secs_f64(seconds)
        .map_err(|_| vm.new_overflow_error("timestamp too large to convert to C PyTime_t"))?;
    let begun = Instant::now();
    loop {
        let left = timeout.saturating_sub(begun.elapsed());
        match take(&set, Some(left), vm) {
            Ok(info) => return Ok(info.to_pyobject(vm)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => vm.check_signals()?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(vm.ctx.none()),
            Err(error) => return Err(error.into_pyexception(vm)),
        }
    }
}

/// Waits outside of the interpreter.
fn take(
    set: &libc::sigset_t,
    timeout: Option<Duration>,
    vm: &VirtualMachine,
) -> io::Result<SignalInformation> {
    let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    let set = std::ptr::from_ref(set);
    let taken = vm.allow_threads(|| match timeout {
        // SAFETY: a set of signals and what is filled outlive the call.
        None => unsafe { libc::sigwaitinfo(set, info.as_mut_ptr()) },
        Some(timeout) => {
            let timeout = libc::timespec {
                tv_sec: timeout.as_secs().try_into().unwrap_or(libc::time_t::MAX),
                tv_nsec: timeout.subsec_nanos().into(),
            };
            // SAFETY: as above.
            unsafe { libc::sigtimedwait(set, info.as_mut_ptr(), &raw const timeout) }
        }
    });
    if taken < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: zeros are such a structure, and the call has filled it.
    Ok(unsafe { info.assume_init() }.into())
}

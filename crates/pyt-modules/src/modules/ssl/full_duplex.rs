//! A thread that writes to a TLS connection does not hold it while the peer takes nothing.
//!
//! Upstream locks what is still to be sent while it waits for the socket, and a thread that reads
//! from the connection wants that lock, too, without leaving the interpreter: under the GIL nothing
//! runs any more. So the wait comes first here, and then no more is written than what a ready
//! socket takes.
//!
//! Can go when upstream's `_SSLSocket.write` waits without the lock.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use rustpython_vm::{
    Py, PyObjectRef, PyResult, TryFromObject, VirtualMachine,
    builtins::{PyModule, PyType},
    function::FuncArgs,
    protocol::PyBuffer,
};

/// How much is written at once, in bytes: with what TLS adds, no more than any ready socket takes.
const PART: usize = 4096;

/// How long a wait goes on without a look at signals.
const LOOK: Duration = Duration::from_secs(1);

static ORIGINAL: OnceLock<PyObjectRef> = OnceLock::new();

/// Replaces the method of the class, which all interpreters share, once for the process.
pub(super) fn correct(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let class: PyObjectRef = module.dict().get_item("_SSLSocket", vm)?;
    let Some(class) = class.downcast_ref::<PyType>() else {
        return Err(vm.new_system_error("upstream's _SSLSocket is no class"));
    };
    // SAFETY: the class is one of the interpreter's own, which live as long as the process.
    let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(class) };
    let name = vm.ctx.intern_str("write");
    let Some(original) = class.get_direct_attr(name) else {
        return Err(vm.new_system_error("upstream's _SSLSocket has no write"));
    };
    if ORIGINAL.set(original).is_ok() {
        let method = vm.new_method("write", class, write);
        class.set_attr(name, method.into());
    }
    Ok(())
}

/// Writes some of b, and returns how many bytes.
fn write(socket: PyObjectRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let original = ORIGINAL.get();
    let original = original.ok_or_else(|| vm.new_system_error("a method has no original"))?;
    let owner = socket.get_attr("owner", vm)?;
    // Without a socket of its own (`wrap_bio`) nothing waits.
    let waits = match vm.get_attribute_opt(&owner, "gettimeout")? {
        Some(timeout) => {
            let timeout = timeout.call((), vm)?;
            let seconds: Option<f64> = timeout.try_into_value(vm)?;
            (seconds != Some(0.0)).then_some(seconds)
        }
        None => None,
    };
    let (Some(timeout), [given]) = (waits, &*args.args) else {
        let mut args = args;
        args.prepend_arg(socket);
        return original.call(args, vm);
    };
    let descriptor: i32 = vm.call_method(&owner, "fileno", ())?.try_to_value(vm)?;
    wait(descriptor, timeout, vm)?;
    let length = PyBuffer::try_from_object(vm, given.clone())?.desc.len;
    if length <= PART {
        return original.call((socket, given.clone()), vm);
    }
    let buffer = PyBuffer::try_from_object(vm, given.clone())?;
    let part = buffer.contiguous_or_collect(|bytes| bytes.get(..PART).map(<[u8]>::to_vec));
    let part = vm.ctx.new_bytes(part.unwrap_or_default());
    original.call((socket, part), vm)
}

/// Waits until the socket takes more, detached.
fn wait(descriptor: i32, timeout: Option<f64>, vm: &VirtualMachine) -> PyResult<()> {
    let limit = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let end = limit.map(|limit| Instant::now() + limit);
    let mut polled = libc::pollfd {
        fd: descriptor,
        events: libc::POLLOUT,
        revents: 0,
    };
    // What is closed is never ready: the write says so.
    // SAFETY: it is one structure.
    if descriptor < 0 || unsafe { libc::poll(&raw mut polled, 1, 0) } != 0 {
        return Ok(());
    }
    loop {
        let left = end.map_or(LOOK, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            let class = vm.ctx.exceptions.timeout_error.to_owned();
            let message = "The write operation timed out".to_owned();
            return Err(vm.new_exception_msg(class, message.into()));
        }
        let millis = i32::try_from(left.min(LOOK).as_millis())
            .unwrap_or(i32::MAX)
            .max(1);
        // SAFETY: as above.
        let ready = vm.allow_threads(|| unsafe { libc::poll(&raw mut polled, 1, millis) });
        if ready > 0 {
            // An error of the socket is what the write will say.
            return Ok(());
        }
        vm.check_signals()?;
    }
}

//! `_ssl._SSLSocket` for connections with a socket.
//!
//! Upstream's waits for its socket while it locks what is still to be sent, and another thread that
//! uses the connection wants that lock without leaving the interpreter: under the GIL nothing runs
//! any more. So upstream's connection is one without a socket here, as `SSLObject` has it, and the
//! encrypted bytes are moved between it and the socket by this module. As in CPython, a connection
//! is locked for as long as nothing has to be waited for, by a lock at which threads leave the
//! interpreter, and a thread that waits for its peer holds no lock: one may read while another
//! writes.
//!
//! Can go when upstream waits for sockets without a lock.

use std::{
    io,
    os::fd::RawFd,
    sync::OnceLock,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use pyt_vm::{abort::OrRaise, shared_classes};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyRef, PyResult, TryFromObject, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyBytes, PyModule, PyType, PyTypeRef, PyWeak},
    class::PyClassImpl,
    convert::IntoPyException,
    function::{ArgBytesLike, FuncArgs, KwArgs, OptionalArg},
    object::{Traverse, TraverseFn},
    pyclass,
};

use super::{
    errors,
    transport::{self, Readiness, Received, Transport, Waited},
};

/// How much is encrypted before the socket has to take it, in bytes.
const WRITTEN_AT_ONCE: usize = 16 * 1024;

/// How much upstream encrypts at once, in bytes.
const ENCRYPTED_AT_ONCE: usize = 4096;

/// `SSL_ERROR_SSL`, `SSL_ERROR_WANT_WRITE` and `SSL_ERROR_EOF`.
const ERROR_SSL: i32 = 1;
const ERROR_WANT_WRITE: i32 = 3;
const ERROR_EOF: i32 = 8;

/// Upstream's classes, which it makes once for the process.
struct Classes {
    bio: PyTypeRef,
    error: PyTypeRef,
    eof: PyTypeRef,
    want_read: PyTypeRef,
    want_write: PyTypeRef,
    /// `_SSLContext._wrap_bio`.
    wrap_bio: PyObjectRef,
    /// `_SSLSocket.write`.
    write: PyObjectRef,
}

static CLASSES: OnceLock<Classes> = OnceLock::new();

/// Has contexts wrap sockets by this module.
pub(super) fn correct(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let class = |name: &'static str| -> PyResult<PyTypeRef> {
        let class: PyObjectRef = module.dict().get_item(name, vm)?;
        let other = |_| vm.new_system_error(format!("upstream's {name} is no class"));
        class.downcast().map_err(other)
    };
    let _ = SslSocket::make_static_type();
    let context = class("_SSLContext")?;
    let Some(wrap_bio) = context.get_direct_attr(vm.ctx.intern_str("_wrap_bio")) else {
        return Err(vm.new_system_error("upstream's _SSLContext has no _wrap_bio"));
    };
    let connection = class("_SSLSocket")?;
    let Some(write) = connection.get_direct_attr(vm.ctx.intern_str("write")) else {
        return Err(vm.new_system_error("upstream's _SSLSocket has no write"));
    };
    let classes = Classes {
        bio: class("MemoryBIO")?,
        error: class("SSLError")?,
        eof: class("SSLEOFError")?,
        want_read: class("SSLWantReadError")?,
        want_write: class("SSLWantWriteError")?,
        wrap_bio: wrap_bio.clone(),
        write,
    };
    if CLASSES.set(classes).is_ok() {
        // SAFETY: the class is one of the interpreter's own, which live as long as the process.
        let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(&*context) };
        let method = vm.new_method("_wrap_socket", class, wrap_socket);
        shared_classes::set_attribute(&context, vm.ctx.intern_str("_wrap_socket"), method.into());
        super::parameters::correct(class, wrap_bio, vm);
        super::paths::correct(class, vm)?;
        // SAFETY: as above.
        let class: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(&*connection) };
        let method = vm.new_method("write", class, write_all);
        shared_classes::set_attribute(&connection, vm.ctx.intern_str("write"), method.into());
    }
    Ok(())
}

fn classes(vm: &VirtualMachine) -> PyResult<&'static Classes> {
    let classes = CLASSES.get();
    classes.ok_or_else(|| vm.new_system_error("_ssl has no classes"))
}

/// Writes the bytes-like object b to a connection without a socket, which takes all of it: programs
/// rely on that (anyio). Upstream's takes what it encrypts at once.
fn write_all(connection: PyObjectRef, b: PyObjectRef, vm: &VirtualMachine) -> PyResult<usize> {
    let write = &classes(vm)?.write;
    let data = ArgBytesLike::try_from_object(vm, b)?;
    let data = data.borrow_buf();
    let mut taken = 0;
    loop {
        let part = &data[taken..data.len().min(taken + ENCRYPTED_AT_ONCE)];
        let part = vm.ctx.new_bytes(part.to_vec());
        let count: usize = write
            .call((connection.clone(), part), vm)?
            .try_into_value(vm)?;
        taken += count;
        if count == 0 || taken == data.len() {
            return Ok(taken);
        }
    }
}

#[derive(rustpython_vm::FromArgs)]
struct WrapArgs {
    #[pyarg(any)]
    sock: PyObjectRef,
    #[pyarg(any)]
    server_side: PyObjectRef,
    #[pyarg(any, optional)]
    server_hostname: OptionalArg<PyObjectRef>,
    #[pyarg(named, optional)]
    owner: OptionalArg<PyObjectRef>,
    #[pyarg(named, optional)]
    session: OptionalArg<PyObjectRef>,
}

fn wrap_socket(
    context: PyObjectRef,
    args: WrapArgs,
    vm: &VirtualMachine,
) -> PyResult<PyRef<SslSocket>> {
    let classes = classes(vm)?;
    let bio = || classes.bio.as_object().call((), vm);
    let (incoming, outgoing) = (bio()?, bio()?);
    let mut positional = vec![
        context,
        incoming.clone(),
        outgoing.clone(),
        args.server_side,
    ];
    positional.extend(args.server_hostname.into_option());
    let named = [("owner", args.owner), ("session", args.session)];
    let named = named.into_iter();
    let named = named.filter_map(|(name, value)| Some((name.to_owned(), value.into_option()?)));
    let bound = FuncArgs::new(positional, named.collect::<KwArgs>());
    // As CPython does: else a socket and its connection keep each other alive.
    let weak = args.sock.downgrade(None, vm)?;
    let socket = SslSocket {
        lock: pyt_sched::RLock::new(),
        connection: classes.wrap_bio.call(bound, vm)?,
        incoming,
        outgoing,
        socket: weak,
        transport: Mutex::default(),
    };
    Ok(socket.into_ref(&vm.ctx))
}

/// What a call does, as far as its errors and its end depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Handshake,
    Read,
    Write,
    Shutdown,
}

impl Purpose {
    /// Whether the call is over only when the socket has taken all that it wrote.
    const fn sends(self) -> bool {
        !matches!(self, Self::Read)
    }

    fn timed_out(self, readiness: Readiness, vm: &VirtualMachine) -> PyBaseExceptionRef {
        let operation = match self {
            Self::Handshake => "handshake",
            Self::Write => "write",
            Self::Shutdown if readiness.write => "write",
            Self::Read | Self::Shutdown => "read",
        };
        let class = vm.ctx.exceptions.timeout_error.to_owned();
        let message = format!("The {operation} operation timed out");
        vm.new_os_subtype_error(class, None, message).upcast()
    }
}

/// How long a call may wait.
#[derive(Clone, Copy, Debug)]
enum Limit {
    /// Not at all: the socket does not block.
    NoWait,
    /// Until then.
    Until(Option<Instant>),
}

/// How far a call has come when the connection is unlocked.
enum Progress<T> {
    Done(T),
    /// Something has come from the peer.
    Again,
    /// The socket with this descriptor is not ready; what a socket that does not block raises.
    Blocked(RawFd, Readiness, PyBaseExceptionRef),
}

/// A TLS connection with a socket.
#[pyclass(module = "_ssl", name = "_SSLSocket", traverse = "manual")]
#[derive(Debug, PyPayload)]
pub(super) struct SslSocket {
    /// Held while upstream's connection or the transport is used, never during a wait.
    lock: pyt_sched::RLock,
    /// Upstream's.
    connection: PyObjectRef,
    /// What upstream's connection reads, and what it has written.
    incoming: PyObjectRef,
    outgoing: PyObjectRef,
    socket: PyRef<PyWeak>,
    transport: Mutex<Transport>,
}

// SAFETY: each object is visited once.
unsafe impl Traverse for SslSocket {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.connection.traverse(visit);
        self.incoming.traverse(visit);
        self.outgoing.traverse(visit);
        self.socket.traverse(visit);
    }
}

/// The calling thread uses the connection.
struct Locked<'a>(&'a pyt_sched::RLock);

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // It is held.
        let _ = self.0.release();
    }
}

impl SslSocket {
    fn locked(&self, vm: &VirtualMachine) -> PyResult<Locked<'_>> {
        if !self.lock.acquire_fast() {
            self.lock.acquire(None).or_raise(vm)?;
        }
        Ok(Locked(&self.lock))
    }

    /// Calls a method of upstream's connection that neither reads nor writes.
    fn ask(&self, name: &'static str, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let _locked = self.locked(vm)?;
        vm.call_method(&self.connection, name, args)
    }

    /// The program's socket.
    fn socket(&self, vm: &VirtualMachine) -> PyResult {
        let gone = || ssl_error("Underlying socket connection gone", vm);
        self.socket.upgrade().map_or_else(|| Err(gone()?), Ok)
    }

    fn limit(&self, vm: &VirtualMachine) -> PyResult<Limit> {
        let timeout = vm.call_method(&*self.socket(vm)?, "gettimeout", ())?;
        let timeout: Option<f64> = timeout.try_into_value(vm)?;
        if timeout == Some(0.0) {
            return Ok(Limit::NoWait);
        }
        let timeout = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Ok(Limit::Until(deadline))
    }

    fn descriptor(&self, vm: &VirtualMachine) -> PyResult<RawFd> {
        let descriptor = vm.call_method(&*self.socket(vm)?, "fileno", ())?;
        let descriptor: RawFd = descriptor.try_into_value(vm)?;
        if descriptor < 0 {
            return Err(ssl_error("Underlying socket has been closed.", vm)?);
        }
        Ok(descriptor)
    }

    /// Calls `attempt`, which is to call upstream's connection, until it returns something, and
    /// returns that once the socket has taken what was to be sent. It is called again when it has
    /// returned `None`, or something has come of the peer that it wanted.
    fn drive<T>(
        &self,
        purpose: Purpose,
        attempt: impl FnMut() -> PyResult<Option<T>>,
        vm: &VirtualMachine,
    ) -> PyResult<T> {
        self.drive_on(purpose, attempt, vm)
            .map_err(|error| errors::as_cpythons(error, vm))
    }

    /// [`drive`](Self::drive), with upstream's errors.
    fn drive_on<T>(
        &self,
        purpose: Purpose,
        mut attempt: impl FnMut() -> PyResult<Option<T>>,
        vm: &VirtualMachine,
    ) -> PyResult<T> {
        let limit = self.limit(vm)?;
        let mut done = None;
        loop {
            let progress = {
                let _locked = self.locked(vm)?;
                self.advance(purpose, &mut done, &mut attempt, vm)?
            };
            let (descriptor, readiness, blocked) = match progress {
                Progress::Done(value) => return Ok(value),
                Progress::Again => continue,
                Progress::Blocked(descriptor, readiness, raised) => (descriptor, readiness, raised),
            };
            let Limit::Until(deadline) = limit else {
                return Err(blocked);
            };
            if transport::wait(descriptor, readiness, deadline, vm)? == Waited::TimedOut {
                return Err(purpose.timed_out(readiness, vm));
            }
        }
    }

    /// One turn of [`drive`](Self::drive), with the connection locked. Never waits. `done`: what is
    /// returned once the socket has taken the first so many of the encrypted bytes.
    fn advance<T>(
        &self,
        purpose: Purpose,
        done: &mut Option<(T, u64)>,
        attempt: &mut impl FnMut() -> PyResult<Option<T>>,
        vm: &VirtualMachine,
    ) -> PyResult<Progress<T>> {
        let descriptor = self.descriptor(vm)?;
        self.send(purpose, done.is_some(), descriptor, vm)?;
        let mut want = None;
        if done.is_none() && !(purpose.sends() && self.transport.lock().has_unsent()) {
            let attempted = attempt();
            let end = self.take_outgoing(vm)?;
            match attempted {
                Ok(Some(value)) if !purpose.sends() => return Ok(Progress::Done(value)),
                Ok(Some(value)) => *done = Some((value, end)),
                Ok(None) => return Ok(Progress::Again),
                Err(error) if error.fast_isinstance(&classes(vm)?.want_read) => want = Some(error),
                Err(error) => {
                    // The alert is sent if the socket takes it at once.
                    let _ = self.transport.lock().send(descriptor);
                    return Err(error);
                }
            }
            self.send(purpose, done.is_some(), descriptor, vm)?;
        }
        if let Some((value, end)) = done.take() {
            if self.transport.lock().has_sent(end) {
                return Ok(Progress::Done(value));
            }
            *done = Some((value, end));
        }
        if want.is_some() && self.receive(descriptor, vm)? {
            return Ok(Progress::Again);
        }
        let readiness = Readiness {
            read: want.is_some(),
            write: self.transport.lock().has_unsent(),
        };
        let raised = match want {
            Some(error) if purpose == Purpose::Read || !readiness.write => error,
            _ => want_write(vm)?,
        };
        Ok(Progress::Blocked(descriptor, readiness, raised))
    }

    /// Sends what the socket takes at once.
    fn send(
        &self,
        purpose: Purpose,
        done: bool,
        descriptor: RawFd,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let mut transport = self.transport.lock();
        let Err(error) = transport.send(descriptor) else {
            return Ok(());
        };
        // There may be something to read nevertheless.
        if purpose == Purpose::Read {
            return Ok(());
        }
        let closed = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
        if purpose == Purpose::Handshake && done && closed.contains(&error.kind()) {
            // What is left are tickets for later connections: the peer may have done without.
            transport.forget_unsent();
            return Ok(());
        }
        drop(transport);
        Err(error.into_pyexception(vm))
    }

    /// Takes what upstream's connection has written. Returns how many bytes there have been.
    fn take_outgoing(&self, vm: &VirtualMachine) -> PyResult<u64> {
        let bytes = vm.call_method(&self.outgoing, "read", ())?;
        let bytes = bytes.downcast_ref::<PyBytes>().map(Py::<PyBytes>::as_bytes);
        Ok(self.transport.lock().queue(bytes.unwrap_or_default()))
    }

    /// Gives upstream's connection what has come from the peer. False: nothing has.
    fn receive(&self, descriptor: RawFd, vm: &VirtualMachine) -> PyResult<bool> {
        let received = {
            let mut transport = self.transport.lock();
            if transport.at_end {
                // Upstream knows, and wants more nevertheless.
                drop(transport);
                let class = classes(vm)?.eof.clone();
                let message = "EOF occurred in violation of protocol";
                let error = vm.new_os_subtype_error(class, Some(ERROR_EOF), message);
                return Err(error.upcast());
            }
            let received = transport.receive(descriptor);
            transport.at_end = matches!(received, Ok(Received::End));
            received
        };
        match received.map_err(|error| error.into_pyexception(vm))? {
            Received::Bytes(bytes) => {
                let bytes = vm.ctx.new_bytes(bytes);
                vm.call_method(&self.incoming, "write", (bytes,))?;
            }
            Received::Nothing => return Ok(false),
            Received::End => {
                vm.call_method(&self.incoming, "write_eof", ())?;
            }
        }
        Ok(true)
    }

    /// Encrypts as much of `data` as is written at once, after what is `taken` already.
    fn encrypt(&self, data: &ArgBytesLike, taken: &mut usize, vm: &VirtualMachine) -> PyResult<()> {
        let data = data.borrow_buf();
        let part = &data[*taken..data.len().min(*taken + WRITTEN_AT_ONCE)];
        let part = vm.ctx.new_bytes(part.to_vec());
        let count = vm.call_method(&self.connection, "write", (part,))?;
        *taken += count.try_into_value::<usize>(vm)?;
        Ok(())
    }
}

#[pyclass(flags(DISALLOW_INSTANTIATION))]
impl SslSocket {
    #[pymethod]
    fn do_handshake(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        let attempt = || {
            vm.call_method(&zelf.connection, "do_handshake", ())
                .map(Some)
        };
        zelf.drive(Purpose::Handshake, attempt, vm).map(|_| ())
    }

    /// Reads up to size bytes, into the buffer if there is one.
    #[pymethod]
    fn read(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let attempt = || {
            vm.call_method(&zelf.connection, "read", args.clone())
                .map(Some)
        };
        zelf.drive(Purpose::Read, attempt, vm)
    }

    /// Writes the bytes-like object b, and returns how many bytes that are. If it cannot wait until
    /// the socket has taken them, or no longer, it has to be repeated with the same bytes.
    #[pymethod]
    fn write(zelf: &Py<Self>, b: PyObjectRef, vm: &VirtualMachine) -> PyResult<usize> {
        let data = ArgBytesLike::try_from_object(vm, b)?;
        let size = data.len();
        let mut taken = std::mem::take(&mut zelf.transport.lock().owed);
        if taken > size {
            zelf.transport.lock().owed = taken;
            let error = ssl_error("[SSL: BAD_LENGTH] bad length", vm)?;
            return Err(errors::with_reason(error, "BAD_LENGTH", vm)?);
        }
        let attempt = || {
            zelf.encrypt(&data, &mut taken, vm)?;
            Ok((taken == size).then_some(size))
        };
        let written = zelf.drive(Purpose::Write, attempt, vm);
        if written.is_err() {
            zelf.transport.lock().owed = taken;
        }
        written
    }

    /// Does the SSL shutdown handshake with the remote end.
    #[pymethod]
    fn shutdown(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        let attempt = || vm.call_method(&zelf.connection, "shutdown", ()).map(Some);
        zelf.drive(Purpose::Shutdown, attempt, vm)?;
        zelf.socket(vm)
    }

    /// Returns the number of already decrypted bytes available for read.
    #[pymethod]
    fn pending(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.ask("pending", args, vm)
    }

    /// Returns the certificate for the peer.
    #[pymethod]
    fn getpeercert(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.ask("getpeercert", args, vm)
    }

    #[pymethod]
    fn cipher(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.ask("cipher", args, vm)
    }

    #[pymethod]
    fn shared_ciphers(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.ask("shared_ciphers", args, vm)
    }

    #[pymethod]
    fn version(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.ask("version", args, vm)
    }

    #[pymethod]
    fn compression(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.ask("compression", args, vm)
    }

    #[pymethod]
    fn selected_alpn_protocol(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.ask("selected_alpn_protocol", args, vm)
    }

    #[pymethod]
    fn get_verified_chain(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.ask("get_verified_chain", args, vm)
    }

    #[pymethod]
    fn get_unverified_chain(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.ask("get_unverified_chain", args, vm)
    }

    /// Gets channel binding data for current connection.
    #[pymethod]
    fn get_channel_binding(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.ask("get_channel_binding", args, vm)
    }

    /// Initiates TLS 1.3 post-handshake authentication.
    #[pymethod]
    fn verify_client_post_handshake(
        zelf: &Py<Self>,
        args: FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult {
        zelf.ask("verify_client_post_handshake", args, vm)
    }

    #[pygetset]
    fn context(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        zelf.connection.get_attr("context", vm)
    }

    #[pygetset(setter)]
    fn set_context(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        zelf.connection.set_attr("context", value, vm)
    }

    /// The Python-level owner of this object.
    #[pygetset]
    fn owner(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        zelf.connection.get_attr("owner", vm)
    }

    #[pygetset(setter)]
    fn set_owner(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        zelf.connection.set_attr("owner", value, vm)
    }

    /// The session of the connection.
    #[pygetset]
    fn session(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        zelf.connection.get_attr("session", vm)
    }

    #[pygetset(setter)]
    fn set_session(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        zelf.connection.set_attr("session", value, vm)
    }

    /// Was the client session reused during handshake?
    #[pygetset]
    fn session_reused(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        zelf.connection.get_attr("session_reused", vm)
    }

    /// Whether this is a server-side socket.
    #[pygetset]
    fn server_side(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        zelf.connection.get_attr("server_side", vm)
    }

    /// The currently set server hostname (for SNI).
    #[pygetset]
    fn server_hostname(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        zelf.connection.get_attr("server_hostname", vm)
    }
}

/// `SSLError` with this message.
fn ssl_error(message: &str, vm: &VirtualMachine) -> PyResult<PyBaseExceptionRef> {
    let class = classes(vm)?.error.clone();
    Ok(vm
        .new_os_subtype_error(class, Some(ERROR_SSL), message)
        .upcast())
}

fn want_write(vm: &VirtualMachine) -> PyResult<PyBaseExceptionRef> {
    let class = classes(vm)?.want_write.clone();
    let message = "The operation did not complete (write)";
    Ok(vm
        .new_os_subtype_error(class, Some(ERROR_WANT_WRITE), message)
        .upcast())
}

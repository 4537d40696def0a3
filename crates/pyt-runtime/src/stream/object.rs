//! The standard streams as Python objects: raw streams without a file descriptor, under Python's
//! own text streams.

use std::{
    io,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
};

use pyt_vm::panics::message_of;
use rustpython_vm::{
    PyObjectRef, PyPayload, PyResult, VirtualMachine, builtins::PyBaseExceptionRef,
    class::PyClassImpl, convert::IntoPyException,
};

use super::{
    input::SharedReader,
    sink::{Sink, StreamName},
};
use objects::{HostInput, HostOutput, Tail};

/// Puts a stream that leads to `sink` into `sys`.
pub(super) fn install_output(
    name: StreamName,
    sink: Arc<dyn Sink>,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let (attributes, shown, errors) = match name {
        StreamName::Stdout => (["stdout", "__stdout__"], "<stdout>", "surrogateescape"),
        StreamName::Stderr => (["stderr", "__stderr__"], "<stderr>", "backslashreplace"),
    };
    let locals = vm
        .import("_thread", 0)?
        .get_attr("_local", vm)?
        .call((), vm)?;
    let _class = HostOutput::make_static_type();
    let _class = Tail::make_static_type();
    let raw = HostOutput::new(shown, sink, locals).into_ref(&vm.ctx);
    let stream = text_stream(raw.into(), errors, true, vm)?;
    stream.set_attr("mode", vm.ctx.new_str("w"), vm)?;
    replace(attributes, stream, vm)
}

/// Replaces `sys.stdin` with a stream that reads from `reader`.
pub(super) fn install_input(reader: SharedReader, vm: &VirtualMachine) -> PyResult<()> {
    let _class = HostInput::make_static_type();
    let raw = HostInput::new(reader).into_ref(&vm.ctx);
    let io = vm.import("_io", 0)?;
    let buffer = io.get_attr("BufferedReader", vm)?.call((raw,), vm)?;
    let stream = text_stream(buffer, "surrogateescape", false, vm)?;
    stream.set_attr("mode", vm.ctx.new_str("r"), vm)?;
    replace(["stdin", "__stdin__"], stream, vm)
}

fn text_stream(
    buffer: PyObjectRef,
    errors: &str,
    write_through: bool,
    vm: &VirtualMachine,
) -> PyResult {
    let class = vm.import("_io", 0)?.get_attr("TextIOWrapper", vm)?;
    class.call((buffer, "utf-8", errors, "\n", false, write_through), vm)
}

fn replace(names: [&'static str; 2], stream: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    for name in names {
        vm.sys_module.set_attr(name, stream.clone(), vm)?;
    }
    Ok(())
}

/// Calls host code, detached from the interpreter if it may block.
fn call_host<R>(
    may_block: bool,
    vm: &VirtualMachine,
    f: impl Fn() -> io::Result<R>,
) -> PyResult<R> {
    let call = || panic::catch_unwind(AssertUnwindSafe(&f));
    loop {
        let result = match may_block {
            true => vm.allow_threads(call),
            false => call(),
        };
        match result {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => vm.check_signals()?,
            Ok(Err(error)) => return Err(failed(error, vm)),
            Err(panic) => {
                let message = message_of(&*panic).unwrap_or("no message");
                return Err(vm.new_runtime_error(format!("the host panicked: {message}")));
            }
        }
    }
}

/// The host's error as an `OSError`, with its number if the operating system gave it.
fn failed(error: io::Error, vm: &VirtualMachine) -> PyBaseExceptionRef {
    match error.raw_os_error() {
        Some(_) => error.into_pyexception(vm),
        None => vm.new_os_error(error.to_string()),
    }
}

fn unsupported(what: &str, vm: &VirtualMachine) -> PyBaseExceptionRef {
    let class = vm
        .import("_io", 0)
        .and_then(|io| io.get_attr("UnsupportedOperation", vm));
    let raised = class.and_then(|class| class.call((what,), vm));
    match raised.map(PyObjectRef::downcast) {
        Ok(Ok(exception)) => exception,
        Ok(Err(_)) => vm.new_os_error(what.to_owned()),
        Err(raised) => raised,
    }
}

mod objects {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use pyt_sched::{ThreadId, current_id};
    use rustpython_vm::{
        Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
        function::{ArgBytesLike, ArgMemoryBuffer, FuncArgs, OptionalArg},
        pyclass,
        vm::thread,
    };

    use super::super::{input::SharedReader, sink::Sink};

    /// Attributes that both streams have.
    #[pyclass]
    trait Raw: PyPayload {
        /// Whether it is an input stream.
        const READS: bool;

        fn label(&self) -> &'static str;

        fn is_closed(&self) -> bool;

        fn check_open(&self, vm: &VirtualMachine) -> PyResult<()> {
            match self.is_closed() {
                true => Err(vm.new_value_error("I/O operation on closed file.")),
                false => Ok(()),
            }
        }

        #[pygetset]
        fn closed(zelf: &Py<Self>) -> bool {
            zelf.is_closed()
        }

        #[pygetset]
        fn name(zelf: &Py<Self>) -> &'static str {
            zelf.label()
        }

        #[pygetset]
        fn mode(_zelf: &Py<Self>) -> &'static str {
            if Self::READS { "rb" } else { "wb" }
        }

        #[pymethod]
        fn writable(_zelf: &Py<Self>) -> bool {
            !Self::READS
        }

        #[pymethod]
        fn readable(_zelf: &Py<Self>) -> bool {
            Self::READS
        }

        #[pymethod]
        fn seekable(_zelf: &Py<Self>) -> bool {
            false
        }

        #[pymethod]
        fn isatty(_zelf: &Py<Self>) -> bool {
            false
        }

        #[pymethod]
        fn fileno(_zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<i32> {
            Err(super::unsupported("fileno", vm))
        }
    }

    impl Raw for HostOutput {
        const READS: bool = false;

        fn label(&self) -> &'static str {
            self.name
        }

        fn is_closed(&self) -> bool {
            self.is_closed.load(Ordering::Acquire)
        }
    }

    impl Raw for HostInput {
        const READS: bool = true;

        fn label(&self) -> &'static str {
            "<stdin>"
        }

        fn is_closed(&self) -> bool {
            self.is_closed.load(Ordering::Acquire)
        }
    }

    /// A raw stream that passes what is written to the host.
    #[pyclass(module = "_pyt_streams", name = "HostOutput")]
    #[derive(PyPayload)]
    pub(super) struct HostOutput {
        name: &'static str,
        sink: Arc<dyn Sink>,
        /// A `_thread._local`, for a [`Tail`] in each thread.
        locals: PyObjectRef,
        is_closed: AtomicBool,
    }

    impl std::fmt::Debug for HostOutput {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("HostOutput").finish_non_exhaustive()
        }
    }

    impl HostOutput {
        pub(super) fn new(name: &'static str, sink: Arc<dyn Sink>, locals: PyObjectRef) -> Self {
            Self {
                name,
                sink,
                locals,
                is_closed: AtomicBool::new(false),
            }
        }
    }

    #[pyclass(with(Raw), flags(DISALLOW_INSTANTIATION))]
    impl HostOutput {
        #[pymethod]
        fn write(zelf: &Py<Self>, data: ArgBytesLike, vm: &VirtualMachine) -> PyResult<usize> {
            zelf.check_open(vm)?;
            // A copy: other threads may change a `bytearray` meanwhile.
            let bytes = data.borrow_buf().to_vec();
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let taken = super::call_host(zelf.sink.may_block(), vm, || zelf.sink.write(rest))?;
                if taken == 0 {
                    return Err(
                        vm.new_os_error("the host's writer accepts no more bytes".to_owned())
                    );
                }
                rest = &rest[taken.min(rest.len())..];
            }
            crate::control::note_output(vm, bytes.len());
            if zelf.sink.has_new_tail() {
                let sink = zelf.sink.clone();
                let thread = current_id();
                let tail = Tail { sink, thread }.into_ref(&vm.ctx);
                zelf.locals.set_attr("tail", tail, vm)?;
            }
            Ok(bytes.len())
        }

        #[pymethod]
        fn flush(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
            zelf.check_open(vm)?;
            super::call_host(zelf.sink.may_block(), vm, || zelf.sink.flush())
        }

        #[pymethod]
        fn close(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
            if zelf.is_closed() {
                return Ok(());
            }
            let flushed = Self::flush(zelf, vm);
            zelf.is_closed.store(true, Ordering::Release);
            flushed
        }

        #[pymethod]
        fn read(_zelf: &Py<Self>, _args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
            Err(super::unsupported("not readable", vm))
        }

        #[pymethod]
        fn __enter__(zelf: PyRef<Self>) -> PyRef<Self> {
            zelf
        }

        #[pymethod]
        fn __exit__(zelf: &Py<Self>, _args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
            Self::close(zelf, vm)
        }
    }

    /// Dropped when its thread ends, by any OS thread: passes on the text after the thread's last
    /// newline.
    #[pyclass(module = "_pyt_streams", name = "Tail")]
    #[derive(PyPayload)]
    pub(super) struct Tail {
        sink: Arc<dyn Sink>,
        thread: ThreadId,
    }

    impl std::fmt::Debug for Tail {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Tail").finish_non_exhaustive()
        }
    }

    #[pyclass(flags(DISALLOW_INSTANTIATION))]
    impl Tail {}

    impl Drop for Tail {
        fn drop(&mut self) {
            let end = || self.sink.thread_ends(self.thread);
            thread::try_with_current_vm(|vm| vm.allow_threads(end));
        }
    }

    /// The most bytes that are read from the host at a time.
    const MAX_READ: usize = 64 << 10;

    /// A raw stream that reads from the host.
    #[pyclass(module = "_pyt_streams", name = "HostInput")]
    #[derive(PyPayload)]
    pub(super) struct HostInput {
        reader: SharedReader,
        is_closed: AtomicBool,
    }

    impl std::fmt::Debug for HostInput {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("HostInput").finish_non_exhaustive()
        }
    }

    impl HostInput {
        pub(super) fn new(reader: SharedReader) -> Self {
            Self {
                reader,
                is_closed: AtomicBool::new(false),
            }
        }
    }

    impl HostInput {
        /// At most `size` bytes; none at the end of input.
        fn read_some(&self, size: usize, vm: &VirtualMachine) -> PyResult<Vec<u8>> {
            self.check_open(vm)?;
            super::call_host(true, vm, || {
                let mut bytes = vec![0; size.min(MAX_READ)];
                let count = self.reader.lock().read(&mut bytes)?;
                bytes.truncate(count);
                Ok(bytes)
            })
        }
    }

    #[pyclass(with(Raw), flags(DISALLOW_INSTANTIATION))]
    impl HostInput {
        /// At most `size` bytes; all there are, if it is negative or absent.
        #[pymethod]
        fn read(
            zelf: &Py<Self>,
            size: OptionalArg<Option<isize>>,
            vm: &VirtualMachine,
        ) -> PyResult<Vec<u8>> {
            match usize::try_from(size.flatten().unwrap_or(-1)) {
                Ok(size) => zelf.read_some(size, vm),
                Err(_) => Self::readall(zelf, vm),
            }
        }

        #[pymethod]
        fn readall(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Vec<u8>> {
            let mut all = Vec::new();
            loop {
                let some = zelf.read_some(MAX_READ, vm)?;
                if some.is_empty() {
                    return Ok(all);
                }
                all.extend(some);
            }
        }

        #[pymethod]
        fn readinto(
            zelf: &Py<Self>,
            buffer: ArgMemoryBuffer,
            vm: &VirtualMachine,
        ) -> PyResult<usize> {
            let bytes = zelf.read_some(buffer.len(), vm)?;
            let mut target = buffer.borrow_buf_mut();
            let count = bytes.len().min(target.len());
            target[..count].copy_from_slice(&bytes[..count]);
            Ok(count)
        }

        #[pymethod]
        fn flush(_zelf: &Py<Self>) {}

        #[pymethod]
        fn close(zelf: &Py<Self>) {
            zelf.is_closed.store(true, Ordering::Release);
        }
    }
}

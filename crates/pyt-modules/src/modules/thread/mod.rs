//! The module `_thread`: locks, handles, starting threads, thread-local data.
//!
//! What scheduling does not touch (`interrupt_main`, `stack_size`, `_excepthook`, ...) is
//! upstream's.

pub(crate) mod local;
pub(crate) mod locks;

pub(crate) use _thread::{PyThreadHandle, module_def};

use rustpython_vm::{
    PyResult, VirtualMachine,
    builtins::{PyDictRef, PyStr},
    function::KwArgs,
};

#[rustpython_vm::pymodule(with(locks::locks, local::local_module))]
mod _thread {
    use std::sync::Arc;

    use pyt_vm::{
        abort::abort_exception,
        panics, state,
        threads::{Handle, Start, native_id, os_name, shown_ident},
        uncaught::UncaughtExceptions,
    };
    use rustpython_vm::{
        AsObject, Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
        builtins::{PyBaseExceptionRef, PyDict, PyInt, PyModule, PyStrRef, PyTuple, PyType},
        function::{FuncArgs, OptionalArg},
        pyclass,
        types::{Constructor, Representable},
    };

    use crate::{
        args::{
            arguments::{self, Signature, given},
            pickling, timeout,
        },
        upstream,
    };

    /// Names that are upstream's.
    const UPSTREAMS: &[&str] = &[
        "TIMEOUT_MAX",
        "_ExceptHookArgs",
        "_excepthook",
        "_get_main_thread_ident",
        "_is_main_interpreter",
        "daemon_threads_allowed",
        "error",
        "exit",
        "interrupt_main",
    ];

    /// The smallest stack that a thread may be given, in bytes, as CPython's on Linux.
    const LEAST_STACK: usize = 0x8000;

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        upstream::take(vm, "_thread", UPSTREAMS, module)?;
        for (alias, name) in [
            ("exit_thread", "exit"),
            ("start_new", "start_new_thread"),
            ("allocate", "allocate_lock"),
        ] {
            let value = module.as_object().get_attr(name, vm)?;
            module.as_object().set_attr(alias, value, vm)?;
        }
        Ok(())
    }

    /// A number for the calling thread that no other thread has while both live.
    #[pyfunction]
    fn get_ident() -> u64 {
        shown_ident::of_caller(rustpython_vm::stdlib::_thread::get_ident)
    }

    /// The kernel's number for the calling thread.
    #[pyfunction]
    fn get_native_id() -> u64 {
        shown_ident::of_caller(native_id)
    }

    /// A new lock.
    #[pyfunction]
    fn allocate_lock() -> super::locks::lock::Lock {
        super::locks::lock::Lock::default()
    }

    /// A joinable thread's handle.
    #[pyattr]
    #[pyclass(module = "_thread", name = "_ThreadHandle")]
    #[derive(PyPayload)]
    pub(crate) struct PyThreadHandle {
        pub(crate) handle: Arc<Handle>,
    }

    impl std::fmt::Debug for PyThreadHandle {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_tuple("PyThreadHandle").finish()
        }
    }

    impl Constructor for PyThreadHandle {
        type Args = ();

        fn py_new(_cls: &Py<PyType>, (): (), _vm: &VirtualMachine) -> PyResult<Self> {
            Ok(Self {
                handle: Arc::default(),
            })
        }
    }

    impl Representable for PyThreadHandle {
        fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
            Ok(format!(
                "<_ThreadHandle object: ident={}>",
                zelf.handle.shown_ident()
            ))
        }
    }

    #[pyclass(with(Constructor, Representable))]
    impl PyThreadHandle {
        #[pygetset]
        fn ident(zelf: &Py<Self>) -> u64 {
            zelf.handle.shown_ident()
        }

        #[pymethod]
        fn join(
            zelf: &Py<Self>,
            timeout: OptionalArg<PyObjectRef>,
            vm: &VirtualMachine,
        ) -> PyResult<()> {
            let deadline = timeout::of_join(timeout.into_option().as_deref(), vm)?;
            zelf.handle.join(deadline, vm)
        }

        #[pymethod]
        fn is_done(zelf: &Py<Self>) -> bool {
            zelf.handle.look_done()
        }

        #[pymethod]
        fn _set_done(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
            if !zelf.handle.is_started() {
                return Err(vm.new_runtime_error("thread not started"));
            }
            zelf.handle.set_done();
            Ok(())
        }

        #[pymethod]
        fn __getstate__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
            pickling::refuse(zelf.as_object(), vm)
        }
    }

    #[pyfunction]
    fn _make_thread_handle(ident: PyObjectRef, vm: &VirtualMachine) -> PyResult<PyThreadHandle> {
        let Some(ident) = ident.downcast_ref::<PyInt>() else {
            return Err(vm.new_type_error("ident must be an integer"));
        };
        Ok(PyThreadHandle {
            handle: Handle::running(ident.try_to_primitive(vm)?),
        })
    }

    /// `exc` left the function that a thread was started with.
    fn report(exc: PyBaseExceptionRef, function: &PyObjectRef, vm: &VirtualMachine) {
        if exc.fast_isinstance(vm.ctx.exceptions.system_exit) {
            return;
        }
        if !UncaughtExceptions::note(&state::of(vm), &exc, function, vm) {
            return;
        }
        let message = function
            .repr(vm)
            .ok()
            .map(|repr| format!("Exception ignored in thread started by {repr}"));
        vm.run_unraisable(exc, message, vm.ctx.none());
    }

    #[pyfunction]
    fn start_joinable_thread(
        args: FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult<PyRef<PyThreadHandle>> {
        let [function, handle, daemon] =
            Signature::builtin("start_joinable_thread", ["function", "handle", "daemon"], 1)
                .bind(args, vm)?;
        let function = function.unwrap_or_else(|| vm.ctx.none());
        let daemon = daemon.map_or(Ok(true), |daemon| daemon.try_to_bool(vm))?;
        if !function.is_callable() {
            return Err(vm.new_type_error("thread function must be callable"));
        }
        let handle = match given(handle, vm) {
            Some(handle) => handle
                .downcast::<PyThreadHandle>()
                .map_err(|_| vm.new_type_error("'handle' must be a _ThreadHandle"))?,
            None => PyThreadHandle {
                handle: Arc::default(),
            }
            .into_ref(&vm.ctx),
        };
        vm.audit("_thread.start_joinable_thread", || {
            (function.clone(), daemon, handle.clone())
        })?;
        Start {
            handle: handle.handle.clone(),
            name: String::from("joinable"),
            daemon,
            names_itself: false,
        }
        .run(vm, move |vm| {
            if let Err(exc) = panics::contained(vm, || function.call((), vm)) {
                report(exc, &function, vm);
            }
        })?;
        Ok(handle)
    }

    #[pyfunction]
    fn start_new_thread(args: FuncArgs, vm: &VirtualMachine) -> PyResult<u64> {
        let [function, positional, keywords] = arguments::unnamed("start_new_thread", 2, args, vm)?;
        let function = function.unwrap_or_else(|| vm.ctx.none());
        let positional = positional.unwrap_or_else(|| vm.ctx.none());
        if !function.is_callable() {
            return Err(vm.new_type_error("first arg must be callable"));
        }
        let positional = positional
            .downcast::<PyTuple>()
            .map_err(|_| vm.new_type_error("2nd arg must be a tuple"))?;
        let keywords = keywords
            .map(|keywords| {
                keywords
                    .downcast::<PyDict>()
                    .map_err(|_| vm.new_type_error("optional 3rd arg must be a dictionary"))
            })
            .transpose()?;
        vm.audit("_thread.start_new_thread", || {
            (
                function.clone(),
                positional.clone(),
                keywords
                    .as_ref()
                    .map_or_else(|| vm.ctx.none(), |keywords| keywords.clone().into()),
            )
        })?;
        let call = FuncArgs::new(
            positional.as_slice().to_vec(),
            crate::modules::thread::keywords(keywords.as_ref(), vm)?,
        );
        let handle: Arc<Handle> = Arc::default();
        Start {
            handle: handle.clone(),
            name: String::from("new"),
            daemon: true,
            names_itself: false,
        }
        .run(vm, move |vm| {
            if let Err(exc) = panics::contained(vm, || function.call(call, vm)) {
                report(exc, &function, vm);
            }
        })?;
        Ok(handle.shown_ident())
    }

    /// Waits until all non-daemon threads have ended.
    #[pyfunction]
    fn _shutdown(vm: &VirtualMachine) {
        let state = state::of(vm);
        while let Some(handle) = state.threads().first_to_join(|_| true) {
            if let Err(end) = handle.wait(None) {
                let message = "Exception ignored while joining a thread in _thread._shutdown()";
                vm.run_unraisable(
                    abort_exception(end, vm),
                    Some(message.to_owned()),
                    vm.ctx.none(),
                );
                return;
            }
        }
    }

    /// The stack size of new threads, in bytes; zero stands for the system's default. With an
    /// argument, sets it and returns what it was.
    #[pyfunction]
    fn stack_size(size: OptionalArg<PyObjectRef>, vm: &VirtualMachine) -> PyResult<usize> {
        let size = match size.into_option() {
            Some(size) => size.try_index(vm)?.try_to_primitive::<isize>(vm)?,
            None => 0,
        };
        let size = usize::try_from(size)
            .map_err(|_| vm.new_value_error("size must be 0 or a positive value"))?;
        if size != 0 && size < LEAST_STACK {
            return Err(vm.new_value_error(format!("size not valid: {size} bytes")));
        }
        Ok(vm.state.stacksize.swap(size))
    }

    #[pyfunction]
    fn _count(vm: &VirtualMachine) -> usize {
        vm.state.thread_count.load()
    }

    /// How many bytes of a thread's name the system keeps.
    #[pyattr]
    const _NAME_MAXLEN: usize = os_name::MAX_LEN;

    /// Get the name of the current thread.
    #[pyfunction]
    fn _get_name(vm: &VirtualMachine) -> PyObjectRef {
        os_name::get(vm)
    }

    #[pyfunction]
    fn set_name(name: PyStrRef) -> PyResult<()> {
        os_name::set(&name);
        Ok(())
    }
}

/// A call's keyword arguments from a dictionary.
pub(crate) fn keywords(keywords: Option<&PyDictRef>, vm: &VirtualMachine) -> PyResult<KwArgs> {
    keywords
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            let key = key
                .downcast::<PyStr>()
                .map_err(|_| vm.new_type_error("keywords must be strings"))?;
            Ok((key.to_string_lossy().into_owned(), value))
        })
        .collect()
}

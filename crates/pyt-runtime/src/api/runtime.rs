//! The interpreter as a host holds it.

use std::{sync::Arc, time::Duration};

use pyt_vm::InterpreterState;
use rustpython_vm::{
    AsObject, Interpreter, PyResult, VirtualMachine, builtins::PyBaseExceptionRef, scope::Scope,
};

use crate::{Builder, Error, Options, Python, api::shared::Shared};

/// How long the end of a runtime waits for threads of the host's that are inside.
const PATIENCE: Duration = Duration::from_secs(10);

/// One Python interpreter with its threads.
///
/// Any thread may use it. The one that made it is Python's main thread; others take part as threads
/// of their own for as long as they are inside. Its methods block until the code they run is done;
/// threads that the code started go on.
///
/// Call [`Runtime::finish`] to end it as CPython ends, or [`Runtime::shutdown`] to end it within a
/// time; a runtime that is only dropped is shut down.
pub struct Runtime {
    shared: Arc<Shared>,
    options: Options,
}

impl Runtime {
    /// Settings for a new runtime; see [`Builder`].
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(
        interpreter: Interpreter,
        state: Arc<InterpreterState>,
        options: Options,
    ) -> Self {
        Self {
            shared: Shared::new(interpreter, state),
            options,
        }
    }

    /// The settings that this runtime was made with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Runs `f` inside the interpreter, on the calling thread, and returns what it returns. Blocks
    /// until the thread has its turn. Calls may be nested, also by way of Python.
    ///
    /// ```no_run
    /// # let runtime = pyt_runtime::Runtime::builder().build()?;
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| runtime.enter(|py| py.detach(|| "other threads run Python meanwhile")));
    /// });
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    pub fn enter<R>(&self, f: impl FnOnce(Python<'_>) -> R) -> R {
        self.with_vm(|vm| f(Python::new(vm, &self.shared)))
    }

    /// As [`enter`](Self::enter), with RustPython's own view.
    pub(crate) fn with_vm<R>(&self, f: impl FnOnce(&VirtualMachine) -> R) -> R {
        match self.shared.enter(f) {
            Ok(result) => result,
            Err(_) => unreachable!("whoever ends a runtime takes it away"),
        }
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// As [`enter`](Self::enter), for what may fail: also because the runtime has ended.
    pub(crate) fn try_enter<R>(
        &self,
        f: impl FnOnce(Python<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let entered = self.shared.enter(|vm| f(Python::new(vm, &self.shared)));
        entered.unwrap_or_else(|_| Err(Error::gone()))
    }

    pub(crate) fn state(&self) -> &Arc<InterpreterState> {
        self.shared.state()
    }

    /// Enters the interpreter, runs `f`, and takes down what it raises.
    pub(crate) fn attempt<R>(
        &self,
        f: impl FnOnce(&VirtualMachine) -> PyResult<R>,
    ) -> Result<R, Error> {
        crate::api::value::attempt(&self.shared, |py| f(py.vm()))
    }

    /// Ends the interpreter as CPython does and returns the exit status: 0, or 120 if buffered
    /// output could not be written. Joins non-daemon threads, runs `atexit`, stops daemon
    /// threads where they stand, flushes.
    pub fn finish(self) -> i32 {
        if !self.shared.close(PATIENCE) {
            // A thread of the host's would be caught inside for ever.
            return -1;
        }
        self.shared.dismantle()
    }

    pub(crate) fn finalize(self, error: Option<PyBaseExceptionRef>) -> i32 {
        if !self.shared.close(PATIENCE) {
            // A thread of the host's would be caught inside for ever.
            return -1;
        }
        self.shared.finalize(error)
    }
}

/// The namespace of `__main__`, as globals and locals.
pub(crate) fn main_scope(vm: &VirtualMachine) -> PyResult<Scope> {
    let globals = vm.ensure_main_module()?.dict();
    let builtins = vm.builtins.clone();
    if !globals.contains_key("__builtins__", vm) {
        globals.set_item("__builtins__", builtins.as_object().to_owned(), vm)?;
    }
    Ok(Scope::with_builtins(None, globals, vm))
}

//! The interpreter as a host holds it.

use std::{sync::Arc, time::Duration};

use pyt_vm::InterpreterState;
use rustpython_vm::{Interpreter, PyResult, VirtualMachine, builtins::PyBaseExceptionRef};

use super::{attempt::attempt, runtime_core::RuntimeCore};
use crate::{Error, Options, Python};

/// How long the end of a runtime waits for the host's threads that are inside.
const ENTERED_THREADS_TIMEOUT: Duration = Duration::from_secs(10);

/// One Python interpreter with its threads.
///
/// Any thread may use it. The one that made it is Python's main thread; each other one is a Python
/// thread of its own for as long as it is inside. Methods block until the code they run has ended;
/// threads that the code started go on.
///
/// Call [`Runtime::finish`] to end it as CPython ends, or [`Runtime::shutdown`] to end it within a
/// time; a runtime that is only dropped is shut down.
pub struct Runtime {
    core: Arc<RuntimeCore>,
    options: Options,
}

impl Runtime {
    pub(crate) fn new(
        interpreter: Interpreter,
        state: Arc<InterpreterState>,
        options: Options,
    ) -> Self {
        Self {
            core: RuntimeCore::new(interpreter, state),
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
        self.with_vm(|vm| f(Python::new(vm, &self.core)))
    }

    /// As [`enter`](Self::enter), with RustPython's own handle.
    pub(crate) fn with_vm<R>(&self, f: impl FnOnce(&VirtualMachine) -> R) -> R {
        match self.core.enter(f) {
            Ok(result) => result,
            Err(_) => unreachable!("what ends a runtime takes it by value"),
        }
    }

    pub(crate) const fn core(&self) -> &Arc<RuntimeCore> {
        &self.core
    }

    /// As [`enter`](Self::enter), for what may fail: also because the runtime has ended.
    pub(crate) fn try_enter<R>(
        &self,
        f: impl FnOnce(Python<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let entered = self.core.enter(|vm| f(Python::new(vm, &self.core)));
        entered.unwrap_or_else(|_| Err(Error::gone()))
    }

    pub(crate) fn state(&self) -> &Arc<InterpreterState> {
        self.core.state()
    }

    /// Enters the interpreter, runs `f`, and makes an [`Error`] of what it raises.
    pub(crate) fn attempt<R>(
        &self,
        f: impl FnOnce(&VirtualMachine) -> PyResult<R>,
    ) -> Result<R, Error> {
        attempt(&self.core, |py| f(py.vm()))
    }

    /// Ends the interpreter as CPython does and returns the exit status: 0, or 120 if buffered
    /// output could not be written. Joins non-daemon threads, which may block for ever, runs
    /// `atexit`, halts daemon threads, flushes.
    ///
    /// Waits for at most 10 seconds for host threads that are inside; if one is still there, the
    /// interpreter is leaked and the status is -1.
    pub fn finish(self) -> i32 {
        if !self.core.close(ENTERED_THREADS_TIMEOUT) {
            // A host thread inside would block for ever.
            return -1;
        }
        self.core.dismantle()
    }

    pub(crate) fn finalize(self, error: Option<PyBaseExceptionRef>) -> i32 {
        if !self.core.close(ENTERED_THREADS_TIMEOUT) {
            // A host thread inside would block for ever.
            return -1;
        }
        self.core.finalize(error)
    }
}

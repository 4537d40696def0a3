//! Host code on Python threads.

use std::{
    any::Any,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, PyResult, VirtualMachine,
    function::{FuncArgs, KwArgs},
};

use crate::{
    Error, Python, Runtime,
    api::{attempt::attempt, closure, python::detached, runtime_core::RuntimeCore},
};

/// The result of a thread's code, or its panic, which `join` passes on.
type ThreadResult<T> = Result<T, Box<dyn Any + Send>>;

/// A thread that [`Runtime::spawn`] started. Dropping it lets the thread go on.
pub struct JoinHandle<T> {
    ident: u64,
    result: Receiver<ThreadResult<T>>,
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("ident", &self.ident)
            .finish_non_exhaustive()
    }
}

impl<T> JoinHandle<T> {
    /// The thread's number, as in `threading.get_ident()`.
    #[must_use]
    pub const fn ident(&self) -> u64 {
        self.ident
    }

    /// Blocks until the code has ended and returns its result. Other threads run Python meanwhile.
    ///
    /// # Errors
    /// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped) if the thread was stopped before it came
    /// to an end.
    ///
    /// # Panics
    /// If the code has panicked, with the same payload.
    pub fn join(self) -> Result<T, Error> {
        match detached(|| self.result.recv()) {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(payload)) => panic::resume_unwind(payload),
            Err(_) => Err(Error::stopped_before()),
        }
    }

    /// As [`join`](Self::join), for at most `timeout`.
    ///
    /// # Errors
    /// The handle itself if the thread goes on; the inner result is as there.
    ///
    /// # Panics
    /// As there.
    pub fn join_timeout(self, timeout: Duration) -> Result<Result<T, Error>, Self> {
        match detached(|| self.result.recv_timeout(timeout)) {
            Ok(Ok(result)) => Ok(Ok(result)),
            Ok(Err(payload)) => panic::resume_unwind(payload),
            Err(RecvTimeoutError::Disconnected) => Ok(Err(Error::stopped_before())),
            Err(RecvTimeoutError::Timeout) => Err(self),
        }
    }
}

impl Runtime {
    /// Runs `f` on a new Python thread: a `threading.Thread` of this name that is not a daemon.
    /// Python code sees it as any other. Returns once the thread has started.
    ///
    /// ```
    /// use pyt_runtime::Runtime;
    ///
    /// let runtime = Runtime::builder().build()?;
    /// let name = "import threading\nname = threading.current_thread().name";
    /// let worker = runtime.spawn("worker", move |py| {
    ///     py.exec(name)?;
    ///     py.eval::<String>("name")
    /// })?;
    /// assert_eq!(worker.join()??, "worker");
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// `RuntimeError` if the system or a limit allows no more threads;
    /// [`ErrorKind::Gone`](crate::ErrorKind::Gone) after the end of the runtime.
    pub fn spawn<T: Send + 'static>(
        &self,
        name: &str,
        f: impl FnOnce(Python<'_>) -> T + Send + 'static,
    ) -> Result<JoinHandle<T>, Error> {
        attempt(self.core(), |py| start(py.core(), name, f, py.vm()))
    }
}

impl Python<'_> {
    /// As [`Runtime::spawn`].
    ///
    /// # Errors
    /// As there.
    pub fn spawn<T: Send + 'static>(
        self,
        name: &str,
        f: impl FnOnce(Python<'_>) -> T + Send + 'static,
    ) -> Result<JoinHandle<T>, Error> {
        self.attempt(|py| start(py.core(), name, f, py.vm()))
    }
}

fn start<T: Send + 'static>(
    core: &Arc<RuntimeCore>,
    name: &str,
    f: impl FnOnce(Python<'_>) -> T + Send + 'static,
    vm: &VirtualMachine,
) -> PyResult<JoinHandle<T>> {
    let (done, result) = mpsc::channel();
    // A strong reference would be a circle: the runtime keeps the function.
    let core = Arc::downgrade(core);
    let work = Mutex::new(Some((f, done)));
    let target = move |_: FuncArgs, vm: &VirtualMachine| {
        let work = work.lock().take();
        if let (Some((f, done)), Some(core)) = (work, core.upgrade()) {
            let result = panic::catch_unwind(AssertUnwindSafe(|| f(Python::new(vm, &core))));
            // Without a handle there is no receiver.
            let _ = done.send(result);
        }
        Ok(vm.ctx.none())
    };
    let keywords = [
        ("target".to_owned(), closure::new(target, vm)),
        ("name".to_owned(), vm.ctx.new_str(name).into()),
        ("daemon".to_owned(), vm.ctx.new_bool(false).into()),
    ];
    let class = vm.import("threading", 0)?.get_attr("Thread", vm)?;
    let thread = class.call(
        FuncArgs::new(vec![], keywords.into_iter().collect::<KwArgs>()),
        vm,
    )?;
    vm.call_method(thread.as_object(), "start", ())?;
    let ident = thread.get_attr("ident", vm)?.try_to_value(vm)?;
    Ok(JoinHandle { ident, result })
}

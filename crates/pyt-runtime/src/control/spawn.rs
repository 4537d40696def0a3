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
    vm::thread,
};

use crate::{Error, Python, Runtime, api::closure, api::shared::Shared};

/// What a thread's code came to: a panic is passed on to whoever joins it.
type Outcome<T> = Result<T, Box<dyn Any + Send>>;

/// A thread that [`Runtime::spawn`] started. Dropping it lets the thread go on.
pub struct JoinHandle<T> {
    ident: u64,
    outcome: Receiver<Outcome<T>>,
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

    /// Waits for the code's end and returns its result. Other threads run Python meanwhile.
    ///
    /// # Errors
    /// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped) if the thread was stopped before it came to
    /// an end.
    ///
    /// # Panics
    /// If the code has panicked, with the same payload.
    pub fn join(self) -> Result<T, Error> {
        match outside(|| self.outcome.recv()) {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(payload)) => panic::resume_unwind(payload),
            Err(_) => Err(Error::stopped_before()),
        }
    }

    /// As [`join`](Self::join), for at most `timeout`. `Err(self)`: it goes on.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    pub fn join_timeout(self, timeout: Duration) -> Result<Result<T, Error>, Self> {
        match outside(|| self.outcome.recv_timeout(timeout)) {
            Ok(Ok(result)) => Ok(Ok(result)),
            Ok(Err(payload)) => panic::resume_unwind(payload),
            Err(RecvTimeoutError::Disconnected) => Ok(Err(Error::stopped_before())),
            Err(RecvTimeoutError::Timeout) => Err(self),
        }
    }
}

/// Runs `f` with the calling thread outside of any interpreter.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    if thread::current_vm_is_set() {
        thread::with_current_vm(|vm| vm.allow_threads(f))
    } else {
        f()
    }
}

impl Runtime {
    /// Runs `f` on a new thread of Python's, a `threading.Thread` of this name that is no daemon.
    /// Python code sees it as any other.
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
    /// If there can be no more threads.
    pub fn spawn<T: Send + 'static>(
        &self,
        name: &str,
        f: impl FnOnce(Python<'_>) -> T + Send + 'static,
    ) -> Result<JoinHandle<T>, Error> {
        crate::api::value::attempt(self.shared(), |py| start(py.shared(), name, f, py.vm()))
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
        self.attempt(|py| start(py.shared(), name, f, py.vm()))
    }
}

fn start<T: Send + 'static>(
    shared: &Arc<Shared>,
    name: &str,
    f: impl FnOnce(Python<'_>) -> T + Send + 'static,
    vm: &VirtualMachine,
) -> PyResult<JoinHandle<T>> {
    let (done, outcome) = mpsc::channel();
    // Not the runtime itself, which keeps the function.
    let shared = Arc::downgrade(shared);
    let work = Mutex::new(Some((f, done)));
    let target = move |_: FuncArgs, vm: &VirtualMachine| {
        let work = work.lock().take();
        if let (Some((f, done)), Some(shared)) = (work, shared.upgrade()) {
            let result = panic::catch_unwind(AssertUnwindSafe(|| f(Python::new(vm, &shared))));
            // Whoever does not wait for it does not want it.
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
    Ok(JoinHandle { ident, outcome })
}

//! Calls for async hosts, on tokio's blocking pool: no thread of the executor's ever waits for
//! Python.
//!
//! A dropped future cancels its call. How the thread that runs the call is stopped is known to
//! `control` and not here.

use std::{panic, sync::Arc};

use ::tokio::runtime::Handle;

use crate::{
    Error, FromPython, Python, Runtime, api::runtime_core::RuntimeCore, control::CancellableCall,
};

/// Part of a call's future. Dropping it cancels the call.
struct CancelOnDrop {
    core: Arc<RuntimeCore>,
    call: Arc<CancellableCall>,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        // Does nothing to a call that has ended.
        self.core.cancel(&self.call);
    }
}

/// # Async hosts
///
/// With the feature `tokio`. Each call runs on a thread of tokio's blocking pool, so that any
/// number may be awaited on one executor's thread, and begins when its future is first polled. The
/// futures are `Send` and borrow nothing.
///
/// A future that is dropped before it is done cancels its call: one that has not begun never does,
/// and one that runs is stopped, as by [`Interrupter::stop`](crate::Interrupter::stop), but alone.
/// An exception that is no `Exception` ends what it does, blocked or not; `finally` blocks and
/// handlers have 100 ms; after that nothing of it runs, whatever it catches. So
/// `tokio::time::timeout`, `select!` and [`abort`](::tokio::task::JoinHandle::abort) end the Python
/// code, soon after they return. Threads that the code has started are not ended, nor is native
/// code before it returns, nor the host's own code.
///
/// A future of a [pooled](crate::RuntimePool) runtime must be done or dropped before the runtime is
/// given back.
///
/// The threads of tokio's pool have 2 MiB of stack, in which Python functions get a
/// `RecursionError` before `sys.getrecursionlimit()`, unless the executor was
/// [built with more](::tokio::runtime::Builder::thread_stack_size); and there are
/// [512 at most](::tokio::runtime::Builder::max_blocking_threads).
///
/// ```
/// use std::time::Duration;
/// use pyt_runtime::{ErrorKind, Runtime};
///
/// async fn serve(runtime: &Runtime) -> Result<(), pyt_runtime::Error> {
///     runtime.exec_async("def area(width, height): return width * height").await?;
///     let area: i64 = runtime.eval_async("area(6, 7)").await?;
///     assert_eq!(area, 42);
///
///     let endless = runtime.exec_async("while True: pass");
///     assert!(tokio::time::timeout(Duration::from_millis(20), endless).await.is_err());
///
///     let names = runtime.run_async(|py| {
///         py.exec("import sys")?;
///         py.eval::<Vec<String>>("sorted(sys.modules)")
///     });
///     assert!(names.await?.contains(&"sys".to_owned()));
///     Ok(())
/// }
///
/// let runtime = Runtime::builder().build()?;
/// let executor = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// executor.block_on(serve(&runtime))?;
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
impl Runtime {
    /// Runs `f` inside the interpreter, as [`enter`](Self::enter) does.
    ///
    /// The future must be awaited within a tokio runtime.
    ///
    /// # Errors
    /// What `f` returns; `RuntimeError` outside of a tokio runtime;
    /// [`ErrorKind::Gone`](crate::ErrorKind::Gone) if the Python runtime has ended;
    /// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped) if tokio's ends before the call begins.
    ///
    /// # Panics
    /// The future panics if `f` has panicked, with the same payload.
    pub fn run_async<F, R>(
        &self,
        f: F,
    ) -> impl Future<Output = Result<R, Error>> + Send + 'static + use<F, R>
    where
        F: FnOnce(Python<'_>) -> Result<R, Error> + Send + 'static,
        R: Send + 'static,
    {
        run(self.core().clone(), f)
    }

    /// Runs statements in the namespace of `__main__`, as [`exec`](Self::exec) does.
    ///
    /// # Errors
    /// What the statements raise, and as [`run_async`](Self::run_async).
    pub fn exec_async(
        &self,
        statements: &str,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static + use<> {
        let statements = statements.to_owned();
        self.run_async(move |py| py.exec(&statements))
    }

    /// Evaluates an expression in the namespace of `__main__`, as [`eval`](Self::eval) does.
    ///
    /// # Errors
    /// What the expression or the conversion raises, and as [`run_async`](Self::run_async).
    pub fn eval_async<T: FromPython + Send + 'static>(
        &self,
        expression: &str,
    ) -> impl Future<Output = Result<T, Error>> + Send + 'static + use<T> {
        let expression = expression.to_owned();
        self.run_async(move |py| py.eval(&expression))
    }
}

async fn run<F, R>(core: Arc<RuntimeCore>, f: F) -> Result<R, Error>
where
    F: FnOnce(Python<'_>) -> Result<R, Error> + Send + 'static,
    R: Send + 'static,
{
    let Ok(executor) = Handle::try_current() else {
        let message = "the call must be awaited within a tokio runtime";
        return Err(Error::new("RuntimeError", message));
    };
    let call: Arc<CancellableCall> = Arc::default();
    let cancel = CancelOnDrop {
        core: core.clone(),
        call: call.clone(),
    };
    let work = move || {
        let inside = |vm: &_| call.run(core.state(), || f(Python::new(vm, &core)));
        let entered = core.enter(inside);
        entered.unwrap_or_else(|_| Err(Error::gone()))
    };
    let outcome = executor.spawn_blocking(work).await;
    drop(cancel);
    match outcome {
        Ok(result) => result,
        Err(failure) if failure.is_panic() => panic::resume_unwind(failure.into_panic()),
        Err(_) => Err(Error::stopped_before()),
    }
}

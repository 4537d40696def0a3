//! Calls for async hosts, on threads of pyt's own: no thread of an executor's ever waits for
//! Python, whichever executor it is.
//!
//! A dropped future cancels its call. How the thread that runs the call is stopped is known to
//! `control` and not here.

use std::{
    future::poll_fn,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    task::{Context, Poll, Waker},
    thread,
};

use parking_lot::Mutex;

use super::call_threads;
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
/// Each call runs on a thread of pyt's own, so that any number may be awaited on one executor's
/// thread, and begins when its future is first polled. The futures are `Send` and borrow nothing,
/// and any executor will do. There are 512 such threads at most, all runtimes of the process
/// together; further calls wait for one. Their stacks are 8 MiB.
///
/// A future that is dropped before it is done cancels its call: one that has not begun never does,
/// and one that runs is stopped, as by [`Interrupter::stop`](crate::Interrupter::stop), but alone.
/// An exception that is no `Exception` ends what it does, blocked or not; `finally` blocks and
/// handlers have 100 ms; after that nothing of it runs, whatever it catches. So
/// `tokio::time::timeout`, `select!` and `JoinHandle::abort` end the Python code, soon after they
/// return. Threads that the code has started are not ended, nor is native code before it returns,
/// nor the host's own code.
///
/// A future of a [pooled](crate::RuntimePool) runtime must be done or dropped before the runtime is
/// given back.
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
    /// # Errors
    /// What `f` returns; `RuntimeError` if the system allows no thread;
    /// [`ErrorKind::Gone`](crate::ErrorKind::Gone) if the Python runtime has ended.
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

pub(super) async fn run<F, R>(core: Arc<RuntimeCore>, f: F) -> Result<R, Error>
where
    F: FnOnce(Python<'_>) -> Result<R, Error> + Send + 'static,
    R: Send + 'static,
{
    let call: Arc<CancellableCall> = Arc::default();
    let cancel = CancelOnDrop {
        core: core.clone(),
        call: call.clone(),
    };
    let outcome: Arc<Outcome<R>> = Arc::default();
    let done = outcome.clone();
    call_threads::run(move || {
        let work = || {
            let inside = |vm: &_| call.run(core.state(), || f(Python::new(vm, &core)));
            let entered = core.enter(inside);
            entered.unwrap_or_else(|_| Err(Error::gone()))
        };
        done.set(panic::catch_unwind(AssertUnwindSafe(work)));
    })?;
    let result = poll_fn(|context| outcome.poll(context)).await;
    drop(cancel);
    result.unwrap_or_else(|payload| panic::resume_unwind(payload))
}

/// What a call on another thread gives, once.
struct Outcome<R>(Mutex<OutcomeState<R>>);

struct OutcomeState<R> {
    result: Option<thread::Result<Result<R, Error>>>,
    /// Of the task that waits for it.
    waker: Option<Waker>,
}

impl<R> Default for Outcome<R> {
    fn default() -> Self {
        Self(Mutex::new(OutcomeState {
            result: None,
            waker: None,
        }))
    }
}

impl<R> Outcome<R> {
    fn set(&self, result: thread::Result<Result<R, Error>>) {
        let waker = {
            let mut state = self.0.lock();
            state.result = Some(result);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<thread::Result<Result<R, Error>>> {
        let mut state = self.0.lock();
        if let Some(result) = state.result.take() {
            return Poll::Ready(result);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(context.waker()),
            waker => *waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

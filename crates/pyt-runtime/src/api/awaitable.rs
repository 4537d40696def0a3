//! Rust futures that Python awaits, and Python awaitables that Rust awaits.
//!
//! A Rust future is polled by the thread that runs Python's event loop, whenever its waker was
//! called. It needs no executor of its own.

use std::{
    collections::HashMap,
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use parking_lot::Mutex;
use rustpython_vm::{
    Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::PyBaseException,
    class::PyClassImpl,
    function::OptionalArg,
    protocol::PyIterReturn,
    pyclass,
    types::{IterNext, Iterable, SelfIter},
};

use super::{async_calls, call_threads, closure, host_code::drop_catching};
use crate::{Error, FromPython, Function, IntoPython, Python, Value};

/// Runs an awaitable of any kind to its end, in an event loop of its own.
const RUN: &str = "
import asyncio

async def _complete(awaitable, begun):
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    begun(lambda: loop.call_soon_threadsafe(task.cancel))
    return await awaitable

def run(awaitable, begun):
    with asyncio.Runner() as runner:
        return runner.run(_complete(awaitable, begun))
";

impl Value {
    /// Awaits a coroutine, or any other awaitable, in an event loop of its own on a thread of
    /// pyt's: the future is for the host's executor. Many may run at the same time.
    ///
    /// Dropping the future cancels the coroutine: its `finally` blocks and handlers have 100 ms.
    /// See [`Runtime::run_async`](crate::Runtime::run_async).
    ///
    /// ```
    /// use pyt_runtime::{Runtime, Value};
    ///
    /// let runtime = Runtime::builder().build()?;
    /// runtime.exec("
    /// import asyncio
    /// async def double(n):
    ///     await asyncio.sleep(0.001)
    ///     return n * 2
    /// ")?;
    /// let coroutine: Value = runtime.eval("double(21)")?;
    /// let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(executor.block_on(coroutine.await_async::<i64>())?, 42);
    /// # drop(coroutine);
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// What it raises; `TypeError` if it cannot be awaited; what the conversion raises.
    pub fn await_async<T: FromPython + Send + 'static>(
        &self,
    ) -> impl Future<Output = Result<T, Error>> + Send + 'static + use<T> {
        let awaitable = self.clone();
        let cancel = CancelTask::default();
        let (begun, ended) = (cancel.0.clone(), cancel.0.clone());
        let call = async_calls::run(self.core().clone(), move |py| {
            let names = py.value(HashMap::<String, Value>::new())?;
            py.compile_named(RUN, "<await>")?.eval_in::<()>(&names)?;
            let run: Self = names.get_item("run")?;
            let begun = Function::new("begun", move |cancel: Self| {
                *begun.lock() = Some(cancel);
            });
            let result = run.call((awaitable, begun));
            drop(ended.lock().take());
            result
        });
        async move {
            let _cancel = cancel;
            call.await
        }
    }
}

/// Cancels the task of a coroutine when this is dropped before its end: the event loop waits in a
/// call of the system, which an exception does not end.
#[derive(Default)]
struct CancelTask(Arc<Mutex<Option<Value>>>);

impl Drop for CancelTask {
    fn drop(&mut self) {
        let cancel = self.0.lock().take();
        if let Some(cancel) = cancel {
            // The executor's thread is not to wait for the interpreter. Without a thread the call
            // is stopped when the event loop wakes up.
            let _ = call_threads::run(move || {
                // The loop may be closed by now.
                let _ = cancel.call::<()>(());
            });
        }
    }
}

type BoxedFuture = Pin<Box<dyn Future<Output = Ready> + Send>>;

/// Makes the result an object, inside the interpreter.
type Ready = Box<dyn FnOnce(Python<'_>) -> PyResult + Send>;

/// A Rust future as a coroutine of Python's: `await` it, or give it to `asyncio.create_task`. A
/// host function that returns one is an async function. Its output is [`IntoPython`]: a `Result`'s
/// error is raised where it is awaited.
///
/// The thread that runs the event loop polls it, detached from the interpreter. A future that needs
/// the context of an executor, as tokio's timers and sockets do, is spawned there: the `JoinHandle`
/// can be polled anywhere. Where the task is cancelled in Python, the future is dropped.
///
/// ```
/// use pyt_runtime::{Awaitable, Function, Runtime};
///
/// let runtime = Runtime::builder().build()?;
/// let fetch = |name: String| Awaitable::new(async move { format!("<{name}>") });
/// runtime.set("fetch", Function::new("fetch", fetch))?;
/// runtime.exec("
/// import asyncio
/// async def main():
///     return await asyncio.gather(fetch('a'), fetch('b'))
/// pages = asyncio.run(main())
/// ")?;
/// assert_eq!(runtime.get::<Vec<String>>("pages")?, ["<a>", "<b>"]);
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
pub struct Awaitable(BoxedFuture);

impl fmt::Debug for Awaitable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Awaitable").finish_non_exhaustive()
    }
}

impl Awaitable {
    /// A coroutine whose result is that of `future`.
    #[must_use]
    pub fn new<F>(future: F) -> Self
    where
        F: Future<Output: IntoPython + Send + 'static> + Send + 'static,
    {
        Self(Box::pin(async move {
            let output = future.await;
            Box::new(move |py: Python<'_>| output.into_object(py)) as Ready
        }))
    }
}

impl IntoPython for Awaitable {
    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        let _class = RustCoroutine::make_static_type();
        let coroutine = RustCoroutine {
            future: Mutex::new(Some(self.0)),
            core: Arc::downgrade(py.core()),
        };
        Ok(Value::from_object(py, coroutine.into_ref(&py.vm().ctx)))
    }

    fn type_hint() -> String {
        "Awaitable[Any]".to_owned()
    }
}

/// The object that Python awaits.
#[pyclass(module = "pyt", name = "RustCoroutine")]
#[derive(PyPayload)]
struct RustCoroutine {
    /// Absent when it is done or closed, and while it is polled.
    future: Mutex<Option<BoxedFuture>>,
    core: std::sync::Weak<super::runtime_core::RuntimeCore>,
}

impl fmt::Debug for RustCoroutine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RustCoroutine").finish_non_exhaustive()
    }
}

impl Drop for RustCoroutine {
    fn drop(&mut self) {
        drop_catching(self.future.get_mut().take());
    }
}

/// Has the event loop go on with a coroutine that waits.
struct LoopWaker {
    was_woken: AtomicBool,
    /// Sets the result of the `asyncio.Future` that the task waits for. Absent until it waits.
    resume: Mutex<Option<Value>>,
}

impl LoopWaker {
    fn go_on(&self) {
        let resume = self.resume.lock().take();
        if let Some(resume) = resume {
            // The thread that wakes is not to wait for the interpreter. If no thread can be had,
            // the task waits for ever, as it does when a waker is lost.
            let _ = call_threads::run(move || {
                // The event loop may be closed by now.
                let _ = resume.call::<()>(());
            });
        }
    }
}

impl Wake for LoopWaker {
    fn wake(self: Arc<Self>) {
        self.was_woken.store(true, Ordering::SeqCst);
        self.go_on();
    }
}

impl RustCoroutine {
    fn step(&self, vm: &VirtualMachine) -> PyResult<PyIterReturn> {
        let taken = self.future.lock().take();
        let Some(mut future) = taken else {
            return Err(vm.new_runtime_error("cannot reuse already awaited coroutine"));
        };
        let Some(core) = self.core.upgrade() else {
            return Err(vm.new_runtime_error("the Python runtime has ended"));
        };
        let py = Python::new(vm, &core);
        let waker = Arc::new(LoopWaker {
            was_woken: AtomicBool::new(false),
            resume: Mutex::new(None),
        });
        let shared = Waker::from(waker.clone());
        let poll = || {
            let polled = future.as_mut().poll(&mut Context::from_waker(&shared));
            (polled, future)
        };
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| py.detach(poll)));
        let (polled, future) = polled.map_err(|payload| {
            let message = pyt_vm::panics::message_of(&*payload).unwrap_or_default();
            let message = format!("Rust panicked in a future: {message}");
            drop_catching(payload);
            vm.new_runtime_error(message)
        })?;
        match polled {
            Poll::Ready(output) => {
                drop_catching(future);
                Ok(PyIterReturn::StopIteration(Some(output(py)?)))
            }
            Poll::Pending => {
                *self.future.lock() = Some(future);
                wait(&waker, py).map(PyIterReturn::Return)
            }
        }
    }
}

/// What the task is to wait for: an `asyncio.Future` whose result the waker sets.
fn wait(waker: &LoopWaker, py: Python<'_>) -> PyResult {
    let vm = py.vm();
    let asyncio = vm.import("asyncio", 0)?;
    let event_loop = asyncio.get_attr("get_running_loop", vm)?.call((), vm)?;
    let future = event_loop.get_attr("create_future", vm)?.call((), vm)?;
    let threadsafe = event_loop.get_attr("call_soon_threadsafe", vm)?;
    let waited = future.clone();
    let set = closure::new(
        move |_, vm| {
            let is_done = waited.get_attr("done", vm)?.call((), vm)?;
            if !is_done.is_true(vm)? {
                waited
                    .get_attr("set_result", vm)?
                    .call((vm.ctx.none(),), vm)?;
            }
            Ok(vm.ctx.none())
        },
        vm,
    );
    let resume = closure::new(move |_, vm| threadsafe.call((set.clone(),), vm), vm);
    *waker.resume.lock() = Some(Value::from_object(py, resume));
    if waker.was_woken.load(Ordering::SeqCst) {
        // It was called before there was anything to resume.
        waker.go_on();
    }
    let iterator = future.get_attr("__await__", vm)?.call((), vm)?;
    vm.call_method(&iterator, "__next__", ())
}

impl SelfIter for RustCoroutine {}

impl IterNext for RustCoroutine {
    fn next(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyIterReturn> {
        zelf.step(vm)
    }
}

#[pyclass(with(IterNext, Iterable), flags(DISALLOW_INSTANTIATION, HAS_WEAKREF))]
impl RustCoroutine {
    #[pymethod(name = "__await__")]
    fn awaited(zelf: PyRef<Self>) -> PyRef<Self> {
        zelf
    }

    #[pymethod]
    fn send(zelf: &Py<Self>, _value: PyObjectRef, vm: &VirtualMachine) -> PyResult<PyIterReturn> {
        zelf.step(vm)
    }

    /// The task is cancelled: the future is dropped, and the exception of the cancellation is
    /// raised.
    #[pymethod]
    fn throw(
        zelf: &Py<Self>,
        raised: PyObjectRef,
        value: OptionalArg<PyObjectRef>,
        _traceback: OptionalArg<PyObjectRef>,
        vm: &VirtualMachine,
    ) -> PyResult {
        Self::close(zelf);
        let value = value.into_option().filter(|value| !vm.is_none(value));
        let raised = match value {
            Some(value) => value,
            None if raised.downcastable::<PyBaseException>() => raised,
            None => raised.call((), vm)?,
        };
        match raised.downcast::<PyBaseException>() {
            Ok(raised) => Err(raised),
            Err(_) => Err(vm.new_type_error("exceptions must derive from BaseException")),
        }
    }

    #[pymethod]
    fn close(zelf: &Py<Self>) {
        let future = zelf.future.lock().take();
        drop_catching(future);
    }
}

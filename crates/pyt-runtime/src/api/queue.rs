//! Queues between Rust and Python: a host's handle on a `queue.Queue`.

use std::{fmt, marker::PhantomData, time::Duration};

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyBaseExceptionRef,
    function::FuncArgs,
};

use crate::{Error, FromPython, IntoPython, Python, Runtime, Value, api::attempt::attempt};

/// A `queue.Queue` that Rust and Python share: each may put and get.
///
/// Clones are handles on the same queue. Any thread may use one; the GIL is not held while it
/// waits, and a wait can be [interrupted](crate::Interrupter). Rust values become Python objects
/// when they are put, and items are converted to `T` when Rust gets them.
///
/// ```
/// use std::thread;
/// use pyt_runtime::{Queue, Runtime};
///
/// let runtime = Runtime::builder().build()?;
/// let (numbers, squares) = (runtime.queue::<i64>(10)?, runtime.queue::<i64>(0)?);
/// runtime.set("numbers", numbers.value())?;
/// runtime.set("squares", squares.value())?;
/// thread::scope(|scope| {
///     let python = scope.spawn(|| {
///         runtime.exec("while n := numbers.get(): squares.put(n * n)")
///     });
///     for n in 1..=100 {
///         numbers.put(n)?;
///         assert_eq!(squares.get()?, n * n);
///     }
///     numbers.put(0)?;
///     python.join().unwrap()
/// })?;
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
pub struct Queue<T> {
    queue: Value,
    items: PhantomData<fn(T) -> T>,
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            items: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(&self.queue).finish()
    }
}

impl Runtime {
    /// A new `queue.Queue` for up to `capacity` items, or any number if it is zero.
    ///
    /// # Errors
    /// [`ErrorKind::Gone`](crate::ErrorKind::Gone) after the runtime's end.
    pub fn queue<T>(&self, capacity: usize) -> Result<Queue<T>, Error> {
        let queue = attempt(self.core(), |py| {
            let vm = py.vm();
            let class = vm.import("queue", 0)?.get_attr("Queue", vm)?;
            let capacity = isize::try_from(capacity).unwrap_or(isize::MAX);
            Ok(Value::from_object(py, class.call((capacity,), vm)?))
        })?;
        Ok(Queue::of(queue))
    }
}

impl<T> Queue<T> {
    /// A handle on an existing queue: a `queue.Queue`, `LifoQueue`, `PriorityQueue`, or an object
    /// with their methods.
    #[must_use]
    pub const fn of(queue: Value) -> Self {
        Self {
            queue,
            items: PhantomData,
        }
    }

    /// The queue as a Python object.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.queue
    }

    /// How many items are in it. Other threads may change that at any time.
    ///
    /// # Errors
    /// What the queue's `qsize` raises.
    pub fn len(&self) -> Result<usize, Error> {
        self.queue.call_method("qsize", ())
    }

    /// Whether it is empty. Other threads may change that at any time.
    ///
    /// # Errors
    /// What the queue's `qsize` raises.
    pub fn is_empty(&self) -> Result<bool, Error> {
        self.len().map(|len| len == 0)
    }

    /// Says that one item that was got has been processed: see `queue.Queue.join`.
    ///
    /// # Errors
    /// `ValueError` if it is called more often than items were put.
    pub fn task_done(&self) -> Result<(), Error> {
        self.queue.call_method("task_done", ())
    }

    /// `queue.Queue.shutdown`: putting fails from now on, and getting once the queue is empty.
    ///
    /// # Errors
    /// What the queue's `shutdown` raises.
    pub fn shutdown(&self) -> Result<(), Error> {
        self.queue.call_method("shutdown", ())
    }
}

impl<T: IntoPython> Queue<T> {
    /// Puts `item`. Blocks while the queue is full.
    ///
    /// # Errors
    /// `ShutDown` if the queue was shut down; what the conversion raises; the exception that
    /// interrupts the wait.
    pub fn put(&self, item: T) -> Result<(), Error> {
        self.put_with(item, None).map(drop)
    }

    /// Puts `item` unless the queue is full. Does not block. Returns whether it did.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn try_put(&self, item: T) -> Result<bool, Error> {
        self.put_with(item, Some(Duration::ZERO))
    }

    /// Puts `item`. Blocks for at most `timeout` while the queue is full. Returns whether it did.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<bool, Error> {
        self.put_with(item, Some(timeout))
    }

    fn put_with(&self, item: T, timeout: Option<Duration>) -> Result<bool, Error> {
        self.queue.inside(|queue, py| {
            let item = item.into_object(py)?;
            let mut args = vec![item];
            args.extend(wait_arguments(timeout, py.vm()));
            let put = py.vm().call_method(queue, "put", FuncArgs::from(args));
            none_if_raised(put, "Full", py).map(|put| put.is_some())
        })
    }
}

impl<T: FromPython> Queue<T> {
    /// Gets an item. Blocks while the queue is empty.
    ///
    /// # Errors
    /// `ShutDown` if the queue is empty and was shut down; what the conversion raises, and then the
    /// item is lost; the exception that interrupts the wait.
    pub fn get(&self) -> Result<T, Error> {
        match self.get_with(None)? {
            Some(item) => Ok(item),
            None => unreachable!("without a timeout there is an item or an error"),
        }
    }

    /// Gets an item if there is one. Does not block.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn try_get(&self) -> Result<Option<T>, Error> {
        self.get_with(Some(Duration::ZERO))
    }

    /// Gets an item. Blocks for at most `timeout` while the queue is empty.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_timeout(&self, timeout: Duration) -> Result<Option<T>, Error> {
        self.get_with(Some(timeout))
    }

    fn get_with(&self, timeout: Option<Duration>) -> Result<Option<T>, Error> {
        self.queue.inside(|queue, py| {
            let args = FuncArgs::from(wait_arguments(timeout, py.vm()));
            let got = py.vm().call_method(queue, "get", args);
            match (none_if_raised(got, "Empty", py)?, timeout) {
                (Some(item), _) => T::from_object(item, py).map(Some),
                (None, Some(_)) => Ok(None),
                (None, None) => Err(py.vm().new_runtime_error("the queue did not wait")),
            }
        })
    }
}

/// The arguments `block` and `timeout`.
fn wait_arguments(timeout: Option<Duration>, vm: &VirtualMachine) -> Vec<PyObjectRef> {
    let blocks = timeout != Some(Duration::ZERO);
    let timeout = timeout.map_or_else(
        || vm.ctx.none(),
        |timeout| vm.ctx.new_float(timeout.as_secs_f64()).into(),
    );
    vec![vm.ctx.new_bool(blocks).into(), timeout]
}

/// What a method of the queue returned; `None` if it raised the exception of this name of `queue`.
fn none_if_raised(
    result: PyResult,
    exception: &'static str,
    py: Python<'_>,
) -> PyResult<Option<PyObjectRef>> {
    let vm = py.vm();
    let is_expected = |raised: &PyBaseExceptionRef| {
        let class = vm.import("queue", 0)?.get_attr(exception, vm)?;
        raised.as_object().is_instance(&class, vm)
    };
    match result {
        Ok(value) => Ok(Some(value)),
        Err(raised) if is_expected(&raised)? => Ok(None),
        Err(raised) => Err(raised),
    }
}

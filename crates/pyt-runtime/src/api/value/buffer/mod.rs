//! Memory that Python and Rust share: the items of `bytes`, `bytearray`, `array`, `memoryview` and
//! of any other object with the buffer protocol, and vectors of Rust's as such objects. Nothing is
//! copied.

mod memory;

use std::{fmt, marker::PhantomData};

use rustpython_vm::{
    PyObject, PyObjectRef, PyPayload, PyResult,
    builtins::{PyBaseExceptionRef, PyMemoryView},
    protocol::PyBuffer,
};

use super::{
    Value,
    convert::{FromPython, IntoPython},
};
use crate::{Error, Python, Runtime};

/// The types of items that Python has a format for: integers and floats of fixed size.
pub trait BufferItem: memory::Plain {}

impl<T: memory::Plain> BufferItem for T {}

/// Items of the type `T` in memory that a Python object owns, and which keeps its size as long as
/// this lives: `bytearray.append` raises `BufferError` meanwhile. Made by [`Value::buffer`] of an
/// object, and by [`Python::buffer`] of a vector.
///
/// As an argument or a result it is a `memoryview`.
///
/// ```
/// use pyt_runtime::{Buffer, Function, Runtime, Value};
///
/// let runtime = Runtime::builder().build()?;
/// runtime.exec("import array\nnumbers = array.array('d', [1, 2, 3])")?;
/// let numbers: Value = runtime.get("numbers")?;
/// let buffer: Buffer<f64> = numbers.buffer()?;
/// assert_eq!(buffer.with(|items| items.iter().sum::<f64>())?, 6.0);
/// buffer.with_mut(|items| items[0] = 10.0)?;
/// assert_eq!(runtime.eval::<f64>("sum(numbers)")?, 15.0);
///
/// runtime.set("made", runtime.buffer(vec![0.5_f64; 4])?)?;
/// assert_eq!(runtime.eval::<(String, f64)>("made.format, sum(made)")?, ("d".to_owned(), 2.0));
/// # drop((buffer, numbers));
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
pub struct Buffer<T> {
    /// A `memoryview` that Python code never gets, so that it is not released.
    view: Value,
    length: usize,
    is_readonly: bool,
    items: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("length", &self.length)
            .field("is_readonly", &self.is_readonly)
            .finish_non_exhaustive()
    }
}

impl<T: BufferItem> Buffer<T> {
    /// How many items there are; of all dimensions together.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether the items cannot be changed, as those of `bytes`.
    #[must_use]
    pub const fn is_readonly(&self) -> bool {
        self.is_readonly
    }

    /// Runs `f` with the items. The calling thread is inside meanwhile. Python code that changes
    /// the same object waits until `f` has returned: `f` must not run such code.
    ///
    /// # Errors
    /// [`Gone`](crate::ErrorKind::Gone) if the runtime has ended.
    pub fn with<R>(&self, f: impl FnOnce(&[T]) -> R) -> Result<R, Error> {
        self.view.inside(|view, py| {
            let buffer = exported(view, py)?;
            let bytes = buffer.as_contiguous().ok_or_else(|| not_contiguous(py))?;
            let items = memory::items(&bytes).ok_or_else(|| not_aligned::<T>(py))?;
            Ok(f(items))
        })
    }

    /// Runs `f` with the items, which it may change. The calling thread is inside meanwhile. Python
    /// code that reads or changes the same object waits until `f` has returned: `f` must not run
    /// such code.
    ///
    /// # Errors
    /// `BufferError` if they are read-only; [`Gone`](crate::ErrorKind::Gone) if the runtime has
    /// ended.
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut [T]) -> R) -> Result<R, Error> {
        self.view.inside(|view, py| {
            let buffer = exported(view, py)?;
            let Some(mut bytes) = buffer.as_contiguous_mut() else {
                return Err(py.vm().new_buffer_error("the buffer is read-only"));
            };
            let items = memory::items_mut(&mut bytes).ok_or_else(|| not_aligned::<T>(py))?;
            Ok(f(items))
        })
    }

    /// A copy of the items.
    ///
    /// # Errors
    /// [`Gone`](crate::ErrorKind::Gone) if the runtime has ended.
    pub fn to_vec(&self) -> Result<Vec<T>, Error> {
        self.with(<[T]>::to_vec)
    }

    fn of(object: &PyObject, py: Python<'_>) -> PyResult<Self> {
        let vm = py.vm();
        let view = PyMemoryView::from_object(object, vm)?;
        let buffer = view.clone_buffer();
        let desc = &buffer.desc;
        if desc.itemsize != size_of::<T>() || !memory::is_format_of::<T>(&desc.format) {
            let message = format!(
                "expected a buffer of {}, got one of the format '{}'",
                std::any::type_name::<T>(),
                desc.format
            );
            return Err(vm.new_type_error(message));
        }
        if !desc.is_contiguous() {
            return Err(not_contiguous(py));
        }
        let (length, is_readonly) = (desc.len / size_of::<T>(), desc.readonly);
        {
            let bytes = buffer.as_contiguous().ok_or_else(|| not_contiguous(py))?;
            memory::items::<T>(&bytes).ok_or_else(|| not_aligned::<T>(py))?;
        }
        let view: PyObjectRef = view.into_ref(&vm.ctx).into();
        Ok(Self {
            view: Value::from_object(py, view),
            length,
            is_readonly,
            items: PhantomData,
        })
    }
}

/// The buffer of a view of [`Buffer`]'s.
fn exported(view: &PyObject, py: Python<'_>) -> PyResult<PyBuffer> {
    match view.downcast_ref::<PyMemoryView>() {
        Some(view) => Ok(view.clone_buffer()),
        None => Err(py.vm().new_system_error("a buffer's view is no memoryview")),
    }
}

fn not_contiguous(py: Python<'_>) -> PyBaseExceptionRef {
    py.vm().new_buffer_error("the buffer is not contiguous")
}

fn not_aligned<T>(py: Python<'_>) -> PyBaseExceptionRef {
    let wanted = std::any::type_name::<T>();
    py.vm()
        .new_buffer_error(format!("the buffer is not aligned for {wanted}"))
}

impl Value {
    /// Its memory, as items of the type `T`: of `bytes`, `bytearray`, `array.array`, `memoryview`
    /// and other objects with the buffer protocol. Nothing is copied. See [`Buffer`].
    ///
    /// # Errors
    /// `TypeError` if it has no buffer, or one of other items; `BufferError` if the items are not
    /// one after another, or not aligned.
    pub fn buffer<T: BufferItem>(&self) -> Result<Buffer<T>, Error> {
        self.inside(|object, py| Buffer::of(object, py))
    }
}

impl Runtime {
    /// As [`Python::buffer`].
    ///
    /// # Errors
    /// If the runtime has ended.
    pub fn buffer<T: BufferItem>(&self, items: Vec<T>) -> Result<Buffer<T>, Error> {
        self.try_enter(|py| py.buffer(items))
    }
}

impl Python<'_> {
    /// Memory of Rust's for Python: `items`, which a Python object owns from now on. Nothing is
    /// copied. See [`Buffer`].
    ///
    /// # Errors
    /// If the thread is being stopped.
    pub fn buffer<T: BufferItem>(self, items: Vec<T>) -> Result<Buffer<T>, Error> {
        self.attempt(|py| Buffer::of(&memory::export(items, py), py))
    }
}

impl<T: BufferItem> IntoPython for Buffer<T> {
    fn type_hint() -> String {
        "memoryview".to_owned()
    }

    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        // One of Python's own, which it may release.
        self.view.check(py)?;
        self.view.inside(|view, py| {
            let own = PyMemoryView::from_object(view, py.vm())?;
            Ok(Value::from_object(py, own.into_ref(&py.vm().ctx)))
        })
    }
}

impl<T: BufferItem> FromPython for Buffer<T> {
    fn type_hint() -> String {
        "Buffer".to_owned()
    }

    fn from_python(value: Value, _py: Python<'_>) -> Result<Self, Error> {
        value.buffer()
    }
}

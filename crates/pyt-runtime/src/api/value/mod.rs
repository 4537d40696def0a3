//! Python values as a host holds them.
//!
//! A [`Value`] is one object, whatever its class. What Rust types become which objects is
//! [`convert`]'s, how arguments are passed [`args`]'s.

pub(crate) mod args;
pub(crate) mod convert;
pub(crate) mod convert_collections;
mod convert_text;
mod iter;
mod operations;

use std::{fmt, mem::ManuallyDrop, sync::Arc};

use pyt_vm::control::shielded;
use rustpython_vm::{PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyStrRef};

pub use self::{
    args::{IntoArg, IntoArgs, Kw, Unpack, UnpackKw, kw, unpack, unpack_kw},
    convert::{FromPython, IntoPython},
    iter::Iter,
};
use crate::{Error, Python, Runtime, api::shared::Shared};

/// A Python object, held from Rust.
///
/// It may go to any thread and outlive its [`Runtime`]: then each method gives an error of the kind
/// [`Gone`](crate::ErrorKind::Gone). Cloning it makes another reference to the same object.
///
/// Its methods enter the runtime if the calling thread is not inside already, and block until it has
/// its turn. Many calls in a row are faster within one [`Runtime::enter`].
///
/// ```
/// use pyt_runtime::{Runtime, Value, kw};
///
/// let runtime = Runtime::builder().build()?;
/// let math = runtime.import("math")?;
/// let pi: f64 = math.getattr("pi")?;
/// let root: f64 = math.call_method("sqrt", (16,))?;
/// assert_eq!((pi.trunc(), root), (3.0, 4.0));
///
/// let numbers: Value = runtime.eval("[3, 1, 2]")?;
/// numbers.call_method::<()>("sort", (kw("reverse", true),))?;
/// assert_eq!(numbers.extract::<Vec<i64>>()?, [3, 2, 1]);
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
pub struct Value {
    object: ManuallyDrop<PyObjectRef>,
    shared: Arc<Shared>,
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: nobody uses the object after this; it is not taken anywhere else but in
        // `into_object`, which forgets the value.
        let object = unsafe { ManuallyDrop::take(&mut self.object) };
        self.shared.drop_inside(object);
    }
}

impl Clone for Value {
    fn clone(&self) -> Self {
        Self {
            object: self.object.clone(),
            shared: self.shared.clone(),
        }
    }
}

/// Without a look into the object: that would run Python. See [`Value::repr`].
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({:p})", self.object.as_ref())
    }
}

impl Value {
    pub(crate) fn new(object: PyObjectRef, shared: Arc<Shared>) -> Self {
        Self {
            object: ManuallyDrop::new(object),
            shared,
        }
    }

    /// A value for an object of RustPython's.
    #[must_use]
    pub fn from_object(py: Python<'_>, object: impl Into<PyObjectRef>) -> Self {
        Self::new(object.into(), py.shared().clone())
    }

    /// The object as RustPython has it.
    ///
    /// # Errors
    /// [`WrongRuntime`](crate::ErrorKind::WrongRuntime) if it is not of the runtime that `py` is in.
    pub fn as_object<'a>(&'a self, py: Python<'a>) -> Result<&'a PyObject, Error> {
        self.check(py)?;
        Ok(&self.object)
    }

    /// Another reference to the object, for use in the runtime that `py` is in.
    pub(crate) fn object_in(&self, py: Python<'_>) -> Result<PyObjectRef, Error> {
        self.check(py)?;
        Ok(PyObjectRef::clone(&self.object))
    }

    /// The object, for use in the runtime that `py` is in.
    pub(crate) fn into_object_in(self, py: Python<'_>) -> Result<PyObjectRef, Error> {
        self.check(py)?;
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped, and both are taken once.
        unsafe {
            let object = ManuallyDrop::take(&mut this.object);
            std::ptr::drop_in_place(&raw mut this.shared);
            Ok(object)
        }
    }

    fn check(&self, py: Python<'_>) -> Result<(), Error> {
        if Arc::ptr_eq(&self.shared, py.shared()) {
            Ok(())
        } else {
            Err(Error::wrong_runtime())
        }
    }

    /// Runs `f` inside the value's runtime.
    pub(crate) fn inside<R>(
        &self,
        f: impl FnOnce(&PyObject, Python<'_>) -> PyResult<R>,
    ) -> Result<R, Error> {
        attempt(&self.shared, |py| f(&self.object, py))
    }

    pub(crate) fn wrap(&self, object: impl Into<PyObjectRef>) -> Self {
        Self::new(object.into(), self.shared.clone())
    }

    /// The value as a `T`.
    ///
    /// # Errors
    /// `TypeError` if it is of another class, `OverflowError` if the number is too large for a `T`.
    pub fn extract<T: FromPython>(&self) -> Result<T, Error> {
        self.inside(|object, py| T::from_object(object.to_owned(), py))
    }
}

/// Enters, runs `f`, and takes down what it raises.
pub(crate) fn attempt<R>(
    shared: &Arc<Shared>,
    f: impl FnOnce(Python<'_>) -> PyResult<R>,
) -> Result<R, Error> {
    let entered = shared.enter(|vm| {
        let py = Python::new(vm, shared);
        f(py).map_err(|raised| {
            // One that is being stopped cannot run what takes an exception down.
            let stopped = shared.stopped(&raised, vm);
            stopped
                .or_else(|| shared.recursed(&raised, vm))
                .unwrap_or_else(|| shielded(|| Error::caught(py, &raised)))
        })
    });
    entered.unwrap_or_else(|_| Err(Error::gone()))
}

/// A name for attributes and the like. Names that are in use anyway are not made anew; others are not
/// kept for ever, as interned ones are.
pub(crate) fn name(vm: &VirtualMachine, name: &str) -> PyStrRef {
    match vm.ctx.interned_str(name) {
        Some(known) => known.to_owned(),
        None => vm.ctx.new_str(name),
    }
}

impl Runtime {
    /// `value` as a Python object.
    ///
    /// # Errors
    /// If the conversion fails.
    pub fn value(&self, value: impl IntoPython) -> Result<Value, Error> {
        self.try_enter(|py| py.value(value))
    }
}

impl Python<'_> {
    /// `value` as a Python object.
    ///
    /// # Errors
    /// If the conversion fails.
    pub fn value(self, value: impl IntoPython) -> Result<Value, Error> {
        self.attempt(|py| {
            value
                .into_object(py)
                .map(|object| Value::from_object(py, object))
        })
    }

    /// Runs `f` inside, also if the thread has entered another runtime meanwhile.
    pub(crate) fn attempt<R>(self, f: impl FnOnce(Python<'_>) -> PyResult<R>) -> Result<R, Error> {
        attempt(self.shared(), f)
    }
}

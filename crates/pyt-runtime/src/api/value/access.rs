//! Getting at the object of a value: as RustPython has it, or converted.

use rustpython_vm::{PyObject, PyObjectRef, PyResult};

use super::{FromPython, IntoPython, handle::Value};
use crate::{Error, Python, Runtime, api::attempt::attempt};

impl Value {
    /// The object as RustPython has it.
    ///
    /// # Errors
    /// [`WrongRuntime`](crate::ErrorKind::WrongRuntime) if it is not of the runtime that `py` is
    /// in.
    pub fn as_object<'a>(&'a self, py: Python<'a>) -> Result<&'a PyObject, Error> {
        self.check(py)?;
        Ok(self.object_unchecked())
    }

    /// Another reference to the object, for use in the runtime that `py` is in.
    pub(crate) fn object_in(&self, py: Python<'_>) -> Result<PyObjectRef, Error> {
        self.check(py)?;
        Ok(self.object_unchecked().clone())
    }

    /// The object, for use in the runtime that `py` is in.
    pub(crate) fn into_object_in(self, py: Python<'_>) -> Result<PyObjectRef, Error> {
        self.check(py)?;
        Ok(self.into_object_unchecked())
    }

    pub(super) fn check(&self, py: Python<'_>) -> Result<(), Error> {
        if self.is_of(py) {
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
        attempt(self.core(), |py| f(self.object_unchecked(), py))
    }

    /// The value as a `T`.
    ///
    /// # Errors
    /// `TypeError` if it is of another class, `OverflowError` if the number is too large for a `T`,
    /// [`Gone`](crate::ErrorKind::Gone) after the end of the runtime.
    pub fn extract<T: FromPython>(&self) -> Result<T, Error> {
        self.inside(|object, py| T::from_object(object.to_owned(), py))
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
}

//! What serde reports, as the exceptions that Python would raise, with the path to the data that it
//! is about; and the limit on nesting.

use std::fmt::{self, Display, Write as _};

use ::serde::{
    de::{self, Expected, Unexpected},
    ser,
};
use rustpython_vm::{PyObject, PyResult, builtins::PyStr};

use crate::{Error, Python};

/// How deep data may be nested, in either direction. A list that contains itself is deeper.
pub(super) const MAX_DEPTH: usize = 128;

/// One step from data to what it contains.
#[derive(Debug)]
enum Segment {
    Name(String),
    Index(usize),
    Other(String),
}

/// An error on its way out of nested data.
#[derive(Debug)]
pub(crate) struct DataError {
    error: Error,
    /// From the innermost data outwards.
    path: Vec<Segment>,
}

impl DataError {
    pub(crate) fn new(type_name: &str, message: impl Into<String>) -> Self {
        Error::new(type_name, message).into()
    }

    /// The error is about what is in the field of this name.
    pub(crate) fn in_field(mut self, name: &str) -> Self {
        self.path.push(Segment::Name(name.to_owned()));
        self
    }

    /// The error is about the item with this index.
    pub(crate) fn in_item(mut self, index: usize) -> Self {
        self.path.push(Segment::Index(index));
        self
    }

    /// The error is about the value of a key that is no name, as `repr` shows it.
    pub(super) fn in_entry(mut self, key: String) -> Self {
        self.path.push(Segment::Other(key));
        self
    }

    /// The error for the host: the path stands before its message.
    pub(crate) fn into_error(self) -> Error {
        if self.path.is_empty() || self.error.kind() != crate::ErrorKind::Exception {
            return self.error;
        }
        let mut message = String::new();
        for segment in self.path.iter().rev() {
            let written = match segment {
                Segment::Name(name) if message.is_empty() => write!(message, "{name}"),
                Segment::Name(name) => write!(message, ".{name}"),
                Segment::Index(index) => write!(message, "[{index}]"),
                Segment::Other(key) => write!(message, "[{key}]"),
            };
            // A string takes all that is written to it.
            let _ = written;
        }
        message = format!("{message}: {}", self.error.message());
        let error = Error::new(self.error.type_name(), message);
        if self.error.value().is_some() {
            return error.with_cause(self.error);
        }
        error
    }
}

impl From<Error> for DataError {
    fn from(error: Error) -> Self {
        Self {
            error,
            path: Vec::new(),
        }
    }
}

impl Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for DataError {}

impl ser::Error for DataError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new("ValueError", message.to_string())
    }
}

impl de::Error for DataError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new("ValueError", message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let message = format!("invalid type: {unexpected}, expected {expected}");
        Self::new("TypeError", message)
    }
}

/// The result, with what Python raised as an error.
pub(super) fn raised<T>(result: PyResult<T>, py: Python<'_>) -> Result<T, DataError> {
    result.map_err(|raised| Error::caught(py, &raised).into())
}

pub(super) fn too_deep() -> DataError {
    DataError::new("RecursionError", "data is nested too deeply")
}

/// The error is about the value of `key`.
pub(super) fn in_entry(error: DataError, key: &PyObject, py: Python<'_>) -> DataError {
    let name = key.downcast_ref::<PyStr>();
    if let Some(name) = name {
        return error.in_field(&name.to_string_lossy());
    }
    let shown = key.repr(py.vm());
    let shown = shown.map_or_else(
        |_| format!("<{}>", key.class().name()),
        |text| text.to_string_lossy().into_owned(),
    );
    error.in_entry(shown)
}

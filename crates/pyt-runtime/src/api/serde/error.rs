//! What serde reports, as the exceptions that Python would raise; and the limit on nesting.

use std::fmt::Display;

use ::serde::{
    de::{self, Expected, Unexpected},
    ser,
};
use rustpython_vm::PyResult;

use crate::{Error, Python};

/// How deep data may be nested, in either direction. A list that contains itself is deeper.
pub(super) const MAX_DEPTH: usize = 128;

impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self::new("ValueError", message.to_string())
    }
}

impl de::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self::new("ValueError", message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let message = format!("invalid type: {unexpected}, expected {expected}");
        Self::new("TypeError", message)
    }
}

/// The result, with what Python raised as an error.
pub(super) fn raised<T>(result: PyResult<T>, py: Python<'_>) -> Result<T, Error> {
    result.map_err(|raised| Error::caught(py, &raised))
}

pub(super) fn too_deep() -> Error {
    Error::new("RecursionError", "data is nested too deeply")
}

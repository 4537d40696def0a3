//! Values between the host and a sandboxed interpreter, as bytes that describe themselves.
//!
//! [`ser`] writes a Rust value, [`de`] reads one, and [`object`] does both for Python's objects, by
//! the same conventions as [`Serde`](crate::Serde). The reader trusts nothing: it reads in place,
//! allocates no more than the bytes can hold, and goes no deeper than [`MAX_DEPTH`].
//!
//! Who sends the bytes is not known here.
//!
//! A value is a tag and what belongs to it. Numbers are little-endian; counts have 32 bits. A map
//! is a count and as many pairs.

mod de;
mod object;
mod ser;

use serde::{Serialize, de::DeserializeOwned};

pub(super) use self::object::{ObjectBytes, ObjectSource};
use crate::{Error, api::serde::error::DataError};

/// How deep data may be nested. A little deeper than what becomes an object or comes of one may be,
/// so that the error is the same as in one process.
const MAX_DEPTH: usize = 136;

const NONE: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
/// Eight bytes.
const INT: u8 = 3;
/// Sixteen bytes; for what an `INT` cannot hold.
const WIDE_INT: u8 = 4;
/// Sixteen bytes, unsigned; for what a `WIDE_INT` cannot hold.
const WIDE_UNSIGNED: u8 = 5;
const FLOAT: u8 = 6;
const TEXT: u8 = 7;
const BYTES: u8 = 8;
const LIST: u8 = 9;
const TUPLE: u8 = 10;
const MAP: u8 = 11;

/// The value's bytes.
///
/// # Errors
/// What `Serialize` reports; `RecursionError`; `OverflowError` for more than 2³² items.
pub(super) fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let written = value.serialize(ser::WireSerializer::new(&mut bytes));
    written.map_err(DataError::into_error)?;
    Ok(bytes)
}

/// The value that all of `bytes` are.
///
/// # Errors
/// `TypeError` or `ValueError` if the bytes do not match the type, or are no value.
pub(super) fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = de::WireReader::new(bytes);
    let value = T::deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    value.map_err(DataError::into_error)
}

/// The error for bytes that are no value.
fn malformed() -> DataError {
    DataError::new("ValueError", "the bytes of a value are malformed")
}

fn too_deep() -> DataError {
    DataError::new("RecursionError", "data is nested too deeply")
}

/// The arguments of a call of a Python function: positional ones, `()` for none, and keywords.
pub(super) fn arguments<A: Serialize + ?Sized, K: Serialize + ?Sized>(
    positional: &A,
    keywords: &K,
) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![TUPLE];
    bytes.extend_from_slice(&2_u32.to_le_bytes());
    for (value, empty) in [(to_bytes(positional)?, TUPLE), (to_bytes(keywords)?, MAP)] {
        if value == [NONE] {
            bytes.push(empty);
            bytes.extend_from_slice(&[0; 4]);
        } else {
            bytes.extend_from_slice(&value);
        }
    }
    Ok(bytes)
}

/// The arguments of a call of a host's function, as the tuple that it takes.
pub(super) fn from_arguments<A: DeserializeOwned>(bytes: &[u8]) -> Result<A, Error> {
    let is_empty = matches!(bytes, [LIST, 0, 0, 0, 0]);
    if is_empty && let Ok(nothing) = from_bytes(&[NONE]) {
        return Ok(nothing);
    }
    from_bytes(bytes)
}

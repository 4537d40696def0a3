//! Python's values and SQLite's, each as the other.

use std::ffi::{CString, c_int};

use libsqlite3_sys as ffi;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyResult, TryFromBorrowedObject,
    VirtualMachine,
    builtins::{PyByteArray, PyDict, PyFloat, PyInt, PyList, PyStr, PyTuple},
    protocol::PyBuffer,
};

use super::{adapting, database::RawHandle, errors};

/// Gives a statement its parameters.
pub(super) fn bind_all(
    statement: &RawHandle,
    parameters: &PyObject,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let needed = statement.parameters();
    let types = &vm.ctx.types;
    let is_plain =
        parameters.class().is(types.tuple_type) || parameters.class().is(types.list_type);
    let is_dict = parameters.downcast_ref::<PyDict>().is_some();
    if is_plain || (!is_dict && parameters.try_sequence(vm).is_ok()) {
        bind_sequence(statement, needed, &items(parameters, vm)?, vm)
    } else if is_dict || parameters.try_mapping(vm).is_ok() {
        for index in 1..=needed {
            let Some(name) = statement.parameter_name(index) else {
                return Err(errors::programming(
                    format!(
                        "Binding {index} has no name, but you supplied a dictionary (which has only \
                         names)."
                    ),
                    vm,
                ));
            };
            let name = name.to_string_lossy();
            let name = name.get(1..).unwrap_or_default();
            let value = match parameters.get_item(name, vm) {
                Ok(value) => value,
                Err(error) if error.fast_isinstance(vm.ctx.exceptions.lookup_error) => {
                    return Err(errors::programming(
                        format!("You did not supply a value for binding parameter :{name}."),
                        vm,
                    ));
                }
                Err(error) => return Err(error),
            };
            bind(statement, index, &value, vm)?;
        }
        Ok(())
    } else {
        Err(errors::programming(
            "parameters are of unsupported type",
            vm,
        ))
    }
}

fn items(parameters: &PyObject, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
    if let Some(tuple) = parameters.downcast_ref_if_exact::<PyTuple>(vm) {
        return Ok(tuple.as_slice().to_vec());
    }
    if let Some(list) = parameters.downcast_ref_if_exact::<PyList>(vm) {
        return Ok(list.borrow_vec().to_vec());
    }
    let length = parameters.length(vm)?;
    (0..length)
        .map(|index| parameters.get_item(&index, vm))
        .collect()
}

fn bind_sequence(
    statement: &RawHandle,
    needed: c_int,
    items: &[PyObjectRef],
    vm: &VirtualMachine,
) -> PyResult<()> {
    if usize::try_from(needed).ok() != Some(items.len()) {
        return Err(errors::programming(
            format!(
                "Incorrect number of bindings supplied. The current statement uses {needed}, and \
                 there are {} supplied.",
                items.len()
            ),
            vm,
        ));
    }
    for (index, item) in (1..).zip(items) {
        if let Some(name) = statement.parameter_name(index)
            && !name.as_bytes().starts_with(b"?")
        {
            return Err(errors::programming(
                format!(
                    "Binding {index} ('{}') is a named parameter, but you supplied a sequence which \
                     requires nominal (qmark) placeholders.",
                    name.to_string_lossy()
                ),
                vm,
            ));
        }
        bind(statement, index, item, vm)?;
    }
    Ok(())
}

fn bind(
    statement: &RawHandle,
    index: c_int,
    given: &PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let value = adapting::for_database(given, vm)?;
    let raw = statement.raw();
    let code = if vm.is_none(&value) {
        // SAFETY: here and below the statement is compiled, and SQLite copies what it is given.
        unsafe { ffi::sqlite3_bind_null(raw, index) }
    } else if let Some(value) = value.downcast_ref::<PyInt>() {
        let value = integer(value, vm)?;
        // SAFETY: as above.
        unsafe { ffi::sqlite3_bind_int64(raw, index, value) }
    } else if let Some(value) = value.downcast_ref::<PyFloat>() {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_bind_double(raw, index, value.to_f64()) }
    } else if let Some(value) = value.downcast_ref::<PyStr>() {
        let text = value.try_as_utf8(vm)?.as_str();
        let length = c_int::try_from(text.len())
            .map_err(|_| vm.new_overflow_error("string is longer than INT_MAX bytes"))?;
        let start = text.as_ptr().cast();
        // SAFETY: as above.
        unsafe { ffi::sqlite3_bind_text(raw, index, start, length, ffi::SQLITE_TRANSIENT()) }
    } else if let Ok(buffer) = PyBuffer::try_from_borrowed_object(vm, &value) {
        buffer.contiguous_or_collect(|bytes| {
            let length = c_int::try_from(bytes.len())
                .map_err(|_| vm.new_overflow_error("BLOB longer than INT_MAX bytes"))?;
            let start = bytes.as_ptr().cast();
            // SAFETY: as above.
            Ok(unsafe {
                ffi::sqlite3_bind_blob(raw, index, start, length, ffi::SQLITE_TRANSIENT())
            })
        })?
    } else {
        return Err(errors::programming(
            format!(
                "Error binding parameter {index}: type '{}' is not supported",
                value.class().name()
            ),
            vm,
        ));
    };
    match code {
        ffi::SQLITE_OK => Ok(()),
        _ => Err(errors::last(statement.database(), vm)),
    }
}

fn integer(value: &Py<PyInt>, vm: &VirtualMachine) -> PyResult<i64> {
    let too_large = |_| vm.new_overflow_error("Python int too large to convert to SQLite INTEGER");
    value.try_to_primitive::<i64>(vm).map_err(too_large)
}

/// How a connection makes texts into objects.
pub(super) enum TextFactory {
    Str,
    Bytes,
    ByteArray,
    Other(PyObjectRef),
}

impl TextFactory {
    pub(super) fn of(factory: Option<PyObjectRef>, vm: &VirtualMachine) -> Self {
        let Some(factory) = factory else {
            return Self::Str;
        };
        let types = &vm.ctx.types;
        if factory.is(types.str_type) {
            Self::Str
        } else if factory.is(types.bytes_type) {
            Self::Bytes
        } else if factory.is(types.bytearray_type) {
            Self::ByteArray
        } else {
            Self::Other(factory)
        }
    }
}

/// The value of a column in the row that a statement stands at.
pub(super) fn column(
    statement: &RawHandle,
    index: c_int,
    texts: &TextFactory,
    vm: &VirtualMachine,
) -> PyResult {
    let raw = statement.raw();
    // SAFETY: here and below the statement stands at a row that has the column.
    match unsafe { ffi::sqlite3_column_type(raw, index) } {
        ffi::SQLITE_NULL => Ok(vm.ctx.none()),
        ffi::SQLITE_INTEGER => {
            // SAFETY: as above.
            let value = unsafe { ffi::sqlite3_column_int64(raw, index) };
            Ok(vm.ctx.new_int(value).into())
        }
        ffi::SQLITE_FLOAT => {
            // SAFETY: as above.
            let value = unsafe { ffi::sqlite3_column_double(raw, index) };
            Ok(vm.ctx.new_float(value).into())
        }
        ffi::SQLITE_TEXT => {
            // SAFETY: as above. As a text first: in this order the length is that of its UTF-8.
            let start = unsafe { ffi::sqlite3_column_text(raw, index) };
            // SAFETY: as above.
            let length = unsafe { ffi::sqlite3_column_bytes(raw, index) };
            // SAFETY: SQLite says so; the bytes are copied before its next call.
            let bytes = unsafe { copied(start, length) };
            text(statement, index, bytes, texts, vm)
        }
        _ => Ok(vm
            .ctx
            .new_bytes(column_bytes(statement, index).unwrap_or_default())
            .into()),
    }
}

/// The bytes of a column, whatever its type is; `None` if it is null.
pub(super) fn column_bytes(statement: &RawHandle, index: c_int) -> Option<Vec<u8>> {
    let raw = statement.raw();
    // SAFETY: the statement stands at a row that has the column.
    if unsafe { ffi::sqlite3_column_type(raw, index) } == ffi::SQLITE_NULL {
        return None;
    }
    // SAFETY: as above.
    let start = unsafe { ffi::sqlite3_column_blob(raw, index) };
    // SAFETY: as above.
    let length = unsafe { ffi::sqlite3_column_bytes(raw, index) };
    // SAFETY: SQLite says so; the bytes are copied before its next call.
    Some(unsafe { copied(start.cast(), length) })
}

fn text(
    statement: &RawHandle,
    index: c_int,
    bytes: Vec<u8>,
    texts: &TextFactory,
    vm: &VirtualMachine,
) -> PyResult {
    match texts {
        TextFactory::Str => match String::from_utf8(bytes) {
            Ok(text) => Ok(vm.ctx.new_str(text).into()),
            Err(error) => {
                let name = statement.column_name(index).unwrap_or_default();
                Err(errors::operational(
                    format!(
                        "Could not decode to UTF-8 column '{}' with text '{}'",
                        name.to_string_lossy(),
                        String::from_utf8_lossy(error.as_bytes())
                    ),
                    vm,
                ))
            }
        },
        TextFactory::Bytes => Ok(vm.ctx.new_bytes(bytes).into()),
        TextFactory::ByteArray => Ok(PyByteArray::from(bytes).into_ref(&vm.ctx).into()),
        TextFactory::Other(factory) => factory.call((vm.ctx.new_bytes(bytes),), vm),
    }
}

/// # Safety
/// `start` is null or points to `length` bytes.
pub(super) unsafe fn copied(start: *const u8, length: c_int) -> Vec<u8> {
    let length = usize::try_from(length).unwrap_or(0);
    if start.is_null() || length == 0 {
        return Vec::new();
    }
    // SAFETY: the caller says so.
    unsafe { std::slice::from_raw_parts(start, length) }.to_vec()
}

/// An argument of a function that SQL calls.
///
/// # Safety
/// `value` is one that SQLite has passed to the function.
pub(super) unsafe fn argument(value: *mut ffi::sqlite3_value, vm: &VirtualMachine) -> PyResult {
    // SAFETY: the caller says so; texts and blobs are copied before SQLite's next call.
    unsafe {
        match ffi::sqlite3_value_type(value) {
            ffi::SQLITE_INTEGER => Ok(vm.ctx.new_int(ffi::sqlite3_value_int64(value)).into()),
            ffi::SQLITE_FLOAT => Ok(vm.ctx.new_float(ffi::sqlite3_value_double(value)).into()),
            ffi::SQLITE_TEXT => {
                let start = ffi::sqlite3_value_text(value);
                let bytes = copied(start, ffi::sqlite3_value_bytes(value));
                let text = String::from_utf8(bytes);
                let text = text.map_err(|_| vm.new_value_error("the text is not UTF-8"))?;
                Ok(vm.ctx.new_str(text).into())
            }
            ffi::SQLITE_BLOB => {
                let start = ffi::sqlite3_value_blob(value);
                let bytes = copied(start.cast(), ffi::sqlite3_value_bytes(value));
                Ok(vm.ctx.new_bytes(bytes).into())
            }
            _ => Ok(vm.ctx.none()),
        }
    }
}

/// Gives what a function returned to SQL.
///
/// # Safety
/// `context` is one that SQLite has passed to the function.
pub(super) unsafe fn give(
    context: *mut ffi::sqlite3_context,
    value: &PyObject,
    vm: &VirtualMachine,
) -> PyResult<()> {
    // SAFETY: the caller says so; SQLite copies what it is given.
    unsafe {
        if vm.is_none(value) {
            ffi::sqlite3_result_null(context);
        } else if let Some(value) = value.downcast_ref::<PyInt>() {
            ffi::sqlite3_result_int64(context, integer(value, vm)?);
        } else if let Some(value) = value.downcast_ref::<PyFloat>() {
            ffi::sqlite3_result_double(context, value.to_f64());
        } else if let Some(value) = value.downcast_ref::<PyStr>() {
            let text = value.try_as_utf8(vm)?.as_str();
            let length = c_int::try_from(text.len())
                .map_err(|_| vm.new_overflow_error("string is longer than INT_MAX bytes"))?;
            let start = text.as_ptr().cast();
            ffi::sqlite3_result_text(context, start, length, ffi::SQLITE_TRANSIENT());
        } else {
            let buffer = PyBuffer::try_from_borrowed_object(vm, value)?;
            buffer.contiguous_or_collect(|bytes| {
                let length = c_int::try_from(bytes.len())
                    .map_err(|_| vm.new_overflow_error("BLOB longer than INT_MAX bytes"))?;
                let start = bytes.as_ptr().cast();
                ffi::sqlite3_result_blob(context, start, length, ffi::SQLITE_TRANSIENT());
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// A text for SQLite.
pub(super) fn c_text(text: &str, vm: &VirtualMachine) -> PyResult<CString> {
    CString::new(text).map_err(|_| vm.new_value_error("embedded null character"))
}

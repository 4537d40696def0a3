//! `sqlite3.Blob`: a value that is read and written in place.

use std::{
    ffi::c_int,
    ptr::null_mut,
    sync::{Arc, LazyLock, Weak},
};

use libsqlite3_sys as ffi;
use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, TryFromBorrowedObject,
    VirtualMachine, atomic_func,
    builtins::{PyInt, PySlice},
    function::{FuncArgs, OptionalArg},
    object::{Traverse, TraverseFn},
    protocol::{PyBuffer, PyMappingMethods},
    pyclass,
    types::AsMapping,
};

use super::{connection::Connection, database::Database, errors};

/// Where `seek` counts from.
const FROM_START: c_int = 0;
const FROM_HERE: c_int = 1;
const FROM_END: c_int = 2;

/// A handle of SQLite's, which is closed with its database at the latest.
pub(super) struct RawBlob {
    /// Null once it is closed.
    raw: Mutex<*mut ffi::sqlite3_blob>,
    database: Weak<Database>,
}

// SAFETY: SQLite is built so that any thread may call it, and the connection lets one do so.
unsafe impl Send for RawBlob {}
// SAFETY: as above.
unsafe impl Sync for RawBlob {}

impl std::fmt::Debug for RawBlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RawBlob")
    }
}

impl RawBlob {
    pub(super) fn close(&self) {
        let raw = std::mem::replace(&mut *self.raw.lock(), null_mut());
        // SAFETY: it is closed once, here; closing null does nothing.
        unsafe { ffi::sqlite3_blob_close(raw) };
    }
}

impl Drop for RawBlob {
    fn drop(&mut self) {
        // What has no database any more was closed with it.
        if self.database.upgrade().is_some() {
            self.close();
        }
    }
}

/// A value of a table that is read and written in place.
#[pyclass(module = "sqlite3", name = "Blob", traverse = "manual")]
#[derive(Debug, PyPayload)]
pub(super) struct Blob {
    connection: PyRef<Connection>,
    handle: Arc<RawBlob>,
    offset: Mutex<c_int>,
}

// SAFETY: each object is visited once.
unsafe impl Traverse for Blob {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.connection.traverse(visit);
    }
}

impl Blob {
    /// A blob, and its handle for the connection, which closes it.
    pub(super) fn new(
        connection: PyRef<Connection>,
        raw: *mut ffi::sqlite3_blob,
        database: Arc<Database>,
    ) -> (Self, Weak<RawBlob>) {
        let handle = Arc::new(RawBlob {
            raw: Mutex::new(raw),
            database: Arc::downgrade(&database),
        });
        let weak = Arc::downgrade(&handle);
        let blob = Self {
            connection,
            handle,
            offset: Mutex::new(0),
        };
        (blob, weak)
    }

    /// SQLite's handle. The calling thread uses the connection.
    fn raw(&self, vm: &VirtualMachine) -> PyResult<*mut ffi::sqlite3_blob> {
        self.connection.database(vm)?;
        let raw = *self.handle.raw.lock();
        if raw.is_null() {
            let message = "Cannot operate on a closed blob.";
            return Err(errors::programming(message, vm));
        }
        Ok(raw)
    }

    fn length(&self, vm: &VirtualMachine) -> PyResult<c_int> {
        let _entered = self.connection.enter(vm)?;
        let raw = self.raw(vm)?;
        // SAFETY: the blob is open.
        Ok(unsafe { ffi::sqlite3_blob_bytes(raw) })
    }

    fn read_at(&self, offset: c_int, length: c_int, vm: &VirtualMachine) -> PyResult<Vec<u8>> {
        let _entered = self.connection.enter(vm)?;
        let raw = self.raw(vm)?;
        let mut bytes = vec![0_u8; usize::try_from(length).unwrap_or(0)];
        let start = bytes.as_mut_ptr().cast();
        // SAFETY: the blob is open, and there is place for so many bytes.
        let code =
            vm.allow_threads(|| unsafe { ffi::sqlite3_blob_read(raw, start, length, offset) });
        self.check(code, vm)?;
        Ok(bytes)
    }

    fn write_at(&self, offset: c_int, bytes: &[u8], vm: &VirtualMachine) -> PyResult<()> {
        let _entered = self.connection.enter(vm)?;
        let raw = self.raw(vm)?;
        let length = c_int::try_from(bytes.len())
            .map_err(|_| vm.new_overflow_error("data is longer than INT_MAX bytes"))?;
        let start = bytes.as_ptr().cast();
        // SAFETY: the blob is open, and there are so many bytes.
        let code =
            vm.allow_threads(|| unsafe { ffi::sqlite3_blob_write(raw, start, length, offset) });
        self.check(code, vm)
    }

    fn check(&self, code: c_int, vm: &VirtualMachine) -> PyResult<()> {
        match code {
            ffi::SQLITE_OK => Ok(()),
            ffi::SQLITE_ABORT => Err(errors::of_code(
                code,
                code,
                "Cannot operate on modified blob".into(),
                vm,
            )),
            _ => Err(errors::last(&*self.connection.database(vm)?, vm)),
        }
    }

    /// The index that a program gave, counted from the start.
    fn index(&self, given: &Py<PyInt>, length: c_int, vm: &VirtualMachine) -> PyResult<c_int> {
        let outside = || vm.new_index_error("Blob index out of range");
        let index = given
            .try_to_primitive::<isize>(vm)
            .map_err(|_| vm.new_index_error("cannot fit 'int' into an index-sized integer"))?;
        let index = c_int::try_from(index).map_err(|_| outside())?;
        let index = if index < 0 { index + length } else { index };
        if (0..length).contains(&index) {
            Ok(index)
        } else {
            Err(outside())
        }
    }

    fn get(&self, key: &PyObject, vm: &VirtualMachine) -> PyResult {
        let length = self.length(vm)?;
        if let Some(slice) = key.downcast_ref::<PySlice>() {
            let bytes = self.read_at(0, length, vm)?;
            let bytes = vm.ctx.new_bytes(bytes);
            return bytes.as_object().get_item(slice.as_object(), vm);
        }
        let Some(index) = key.try_index_opt(vm) else {
            return Err(vm.new_type_error("Blob indices must be integers"));
        };
        let index = index?;
        let index = self.index(&index, length, vm)?;
        let bytes = self.read_at(index, 1, vm)?;
        Ok(vm.ctx.new_int(bytes.first().copied().unwrap_or(0)).into())
    }

    fn set(&self, key: &PyObject, value: Option<PyObjectRef>, vm: &VirtualMachine) -> PyResult<()> {
        let length = self.length(vm)?;
        if let Some(slice) = key.downcast_ref::<PySlice>() {
            let Some(value) = value else {
                return Err(vm.new_type_error("Blob doesn't support slice deletion"));
            };
            let given = PyBuffer::try_from_borrowed_object(vm, &value)?;
            let given = given.contiguous_or_collect(<[u8]>::to_vec);
            let (range, step, count) = {
                let size = usize::try_from(length).unwrap_or(0);
                slice.to_saturated(vm)?.adjust_indices(size)
            };
            if given.len() != count {
                return Err(vm.new_index_error("Blob slice assignment is wrong size"));
            }
            if count == 0 {
                return Ok(());
            }
            let mut bytes = self.read_at(0, length, vm)?;
            let size = step.unsigned_abs();
            let places: Box<dyn Iterator<Item = usize>> = if step > 0 {
                Box::new(range.clone().step_by(size))
            } else {
                Box::new(range.clone().rev().step_by(size))
            };
            for (place, byte) in places.zip(given) {
                if let Some(target) = bytes.get_mut(place) {
                    *target = byte;
                }
            }
            let start = c_int::try_from(range.start).unwrap_or(0);
            let changed = bytes.get(range).unwrap_or_default();
            return self.write_at(start, changed, vm);
        }
        let Some(index) = key.try_index_opt(vm) else {
            return Err(vm.new_type_error("Blob indices must be integers"));
        };
        let index = index?;
        let Some(value) = value else {
            return Err(vm.new_type_error("Blob doesn't support item deletion"));
        };
        let Some(number) = value.downcast_ref::<PyInt>() else {
            let class = value.class().name().to_owned();
            let message = format!("'{class}' object cannot be interpreted as an integer");
            return Err(vm.new_type_error(message));
        };
        let byte = number.try_to_primitive::<u8>(vm);
        let byte = byte.map_err(|_| vm.new_value_error("byte must be in range(0, 256)"))?;
        let index = self.index(&index, length, vm)?;
        self.write_at(index, &[byte], vm)
    }
}

#[pyclass(with(AsMapping), flags(DISALLOW_INSTANTIATION, HAS_WEAKREF))]
impl Blob {
    /// Close the blob.
    #[pymethod]
    fn close(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.connection.enter(vm)?;
        zelf.connection.database(vm)?;
        zelf.handle.close();
        Ok(())
    }

    /// Read data at the current offset position. By default all that is left.
    #[pymethod]
    fn read(zelf: &Py<Self>, length: OptionalArg<c_int>, vm: &VirtualMachine) -> PyResult {
        let size = zelf.length(vm)?;
        let offset = *zelf.offset.lock();
        let left = size.saturating_sub(offset);
        let length = match length.unwrap_or(-1) {
            length if length < 0 || length > left => left,
            length => length,
        };
        let bytes = zelf.read_at(offset, length, vm)?;
        *zelf.offset.lock() += length;
        Ok(vm.ctx.new_bytes(bytes).into())
    }

    /// Write data at the current offset. It cannot make the blob longer.
    #[pymethod]
    fn write(zelf: &Py<Self>, data: PyBuffer, vm: &VirtualMachine) -> PyResult<()> {
        let size = zelf.length(vm)?;
        let offset = *zelf.offset.lock();
        let bytes = data.contiguous_or_collect(<[u8]>::to_vec);
        let left = usize::try_from(size.saturating_sub(offset)).unwrap_or(0);
        if bytes.len() > left {
            return Err(vm.new_value_error("data longer than blob length"));
        }
        zelf.write_at(offset, &bytes, vm)?;
        *zelf.offset.lock() += c_int::try_from(bytes.len()).unwrap_or(0);
        Ok(())
    }

    /// Set the current access position to offset, counted from the start, from here or the end.
    #[pymethod]
    fn seek(
        zelf: &Py<Self>,
        offset: c_int,
        origin: OptionalArg<c_int>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let size = zelf.length(vm)?;
        let from = match origin.unwrap_or(FROM_START) {
            FROM_START => 0,
            FROM_HERE => *zelf.offset.lock(),
            FROM_END => size,
            _ => {
                return Err(vm.new_value_error(
                    "'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END",
                ));
            }
        };
        let overflow = || vm.new_overflow_error("seek offset results in overflow");
        let offset = from.checked_add(offset).ok_or_else(overflow)?;
        if !(0..=size).contains(&offset) {
            return Err(vm.new_value_error("offset out of blob range"));
        }
        *zelf.offset.lock() = offset;
        Ok(())
    }

    /// Return the current access position.
    #[pymethod]
    fn tell(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<c_int> {
        zelf.length(vm)?;
        Ok(*zelf.offset.lock())
    }

    #[pymethod]
    fn __enter__(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult<PyRef<Self>> {
        zelf.length(vm)?;
        Ok(zelf)
    }

    #[pymethod]
    fn __exit__(zelf: &Py<Self>, _args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        zelf.length(vm)?;
        Self::close(zelf, vm)
    }
}

impl AsMapping for Blob {
    fn as_mapping() -> &'static PyMappingMethods {
        static METHODS: LazyLock<PyMappingMethods> = LazyLock::new(|| PyMappingMethods {
            length: atomic_func!(|blob, vm| {
                let length = Blob::mapping_downcast(blob).length(vm)?;
                Ok(usize::try_from(length).unwrap_or(0))
            }),
            subscript: atomic_func!(|blob, key, vm| Blob::mapping_downcast(blob).get(key, vm)),
            ass_subscript: atomic_func!(|blob, key, value, vm| {
                Blob::mapping_downcast(blob).set(key, value, vm)
            }),
        });
        &METHODS
    }
}

//! Bytes as items and items as bytes; and a Python object that owns a vector of Rust's.
//!
//! What a host sees of it is not known here.

use std::fmt;

use rustpython_vm::{
    Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    class::PyClassImpl,
    common::lock::{PyDetachingRwLock, PyDetachingRwLockReadGuard, PyDetachingRwLockWriteGuard},
    protocol::{BufferDescriptor, BufferMethods, PyBuffer},
    pyclass,
    types::AsBuffer,
};

use crate::Python;

/// A number that any bytes of its size are a value of, with the letters that the module `struct`
/// has for it. Public items use it; it cannot be named outside of this crate.
pub trait Plain: Copy + Send + Sync + 'static {
    #[doc(hidden)]
    const FORMATS: &'static str;
}

macro_rules! plain {
    ($($number:ty: $formats:literal;)*) => {$(
        impl Plain for $number {
            const FORMATS: &'static str = $formats;
        }
    )*};
}

// `l` and `L` have the size of a C `long`: the size of the items is compared as well.
plain! {
    i8: "b";
    u8: "B";
    i16: "h";
    u16: "H";
    i32: "il";
    u32: "IL";
    i64: "qln";
    u64: "QLN";
    isize: "qlni";
    usize: "QLNI";
    f32: "f";
    f64: "d";
}

/// Whether `format` stands for one number of the kind of `T`, in the machine's order of bytes.
pub(super) fn is_format_of<T: Plain>(format: &str) -> bool {
    let own_order = if cfg!(target_endian = "little") {
        '<'
    } else {
        '>'
    };
    let format = format.strip_prefix(['@', '=', own_order]).unwrap_or(format);
    format.len() == 1 && T::FORMATS.contains(format)
}

/// The bytes as items. `None` if they are not aligned, or no whole number of items.
pub(super) fn items<T: Plain>(bytes: &[u8]) -> Option<&[T]> {
    // SAFETY: any bytes are a value of a `Plain` type, which has no padding.
    let (before, items, after) = unsafe { bytes.align_to() };
    (before.is_empty() && after.is_empty()).then_some(items)
}

/// As [`items`], to be changed.
pub(super) fn items_mut<T: Plain>(bytes: &mut [u8]) -> Option<&mut [T]> {
    // SAFETY: as in `items`; and any item is valid as bytes.
    let (before, items, after) = unsafe { bytes.align_to_mut() };
    (before.is_empty() && after.is_empty()).then_some(items)
}

/// A vector, whatever its items are.
trait Memory: Send + Sync {
    fn bytes(&self) -> &[u8];
    fn bytes_mut(&mut self) -> &mut [u8];
}

impl<T: Plain> Memory for Vec<T> {
    fn bytes(&self) -> &[u8] {
        // SAFETY: a `Plain` type has no padding, so that all bytes are initialised.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast(), size_of_val(self.as_slice())) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let size = size_of_val(self.as_slice());
        // SAFETY: as in `bytes`; and any bytes are a value of a `Plain` type.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr().cast(), size) }
    }
}

/// An object that owns a vector of Rust's, and exports it.
#[pyclass(module = "pyt", name = "RustBuffer")]
#[derive(PyPayload)]
struct RustBuffer {
    memory: PyDetachingRwLock<Box<dyn Memory>>,
    /// Of all items, in bytes. It never changes.
    size: usize,
    item_size: usize,
    format: &'static str,
}

impl fmt::Debug for RustBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RustBuffer")
            .field("size", &self.size)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

#[pyclass(with(AsBuffer), flags(DISALLOW_INSTANTIATION))]
impl RustBuffer {}

static METHODS: BufferMethods = BufferMethods {
    obj_bytes: |buffer| {
        let memory = buffer.obj_as::<RustBuffer>().memory.read();
        PyDetachingRwLockReadGuard::map(memory, |memory| memory.bytes()).into()
    },
    obj_bytes_mut: |buffer| {
        let memory = buffer.obj_as::<RustBuffer>().memory.write();
        PyDetachingRwLockWriteGuard::map(memory, |memory| memory.bytes_mut()).into()
    },
    release: |_| {},
    retain: |_| {},
};

impl AsBuffer for RustBuffer {
    fn as_buffer(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<PyBuffer> {
        let desc = BufferDescriptor::format(zelf.size, false, zelf.item_size, zelf.format.into());
        Ok(PyBuffer::new(zelf.to_owned().into(), desc, &METHODS))
    }
}

/// An object that owns `items`.
pub(super) fn export<T: Plain>(items: Vec<T>, py: Python<'_>) -> PyObjectRef {
    let _class = RustBuffer::make_static_type();
    let buffer = RustBuffer {
        size: size_of_val(items.as_slice()),
        item_size: size_of::<T>(),
        format: &T::FORMATS[..1],
        memory: PyDetachingRwLock::new(Box::new(items)),
    };
    buffer.into_ref(&py.vm().ctx).into()
}

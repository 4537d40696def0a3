//! The handle on an object: which runtime it belongs to, and where it is dropped.
//!
//! What can be done with the object is not known here.

use std::{fmt, mem::ManuallyDrop, sync::Arc};

use rustpython_vm::PyObjectRef;

use crate::api::{python::Python, runtime_core::RuntimeCore};

/// A Python object, held from Rust.
///
/// It may go to any thread and outlive its [`Runtime`](crate::Runtime): then each method returns an
/// error of the kind [`Gone`](crate::ErrorKind::Gone). A clone is another reference to the same
/// object.
///
/// Its methods enter the runtime if the calling thread is not inside already, and block until the
/// thread has its turn. Many calls in a row are faster within one
/// [`Runtime::enter`](crate::Runtime::enter).
///
/// A value that is dropped outside of its runtime is dropped in Python by the next thread that
/// enters, since `__del__` needs one.
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
    core: Arc<RuntimeCore>,
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: the object is not used after this. Only `into_object_unchecked` takes it as well,
        // and forgets the value.
        let object = unsafe { ManuallyDrop::take(&mut self.object) };
        self.core.drop_inside(object);
    }
}

impl Clone for Value {
    fn clone(&self) -> Self {
        Self {
            object: self.object.clone(),
            core: self.core.clone(),
        }
    }
}

/// Shows the object's address only: to show the object would run Python. See [`Value::repr`].
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({:p})", self.object.as_ref())
    }
}

impl Value {
    fn new(object: PyObjectRef, core: Arc<RuntimeCore>) -> Self {
        Self {
            object: ManuallyDrop::new(object),
            core,
        }
    }

    /// A value for an object of RustPython's, which must be of the runtime that `py` is in.
    #[must_use]
    pub fn from_object(py: Python<'_>, object: impl Into<PyObjectRef>) -> Self {
        Self::new(object.into(), py.core().clone())
    }

    /// A value for another object of the same runtime.
    pub(super) fn wrap(&self, object: impl Into<PyObjectRef>) -> Self {
        Self::new(object.into(), self.core.clone())
    }

    pub(in crate::api) const fn core(&self) -> &Arc<RuntimeCore> {
        &self.core
    }

    /// The object, whichever runtime it is of.
    pub(super) fn object_unchecked(&self) -> &PyObjectRef {
        &self.object
    }

    /// As [`object_unchecked`](Self::object_unchecked), without another reference.
    pub(super) fn into_object_unchecked(self) -> PyObjectRef {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped, and both are taken once.
        unsafe {
            let object = ManuallyDrop::take(&mut this.object);
            std::ptr::drop_in_place(&raw mut this.core);
            object
        }
    }

    /// Whether the object is of the runtime that `py` is in.
    pub(super) fn is_of(&self, py: Python<'_>) -> bool {
        Arc::ptr_eq(&self.core, py.core())
    }
}

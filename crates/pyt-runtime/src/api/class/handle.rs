//! Host classes and their instances, as the host holds them.

use std::{fmt, marker::PhantomData};

use rustpython_vm::{AsObject, builtins::PyType};

use super::object::{create, is_of_type, short_name, state_of};
use crate::{Error, FromPython, IntoPython, Python, Value, api::value::convert::wrong_class};

/// A class made by a [`ClassBuilder`](super::ClassBuilder), in one runtime.
///
/// ```
/// use pyt_runtime::{Class, ClassBuilder, Instance, Runtime};
///
/// struct Job { done: bool }
///
/// let runtime = Runtime::builder().build()?;
/// let jobs: Class<Job> = runtime.enter(|py| {
///     ClassBuilder::new("Job")
///         .method_mut("finish", |job: &mut Job| job.done = true)
///         .build(py)
/// })?;
/// let job: Instance<Job> = jobs.instance(Job { done: false })?;
/// job.as_value().call_method::<()>("finish", ())?;
/// assert!(job.with(|job| job.done)?);
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
pub struct Class<T> {
    class: Value,
    state: PhantomData<fn() -> T>,
}

impl<T> Clone for Class<T> {
    fn clone(&self) -> Self {
        Self {
            class: self.class.clone(),
            state: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Class<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Class").field(&self.class).finish()
    }
}

impl<T: Send + Sync + 'static> Class<T> {
    /// A new instance that holds `state`. `__init__` is not called.
    ///
    /// # Errors
    /// If the runtime has ended.
    pub fn instance(&self, state: T) -> Result<Instance<T>, Error> {
        let value = self.class.inside(|class, py| {
            let object = create(class, state, py)?;
            Ok(Value::from_object(py, object))
        })?;
        Ok(Instance {
            value,
            state: PhantomData,
        })
    }

    /// The class as a value.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.class
    }
}

impl<T: Send + Sync + 'static> FromPython for Class<T> {
    fn type_hint() -> String {
        format!("type[{}]", short_name::<T>())
    }

    fn from_python(value: Value, py: Python<'_>) -> Result<Self, Error> {
        py.attempt(|py| {
            let object = value.into_object(py)?;
            let class = object.downcast_ref::<PyType>();
            if class.is_some_and(|class| is_of_type::<T>(class, py.vm())) {
                return Ok(Self {
                    class: Value::from_object(py, object),
                    state: PhantomData,
                });
            }
            let wanted = format!("a class of the Rust type {}", short_name::<T>());
            Err(wrong_class(&object, &wanted, py))
        })
    }
}

impl<T> IntoPython for Class<T> {
    fn type_hint() -> String {
        format!("type[{}]", short_name::<T>())
    }

    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        self.class.into_python(py)
    }
}

/// An instance of a host class, or of a Python class that derives from one.
pub struct Instance<T> {
    value: Value,
    state: PhantomData<fn() -> T>,
}

impl<T> Clone for Instance<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            state: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Instance<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Instance").field(&self.value).finish()
    }
}

impl<T: Send + Sync + 'static> Instance<T> {
    /// Runs `f` with a reference to the `T`. Blocks while a method on another thread changes it.
    ///
    /// # Errors
    /// `RuntimeError` if this thread is within a method that changes it, or if `__init__` has not
    /// run.
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> Result<R, Error> {
        self.value
            .inside(|object, py| state_of::<T>(object, py)?.read(py, |state| Ok(f(state))))
    }

    /// Runs `f` with a mutable reference to the `T`. Blocks while another thread is in a method of
    /// it.
    ///
    /// # Errors
    /// `RuntimeError` if this thread is within a method of it, or if `__init__` has not run.
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut T) -> R) -> Result<R, Error> {
        self.value
            .inside(|object, py| state_of::<T>(object, py)?.write(py, |state| Ok(f(state))))
    }

    /// The instance as a value.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.value
    }
}

impl<T: Send + Sync + 'static> FromPython for Instance<T> {
    fn type_hint() -> String {
        short_name::<T>().to_owned()
    }

    fn from_python(value: Value, py: Python<'_>) -> Result<Self, Error> {
        py.attempt(|py| {
            let object = value.into_object(py)?;
            if !is_of_type::<T>(object.class(), py.vm()) {
                let wanted = format!("an instance of the Rust type {}", short_name::<T>());
                return Err(wrong_class(&object, &wanted, py));
            }
            Ok(Self {
                value: Value::from_object(py, object),
                state: PhantomData,
            })
        })
    }
}

impl<T> IntoPython for Instance<T> {
    fn type_hint() -> String {
        short_name::<T>().to_owned()
    }

    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        self.value.into_python(py)
    }
}

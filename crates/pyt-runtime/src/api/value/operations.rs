//! Python's operations on a value: calls, attributes, items, comparisons.

use rustpython_vm::{AsObject, PyObjectRef, types::PyComparisonOp};

use super::{FromPython, IntoArgs, IntoPython, Iter, Value, name::name};
use crate::Error;

impl Value {
    /// Calls it: `value(...)`. The arguments are a tuple; [`kw`](crate::kw) makes one a keyword
    /// argument, [`unpack`](crate::unpack) passes many. With the result type `()` any result is
    /// accepted and dropped. Blocks until the call has ended.
    ///
    /// ```
    /// # use pyt_runtime::{Runtime, Value, kw, unpack};
    /// # let runtime = Runtime::builder().build()?;
    /// let int: Value = runtime.eval("int")?;
    /// assert_eq!(int.call::<i64>(("ff", kw("base", 16)))?, 255);
    /// let max: Value = runtime.eval("max")?;
    /// assert_eq!(max.call::<i64>((unpack([1, 5]), 3))?, 5);
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the call raises.
    pub fn call<R: FromPython>(&self, args: impl IntoArgs) -> Result<R, Error> {
        self.inside(|object, py| {
            let result = args.into_call_args(py)?.call(object, py.vm())?;
            R::from_object(result, py)
        })
    }

    /// Calls a method: `value.name(...)`.
    ///
    /// # Errors
    /// What the call raises.
    pub fn call_method<R: FromPython>(
        &self,
        method: &str,
        args: impl IntoArgs,
    ) -> Result<R, Error> {
        self.inside(|object, py| {
            let args = args.into_call_args(py)?;
            let method = object.get_attr(&*name(py.vm(), method), py.vm())?;
            R::from_object(args.call(&method, py.vm())?, py)
        })
    }

    /// `value.name`.
    ///
    /// # Errors
    /// `AttributeError`, and what the conversion raises.
    pub fn getattr<T: FromPython>(&self, attribute: &str) -> Result<T, Error> {
        self.inside(|object, py| {
            let found = object.get_attr(&*name(py.vm(), attribute), py.vm())?;
            T::from_object(found, py)
        })
    }

    /// `value.name = new`.
    ///
    /// # Errors
    /// What Python raises, such as `AttributeError`.
    pub fn setattr(&self, attribute: &str, new: impl IntoPython) -> Result<(), Error> {
        self.inside(|object, py| {
            let new = new.into_object(py)?;
            object.set_attr(&*name(py.vm(), attribute), new, py.vm())
        })
    }

    /// `del value.name`.
    ///
    /// # Errors
    /// What Python raises, such as `AttributeError`.
    pub fn delattr(&self, attribute: &str) -> Result<(), Error> {
        self.inside(|object, py| object.del_attr(&*name(py.vm(), attribute), py.vm()))
    }

    /// `hasattr(value, name)`.
    ///
    /// # Errors
    /// What the attribute raises, if not `AttributeError`.
    pub fn hasattr(&self, attribute: &str) -> Result<bool, Error> {
        self.inside(|object, py| object.has_attr(&*name(py.vm(), attribute), py.vm()))
    }

    /// `value[key]`.
    ///
    /// # Errors
    /// What Python raises, such as `KeyError`, `IndexError` or `TypeError`.
    pub fn get_item<T: FromPython>(&self, key: impl IntoPython) -> Result<T, Error> {
        self.inside(|object, py| {
            let key = key.into_object(py)?;
            T::from_object(object.get_item(&*key, py.vm())?, py)
        })
    }

    /// `value[key] = new`.
    ///
    /// # Errors
    /// What Python raises, such as `TypeError`.
    pub fn set_item(&self, key: impl IntoPython, new: impl IntoPython) -> Result<(), Error> {
        self.inside(|object, py| {
            let key = key.into_object(py)?;
            object.set_item(&*key, new.into_object(py)?, py.vm())
        })
    }

    /// `del value[key]`.
    ///
    /// # Errors
    /// What Python raises, such as `KeyError`.
    pub fn del_item(&self, key: impl IntoPython) -> Result<(), Error> {
        self.inside(|object, py| object.del_item(&*key.into_object(py)?, py.vm()))
    }

    /// `item in value`.
    ///
    /// # Errors
    /// What Python raises, such as `TypeError`.
    pub fn contains(&self, item: impl IntoPython) -> Result<bool, Error> {
        self.inside(|object, py| {
            let item = item.into_object(py)?;
            object.sequence_unchecked().contains(&item, py.vm())
        })
    }

    /// `len(value)`.
    ///
    /// # Errors
    /// `TypeError` if it has no length.
    pub fn len(&self) -> Result<usize, Error> {
        self.inside(|object, py| object.length(py.vm()))
    }

    /// `len(value) == 0`.
    ///
    /// # Errors
    /// `TypeError` if it has no length.
    pub fn is_empty(&self) -> Result<bool, Error> {
        self.len().map(|length| length == 0)
    }

    /// `iter(value)`: its items, each as a `T`.
    ///
    /// ```
    /// # use pyt_runtime::{Runtime, Value};
    /// # let runtime = Runtime::builder().build()?;
    /// let squares: Value = runtime.eval("(n * n for n in range(4))")?;
    /// let sum: i64 = squares.iter::<i64>()?.sum::<Result<_, _>>()?;
    /// assert_eq!(sum, 14);
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// `TypeError` if it is not iterable.
    #[expect(
        clippy::iter_not_returning_iterator,
        reason = "it may fail; the result iterates"
    )]
    pub fn iter<T: FromPython>(&self) -> Result<Iter<T>, Error> {
        self.inside(|object, py| {
            let iterator: PyObjectRef = object.get_iter(py.vm())?.into();
            Ok(Iter::new(self.wrap(iterator)))
        })
    }

    /// `value == other`.
    ///
    /// # Errors
    /// What the comparison raises.
    pub fn equals(&self, other: impl IntoPython) -> Result<bool, Error> {
        self.inside(|object, py| {
            let other = other.into_object(py)?;
            object.rich_compare_bool(&other, PyComparisonOp::Eq, py.vm())
        })
    }

    /// `value is other`: whether they are the same object.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.object_unchecked().is(other.object_unchecked())
    }

    /// `isinstance(value, class)`.
    ///
    /// # Errors
    /// `TypeError` if `class` is not a class.
    pub fn is_instance(&self, class: &Self) -> Result<bool, Error> {
        self.inside(|object, py| {
            let class = class.into_object(py)?;
            object.is_instance(&class, py.vm())
        })
    }

    /// Whether it is `None`. `false` if the runtime has ended.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.inside(|object, py| Ok(py.vm().is_none(object)))
            .unwrap_or(false)
    }

    /// `bool(value)`.
    ///
    /// # Errors
    /// What `__bool__` raises.
    pub fn is_truthy(&self) -> Result<bool, Error> {
        self.inside(|object, py| object.to_owned().is_true(py.vm()))
    }

    /// `callable(value)`. `false` if the runtime has ended.
    #[must_use]
    pub fn is_callable(&self) -> bool {
        self.inside(|object, _| Ok(object.is_callable()))
            .unwrap_or(false)
    }

    /// `repr(value)`. Lone surrogates, which no Rust string can hold, become U+FFFD.
    ///
    /// # Errors
    /// What `__repr__` raises.
    pub fn repr(&self) -> Result<String, Error> {
        self.inside(|object, py| Ok(object.repr(py.vm())?.to_string_lossy().into_owned()))
    }

    /// `str(value)`. Lone surrogates, which no Rust string can hold, become U+FFFD.
    ///
    /// # Errors
    /// What `__str__` raises.
    pub fn str(&self) -> Result<String, Error> {
        self.inside(|object, py| Ok(object.str(py.vm())?.to_string_lossy().into_owned()))
    }

    /// `type(value).__name__`.
    ///
    /// # Errors
    /// If the runtime has ended.
    pub fn type_name(&self) -> Result<String, Error> {
        self.inside(|object, _| Ok(object.class().name().to_string()))
    }
}

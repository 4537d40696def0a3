//! The conversion traits, and conversions of numbers, `bool`, `Option` and `Result`.

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, TryFromBorrowedObject as _,
    builtins::{PyFloat, PyInt},
    protocol::PyBuffer,
};

use super::Value;
use crate::{Error, Python};

/// A type whose values can be converted to Python objects.
///
/// | Rust | Python |
/// | --- | --- |
/// | `bool`, integers, `f32`, `f64` | `bool`, `int`, `float` |
/// | `&str`, `String`, `char`, [`Path`](std::path::Path) | `str` |
/// | `&[u8]`, `Vec<u8>` | `bytes` |
/// | `Vec`, slices, arrays | `list` |
/// | tuples | `tuple` |
/// | `HashMap`, `BTreeMap` | `dict` |
/// | `HashSet`, `BTreeSet` | `set` |
/// | `()`, `Option` | `None`, or the value |
/// | `Result` | the value, or the exception raised |
/// | [`Value`] | itself |
/// | [`Serde<T>`](crate::Serde) | what `T` serializes to |
///
/// Implement it by converting to a type of the table first:
///
/// ```
/// use pyt_runtime::{Error, IntoPython, Python, Value};
///
/// struct Celsius(f64);
///
/// impl IntoPython for Celsius {
///     fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
///         py.value(("celsius", self.0))
///     }
/// }
/// ```
pub trait IntoPython: Sized {
    /// The value as a Python object.
    ///
    /// # Errors
    /// What the conversion raises.
    fn into_python(self, py: Python<'_>) -> Result<Value, Error>;

    /// As [`into_python`](Self::into_python), without the handle.
    #[doc(hidden)]
    fn into_object(self, py: Python<'_>) -> PyResult {
        self.into_python(py)
            .and_then(|value| value.into_object_in(py))
            .map_err(|error| error.into_exception(py))
    }

    /// The class of the objects, as an annotation of a stub: see
    /// [`ModuleBuilder::stub`](crate::ModuleBuilder::stub).
    #[must_use]
    fn type_hint() -> String {
        "Any".to_owned()
    }

    /// The same of a list of such values.
    #[doc(hidden)]
    fn list_type_hint() -> String {
        format!("list[{}]", Self::type_hint())
    }

    /// A list of such values as one object. `Vec<u8>` is `bytes`.
    #[doc(hidden)]
    fn list_into_object(items: impl Iterator<Item = Self>, py: Python<'_>) -> PyResult {
        let mut objects = Vec::with_capacity(items.size_hint().0);
        for item in items {
            objects.push(item.into_object(py)?);
        }
        Ok(py.vm().ctx.new_list(objects).into())
    }
}

/// A type whose values can be made of Python objects: the inverse of [`IntoPython`], with more
/// accepted classes.
///
/// - Integers accept objects with `__index__`, floats also objects with `__float__`. A number too
///   large for the type is an `OverflowError`.
/// - `String` accepts no lone surrogates (`UnicodeEncodeError`); [`Value::str`] replaces them.
/// - `Vec`, arrays and sets accept iterables that have a length, but not `str`. `Vec<u8>` accepts
///   `bytes` and other buffers of bytes.
/// - Maps accept `dict` and objects with `keys()`.
/// - `Option` accepts `None`, `()` accepts any object.
///
/// ```
/// use pyt_runtime::{Error, FromPython, Python, Value};
///
/// struct Celsius(f64);
///
/// impl FromPython for Celsius {
///     fn from_python(value: Value, py: Python<'_>) -> Result<Self, Error> {
///         match value.extract()? {
///             (unit, degrees) if String::as_str(&unit) == "celsius" => Ok(Self(degrees)),
///             (unit, _) => Err(Error::new("ValueError", format!("unknown unit {unit:?}"))),
///         }
///     }
/// }
/// ```
pub trait FromPython: Sized {
    /// The Rust value.
    ///
    /// # Errors
    /// `TypeError` if the object is of another class, and what the conversion raises.
    fn from_python(value: Value, py: Python<'_>) -> Result<Self, Error>;

    /// As [`from_python`](Self::from_python), without the handle.
    #[doc(hidden)]
    fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
        Self::from_python(Value::from_object(py, object), py)
            .map_err(|error| error.into_exception(py))
    }

    /// The class of the objects that are accepted, as an annotation of a stub: see
    /// [`ModuleBuilder::stub`](crate::ModuleBuilder::stub).
    #[must_use]
    fn type_hint() -> String {
        "Any".to_owned()
    }

    /// The same of a list of such values.
    #[doc(hidden)]
    fn list_type_hint() -> String {
        format!("Sequence[{}]", Self::type_hint())
    }

    /// The value of an argument that was not passed, if it may be left out.
    #[doc(hidden)]
    fn missing() -> Option<Self> {
        None
    }

    /// A list of such values, of one object.
    #[doc(hidden)]
    fn list_from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Vec<Self>> {
        list_one_by_one(&object, py)
    }
}

fn list_one_by_one<T: FromPython>(object: &PyObjectRef, py: Python<'_>) -> PyResult<Vec<T>> {
    let items = super::convert_collections::items(object, py.vm())?;
    let mut converted = Vec::with_capacity(items.len());
    for item in items {
        converted.push(T::from_object(item, py)?);
    }
    Ok(converted)
}

/// Implements `into_python` and `from_python` by `into_object` and `from_object`.
macro_rules! into_by_object {
    () => {
        fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
            let object = self.into_object(py);
            object
                .map(|object| Value::from_object(py, object))
                .map_err(|raised| Error::caught(py, &raised))
        }
    };
}
macro_rules! from_by_object {
    () => {
        fn from_python(value: Value, py: Python<'_>) -> Result<Self, Error> {
            let object = value.into_object_in(py)?;
            Self::from_object(object, py).map_err(|raised| Error::caught(py, &raised))
        }
    };
}
/// The annotation that a class of Python's has in stubs.
macro_rules! hint {
    ($hint:expr) => {
        fn type_hint() -> String {
            String::from($hint)
        }
    };
}
pub(super) use {from_by_object, hint, into_by_object};

impl IntoPython for Value {
    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        self.check(py)?;
        Ok(self)
    }
}

impl FromPython for Value {
    fn from_python(value: Value, _py: Python<'_>) -> Result<Self, Error> {
        Ok(value)
    }
}

impl<T: IntoPython + Clone> IntoPython for &T {
    hint!(T::type_hint());

    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        self.clone().into_python(py)
    }

    fn into_object(self, py: Python<'_>) -> PyResult {
        self.clone().into_object(py)
    }
}

impl IntoPython for bool {
    into_by_object!();
    hint!("bool");

    fn into_object(self, py: Python<'_>) -> PyResult {
        Ok(py.vm().ctx.new_bool(self).into())
    }
}

impl FromPython for bool {
    from_by_object!();
    hint!("bool");

    fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
        let ctx = &py.vm().ctx;
        match () {
            () if object.is(&ctx.true_value) => Ok(true),
            () if object.is(&ctx.false_value) => Ok(false),
            () => Err(wrong_class(&object, "bool", py)),
        }
    }
}

/// The `TypeError` for an `object` that is not of the `expected` class.
pub(crate) fn wrong_class(
    object: &PyObjectRef,
    expected: &str,
    py: Python<'_>,
) -> rustpython_vm::builtins::PyBaseExceptionRef {
    let class = object.class().name().to_string();
    py.vm()
        .new_type_error(format!("expected {expected}, got {class}"))
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl IntoPython for $integer {
            into_by_object!();
            hint!("int");

            fn into_object(self, py: Python<'_>) -> PyResult {
                Ok(py.vm().ctx.new_int(self).into())
            }
        }

        impl FromPython for $integer {
            from_by_object!();
            hint!("int");

            fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
                integer(&object, py, |number| Self::try_from(number.as_bigint()).ok())
            }

            fn list_from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Vec<Self>> {
                let plain = |number: &PyInt| Self::try_from(number.as_bigint()).ok();
                match super::convert_collections::plain_items(&object, plain) {
                    Some(items) => Ok(items),
                    None => list_one_by_one(&object, py),
                }
            }
        }
    )*};
}

/// The object's `__index__`, if `convert` can represent it.
fn integer<T>(
    object: &PyObjectRef,
    py: Python<'_>,
    convert: impl Fn(&PyInt) -> Option<T>,
) -> PyResult<T> {
    let converted = match object.downcast_ref::<PyInt>() {
        Some(number) => convert(number),
        None => {
            let number = object.try_index(py.vm())?;
            convert(&number)
        }
    };
    converted.ok_or_else(|| {
        let message = format!("int out of range for {}", std::any::type_name::<T>());
        py.vm().new_overflow_error(message)
    })
}

fn byte(object: &PyObjectRef, py: Python<'_>) -> PyResult<u8> {
    integer(object, py, |number| u8::try_from(number.as_bigint()).ok())
}

integers!(i8 i16 i32 i64 i128 isize u16 u32 u64 u128 usize);

impl IntoPython for u8 {
    into_by_object!();
    hint!("int");

    fn list_type_hint() -> String {
        "bytes".to_owned()
    }

    fn into_object(self, py: Python<'_>) -> PyResult {
        Ok(py.vm().ctx.new_int(self).into())
    }

    fn list_into_object(items: impl Iterator<Item = Self>, py: Python<'_>) -> PyResult {
        Ok(py.vm().ctx.new_bytes(items.collect()).into())
    }
}

impl FromPython for u8 {
    from_by_object!();
    hint!("int");

    fn list_type_hint() -> String {
        "Buffer".to_owned()
    }

    fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
        byte(&object, py)
    }

    fn list_from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Vec<Self>> {
        if let Ok(buffer) = PyBuffer::try_from_borrowed_object(py.vm(), &object)
            && let Some(bytes) = buffer.as_contiguous()
            && buffer.desc.itemsize == 1
        {
            return Ok(bytes.to_vec());
        }
        let items = super::convert_collections::items(&object, py.vm())?;
        items.iter().map(|item| byte(item, py)).collect()
    }
}

macro_rules! floats {
    ($($float:ty)*) => {$(
        impl IntoPython for $float {
            into_by_object!();
            hint!("float");

            fn into_object(self, py: Python<'_>) -> PyResult {
                Ok(py.vm().ctx.new_float(self.into()).into())
            }
        }

        impl FromPython for $float {
            from_by_object!();
            hint!("float");

            #[allow(
                clippy::cast_possible_truncation,
                clippy::unnecessary_cast,
                reason = "as Rust casts floats: the nearest value, infinity beyond the largest"
            )]
            fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
                if let Some(number) = object.downcast_ref::<PyFloat>() {
                    return Ok(number.to_f64() as Self);
                }
                Ok(object.try_float(py.vm())?.to_f64() as Self)
            }

            #[allow(
                clippy::cast_possible_truncation,
                clippy::unnecessary_cast,
                reason = "as for one float"
            )]
            fn list_from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Vec<Self>> {
                let plain = |number: &PyFloat| Some(number.to_f64() as Self);
                match super::convert_collections::plain_items(&object, plain) {
                    Some(items) => Ok(items),
                    None => list_one_by_one(&object, py),
                }
            }
        }
    )*};
}

floats!(f32 f64);

impl IntoPython for () {
    into_by_object!();
    hint!("None");

    fn into_object(self, py: Python<'_>) -> PyResult {
        Ok(py.vm().ctx.none())
    }
}

impl FromPython for () {
    from_by_object!();

    fn from_object(_object: PyObjectRef, _py: Python<'_>) -> PyResult<Self> {
        Ok(())
    }
}

impl<T: IntoPython> IntoPython for Option<T> {
    into_by_object!();
    hint!(format!("{} | None", T::type_hint()));

    fn into_object(self, py: Python<'_>) -> PyResult {
        match self {
            Some(value) => value.into_object(py),
            None => Ok(py.vm().ctx.none()),
        }
    }
}

impl<T: FromPython> FromPython for Option<T> {
    from_by_object!();
    hint!(format!("{} | None", T::type_hint()));

    fn from_object(object: PyObjectRef, py: Python<'_>) -> PyResult<Self> {
        if py.vm().is_none(&object) {
            Ok(None)
        } else {
            T::from_object(object, py).map(Some)
        }
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}

/// `Err` is raised: as the exception that it came from, or as [`Error::other`] converts it.
impl<T: IntoPython, E: std::error::Error + Send + Sync + 'static> IntoPython for Result<T, E> {
    hint!(T::type_hint());

    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        self.map_err(Error::other)?.into_python(py)
    }

    fn into_object(self, py: Python<'_>) -> PyResult {
        match self {
            Ok(value) => value.into_object(py),
            Err(error) => match Error::other(error) {
                error if error.is_not_implemented() => Ok(py.vm().ctx.not_implemented()),
                error => Err(error.into_exception(py)),
            },
        }
    }
}

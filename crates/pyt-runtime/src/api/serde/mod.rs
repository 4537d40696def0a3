//! Rust data to and from Python objects, for any type of serde's.
//!
//! [`ser`] decides which object a kind of data becomes, [`de`] what an object can be read as,
//! [`numbers`] reads sequences of numbers, and [`dataclass`] decides how a `dict` becomes an
//! instance of a dataclass.

mod dataclass;
mod de;
pub(crate) mod error;
mod numbers;
mod ser;
mod variant;

use ::serde::{Serialize, de::DeserializeOwned};
use rustpython_vm::{PyObjectRef, PyResult};

use crate::{Error, FromPython, IntoPython, Python, Runtime, Value};

/// Any serializable type as an argument or a result of a call: `Serde(value)`.
///
/// Structs and maps become `dict`s, sequences `list`s, tuples `tuple`s, bytes `bytes`, `None` and
/// `()` `None`. A variant of an enum is its name; with data, a `dict` of its name and its data.
///
/// In the other direction structs are read from `dict`s, dataclasses, named tuples and objects with
/// attributes of the fields' names, sequences from iterables that have a length, numbers from
/// objects with `__index__` or `__float__`, and an `enum.Enum` as its value.
///
/// Data nested more than 128 levels deep, such as a list that contains itself, is a
/// `RecursionError`. The message of an error begins with the path to the data that it is about:
/// `users[3].age: invalid type: string "x", expected u8`.
///
/// ```
/// use pyt_runtime::{Function, Runtime, Serde};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Point { x: f64, y: f64 }
///
/// let runtime = Runtime::builder().build()?;
/// let mirror = |Serde(point): Serde<Point>| Serde(Point { x: point.y, y: point.x });
/// runtime.set("mirror", Function::new("mirror", mirror))?;
/// runtime.exec("
/// from dataclasses import dataclass
/// @dataclass
/// class Point:
///     x: float
///     y: float
/// mirrored = mirror(Point(1, 2))
/// ")?;
/// let Serde(point) = runtime.get::<Serde<Point>>("mirrored")?;
/// assert_eq!(point, Point { x: 2.0, y: 1.0 });
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Serde<T>(pub T);

impl<T: Serialize> IntoPython for Serde<T> {
    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        py.to_python(&self.0)
    }
}

impl<T: DeserializeOwned> FromPython for Serde<T> {
    fn from_python(value: Value, _py: Python<'_>) -> Result<Self, Error> {
        value.deserialize().map(Self)
    }
}

impl Value {
    /// The value as any deserializable type; see [`Serde`].
    ///
    /// # Errors
    /// `TypeError` or `ValueError` if the object does not match the type, `OverflowError`,
    /// `RecursionError`, and what reading the object raises.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let mut read = None;
        self.inside(|object, py| {
            let data = T::deserialize(de::ObjectDeserializer::new(object.to_owned(), py));
            read = Some(data.map_err(error::DataError::into_error));
            Ok(())
        })?;
        read.unwrap_or_else(|| Err(Error::gone()))
    }
}

impl Python<'_> {
    /// Any serializable type as a Python object; see [`Serde`].
    ///
    /// # Errors
    /// What `Serialize` reports, `RecursionError`, and `TypeError` for keys that Python cannot
    /// hash.
    pub fn to_python<T: Serialize + ?Sized>(self, data: &T) -> Result<Value, Error> {
        let object = self.serialize(data)?;
        Ok(Value::from_object(self, object))
    }

    fn serialize<T: Serialize + ?Sized>(self, data: &T) -> Result<PyObjectRef, Error> {
        let mut written = None;
        self.attempt(|py| {
            let object = data.serialize(ser::ObjectSerializer::new(py));
            written = Some(object.map_err(error::DataError::into_error));
            Ok(())
        })?;
        written.unwrap_or_else(|| Err(Error::gone()))
    }

    /// A serializable struct as an instance of `class`, a dataclass whose fields have the names of
    /// the struct's. Fields that are annotated as dataclasses, or as lists, dicts or optionals of
    /// them, are converted to those.
    ///
    /// ```
    /// # use pyt_runtime::{Runtime, Value};
    /// #[derive(serde::Serialize)]
    /// struct Address { city: String }
    /// #[derive(serde::Serialize)]
    /// struct Person { name: String, homes: Vec<Address> }
    ///
    /// # let runtime = Runtime::builder().build()?;
    /// runtime.exec("
    /// from dataclasses import dataclass
    /// @dataclass
    /// class Address:
    ///     city: str
    /// @dataclass
    /// class Person:
    ///     name: str
    ///     homes: list[Address]
    /// ")?;
    /// let class: Value = runtime.get("Person")?;
    /// let homes = vec![Address { city: "Oslo".into() }];
    /// let person = Person { name: "Ada".into(), homes };
    /// let ada = runtime.enter(|py| py.to_dataclass(&class, &person))?;
    /// assert_eq!(ada.repr()?, "Person(name='Ada', homes=[Address(city='Oslo')])");
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`to_python`](Self::to_python), and what the class raises.
    pub fn to_dataclass<T: Serialize + ?Sized>(
        self,
        class: &Value,
        data: &T,
    ) -> Result<Value, Error> {
        let fields = self.serialize(data)?;
        self.attempt(|py| {
            let class = class.into_object(py)?;
            let made: PyResult = dataclass::create(&class, &fields, py);
            made.map(|object| Value::from_object(py, object))
        })
    }
}

impl Runtime {
    /// Any serializable type as a Python object; see [`Serde`].
    ///
    /// # Errors
    /// What `Serialize` reports, `RecursionError`, and `TypeError` for keys that Python cannot
    /// hash.
    pub fn to_python<T: Serialize + ?Sized>(&self, data: &T) -> Result<Value, Error> {
        self.try_enter(|py| py.to_python(data))
    }
}

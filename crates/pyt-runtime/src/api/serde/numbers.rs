//! Sequences of numbers: the numbers of a `list` or `tuple` that holds nothing but `float`s, or
//! nothing but `int`s, are taken out at once, and read without their objects.

use std::vec;

use ::serde::{
    Deserializer,
    de::{DeserializeSeed, SeqAccess, Visitor},
    forward_to_deserialize_any,
};
use rustpython_vm::{
    AsObject, PyObjectRef, PyPayload,
    builtins::{PyFloat, PyInt, PyList, PyTuple},
};

use super::{de::ObjectDeserializer, error::DataError};
use crate::Python;

/// The numbers of a sequence.
pub(super) enum Numbers {
    Floats(Vec<f64>),
    Integers(Vec<i64>),
}

impl Numbers {
    /// `None` if the object is of another class, is empty, or holds anything else. Runs no Python
    /// code.
    pub(super) fn of(object: &PyObjectRef, py: Python<'_>) -> Option<Self> {
        if let Some(list) = object.downcast_ref::<PyList>() {
            return Self::of_items(&list.borrow_vec(), py);
        }
        Self::of_items(object.downcast_ref::<PyTuple>()?.as_slice(), py)
    }

    fn of_items(items: &[PyObjectRef], py: Python<'_>) -> Option<Self> {
        let types = &py.vm().ctx.types;
        // Of this very class: a member of an `enum.Enum` may be a number, too.
        let class = items.first()?.class();
        if class.is(types.float_type) {
            let number = |item: &PyObjectRef| plain(item, types.float_type, PyFloat::to_f64);
            return items
                .iter()
                .map(number)
                .collect::<Option<_>>()
                .map(Self::Floats);
        }
        if class.is(types.int_type) {
            let number = |item: &PyObjectRef| {
                plain(item, types.int_type, |number: &PyInt| {
                    i64::try_from(number.as_bigint()).ok()
                })?
            };
            return items
                .iter()
                .map(number)
                .collect::<Option<_>>()
                .map(Self::Integers);
        }
        None
    }
}

fn plain<P: PyPayload, T>(
    item: &PyObjectRef,
    class: &'static rustpython_vm::Py<rustpython_vm::builtins::PyType>,
    number: impl Fn(&P) -> T,
) -> Option<T> {
    item.class()
        .is(class)
        .then(|| item.downcast_ref::<P>().map(|item| number(item)))
        .flatten()
}

/// The numbers of a sequence, one after the other.
pub(super) struct NumberItems<'py, N> {
    pub(super) numbers: vec::IntoIter<N>,
    /// Of the next number.
    pub(super) index: usize,
    pub(super) source: ObjectDeserializer<'py>,
}

impl<'de, N: Number> SeqAccess<'de> for NumberItems<'_, N> {
    type Error = DataError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DataError> {
        let Some(number) = self.numbers.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        let data = seed.deserialize(NumberDeserializer {
            number,
            source: &self.source,
        });
        data.map(Some).map_err(|error| error.in_item(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.numbers.len())
    }
}

/// A number of a native type, and its object where that is asked for.
pub(super) trait Number: Copy {
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError>;
    fn object(self, py: Python<'_>) -> PyObjectRef;
}

impl Number for f64 {
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        visitor.visit_f64(self)
    }

    fn object(self, py: Python<'_>) -> PyObjectRef {
        py.vm().ctx.new_float(self).into()
    }
}

impl Number for i64 {
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        visitor.visit_i64(self)
    }

    fn object(self, py: Python<'_>) -> PyObjectRef {
        py.vm().ctx.new_int(self).into()
    }
}

struct NumberDeserializer<'source, 'py, N> {
    number: N,
    source: &'source ObjectDeserializer<'py>,
}

impl<'py, N: Number> NumberDeserializer<'_, 'py, N> {
    /// What is no plain number is read from an object.
    fn of_object(self) -> Result<ObjectDeserializer<'py>, DataError> {
        self.source.below(self.number.object(self.source.py()))
    }
}

impl<'de, N: Number> Deserializer<'de> for NumberDeserializer<'_, '_, N> {
    type Error = DataError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        self.source.check_depth()?;
        self.number.visit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        self.of_object()?.deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DataError> {
        self.of_object()?.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DataError> {
        self.of_object()?.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DataError> {
        self.of_object()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier
    }
}

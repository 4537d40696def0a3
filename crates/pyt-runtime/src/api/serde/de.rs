//! Python objects to Rust data.

use std::vec;

use ::serde::{
    Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};
use rustpython_vm::{
    AsObject, PyObjectRef, PyResult,
    builtins::{PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyStr, PyTuple},
};

use super::{
    error::{DataError, MAX_DEPTH, in_entry, raised, too_deep},
    numbers::{NumberItems, Numbers},
    variant::Variant,
};
use crate::{Error, FromPython, Python, api::value::convert_collections};

/// An object that is deserialized.
#[derive(Clone)]
pub(super) struct ObjectDeserializer<'py> {
    object: PyObjectRef,
    py: Python<'py>,
    depth: usize,
}

type Pairs = Vec<(PyObjectRef, PyObjectRef)>;

impl<'py> ObjectDeserializer<'py> {
    pub(super) const fn new(object: PyObjectRef, py: Python<'py>) -> Self {
        Self {
            object,
            py,
            depth: 0,
        }
    }

    pub(super) const fn py(&self) -> Python<'py> {
        self.py
    }

    /// Whether data may be within this object.
    pub(super) fn check_depth(&self) -> Result<(), DataError> {
        match self.depth {
            MAX_DEPTH => Err(too_deep()),
            _ => Ok(()),
        }
    }

    /// An object within this one.
    pub(super) fn below(&self, object: PyObjectRef) -> Result<Self, DataError> {
        self.check_depth()?;
        Ok(Self {
            object,
            py: self.py,
            depth: self.depth + 1,
        })
    }

    fn raised<T>(&self, result: PyResult<T>) -> Result<T, DataError> {
        raised(result, self.py)
    }

    fn wrong(&self, expected: &str) -> DataError {
        let class = self.object.class().name().to_string();
        DataError::new("TypeError", format!("expected {expected}, got {class}"))
    }

    fn attribute(&self, name: &'static str) -> Option<PyObjectRef> {
        self.object.get_attr(name, self.py.vm()).ok()
    }

    /// Fields and their values, if it is an instance of a dataclass or a named tuple.
    fn fields(&self) -> Result<Option<Pairs>, DataError> {
        let vm = self.py.vm();
        let class = self.object.class().as_object();
        let has = |name: &'static str| class.get_attr(name, vm).ok();
        let names = if has("__dataclass_fields__").is_some() {
            let module = self.raised(vm.import("dataclasses", 0))?;
            let fields = module
                .get_attr("fields", vm)
                .and_then(|fields| fields.call((self.object.clone(),), vm));
            let fields = self.raised(fields)?;
            let fields = self.raised(convert_collections::items(&fields, vm))?;
            let names = fields.iter().map(|field| field.get_attr("name", vm));
            self.raised(names.collect::<PyResult<Vec<_>>>())?
        } else if let Some(fields) =
            has("_fields").filter(|_| self.object.downcastable::<PyTuple>())
        {
            self.raised(convert_collections::items(&fields, vm))?
        } else {
            return Ok(None);
        };
        self.values_of(names).map(Some)
    }

    /// The object's attributes that are in `names`.
    fn values_of(&self, names: Vec<PyObjectRef>) -> Result<Pairs, DataError> {
        let vm = self.py.vm();
        let mut pairs = Vec::with_capacity(names.len());
        for name in names {
            let Some(text) = name.downcast_ref::<PyStr>() else {
                continue;
            };
            match self.object.get_attr(text, vm) {
                Ok(value) => pairs.push((name, value)),
                Err(error) if error.fast_isinstance(vm.ctx.exceptions.attribute_error) => {}
                Err(error) => return Err(Error::caught(self.py, &error).into()),
            }
        }
        Ok(pairs)
    }

    /// A `list` or `tuple`.
    fn visit_sequence<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        match Numbers::of(&self.object, self.py) {
            Some(Numbers::Floats(floats)) => visitor.visit_seq(self.numbers(floats)),
            Some(Numbers::Integers(integers)) => visitor.visit_seq(self.numbers(integers)),
            None => {
                let items = convert_collections::items(&self.object, self.py.vm());
                let items = self.raised(items)?;
                visitor.visit_seq(self.sequence(items))
            }
        }
    }

    fn numbers<N>(self, numbers: Vec<N>) -> NumberItems<'py, N> {
        NumberItems {
            numbers: numbers.into_iter(),
            index: 0,
            source: self,
        }
    }

    fn sequence(self, items: Vec<PyObjectRef>) -> SequenceItems<'py> {
        SequenceItems {
            items: items.into_iter(),
            index: 0,
            source: self,
        }
    }

    fn mapping(self, pairs: Pairs) -> MapEntries<'py> {
        MapEntries {
            pairs: pairs.into_iter(),
            entry: None,
            source: self,
        }
    }

    fn visit_integer<'de, V: Visitor<'de>>(
        &self,
        number: &PyInt,
        visitor: V,
    ) -> Result<V::Value, DataError> {
        let number = number.as_bigint();
        if let Ok(number) = i64::try_from(number) {
            visitor.visit_i64(number)
        } else if let Ok(number) = u64::try_from(number) {
            visitor.visit_u64(number)
        } else if let Ok(number) = i128::try_from(number) {
            visitor.visit_i128(number)
        } else if let Ok(number) = u128::try_from(number) {
            visitor.visit_u128(number)
        } else {
            Err(DataError::new("OverflowError", "int out of range for u128"))
        }
    }

    /// Whether it is a member of an `enum.Enum`.
    fn is_enum_member(&self) -> bool {
        let class = self.object.class().as_object();
        class.get_attr("__members__", self.py.vm()).is_ok()
            && class.get_attr("_member_map_", self.py.vm()).is_ok()
    }

    /// An object of no built-in class.
    fn visit_other<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        let vm = self.py.vm();
        if let Some(fields) = self.fields()? {
            return visitor.visit_map(self.mapping(fields));
        }
        if self.attribute("keys").is_some() {
            let pairs = self.raised(convert_collections::entries(&self.object, vm))?;
            return visitor.visit_map(self.mapping(pairs));
        }
        if let Some(number) = self.object.try_index_opt(vm) {
            let number = self.raised(number)?;
            return self.visit_integer(&number, visitor);
        }
        if self.attribute("__float__").is_some() {
            let number = self.raised(f64::from_object(self.object.clone(), self.py))?;
            return visitor.visit_f64(number);
        }
        let items = self.raised(convert_collections::items(&self.object, vm));
        let items = items.map_err(|_| self.wrong("data"))?;
        visitor.visit_seq(self.sequence(items))
    }
}

impl<'de> Deserializer<'de> for ObjectDeserializer<'_> {
    type Error = DataError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        let vm = self.py.vm();
        let object = &self.object;
        if vm.is_none(object) {
            return visitor.visit_unit();
        }
        // The classes that most data is of; their objects are no members of an `enum.Enum`.
        let (class, types) = (object.class(), &vm.ctx.types);
        if class.is(types.list_type) {
            return self.visit_sequence(visitor);
        }
        let is_plain = class.is(types.str_type)
            || class.is(types.int_type)
            || class.is(types.float_type)
            || class.is(types.dict_type)
            || class.is(types.tuple_type)
            || class.is(types.bool_type);
        if !is_plain
            && self.is_enum_member()
            && let Some(value) = self.attribute("value")
        {
            return self.below(value)?.deserialize_any(visitor);
        }
        if object.is(&vm.ctx.true_value) || object.is(&vm.ctx.false_value) {
            return visitor.visit_bool(object.is(&vm.ctx.true_value));
        }
        if let Some(number) = object.downcast_ref::<PyInt>() {
            return self.visit_integer(number, visitor);
        }
        if let Some(number) = object.downcast_ref::<PyFloat>() {
            return visitor.visit_f64(number.to_f64());
        }
        if let Some(text) = object.downcast_ref::<PyStr>() {
            let text = self.raised(text.try_as_utf8(vm))?;
            return visitor.visit_str(text.as_str());
        }
        if let Some(bytes) = object.downcast_ref::<PyBytes>() {
            return visitor.visit_bytes(bytes.as_bytes());
        }
        if object.downcastable::<PyByteArray>() {
            let bytes = Vec::<u8>::from_object(object.clone(), self.py);
            return visitor.visit_byte_buf(self.raised(bytes)?);
        }
        if let Some(dict) = object.downcast_ref::<PyDict>() {
            let pairs = dict.items_vec();
            return visitor.visit_map(self.mapping(pairs));
        }
        if object.downcastable::<PyTuple>() {
            return self.visit_sequence(visitor);
        }
        self.visit_other(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        if self.py.vm().is_none(&self.object) {
            visitor.visit_none()
        } else {
            let object = self.object.clone();
            visitor.visit_some(self.below(object)?)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DataError> {
        let object = self.object.clone();
        visitor.visit_newtype_struct(self.below(object)?)
    }

    /// Structs may be `dict`s, dataclasses, named tuples and objects with attributes.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DataError> {
        if self.object.downcastable::<PyDict>() {
            return self.deserialize_any(visitor);
        }
        if let Some(fields) = self.fields()? {
            return visitor.visit_map(self.mapping(fields));
        }
        let has_attributes = self.attribute("__dict__").is_some();
        if has_attributes && self.attribute("keys").is_none() && !self.is_enum_member() {
            let ctx = &self.py.vm().ctx;
            let names = names.iter().map(|name| ctx.new_str(*name).into());
            let fields = self.values_of(names.collect())?;
            return visitor.visit_map(self.mapping(fields));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DataError> {
        if let Some(dict) = self.object.downcast_ref::<PyDict>() {
            let mut pairs = dict.items_vec();
            return match (pairs.pop(), pairs.is_empty()) {
                (Some((variant, data)), true) => visitor.visit_enum(Variant {
                    variant: self.below(variant)?,
                    data: Some(self.below(data)?),
                }),
                _ => Err(DataError::new(
                    "ValueError",
                    "expected a dict of one entry: a variant and its data",
                )),
            };
        }
        let variant = if self.is_enum_member() {
            // The value, if it can name a variant.
            let value = self.attribute("value");
            let value = value.filter(|value| value.downcastable::<PyStr>());
            let name = value.or_else(|| self.attribute("name"));
            name.ok_or_else(|| self.wrong("str or dict"))?
        } else if self.object.downcastable::<PyStr>() {
            self.object.clone()
        } else {
            return Err(self.wrong("str or dict"));
        };
        visitor.visit_enum(Variant {
            variant: self.below(variant)?,
            data: None,
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier
    }
}

struct SequenceItems<'py> {
    items: vec::IntoIter<PyObjectRef>,
    /// Of the next item.
    index: usize,
    source: ObjectDeserializer<'py>,
}

impl<'de> SeqAccess<'de> for SequenceItems<'_> {
    type Error = DataError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DataError> {
        let Some(item) = self.items.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        let data = seed.deserialize(self.source.below(item)?);
        data.map(Some).map_err(|error| error.in_item(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct MapEntries<'py> {
    pairs: vec::IntoIter<(PyObjectRef, PyObjectRef)>,
    /// The key that was read last, and its value.
    entry: Option<(PyObjectRef, PyObjectRef)>,
    source: ObjectDeserializer<'py>,
}

impl<'de> MapAccess<'de> for MapEntries<'_> {
    type Error = DataError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DataError> {
        let Some((key, value)) = self.pairs.next() else {
            return Ok(None);
        };
        self.entry = Some((key.clone(), value));
        seed.deserialize(self.source.below(key)?).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DataError> {
        let Some((key, value)) = self.entry.take() else {
            return Err(DataError::new(
                "ValueError",
                "a value was asked for before its key",
            ));
        };
        let data = seed.deserialize(self.source.below(value)?);
        data.map_err(|error| in_entry(error, &key, self.source.py))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len())
    }
}

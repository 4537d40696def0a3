//! Rust data to Python objects.

use ::serde::{
    Serialize, Serializer,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};
use rustpython_vm::{PyObjectRef, PyResult, builtins::PyDictRef};

use super::error::{DataError, MAX_DEPTH, in_entry, raised, too_deep};
use crate::{IntoPython, Python};

/// Serializes one value to an object.
#[derive(Clone, Copy)]
pub(super) struct ObjectSerializer<'py> {
    py: Python<'py>,
    depth: usize,
    /// Whether it is to be the key of a `dict`, where sequences have to be tuples.
    is_key: bool,
}

impl<'py> ObjectSerializer<'py> {
    pub(super) const fn new(py: Python<'py>) -> Self {
        Self {
            py,
            depth: 0,
            is_key: false,
        }
    }

    /// A serializer for a value within this one.
    fn below(self) -> Result<Self, DataError> {
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    fn put(self, value: impl IntoPython) -> Result<PyObjectRef, DataError> {
        raised(value.into_object(self.py), self.py)
    }

    fn none(self) -> PyObjectRef {
        self.py.vm().ctx.none()
    }

    fn items(self, is_tuple: bool, length: usize) -> Result<SequenceBuilder<'py>, DataError> {
        Ok(SequenceBuilder {
            sink: self.below()?,
            is_tuple: is_tuple || self.is_key,
            items: Vec::with_capacity(length.min(4096)),
            variant: None,
        })
    }

    fn entries(self) -> Result<MapBuilder<'py>, DataError> {
        Ok(MapBuilder {
            sink: self.below()?,
            dict: self.py.vm().ctx.new_dict(),
            key: None,
            variant: None,
        })
    }

    /// `{variant: data}`.
    fn tagged(self, variant: &str, data: PyObjectRef) -> Result<PyObjectRef, DataError> {
        let dict = self.py.vm().ctx.new_dict();
        raised(dict.set_item(variant, data, self.py.vm()), self.py)?;
        Ok(dict.into())
    }
}

/// A sequence that is being built.
pub(super) struct SequenceBuilder<'py> {
    sink: ObjectSerializer<'py>,
    is_tuple: bool,
    items: Vec<PyObjectRef>,
    variant: Option<&'static str>,
}

impl SequenceBuilder<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), DataError> {
        let object = item.serialize(self.sink);
        let object = object.map_err(|error| error.in_item(self.items.len()))?;
        self.items.push(object);
        Ok(())
    }

    fn finish(self) -> Result<PyObjectRef, DataError> {
        let ctx = &self.sink.py.vm().ctx;
        let items: PyObjectRef = if self.is_tuple {
            ctx.new_tuple(self.items).into()
        } else {
            ctx.new_list(self.items).into()
        };
        match self.variant {
            Some(variant) => self.sink.tagged(variant, items),
            None => Ok(items),
        }
    }
}

/// A mapping that is being built.
pub(super) struct MapBuilder<'py> {
    sink: ObjectSerializer<'py>,
    dict: PyDictRef,
    key: Option<PyObjectRef>,
    variant: Option<&'static str>,
}

impl MapBuilder<'_> {
    fn set<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), DataError> {
        let value = value.serialize(ObjectSerializer {
            is_key: false,
            ..self.sink
        });
        let value = value.map_err(|error| error.in_field(name))?;
        let py = self.sink.py;
        // Names of fields are part of the program, so that interning them keeps nothing for longer.
        let name = py.vm().ctx.intern_str(name);
        raised(self.dict.set_item(name, value, py.vm()), py)
    }

    fn finish(self) -> Result<PyObjectRef, DataError> {
        match self.variant {
            Some(variant) => self.sink.tagged(variant, self.dict.into()),
            None => Ok(self.dict.into()),
        }
    }
}

macro_rules! put {
    ($($method:ident: $type:ty;)*) => {$(
        fn $method(self, value: $type) -> Result<PyObjectRef, DataError> {
            self.put(value)
        }
    )*};
}

impl<'py> Serializer for ObjectSerializer<'py> {
    type Ok = PyObjectRef;
    type Error = DataError;
    type SerializeSeq = SequenceBuilder<'py>;
    type SerializeTuple = SequenceBuilder<'py>;
    type SerializeTupleStruct = SequenceBuilder<'py>;
    type SerializeTupleVariant = SequenceBuilder<'py>;
    type SerializeMap = MapBuilder<'py>;
    type SerializeStruct = MapBuilder<'py>;
    type SerializeStructVariant = MapBuilder<'py>;

    put! {
        serialize_bool: bool;
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_i128: i128;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
        serialize_u128: u128;
        serialize_f32: f32;
        serialize_f64: f64;
        serialize_char: char;
        serialize_str: &str;
        serialize_bytes: &[u8];
    }

    fn serialize_none(self) -> Result<PyObjectRef, DataError> {
        Ok(self.none())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<PyObjectRef, DataError> {
        value.serialize(self.below()?)
    }

    fn serialize_unit(self) -> Result<PyObjectRef, DataError> {
        Ok(self.none())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<PyObjectRef, DataError> {
        Ok(self.none())
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<PyObjectRef, DataError> {
        self.put(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<PyObjectRef, DataError> {
        value.serialize(self.below()?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<PyObjectRef, DataError> {
        let data = value.serialize(self.below()?)?;
        self.tagged(variant, data)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<SequenceBuilder<'py>, DataError> {
        self.items(false, length.unwrap_or(0))
    }

    fn serialize_tuple(self, length: usize) -> Result<SequenceBuilder<'py>, DataError> {
        self.items(true, length)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        length: usize,
    ) -> Result<SequenceBuilder<'py>, DataError> {
        self.items(true, length)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<SequenceBuilder<'py>, DataError> {
        let mut items = self.items(true, length)?;
        items.variant = Some(variant);
        Ok(items)
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<MapBuilder<'py>, DataError> {
        self.entries()
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<MapBuilder<'py>, DataError> {
        self.entries()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<MapBuilder<'py>, DataError> {
        let mut entries = self.entries()?;
        entries.variant = Some(variant);
        Ok(entries)
    }
}

macro_rules! sequences {
    ($($trait:ident $method:ident;)*) => {$(
        impl $trait for SequenceBuilder<'_> {
            type Ok = PyObjectRef;
            type Error = DataError;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), DataError> {
                self.push(item)
            }

            fn end(self) -> Result<PyObjectRef, DataError> {
                self.finish()
            }
        }
    )*};
}

sequences! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! structs {
    ($($trait:ident)*) => {$(
        impl $trait for MapBuilder<'_> {
            type Ok = PyObjectRef;
            type Error = DataError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), DataError> {
                self.set(name, value)
            }

            fn end(self) -> Result<PyObjectRef, DataError> {
                self.finish()
            }
        }
    )*};
}

structs!(SerializeStruct SerializeStructVariant);

impl SerializeMap for MapBuilder<'_> {
    type Ok = PyObjectRef;
    type Error = DataError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), DataError> {
        let sink = ObjectSerializer {
            is_key: true,
            ..self.sink
        };
        self.key = Some(key.serialize(sink)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DataError> {
        let Some(key) = self.key.take() else {
            return Err(DataError::new("ValueError", "a value came before its key"));
        };
        let value = value.serialize(ObjectSerializer {
            is_key: false,
            ..self.sink
        });
        let py = self.sink.py;
        let value = value.map_err(|error| in_entry(error, &key, py))?;
        let set: PyResult<()> = self.dict.set_item(&*key, value, py.vm());
        raised(set, py)
    }

    fn end(self) -> Result<PyObjectRef, DataError> {
        self.finish()
    }
}

//! Rust data to bytes.

use ::serde::{
    Serialize, Serializer,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

use super::{
    BYTES, FALSE, FLOAT, INT, LIST, MAP, MAX_DEPTH, NONE, TEXT, TRUE, TUPLE, WIDE_INT,
    WIDE_UNSIGNED, too_deep,
};
use crate::api::serde::error::DataError;

/// Writes one value at the end of a buffer.
pub(super) struct WireSerializer<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
}

impl<'a> WireSerializer<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, depth: 0 }
    }

    pub(super) const fn at_depth(out: &'a mut Vec<u8>, depth: usize) -> Self {
        Self { out, depth }
    }

    fn sized(self, tag: u8, bytes: &[u8]) -> Result<(), DataError> {
        self.out.push(tag);
        self.out.extend_from_slice(&count(bytes.len())?);
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// A list, tuple or map whose items follow.
    pub(super) fn compound(self, tag: u8) -> Result<Compound<'a>, DataError> {
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        self.out.push(tag);
        let count_at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        Ok(Compound {
            out: self.out,
            depth: self.depth + 1,
            count_at,
            count: 0,
            variant_count_at: None,
        })
    }

    /// `{variant: data}`, where the data is a compound.
    fn variant(self, variant: &str, tag: u8) -> Result<Compound<'a>, DataError> {
        let Compound {
            out,
            depth,
            count_at,
            ..
        } = self.compound(MAP)?;
        WireSerializer::at_depth(&mut *out, depth).serialize_str(variant)?;
        let mut data = Self::at_depth(out, depth).compound(tag)?;
        data.variant_count_at = Some(count_at);
        Ok(data)
    }
}

fn count(number: usize) -> Result<[u8; 4], DataError> {
    let number = u32::try_from(number);
    let number =
        number.map_err(|_| DataError::new("OverflowError", "too many items for a sandbox"));
    number.map(u32::to_le_bytes)
}

/// A list, tuple or map that is being written.
pub(super) struct Compound<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
    count_at: usize,
    count: usize,
    /// Where the count of the enclosing map is, if this is the data of a variant.
    variant_count_at: Option<usize>,
}

impl Compound<'_> {
    pub(super) fn nested(&mut self) -> (&mut Vec<u8>, usize) {
        (self.out, self.depth)
    }

    fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DataError> {
        value.serialize(WireSerializer::at_depth(self.out, self.depth))
    }

    /// One more item, or pair, has been written.
    pub(super) const fn counted(&mut self) {
        self.count += 1;
    }

    pub(super) fn finish(self) -> Result<(), DataError> {
        self.out[self.count_at..self.count_at + 4].copy_from_slice(&count(self.count)?);
        if let Some(at) = self.variant_count_at {
            self.out[at..at + 4].copy_from_slice(&1_u32.to_le_bytes());
        }
        Ok(())
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty;)*) => {$(
        fn $method(self, value: $type) -> Result<(), DataError> {
            self.serialize_i64(value.into())
        }
    )*};
}

impl<'a> Serializer for WireSerializer<'a> {
    type Ok = ();
    type Error = DataError;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    integers! {
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
    }

    fn serialize_bool(self, value: bool) -> Result<(), DataError> {
        self.out.push(if value { TRUE } else { FALSE });
        Ok(())
    }

    fn serialize_i64(self, value: i64) -> Result<(), DataError> {
        self.out.push(INT);
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_u64(self, value: u64) -> Result<(), DataError> {
        self.serialize_i128(value.into())
    }

    fn serialize_i128(self, value: i128) -> Result<(), DataError> {
        if let Ok(value) = i64::try_from(value) {
            return self.serialize_i64(value);
        }
        self.out.push(WIDE_INT);
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), DataError> {
        if let Ok(value) = i128::try_from(value) {
            return self.serialize_i128(value);
        }
        self.out.push(WIDE_UNSIGNED);
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), DataError> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), DataError> {
        self.out.push(FLOAT);
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), DataError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), DataError> {
        self.sized(TEXT, value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), DataError> {
        self.sized(BYTES, value)
    }

    fn serialize_none(self) -> Result<(), DataError> {
        self.out.push(NONE);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), DataError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), DataError> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), DataError> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), DataError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), DataError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), DataError> {
        let mut map = self.compound(MAP)?;
        map.write(variant)?;
        map.write(value)?;
        map.counted();
        map.finish()
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Compound<'a>, DataError> {
        self.compound(LIST)
    }

    fn serialize_tuple(self, _length: usize) -> Result<Compound<'a>, DataError> {
        self.compound(TUPLE)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Compound<'a>, DataError> {
        self.compound(TUPLE)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'a>, DataError> {
        self.variant(variant, TUPLE)
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Compound<'a>, DataError> {
        self.compound(MAP)
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Compound<'a>, DataError> {
        self.compound(MAP)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'a>, DataError> {
        self.variant(variant, MAP)
    }
}

macro_rules! sequences {
    ($($trait:ident $method:ident;)*) => {$(
        impl $trait for Compound<'_> {
            type Ok = ();
            type Error = DataError;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), DataError> {
                self.write(item)?;
                self.counted();
                Ok(())
            }

            fn end(self) -> Result<(), DataError> {
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
        impl $trait for Compound<'_> {
            type Ok = ();
            type Error = DataError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), DataError> {
                self.write(name)?;
                self.write(value)?;
                self.counted();
                Ok(())
            }

            fn end(self) -> Result<(), DataError> {
                self.finish()
            }
        }
    )*};
}

structs!(SerializeStruct SerializeStructVariant);

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = DataError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), DataError> {
        self.write(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DataError> {
        self.write(value)?;
        self.counted();
        Ok(())
    }

    fn end(self) -> Result<(), DataError> {
        self.finish()
    }
}

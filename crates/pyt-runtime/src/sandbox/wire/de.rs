//! Bytes to Rust data.

use ::serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, IgnoredAny, IntoDeserializer as _, MapAccess, SeqAccess,
        VariantAccess, Visitor, value::U8Deserializer,
    },
    forward_to_deserialize_any,
};

use super::{
    BYTES, FALSE, FLOAT, INT, LIST, MAP, MAX_DEPTH, NONE, TEXT, TRUE, TUPLE, WIDE_INT,
    WIDE_UNSIGNED, malformed, too_deep,
};
use crate::api::serde::error::DataError;

/// Reads values from bytes that anybody may have sent.
pub(super) struct WireReader<'de> {
    rest: &'de [u8],
    depth: usize,
}

/// A tag with what belongs to it; of lists, tuples and maps only the count.
pub(super) enum Token<'de> {
    None,
    Bool(bool),
    Int(i64),
    WideInt(i128),
    WideUnsigned(u128),
    Float(f64),
    Text(&'de str),
    Bytes(&'de [u8]),
    List(usize),
    Tuple(usize),
    Map(usize),
}

impl<'de> WireReader<'de> {
    pub(super) const fn new(bytes: &'de [u8]) -> Self {
        Self {
            rest: bytes,
            depth: 0,
        }
    }

    /// Checks that nothing is left.
    pub(super) fn end(&self) -> Result<(), DataError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(malformed())
        }
    }

    fn take(&mut self, count: usize) -> Result<&'de [u8], DataError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn fixed<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], DataError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(malformed)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// How many bytes or items follow: at most one for each byte that is left.
    fn count(&mut self) -> Result<usize, DataError> {
        let count = u32::from_le_bytes(self.fixed()?);
        let count = usize::try_from(count).map_err(|_| malformed())?;
        if count > self.rest.len() {
            return Err(malformed());
        }
        Ok(count)
    }

    fn sized(&mut self) -> Result<&'de [u8], DataError> {
        let count = self.count()?;
        self.take(count)
    }

    pub(super) fn token(&mut self) -> Result<Token<'de>, DataError> {
        let [tag] = self.fixed()?;
        Ok(match tag {
            NONE => Token::None,
            FALSE => Token::Bool(false),
            TRUE => Token::Bool(true),
            INT => Token::Int(i64::from_le_bytes(self.fixed()?)),
            WIDE_INT => Token::WideInt(i128::from_le_bytes(self.fixed()?)),
            WIDE_UNSIGNED => Token::WideUnsigned(u128::from_le_bytes(self.fixed()?)),
            FLOAT => Token::Float(f64::from_le_bytes(self.fixed()?)),
            TEXT => Token::Text(std::str::from_utf8(self.sized()?).map_err(|_| malformed())?),
            BYTES => Token::Bytes(self.sized()?),
            LIST => Token::List(self.count()?),
            TUPLE => Token::Tuple(self.count()?),
            MAP => Token::Map(self.count()?),
            _ => return Err(malformed()),
        })
    }

    /// Runs `read` one level deeper.
    pub(super) fn deeper<R>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<R, DataError>,
    ) -> Result<R, DataError> {
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn visit_items<V: Visitor<'de>>(
        &mut self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, DataError> {
        self.deeper(|reader| {
            let mut items = Items {
                reader,
                count,
                left: count,
                key: None,
            };
            let value = visitor.visit_seq(&mut items)?;
            items.end()?;
            Ok(value)
        })
    }

    fn visit_pairs<V: Visitor<'de>>(
        &mut self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, DataError> {
        self.deeper(|reader| {
            let mut items = Items {
                reader,
                count,
                left: count,
                key: None,
            };
            let value = visitor.visit_map(&mut items)?;
            while items.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(value)
        })
    }
}

impl<'de> Deserializer<'de> for &mut WireReader<'de> {
    type Error = DataError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        match self.token()? {
            Token::None => visitor.visit_unit(),
            Token::Bool(value) => visitor.visit_bool(value),
            Token::Int(value) => visitor.visit_i64(value),
            Token::WideInt(value) => match u64::try_from(value) {
                Ok(value) => visitor.visit_u64(value),
                Err(_) => visitor.visit_i128(value),
            },
            Token::WideUnsigned(value) => visitor.visit_u128(value),
            Token::Float(value) => visitor.visit_f64(value),
            Token::Text(value) => visitor.visit_borrowed_str(value),
            Token::Bytes(value) => visitor.visit_borrowed_bytes(value),
            Token::List(count) | Token::Tuple(count) => self.visit_items(count, visitor),
            Token::Map(count) => self.visit_pairs(count, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        if self.rest.first() == Some(&NONE) {
            self.take(1)?;
            return visitor.visit_none();
        }
        self.deeper(|reader| visitor.visit_some(reader))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DataError> {
        self.deeper(|reader| visitor.visit_newtype_struct(reader))
    }

    /// A sequence may also be `bytes`: a `Vec<u8>` asks for one.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        if self.rest.first() != Some(&BYTES) {
            return self.deserialize_any(visitor);
        }
        self.take(1)?;
        let bytes = self.sized()?.iter().copied();
        visitor.visit_seq(ByteItems(bytes))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DataError> {
        match self.token()? {
            Token::Text(variant) => visitor.visit_enum(variant.into_deserializer()),
            Token::Map(1) => self.deeper(|reader| visitor.visit_enum(WithData(reader))),
            Token::Map(_) => Err(DataError::new(
                "ValueError",
                "expected a dict of one entry: a variant and its data",
            )),
            _ => Err(DataError::new("TypeError", "expected str or dict")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DataError> {
        match self.token()? {
            Token::List(count) | Token::Tuple(count) => {
                self.visit_items(count, IgnoredAny)?;
            }
            Token::Map(count) => {
                self.visit_pairs(count, IgnoredAny)?;
            }
            _ => {}
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct map struct identifier
    }
}

/// The items of a list or tuple, or the pairs of a map.
struct Items<'a, 'de> {
    reader: &'a mut WireReader<'de>,
    count: usize,
    left: usize,
    /// The key whose value is next, if it is text.
    key: Option<&'de str>,
}

impl Items<'_, '_> {
    /// Checks that the type took all items.
    fn end(&self) -> Result<(), DataError> {
        match self.left {
            0 => Ok(()),
            left => Err(DataError::new(
                "ValueError",
                format!("{left} items more than expected"),
            )),
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = DataError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DataError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        let index = self.count - self.left;
        self.left = left;
        let item = seed.deserialize(&mut *self.reader);
        item.map(Some).map_err(|error| error.in_item(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = DataError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DataError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let mut ahead = WireReader::new(self.reader.rest);
        self.key = match ahead.token() {
            Ok(Token::Text(key)) => Some(key),
            _ => None,
        };
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DataError> {
        let value = seed.deserialize(&mut *self.reader);
        value.map_err(|error| match self.key {
            Some(key) => error.in_field(key),
            None => error,
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// The bytes of a `bytes`, as numbers.
struct ByteItems<'de>(std::iter::Copied<std::slice::Iter<'de, u8>>);

impl<'de> SeqAccess<'de> for ByteItems<'_> {
    type Error = DataError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DataError> {
        let Some(byte) = self.0.next() else {
            return Ok(None);
        };
        let byte: U8Deserializer<DataError> = byte.into_deserializer();
        seed.deserialize(byte).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// A variant of an enum with its data: the one pair of a map.
struct WithData<'a, 'de>(&'a mut WireReader<'de>);

impl<'a, 'de> EnumAccess<'de> for WithData<'a, 'de> {
    type Error = DataError;
    type Variant = VariantData<'a, 'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, VariantData<'a, 'de>), DataError> {
        let variant = seed.deserialize(&mut *self.0)?;
        Ok((variant, VariantData(self.0)))
    }
}

struct VariantData<'a, 'de>(&'a mut WireReader<'de>);

impl<'de> VariantAccess<'de> for VariantData<'_, 'de> {
    type Error = DataError;

    fn unit_variant(self) -> Result<(), DataError> {
        <()>::deserialize(self.0)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DataError> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, DataError> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DataError> {
        self.0.deserialize_any(visitor)
    }
}

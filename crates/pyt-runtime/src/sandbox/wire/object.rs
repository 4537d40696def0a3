//! Python's objects to bytes and back, by way of [`Serde`](crate::Serde)'s conversions.

use std::fmt;

use ::serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
    ser::{Error as _, SerializeMap as _, SerializeSeq as _, SerializeTuple as _},
};

use super::{
    LIST, MAP,
    de::{Token, WireReader},
    ser::WireSerializer,
};
use crate::api::serde::error::DataError;

/// The bytes of an object: read them by `Value::deserialize`.
pub(in crate::sandbox) struct ObjectBytes(pub(in crate::sandbox) Vec<u8>);

impl<'de> Deserialize<'de> for ObjectBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut out = Vec::new();
        let sink = WireSink {
            out: &mut out,
            depth: 0,
        };
        sink.deserialize(deserializer)?;
        Ok(Self(out))
    }
}

/// Writes what a deserializer finds at the end of a buffer.
struct WireSink<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
}

impl<'a> WireSink<'a> {
    fn serializer(self) -> WireSerializer<'a> {
        WireSerializer::at_depth(self.out, self.depth)
    }
}

impl<'de> DeserializeSeed<'de> for WireSink<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The same failure as another deserializer's.
fn failed<E: ::serde::de::Error>(error: DataError) -> E {
    E::custom(error)
}

macro_rules! visit {
    ($($visit:ident: $type:ty = $serialize:ident;)*) => {$(
        fn $visit<E: ::serde::de::Error>(self, value: $type) -> Result<(), E> {
            self.serializer().$serialize(value).map_err(failed)
        }
    )*};
}

impl<'de> Visitor<'de> for WireSink<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("data")
    }

    visit! {
        visit_bool: bool = serialize_bool;
        visit_i64: i64 = serialize_i64;
        visit_i128: i128 = serialize_i128;
        visit_u64: u64 = serialize_u64;
        visit_u128: u128 = serialize_u128;
        visit_f64: f64 = serialize_f64;
        visit_str: &str = serialize_str;
        visit_bytes: &[u8] = serialize_bytes;
    }

    fn visit_unit<E: ::serde::de::Error>(self) -> Result<(), E> {
        self.serializer().serialize_none().map_err(failed)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut list = self.serializer().compound(LIST).map_err(A::Error::custom)?;
        loop {
            let (out, depth) = list.nested();
            if items.next_element_seed(WireSink { out, depth })?.is_none() {
                break;
            }
            list.counted();
        }
        list.finish().map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<(), A::Error> {
        let mut map = self.serializer().compound(MAP).map_err(A::Error::custom)?;
        loop {
            let (out, depth) = map.nested();
            if pairs.next_key_seed(WireSink { out, depth })?.is_none() {
                break;
            }
            let (out, depth) = map.nested();
            pairs.next_value_seed(WireSink { out, depth })?;
            map.counted();
        }
        map.finish().map_err(A::Error::custom)
    }
}

/// The object that bytes stand for: write it by `Python::to_python`.
pub(in crate::sandbox) struct ObjectSource<'a>(pub(in crate::sandbox) &'a [u8]);

impl Serialize for ObjectSource<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reader = WireReader::new(self.0);
        let done = NextValue::of(&mut reader).serialize(serializer)?;
        reader.end().map_err(S::Error::custom)?;
        Ok(done)
    }
}

/// The next value of a reader. `Serialize` takes it by a shared reference.
struct NextValue<'a, 'de>(std::cell::RefCell<&'a mut WireReader<'de>>);

impl<'a, 'de> NextValue<'a, 'de> {
    const fn of(reader: &'a mut WireReader<'de>) -> Self {
        Self(std::cell::RefCell::new(reader))
    }
}

impl Serialize for NextValue<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let reader = &mut **self.0.borrow_mut();
        match reader.token().map_err(S::Error::custom)? {
            Token::None => serializer.serialize_none(),
            Token::Bool(value) => serializer.serialize_bool(value),
            Token::Int(value) => serializer.serialize_i64(value),
            Token::WideInt(value) => serializer.serialize_i128(value),
            Token::WideUnsigned(value) => serializer.serialize_u128(value),
            Token::Float(value) => serializer.serialize_f64(value),
            Token::Text(value) => serializer.serialize_str(value),
            Token::Bytes(value) => serializer.serialize_bytes(value),
            Token::List(count) => {
                let mut list = serializer.serialize_seq(Some(count))?;
                for _ in 0..count {
                    list.serialize_element(&NextValue::of(reader))?;
                }
                list.end()
            }
            Token::Tuple(count) => {
                let mut tuple = serializer.serialize_tuple(count)?;
                for _ in 0..count {
                    tuple.serialize_element(&NextValue::of(reader))?;
                }
                tuple.end()
            }
            Token::Map(count) => {
                let mut map = serializer.serialize_map(Some(count))?;
                for _ in 0..count {
                    map.serialize_key(&NextValue::of(reader))?;
                    map.serialize_value(&NextValue::of(reader))?;
                }
                map.end()
            }
        }
    }
}

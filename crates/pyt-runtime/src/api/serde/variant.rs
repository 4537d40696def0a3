//! Variants of enums, deserialized.

use ::serde::{
    Deserialize, Deserializer as _,
    de::{DeserializeSeed, EnumAccess, IntoDeserializer as _, VariantAccess, Visitor},
};

use super::{de::ObjectDeserializer, error::DataError};

/// A variant of an enum, and its data.
pub(super) struct Variant<'py> {
    pub(super) variant: ObjectDeserializer<'py>,
    pub(super) data: Option<ObjectDeserializer<'py>>,
}

impl<'py, 'de> EnumAccess<'de> for Variant<'py> {
    type Error = DataError;
    type Variant = Data<'py>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Data<'py>), DataError> {
        Ok((seed.deserialize(self.variant)?, Data(self.data)))
    }
}

pub(super) struct Data<'py>(Option<ObjectDeserializer<'py>>);

impl<'py> Data<'py> {
    fn required(self) -> Result<ObjectDeserializer<'py>, DataError> {
        let missing =
            || DataError::new("ValueError", "the variant needs data: a dict of one entry");
        self.0.ok_or_else(missing)
    }
}

impl<'de> VariantAccess<'de> for Data<'_> {
    type Error = DataError;

    fn unit_variant(self) -> Result<(), DataError> {
        match self.0 {
            Some(data) => <()>::deserialize(data),
            None => <()>::deserialize(().into_deserializer()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DataError> {
        seed.deserialize(self.required()?)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, DataError> {
        self.required()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DataError> {
        self.required()?.deserialize_struct("", names, visitor)
    }
}

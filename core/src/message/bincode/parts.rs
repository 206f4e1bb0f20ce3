//! Reading the parts of lists, maps and enums.

use bincode::error::DecodeError;
use serde_core::Deserializer;
use serde_core::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::values::Values;

/// The elements of a list, or the entries of a map.
pub(super) struct Listed<'v, 'a> {
    values: &'v mut Values<'a>,
    left: usize,
    /// How many bytes there were for them.
    bytes: usize,
    /// Whether the type says how many there are, not the bytes.
    known: bool,
}

impl<'v, 'a> Listed<'v, 'a> {
    /// As many as the bytes say.
    pub(super) fn counted(values: &'v mut Values<'a>, left: usize) -> Self {
        Self::new(values, left, false)
    }

    /// As many as the type says.
    pub(super) fn known(values: &'v mut Values<'a>, left: usize) -> Self {
        Self::new(values, left, true)
    }

    fn new(values: &'v mut Values<'a>, left: usize, known: bool) -> Self {
        let bytes = values.left();
        Self {
            values,
            left,
            bytes,
            known,
        }
    }

    /// For how many there may be bytes: so many are reserved beforehand.
    fn hint(&self) -> usize {
        self.left.min(self.bytes)
    }

    fn next<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let read = |values: &mut Values<'a>| seed.deserialize(values);
        let element = match self.known {
            true => read(self.values),
            false => self.values.element(read),
        };
        element.map(Some)
    }
}

impl<'a> SeqAccess<'a> for Listed<'_, 'a> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        self.next(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

impl<'a> MapAccess<'a> for Listed<'_, 'a> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        self.next(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, DecodeError> {
        seed.deserialize(&mut *self.values)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

/// A variant of an enum: its number, then what it holds.
pub(super) struct Variant<'v, 'a>(pub(super) &'v mut Values<'a>);

impl<'a> EnumAccess<'a> for Variant<'_, 'a> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'a>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), DecodeError> {
        let number: u32 = self.0.plain()?;
        let variant = seed.deserialize(number.into_deserializer())?;
        Ok((variant, self))
    }
}

impl<'a> VariantAccess<'a> for Variant<'_, 'a> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'a>>(
        self,
        seed: S,
    ) -> Result<S::Value, DecodeError> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'a>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.0.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.0.deserialize_tuple(fields.len(), visitor)
    }
}

//! Reading values, and the limits of that.

use bincode::de::{BorrowDecode, BorrowDecoder, Decode, DecoderImpl};
use bincode::error::DecodeError;
use serde_core::Deserializer;
use serde_core::de::{DeserializeOwned, Error, Visitor};

use super::codec::{CONFIG, Config};
use super::input::Input;
use super::parts::{Listed, Variant};

/// How deep values may nest: the stack of a thread has an end.
const MAX_DEPTH: u32 = 128;

/// What elements that take no bytes may cost: their size in memory, at least 1.
const EMPTY_ELEMENTS: usize = 64 << 10;

/// Reads values one after the other.
pub(super) struct Values<'a> {
    decoder: DecoderImpl<Input<'a>, Config, ()>,
    depth: u32,
    /// What elements without bytes may still cost.
    empty_elements: usize,
}

impl<'a> Values<'a> {
    /// Reads a value that takes all of `bytes`.
    pub(super) fn read_all<T: DeserializeOwned>(bytes: &'a [u8]) -> Result<T, DecodeError> {
        let mut values = Self {
            decoder: DecoderImpl::new(Input::new(bytes), CONFIG, ()),
            depth: 0,
            empty_elements: EMPTY_ELEMENTS,
        };
        let value = T::deserialize(&mut values)?;
        match values.left() {
            0 => Ok(value),
            left => Err(DecodeError::custom(format_args!(
                "{left} bytes are left over: its type has other fields here"
            ))),
        }
    }

    /// How many bytes are left.
    pub(super) fn left(&mut self) -> usize {
        self.decoder.borrow_reader().len()
    }

    /// One of bincode's own: a number, a boolean, a character.
    pub(super) fn plain<T: Decode<()>>(&mut self) -> Result<T, DecodeError> {
        T::decode(&mut self.decoder)
    }

    /// How many elements follow.
    fn count(&mut self) -> Result<usize, DecodeError> {
        let count: u64 = self.plain()?;
        usize::try_from(count).map_err(|_| DecodeError::custom("a list is longer than memory"))
    }

    /// Reads one element of a list whose length the bytes say.
    pub(super) fn element<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let before = self.left();
        let element = read(self)?;
        if self.left() == before {
            let cost = size_of::<T>().max(1);
            let left = self.empty_elements.checked_sub(cost);
            self.empty_elements = left.ok_or_else(|| {
                DecodeError::custom("a list has too many elements that take no bytes")
            })?;
        }
        Ok(element)
    }

    /// Reads something that may have the same inside.
    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        if self.depth == MAX_DEPTH {
            let text = format_args!("its values nest more than {MAX_DEPTH} deep");
            return Err(DecodeError::custom(text));
        }
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }
}

macro_rules! plain {
    ($($method:ident $visit:ident)*) => {
        $(
            fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DecodeError> {
                visitor.$visit(self.plain()?)
            }
        )*
    };
}

macro_rules! not_described {
    ($($method:ident)*) => {
        $(
            fn $method<V: Visitor<'a>>(self, _: V) -> Result<V::Value, DecodeError> {
                Err(DecodeError::custom(
                    "its type asks the bytes what they are, and bincode's do not say",
                ))
            }
        )*
    };
}

impl<'a> Deserializer<'a> for &mut Values<'a> {
    type Error = DecodeError;

    not_described! { deserialize_any deserialize_identifier deserialize_ignored_any }

    plain! {
        deserialize_bool visit_bool
        deserialize_i8 visit_i8
        deserialize_i16 visit_i16
        deserialize_i32 visit_i32
        deserialize_i64 visit_i64
        deserialize_i128 visit_i128
        deserialize_u8 visit_u8
        deserialize_u16 visit_u16
        deserialize_u32 visit_u32
        deserialize_u64 visit_u64
        deserialize_u128 visit_u128
        deserialize_f32 visit_f32
        deserialize_f64 visit_f64
        deserialize_char visit_char
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_borrowed_str(BorrowDecode::borrow_decode(&mut self.decoder)?)
    }

    // Borrowed, and copied by whoever keeps it: bincode reserves what a text's length claims.
    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_borrowed_bytes(BorrowDecode::borrow_decode(&mut self.decoder)?)
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.plain::<u8>()? {
            0 => visitor.visit_none(),
            1 => self.nested(|values| visitor.visit_some(values)),
            other => Err(DecodeError::custom(format_args!(
                "an option is 0 or 1, not {other}"
            ))),
        }
    }

    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let count = self.count()?;
        self.nested(|values| visitor.visit_seq(Listed::counted(values, count)))
    }

    fn deserialize_tuple<V: Visitor<'a>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.nested(|values| visitor.visit_seq(Listed::known(values, len)))
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let count = self.count()?;
        self.nested(|values| visitor.visit_map(Listed::counted(values, count)))
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.nested(|values| visitor.visit_enum(Variant(values)))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

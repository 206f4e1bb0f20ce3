//! One part of a binding key.

use super::RoutingField;

/// What a subscription asks of one routing field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BindingPart {
    /// The field has this value, or holds it if it is a collection. At most
    /// [`BindingKey::MAX_PART_LEN`](super::BindingKey::MAX_PART_LEN) bytes.
    Value(String),
    /// `*`: one field, whatever it holds.
    Any,
    /// `#`: one or more remaining fields, whatever they hold. Only last.
    Rest,
}

/// A [`BindingPart`] as it lies in its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartRef<'a> {
    /// See [`BindingPart::Value`].
    Value(&'a str),
    /// See [`BindingPart::Any`].
    Any,
    /// See [`BindingPart::Rest`].
    Rest,
}

impl BindingPart {
    /// The part without owning it.
    pub fn as_ref(&self) -> PartRef<'_> {
        match self {
            Self::Value(value) => PartRef::Value(value),
            Self::Any => PartRef::Any,
            Self::Rest => PartRef::Rest,
        }
    }
}

impl PartRef<'_> {
    /// Whether the part lets this one field through (promise 7: an absent field, or an empty
    /// collection, passes `*` and `#` only).
    pub fn accepts(self, field: RoutingField<'_>) -> bool {
        match self {
            Self::Value(value) => field.contains(value),
            Self::Any | Self::Rest => true,
        }
    }

    /// The part with a value of its own.
    pub fn to_owned(self) -> BindingPart {
        match self {
            Self::Value(value) => BindingPart::Value(value.to_owned()),
            Self::Any => BindingPart::Any,
            Self::Rest => BindingPart::Rest,
        }
    }
}

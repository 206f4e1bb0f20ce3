//! The notation the vectors share: keys and contents as arrays, and the real types they mean.

use quibus::binding::{BindingKey, BindingPart, InvalidBindingKey, PartRef, RoutingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A binding key as vectors write it: `*` and `#` are wildcards, other text is a value.
pub(super) type Key = Vec<String>;

/// The routing content of a message, one entry per routing member.
pub(super) type Content = Vec<Option<Field>>;

/// One routing member that is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Field {
    /// A single value.
    One(String),
    /// A collection; absent items do not count.
    Many(Vec<Option<String>>),
}

/// Reads arguments; a field that is not known is an error.
pub(super) fn read<T: DeserializeOwned>(from: &Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(from.clone())).map_err(|e| e.to_string())
}

/// The part a text means.
pub(super) fn part(text: &str) -> BindingPart {
    match text {
        "*" => BindingPart::Any,
        "#" => BindingPart::Rest,
        value => BindingPart::Value(value.to_owned()),
    }
}

/// The real key.
pub(super) fn key(parts: &[String]) -> Result<BindingKey, InvalidBindingKey> {
    BindingKey::new(parts.iter().map(|text| part(text)))
}

/// A real key as vectors write it.
pub(super) fn written(key: &BindingKey) -> Value {
    let text = |part| match part {
        PartRef::Any => "*".to_owned(),
        PartRef::Rest => "#".to_owned(),
        PartRef::Value(value) => value.to_owned(),
    };
    key.parts().map(text).collect::<Vec<_>>().into()
}

/// The real routing key.
pub(super) fn content(fields: &Content) -> RoutingKey {
    let mut key = RoutingKey::new();
    for field in fields {
        match field {
            None => key.push_absent(),
            Some(Field::One(value)) => key.push_value(value),
            Some(Field::Many(values)) => key.push_values(values.iter().flatten()),
        }
    }
    key
}

/// The name vectors give to a refusal.
pub(super) fn refusal(refused: &InvalidBindingKey) -> &'static str {
    match refused {
        InvalidBindingKey::AfterRest { .. } => "after_rest",
        InvalidBindingKey::TooManyParts { .. } => "too_many_parts",
        InvalidBindingKey::PartTooLong { .. } => "part_too_long",
        InvalidBindingKey::Escape { .. } => "escape",
    }
}

/// An answer that is a refusal.
pub(super) fn refused(name: &str) -> Map<String, Value> {
    Map::from_iter([("error".to_owned(), name.into())])
}

/// An answer that is a constraint: `any`, `value` or `none`.
pub(super) fn constraint(part: Option<PartRef<'_>>) -> Map<String, Value> {
    let mut answer = Map::new();
    let kind = match part {
        None => "none",
        Some(PartRef::Any | PartRef::Rest) => "any",
        Some(PartRef::Value(value)) => {
            answer.insert("value".to_owned(), value.into());
            "value"
        }
    };
    answer.insert("kind".to_owned(), kind.into());
    answer
}

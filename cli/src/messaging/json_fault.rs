//! Which part of a JSON text is wrong, and what may have been meant.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

/// What is wrong with a message's JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum JsonFault {
    /// A message has no such field.
    UnknownField {
        /// Where it stands, for instance `lines[0].skuu`.
        path: String,
        /// The name of the message.
        message: String,
        /// The fields that it has.
        fields: Vec<String>,
    },
    /// A field has a value that it cannot have.
    WrongValue {
        /// The field, or nothing if it is the whole.
        path: String,
        /// Why.
        reason: String,
    },
}

/// Finds what is wrong with a text of which it is known that it is no message of this type.
pub(super) fn find(of: &MessageDescriptor, json: &Value, reason: String) -> JsonFault {
    let whole = JsonFault::WrongValue {
        path: String::new(),
        reason,
    };
    find_in(of, json, "").unwrap_or(whole)
}

fn find_in(of: &MessageDescriptor, json: &Value, path: &str) -> Option<JsonFault> {
    // Those of protobuf itself have forms of their own.
    let fields = json.as_object().filter(|_| !is_well_known(of))?;
    for (name, value) in fields {
        let path = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        let Some(field) = field_of(of, name) else {
            return Some(JsonFault::UnknownField {
                path,
                message: of.name().into(),
                fields: of.fields().map(|field| field.name().into()).collect(),
            });
        };
        let alone = Value::Object([(name.clone(), value.clone())].into_iter().collect());
        if let Err(reason) = DynamicMessage::deserialize(of.clone(), alone) {
            let inner = find_in_field(&field, value, &path);
            let reason = reason.to_string();
            return Some(inner.unwrap_or(JsonFault::WrongValue { path, reason }));
        }
    }
    None
}

fn find_in_field(field: &FieldDescriptor, value: &Value, path: &str) -> Option<JsonFault> {
    let of = match field.kind() {
        Kind::Message(entry) if field.is_map() => match entry.map_entry_value_field().kind() {
            Kind::Message(of) => of,
            _ => return None,
        },
        Kind::Message(of) => of,
        _ => return None,
    };
    match value {
        Value::Array(items) if field.is_list() => {
            let mut items = items.iter().enumerate();
            items.find_map(|(at, item)| find_in(&of, item, &format!("{path}[{at}]")))
        }
        Value::Object(entries) if field.is_map() => {
            let mut entries = entries.iter();
            entries.find_map(|(key, item)| find_in(&of, item, &format!("{path}.{key}")))
        }
        value => find_in(&of, value, path),
    }
}

fn field_of(of: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    of.get_field_by_name(name)
        .or_else(|| of.get_field_by_json_name(name))
}

fn is_well_known(of: &MessageDescriptor) -> bool {
    of.full_name().starts_with("google.protobuf.")
}

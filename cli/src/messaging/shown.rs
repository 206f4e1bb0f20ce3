//! What a message, a reply or the details of an error look like to people and scripts.

use prost_reflect::DynamicMessage;
use prost_reflect::SerializeOptions;
use serde_json::{Map, Value};

use super::hex;

/// What a message, a reply or the details of an error look like.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// Protobuf's JSON mapping, with the names of fields as they stand in the code.
    Json(Value),
    /// Bytes of which more is not known, and why.
    Bytes(Vec<u8>, String),
}

impl Shown {
    /// A message that could be read.
    pub fn of(message: &DynamicMessage) -> Self {
        let options = SerializeOptions::new()
            .use_proto_field_name(true)
            .skip_default_fields(false);
        let json = message.serialize_with_options(serde_json::value::Serializer, &options);
        match json {
            Ok(json) => Self::Json(json),
            // Such as a duration beyond what JSON may say.
            Err(error) => {
                let bytes = prost_reflect::prost::Message::encode_to_vec(message);
                Self::Bytes(bytes, error.to_string())
            }
        }
    }

    /// In one line.
    pub fn in_a_line(&self) -> String {
        match self {
            Self::Json(json) => printable(&json.to_string()),
            Self::Bytes(bytes, _) => hex::digits_of(bytes),
        }
    }

    /// In as many lines as make it readable.
    pub fn in_lines(&self) -> String {
        match self {
            Self::Json(json) => {
                let lines = serde_json::to_string_pretty(json).unwrap_or_default();
                let lines: Vec<_> = lines.lines().map(printable).collect();
                lines.join("\n")
            }
            Self::Bytes(..) => self.in_a_line(),
        }
    }

    /// Adds it to an object for scripts: as `name`, or as `nameHex` with the reason.
    pub fn add_to(&self, name: &str, object: &mut Map<String, Value>) {
        match self {
            Self::Json(json) => {
                object.insert(name.into(), json.clone());
            }
            Self::Bytes(bytes, reason) => {
                object.insert(format!("{name}Hex"), hex::digits_of(bytes).into());
                object.insert("because".into(), reason.as_str().into());
            }
        }
    }

    /// Why there is no more to be seen than bytes.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Json(_) => None,
            Self::Bytes(_, reason) => Some(reason),
        }
    }
}

/// Text from others, of which nothing moves the cursor.
pub(super) fn printable(text: &str) -> String {
    let escaped = text.chars().map(|c| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    });
    escaped.collect()
}

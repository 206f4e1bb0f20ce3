//! The values that route a message, as its type would take them from its fields.

use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use quibus::binding::{BindingKey, PartRef, RoutingKey};

use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

/// The values that route a message: of the fields with these numbers, as the derives write them.
/// `Err`: the position of a field whose text only its author's code knows.
pub(super) fn key_of(message: &DynamicMessage, routes: &[u32]) -> Result<RoutingKey, usize> {
    let mut key = RoutingKey::new();
    for (position, number) in (1_usize..).zip(routes) {
        let field = message.descriptor().get_field(*number).ok_or(position)?;
        if field.supports_presence() && !message.has_field(&field) {
            key.push_absent();
            continue;
        }
        let value = message.get_field(&field);
        match &*value {
            Value::List(values) => {
                let texts: Option<Vec<_>> = values.iter().map(text_of).collect();
                key.push_values(texts.ok_or(position)?);
            }
            single => key.push_value(text_of(single).ok_or(position)?),
        }
    }
    Ok(key)
}

/// What `Display` says of the value in Rust; `None` if it is of a type that has none of its own.
fn text_of(value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(value) => value.to_string(),
        Value::I32(value) | Value::EnumNumber(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::String(value) => value.clone(),
        _ => return None,
    })
}

/// The text of a key without wildcards, as binding keys are written.
///
/// # Errors
/// If it is none.
pub(crate) fn typed_key(text: &str) -> Result<RoutingKey, Complaint> {
    let wrong = |reason: &str| {
        let tried = format!("\"{}\" cannot be a routing key", text.escape_debug());
        let help = format!("{reason}; write the values joined by dots, for instance: Seattle.7");
        Complaint::new(tried, help).ending(ExitStatus::Usage)
    };
    let key = BindingKey::parse(text).map_err(|fault| wrong(&fault.to_string()))?;
    if key.is_empty() {
        return Err(wrong(
            "a message has values, # stands in subscriptions only",
        ));
    }
    let mut routing = RoutingKey::new();
    for part in key.parts() {
        match part {
            PartRef::Value(value) => routing.push_value(value),
            PartRef::Any | PartRef::Rest => {
                return Err(wrong(
                    "a message has values, * and # stand in subscriptions only",
                ));
            }
        }
    }
    Ok(routing)
}

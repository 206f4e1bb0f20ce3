//! A type with its descriptor.

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use quibus::binding::RoutingKey;
use quibus::config::nearest;
use quibus::message::schema::TypeSchema;
use serde_json::Value;

use super::json_fault::{self, JsonFault};
use super::routing;
use super::shown::Shown;
use super::sound_file;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

/// A type with its descriptor: makes messages of JSON, and JSON of messages.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedType {
    schema: TypeSchema,
    message: MessageDescriptor,
}

impl DescribedType {
    /// A type as a peer has described it.
    ///
    /// # Errors
    /// Why the description makes no sense.
    pub fn new(schema: TypeSchema) -> Result<Self, String> {
        let mut pool = DescriptorPool::global();
        let file = sound_file::read(&schema.file);
        let added = file.and_then(|file| {
            let added = pool.add_file_descriptor_proto(file);
            added.map_err(|error| error.to_string())
        });
        added.map_err(|error| format!("has a descriptor that makes no sense: {error}"))?;
        let message = pool.get_message_by_name(&schema.message);
        let message = message.ok_or("has a descriptor without the message in it")?;
        Ok(Self { schema, message })
    }

    /// The message that a JSON text says.
    ///
    /// # Errors
    /// What is wrong in it and what may have been meant.
    pub fn read_json(&self, text: &str) -> Result<DynamicMessage, Complaint> {
        let json: Value = serde_json::from_str(text).map_err(|cause| {
            let help = "write an object such as '{\"name\": \"world\"}', in quotes that keep it \
                        from the shell";
            Complaint::new("the message is no JSON", help)
                .because(&cause)
                .ending(ExitStatus::Usage)
        })?;
        let read = DynamicMessage::deserialize(self.message.clone(), json.clone());
        read.map_err(|cause| {
            let fault = json_fault::find(&self.message, &json, cause.to_string());
            complaint_of(self.message.name(), fault)
        })
    }

    /// The message that bytes are.
    ///
    /// # Errors
    /// Why they are none.
    pub fn decode(&self, bytes: &[u8]) -> Result<DynamicMessage, String> {
        let decoded = DynamicMessage::decode(self.message.clone(), bytes);
        decoded.map_err(|error| error.to_string())
    }

    /// The values that route a message.
    ///
    /// # Errors
    /// If only the code of its author knows one of them.
    pub fn key_of(&self, message: &DynamicMessage) -> Result<RoutingKey, Complaint> {
        routing::key_of(message, &self.schema.routes).map_err(|position| {
            let name = self.message.name();
            let tried = format!("{name} is routed by more than its descriptor tells");
            let help = "say the values with --route, joined by dots";
            Complaint::new(tried, help)
                .since(format!("its routing field {position} is no plain value"))
                .ending(ExitStatus::Usage)
        })
    }

    /// How many fields route its messages.
    pub fn routing_fields(&self) -> usize {
        self.schema.routes.len()
    }

    /// What a message looks like.
    pub fn show(&self, bytes: &[u8]) -> Shown {
        show(Some(self.message.clone()), bytes)
    }

    /// What a reply looks like.
    pub fn show_reply(&self, bytes: &[u8]) -> Shown {
        show(self.named(&self.schema.reply), bytes)
    }

    /// The variant of a typed error, and what it carries.
    pub fn show_error(&self, code: u32, details: &[u8]) -> (Option<&str>, Option<Shown>) {
        let Some(error) = self.schema.errors.iter().find(|known| known.code == code) else {
            return (None, None);
        };
        let carried = match &error.details {
            None if details.is_empty() => None,
            None => Some(show(None, details)),
            Some(name) => Some(show(self.named(name), details)),
        };
        (Some(&error.variant), carried)
    }

    fn named(&self, name: &str) -> Option<MessageDescriptor> {
        self.message.parent_pool().get_message_by_name(name)
    }
}

fn show(of: Option<MessageDescriptor>, bytes: &[u8]) -> Shown {
    let Some(of) = of else {
        return Shown::Bytes(bytes.into(), "it is not described".into());
    };
    match DynamicMessage::decode(of, bytes) {
        Ok(message) => Shown::of(&message),
        Err(error) => Shown::Bytes(bytes.into(), error.to_string()),
    }
}

fn complaint_of(name: &str, fault: JsonFault) -> Complaint {
    let complaint = match fault {
        JsonFault::UnknownField {
            path,
            message,
            fields,
        } => {
            let tried = format!("{message} has no field {}", path.escape_debug());
            let last = path.rsplit('.').next().unwrap_or_default();
            let meant = nearest(last, fields.iter().map(String::as_str));
            let help = match (meant, fields.as_slice()) {
                (Some(meant), _) => format!("did you mean {meant}?"),
                (None, []) => "it has no fields at all".into(),
                (None, fields) => format!("it has: {}", fields.join(", ")),
            };
            Complaint::new(tried, help)
        }
        JsonFault::WrongValue { path, reason } if path.is_empty() => {
            let help = "write an object with the fields of the message";
            Complaint::new(format!("this is no {name}"), help).since(reason)
        }
        JsonFault::WrongValue { path, reason } => {
            let tried = format!("the field {} cannot have this value", path.escape_debug());
            let help = "write it as protobuf's JSON mapping does: numbers beyond 2^53 and bytes \
                        (base64) in quotes, variants by name";
            Complaint::new(tried, help).since(reason)
        }
    };
    complaint.ending(ExitStatus::Usage)
}

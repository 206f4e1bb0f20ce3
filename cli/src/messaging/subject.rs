//! The type that a verb is about, as far as it is known.

use bytes::Bytes;
use quibus::binding::{BindingKey, PartRef, RoutingKey};
use quibus::message::MessageKind;
use quibus::message::raw::RawType;
use quibus::message::schema::TypeDescription;

use super::described_type::DescribedType;
use super::payload::Payload;
use super::shown::Shown;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

/// The type that a verb is about, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    raw_type: RawType,
    kind: Option<MessageKind>,
    /// Or why there is no descriptor.
    described: Result<DescribedType, String>,
    notes: Vec<String>,
}

impl Subject {
    /// A type as a peer has described it.
    ///
    /// # Errors
    /// If no type can be called so.
    pub fn of(description: TypeDescription) -> Result<Self, Complaint> {
        let TypeDescription {
            name,
            kind,
            codec,
            lane,
            unsequenced,
            deliver,
            schema,
            ..
        } = description;
        let raw_type = RawType::new(&name).and_then(|of| of.lane(&lane));
        let raw_type = raw_type.map_err(|cause| {
            Complaint::new("the type cannot be used", "name another").because(&cause)
        })?;
        let described = match schema {
            Ok(schema) => DescribedType::new(schema),
            Err(reason) => Err(reason.to_string()),
        };
        Ok(Self {
            raw_type: raw_type
                .codec(codec)
                .deliver(deliver)
                .unsequenced(unsequenced),
            kind: Some(kind),
            described: described.map_err(|reason| format!("{name} {reason}")),
            notes: Vec::new(),
        })
    }

    /// A type of which only the name is known.
    pub fn unknown(raw_type: RawType) -> Self {
        Self {
            raw_type,
            kind: None,
            described: Err(format!("nobody has described {}", raw_type.name())),
            notes: Vec::new(),
        }
    }

    /// Adds something that people should know.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// The type.
    pub fn raw_type(&self) -> RawType {
        self.raw_type
    }

    /// Its stable name.
    pub fn name(&self) -> &'static str {
        self.raw_type.name()
    }

    /// Command or event, if that is known.
    pub fn kind(&self) -> Option<MessageKind> {
        self.kind
    }

    /// Its descriptor, or why it has none.
    pub fn described(&self) -> Result<&DescribedType, &str> {
        self.described.as_ref().map_err(String::as_str)
    }

    /// What a message looks like.
    pub fn show(&self, bytes: &[u8]) -> Shown {
        match &self.described {
            Ok(described) => described.show(bytes),
            Err(reason) => Shown::Bytes(bytes.into(), reason.clone()),
        }
    }

    /// Tells people on stderr what they should know.
    pub fn say_notes(&self) {
        for note in &self.notes {
            let _ =
                std::io::Write::write_fmt(&mut anstream::stderr(), format_args!("note: {note}\n"));
        }
    }

    /// A type that has to be of this kind.
    ///
    /// # Errors
    /// If it is known to be of the other.
    pub fn be(&self, wanted: MessageKind) -> Result<(), Complaint> {
        let name = self.name();
        let (is, help) = match (self.kind, wanted) {
            (Some(MessageKind::Event), MessageKind::Command) => {
                ("an event", format!("publish it: quibus publish {name}"))
            }
            (Some(MessageKind::Command), MessageKind::Event) => {
                ("a command", format!("send it: quibus send {name}"))
            }
            _ => return Ok(()),
        };
        let tried = format!("{} is {is}", name.escape_debug());
        Err(Complaint::new(tried, help).ending(ExitStatus::Usage))
    }

    /// A key that can match messages of the type.
    ///
    /// # Errors
    /// If it asks for more routing fields than there are, so that nothing ever would match.
    pub fn can_match(&self, key: &BindingKey) -> Result<(), Complaint> {
        let asked = key.parts().filter(|part| *part != PartRef::Rest).count();
        let Some(fields) = self
            .described
            .as_ref()
            .ok()
            .map(DescribedType::routing_fields)
        else {
            return Ok(());
        };
        // One without routing fields goes to everybody.
        if asked <= fields || fields == 0 {
            return Ok(());
        }
        let count = |count: usize| match count {
            1 => "1 routing field".to_owned(),
            count => format!("{count} routing fields"),
        };
        let tried = format!("no {} matches this key", self.name().escape_debug());
        let help =
            "join the values of its routing fields by dots; a dot within a value is written \\.";
        Err(Complaint::new(tried, help)
            .since(format!(
                "the type has {}, the key asks for {asked}",
                count(fields)
            ))
            .ending(ExitStatus::Usage))
    }

    /// The encoded message that was typed, and what it is routed by: what was typed, or what its
    /// routing fields say.
    ///
    /// # Errors
    /// If it is no message of the type, or cannot be encoded without knowing more of that.
    pub fn encode(
        &self,
        payload: &Payload,
        route: Option<&RoutingKey>,
    ) -> Result<(Bytes, RoutingKey), Complaint> {
        let (bytes, message) = match (payload, &self.described) {
            (Payload::Json(text), Ok(described)) => {
                let message = described.read_json(text)?;
                let bytes = prost_reflect::prost::Message::encode_to_vec(&message);
                (bytes, Some((described, message)))
            }
            (Payload::Json(_), Err(reason)) => {
                let help = "give the encoded message with --raw";
                return Err(Complaint::new("JSON cannot be made a message of it", help)
                    .since(reason.clone())
                    .ending(ExitStatus::Usage));
            }
            (Payload::Raw(bytes), Ok(described)) => {
                let message = described.decode(bytes).ok();
                (bytes.clone(), message.map(|message| (described, message)))
            }
            (Payload::Raw(bytes), Err(_)) => (bytes.clone(), None),
        };
        let key = match (route, message) {
            (Some(route), _) => route.clone(),
            (None, Some((described, message))) => described.key_of(&message)?,
            (None, None) => RoutingKey::new(),
        };
        Ok((bytes.into(), key))
    }
}

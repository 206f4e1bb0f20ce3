//! `quibus send`, `publish` and `tail`: messages of types that the tool has not compiled.
//!
//! The tool takes part as a peer of its own, `Cli.RANDOM`, for as long as the verb runs
//! ([`Entry`]). What types look like it asks the directory ([`Catalogue`]); a [`DescribedType`]
//! makes bytes of JSON and back, and finds the values that route a message. Where there is no
//! descriptor, bytes are typed and shown as hexadecimal digits, and it is said why.

mod catalogue;
mod described_type;
mod entry;
mod hex;
mod json_fault;
mod outgoing;
mod payload;
mod publish_event;
mod routing;
#[cfg(test)]
mod scenes;
mod send_command;
mod send_failure;
mod shown;
mod sound_file;
mod subject;
mod tail_events;
mod tailed_event;
mod typed_messaging;

pub use catalogue::Catalogue;
pub use described_type::DescribedType;
pub use entry::Entry;
pub use outgoing::Outgoing;
pub use payload::Payload;
pub use publish_event::PublishEvent;
pub(crate) use routing::typed_key;
pub use send_command::SendCommand;
pub use shown::Shown;
pub use subject::Subject;
pub use tail_events::TailEvents;
pub use tailed_event::TailedEvent;
pub use typed_messaging::{TypedEntry, TypedMessage, TypedPublish, TypedSend, TypedTail};

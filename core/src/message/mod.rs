//! What travels: typed messages, how they become bytes, and what a command can answer.
//!
//! A [`Message`] is a [`Command`] (one recipient, one outcome) or an [`Event`] (any number of
//! recipients, no outcome). The derives of the same names write the implementations:
//!
//! ```
//! #[derive(Clone, PartialEq, prost::Message, quibus::Event)]
//! #[quibus(namespace = "Weather")]
//! pub struct TemperatureMeasured {
//!     #[quibus(route = 1)]
//!     #[prost(string, tag = "1")]
//!     pub country: String,
//!     #[quibus(route = 2)]
//!     #[prost(string, tag = "2")]
//!     pub station: String,
//!     #[prost(double, tag = "3")]
//!     pub celsius: f64,
//! }
//!
//! use quibus::message::{Message, Route};
//! assert_eq!(TemperatureMeasured::NAME, "Weather.TemperatureMeasured");
//!
//! // whoever subscribes names the fields that matter; the others match anything
//! let key = TemperatureMeasured::route().station("Orly").into_key()?;
//! assert_eq!(key.to_string(), "*.Orly");
//! # Ok::<(), quibus::binding::InvalidBindingKey>(())
//! ```
//!
//! Code that prost generates gets the derives through `prost_build::Config`:
//! `.type_attribute("weather.TemperatureMeasured", "#[derive(quibus::Event)] #[quibus(namespace =
//! \"Weather\")]")` and `.field_attribute("weather.TemperatureMeasured.country", "#[quibus(route =
//! 1)]")`.
//!
//! - [`Message`], [`Command`], [`Event`], [`MessageKind`], [`Deliver`]: what a type is.
//! - [`Codec`], [`Prost`], and with the feature `bincode` `Bincode`: how it becomes bytes.
//! - [`Route`], [`RouteField`]: how it is routed, and wanted.
//! - [`HandlerError`], [`WireError`], [`Untyped`]: how its handler refuses it.
//! - [`Headers`]: what else travels with it.
//! - [`schema`]: what they look like on the wire, for whoever has not compiled them.
//! - [`raw`]: messages whose type is known at run time only.
//! - [`Body`], [`BodyError`]: what belongs to it and is too large for a message.

#[cfg(feature = "bincode")]
mod bincode;
mod body;
mod body_error;
mod codec;
mod command;
mod deliver;
mod event;
mod handler_error;
mod headers;
#[expect(clippy::module_inception, reason = "the main type of the module")]
mod message;
mod message_kind;
mod prost;
pub mod raw;
mod route;
mod route_field;
pub mod schema;
mod type_facts;
mod untyped;
mod wire_error;

#[cfg(feature = "bincode")]
pub use bincode::Bincode;
pub use body::Body;
pub use body_error::BodyError;
pub use codec::{Codec, DecodeError, EncodeError};
pub use command::Command;
pub use deliver::Deliver;
pub use event::Event;
pub use handler_error::HandlerError;
pub use headers::{HeaderError, HeaderView, Headers};
pub use message::Message;
pub use message_kind::MessageKind;
pub use prost::Prost;
#[doc(hidden)]
pub use route::route_key;
pub use route::{Route, Routes};
pub use route_field::{IntoPart, RouteField, RouteValue};
#[doc(hidden)]
pub use type_facts::TypeFacts;
pub use untyped::Untyped;
pub use wire_error::WireError;

#[cfg(test)]
pub(crate) use codec::SHARED_FROM;
pub(crate) use codec::{CodecNumber, decode_within};
pub(crate) use wire_error::bounded_text;

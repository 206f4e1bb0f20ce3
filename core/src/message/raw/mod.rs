//! Messages whose type is known at run time only: for tools and gateways.
//!
//! A [`RawType`] says what the bus must know of a type, a [`RawCommand`] or [`RawEvent`] adds
//! bytes that are encoded already and the values that route them. They are sent and published as
//! any other message; the reply comes as bytes, and a handler's typed error as a [`RawError`] with
//! its code, its text and its details.
//!
//! Nothing checks that the bytes are what the receiver expects: the receiver's codec does, and a
//! command that it cannot read ends as `Undecodable`.

mod invalid_raw_type;
mod kept_names;
mod raw_codec;
mod raw_command;
mod raw_error;
mod raw_event;
mod raw_type;

pub use invalid_raw_type::InvalidRawType;
pub use raw_codec::RawCodec;
pub use raw_command::RawCommand;
pub use raw_error::RawError;
pub use raw_event::RawEvent;
pub use raw_type::RawType;

pub(crate) use raw_codec::AlreadyEncoded;

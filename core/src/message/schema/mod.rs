//! What a message type looks like on the wire, for whoever has not compiled it.
//!
//! The derives write a [`Schema`] from the `#[prost(…)]` attributes: a protobuf descriptor, as
//! `protoc` would make it. A [`TypeDescription`] holds that of a message, of its reply and of what
//! its errors carry, together with what the bus must know to route it. Peers give theirs to the
//! directory, where tools find them; the bus itself never needs one.
//!
//! A type has no descriptor if its codec is not protobuf, if it says `#[quibus(opaque)]`, or if it
//! implements `Message` by hand: [`Undescribed`] says which.

mod draft;
mod errors_draft;
mod fields;
#[expect(clippy::module_inception, reason = "the main type of the module")]
mod schema;
mod standard_types;
#[cfg(test)]
mod tests;
mod type_description;
mod type_hash;
mod type_schema;
mod undescribed;

pub use draft::Draft;
pub use errors_draft::ErrorsDraft;
pub use fields::{Fields, Label, Scalar};
pub use schema::{EnumSchema, OneofSchema, Schema};
pub use type_description::TypeDescription;
pub use type_hash::TypeHash;
pub use type_schema::{ErrorSchema, TypeSchema};
pub use undescribed::Undescribed;

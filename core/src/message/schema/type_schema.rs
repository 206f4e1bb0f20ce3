//! A type's descriptor, and what in it is what.

use bytes::Bytes;
use prost::Message as _;

use super::draft::Draft;
use super::errors_draft::ErrorsDraft;
use super::schema::Schema;
use crate::message::{HandlerError, Message};

/// The protobuf descriptor of a message type, and what in it is what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeSchema {
    /// A `FileDescriptorProto`, encoded. It holds all messages that the type reaches; beside it one
    /// needs only those of `google.protobuf`. What a peer said it is, whether it makes sense or not.
    pub file: Bytes,
    /// The message's full name in it.
    pub message: String,
    /// The full name of what its handler answers.
    pub reply: String,
    /// What its handler may refuse it with.
    pub errors: Vec<ErrorSchema>,
    /// The numbers of its routing fields, in the order of their positions; 0 for one that has no
    /// number.
    pub routes: Vec<u32>,
}

/// A variant of a command's typed error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorSchema {
    /// Its code.
    pub code: u32,
    /// Its name in Rust.
    pub variant: String,
    /// The full name of what it carries; `None` if that is nothing or not described.
    pub details: Option<String>,
}

impl TypeSchema {
    /// That of a Rust type whose routing fields have these numbers.
    pub(super) fn of<M>(routes: &[u32]) -> Self
    where
        M: Message<Reply: Schema> + Schema,
    {
        let mut draft = Draft::new(M::NAME);
        let message = M::add_to(&mut draft);
        let reply = M::Reply::add_to(&mut draft);
        let mut errors = ErrorsDraft::new(&mut draft);
        M::Error::describe(&mut errors);
        let errors = errors.finish();
        let full = |name: String| name.trim_start_matches('.').to_owned();
        Self {
            message: full(message),
            reply: full(reply),
            errors,
            routes: routes.to_vec(),
            file: draft.finish().encode_to_vec().into(),
        }
    }
}

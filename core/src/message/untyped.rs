//! The error of a message that declares none.

use std::fmt;

use super::{HandlerError, WireError};

/// The error of a message that declares none: it has no value.
///
/// It is not a `std::error::Error`: that keeps the ways to fail apart for the compiler (see
/// [`IntoFailure`](crate::dispatch::IntoFailure)).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Untyped {}

impl HandlerError for Untyped {
    fn to_wire(&self) -> Option<WireError> {
        match *self {}
    }

    fn from_wire(_: &WireError) -> Option<Self> {
        None
    }
}

impl fmt::Debug for Untyped {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl fmt::Display for Untyped {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

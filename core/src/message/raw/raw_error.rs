//! A handler's error of which only the wire form is known.

use std::fmt;

use crate::message::{HandlerError, WireError};

/// A handler's typed error as it travelled: whoever knows the command's contract finds the variant
/// by the code. Prints its text, which comes from a peer: escape it where people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawError(pub WireError);

impl HandlerError for RawError {
    fn to_wire(&self) -> Option<WireError> {
        Some(self.0.clone())
    }

    fn from_wire(error: &WireError) -> Option<Self> {
        Some(Self(error.clone()))
    }
}

impl fmt::Display for RawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl std::error::Error for RawError {}

//! What went wrong with a baseline.

use std::fmt;

/// A baseline that could not be measured: what was tried, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFailure {
    tried: &'static str,
    reason: String,
}

impl RawFailure {
    pub(super) fn of(tried: &'static str) -> impl Fn(&dyn std::error::Error) -> Self {
        move |error| Self {
            tried,
            reason: error.to_string(),
        }
    }

    pub(super) fn new(tried: &'static str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { tried, reason }
    }
}

impl fmt::Display for RawFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "raw QUIC: cannot {}: {}", self.tried, self.reason)
    }
}

impl std::error::Error for RawFailure {}

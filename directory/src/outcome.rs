//! What came of a command.

use quibus::directory::contract::{RegisterError, RequestError};
use quibus::message::schema::TypeHash;
use quibus::{Incarnation, Revision};

/// What came of a [`Command`](crate::Command).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The peer is registered.
    Registered {
        /// Its run.
        incarnation: Incarnation,
        /// The number of its attachment.
        epoch: u64,
    },
    /// The run is attached.
    Attached {
        /// The number of its attachment.
        epoch: u64,
    },
    /// The update is in the state since this revision, at the latest.
    Updated {
        /// Whoever holds it knows of the update.
        revision: Revision,
    },
    /// The types are known; these descriptions are lacking.
    Wanted(Vec<TypeHash>),
    /// Done, or nothing was left to do.
    Done,
    /// Nothing was changed.
    Refused(Refusal),
}

/// Why a command changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another run of the peer is there and has not been found silent.
    #[error("incarnation {incarnation} of this peer id runs at {address}")]
    Twin {
        /// The other run.
        incarnation: Incarnation,
        /// Where it can be dialled.
        address: String,
    },
    /// A newer run has replaced this one.
    #[error("incarnation {by} of this peer id has replaced this run")]
    Fenced {
        /// The newer run.
        by: Incarnation,
    },
    /// This run has unregistered.
    #[error("this run has left the directory")]
    Left,
    /// The directory does not know this run.
    #[error("this run is not registered")]
    NotRegistered,
    /// A later update of the run was applied before.
    #[error("update {applied} of this run has been applied already")]
    Outdated {
        /// That update's number.
        applied: u64,
    },
    /// Above a limit.
    #[error("{0}")]
    Quota(String),
    /// The identity does not cover the peer id.
    #[error("{0}")]
    NotAllowed(String),
}

/// As the answer to a registration.
impl From<Refusal> for RegisterError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Twin { address, .. } => Self::Refused(address),
            Refusal::Fenced { by } => Self::Fenced(by.0),
            Refusal::Left => Self::Left,
            Refusal::Quota(text) => Self::Quota(text),
            other => Self::NotAllowed(other.to_string()),
        }
    }
}

/// As the answer to a registered peer.
impl From<Refusal> for RequestError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Twin { incarnation, .. } => Self::Fenced(incarnation.0),
            Refusal::Fenced { by } => Self::Fenced(by.0),
            Refusal::Outdated { applied } => Self::Outdated(applied),
            Refusal::Quota(text) => Self::Quota(text),
            Refusal::NotAllowed(text) => Self::NotAllowed(text),
            Refusal::Left | Refusal::NotRegistered => Self::NotRegistered,
        }
    }
}

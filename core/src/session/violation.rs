//! How the other side can break the protocol.

use super::lane_id::LaneId;
use crate::wire::WireError;

/// The other side broke the protocol; the link is closed, nothing else changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Bytes that are no frame.
    #[error("an unreadable frame: {0}")]
    Wire(#[from] WireError),
    /// An acknowledgement of what was never sent.
    #[error("{lane:?}: {taken} is acknowledged, only {next} were sent")]
    AckBeyondSent {
        /// The lane.
        lane: LaneId,
        /// What was acknowledged.
        taken: u64,
        /// What was sent.
        next: u64,
    },
    /// A stream that begins after what has arrived.
    #[error("{lane:?}: the stream begins at {first}, only {arrived} have arrived")]
    Hole {
        /// The lane.
        lane: LaneId,
        /// The stream's first number.
        first: u64,
        /// What has arrived.
        arrived: u64,
    },
    /// A frame where it has no place.
    #[error("{0}")]
    OutOfPlace(&'static str),
}

//! What a session knows of each of its links (R4, R5).

use tokio::time::Instant;

use super::hello::{LanePosition, Memory};
use super::link_id::LinkId;
use crate::id::Incarnation;

/// Which of the two sides dialled a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialler {
    /// This process.
    Us,
    /// The other side.
    Them,
}

/// How far a link has come (the table of R5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// Waits for the other side's Hello.
    Greeting,
    /// Hello was processed; not yet judged.
    Candidate,
    /// The link in use.
    Current,
    /// Judged, for ever; its acknowledgements count, its lane frames don't.
    Loser,
}

/// A link of a session.
#[derive(Debug, Clone)]
pub(crate) struct LinkState {
    pub(crate) id: LinkId,
    pub(crate) dialler: Dialler,
    /// Its dial number, once known.
    pub(crate) dial: u64,
    /// The incarnation that the other side's Hello named.
    pub(crate) incarnation: Incarnation,
    pub(crate) phase: Phase,
    /// What our Hello on it said, once sent.
    pub(crate) said: Option<Said>,
    /// The other side's positions, if they count.
    pub(crate) heard: Vec<LanePosition>,
}

/// What our own Hello on a link said.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) yours: Option<Memory>,
    /// (taken) per lane, for what is still to be reported on this link.
    pub(crate) positions: Vec<LanePosition>,
    /// When it was sent: the beginning of our clock on the link.
    pub(crate) at: Instant,
}

impl LinkState {
    pub(crate) fn new(id: LinkId, dialler: Dialler, dial: u64) -> Self {
        let phase = Phase::Greeting;
        let incarnation = Incarnation::NONE;
        Self {
            id,
            dialler,
            dial,
            incarnation,
            phase,
            said: None,
            heard: Vec::new(),
        }
    }

    /// Whether it may become, or is, the link in use.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Candidate | Phase::Current)
    }
}

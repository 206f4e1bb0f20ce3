//! What a send has to do with bodies.

use super::local_body::LocalHold;
use crate::message::Body;

/// What a send has to do with bodies; most have nothing, and don't hold one of these.
#[derive(Debug, Default)]
pub(super) struct SentBodies {
    /// The command's, until it is handed on.
    pub(super) command: Option<Body>,
    /// The hold on it while a handler of this process reads it.
    pub(super) local: Option<LocalHold>,
    /// Whether the reply's is wanted.
    pub(super) wants_reply: bool,
    pub(super) reply: Option<Body>,
}

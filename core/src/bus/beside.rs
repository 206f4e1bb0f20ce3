//! What is said beside a command that is sent.

use super::local_body::LocalHold;
use crate::id::PeerId;
use crate::message::{Body, Headers};

/// What is said beside a command that is sent; with most nothing is, and they don't carry one of
/// these: what every command carries along every command pays for.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// The peer that it is for, whatever the replica says.
    pub(super) to: Option<PeerId>,
    /// Sent whatever the bus's life and the recipient's standing: what keeps and ends the bus.
    pub(super) unchecked: bool,
    pub(super) headers: Headers,
    /// The command's body, until it is handed on.
    pub(super) body: Option<Body>,
    /// The hold on it while a handler of this process reads it.
    pub(super) local: Option<LocalHold>,
    /// Whether the reply's body is wanted.
    pub(super) wants_reply: bool,
    pub(super) reply: Option<Body>,
}

//! Whom the routing table names.

use std::sync::Arc;

use crate::peers::Peer;

/// Whom the routing table names: this process, or another.
#[derive(Debug, Clone)]
pub(super) enum Recipient {
    Here,
    Peer(Arc<Peer>),
}

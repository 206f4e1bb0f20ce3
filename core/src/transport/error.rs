//! What can go wrong with an address, a dial and a link.

use super::CloseReason;

/// The transport could not be bound; nothing is left behind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// The address can't be used: occupied, not ours, not permitted, not parsable.
    #[error("cannot listen on {address}: {reason}")]
    Address {
        /// The configured address.
        address: String,
        /// What the system said, and the cure where one is known.
        reason: String,
    },
    /// Settings that don't go together, or not with this machine.
    #[error("the transport's settings cannot be used: {reason}")]
    Settings {
        /// Which setting, and the cure.
        reason: String,
    },
    /// The certificate, its key or its CA can't be used, or does not cover the peer id.
    #[error("the identity cannot be used: {reason}")]
    Identity {
        /// The file or name, and what is wrong with it.
        reason: String,
    },
}

/// A dial failed; nothing is left behind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The text is not an address, or its name can't be resolved.
    #[error("{address} is not an address that can be dialled: {reason}")]
    Address {
        /// The address as it was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answered within the handshake time-out.
    #[error(
        "{address} did not answer within {after_ms} ms; check the address, that somebody listens \
         there, and that no firewall holds UDP back"
    )]
    Silent {
        /// The address.
        address: String,
        /// How long was waited.
        after_ms: u64,
    },
    /// Somebody answered who is not who we expected, or whose certificate can't be accepted.
    #[error("{address} is not {expected}: {reason}")]
    WrongIdentity {
        /// The address.
        address: String,
        /// Who was expected.
        expected: String,
        /// What is wrong with the other side's certificate.
        reason: String,
    },
    /// The other side refused: our certificate, or the dial at this moment.
    #[error("{address} refused: {reason}")]
    Refused {
        /// The address.
        address: String,
        /// What the other side said.
        reason: String,
    },
    /// The transport itself panicked: a mistake in it, not at the other side.
    #[error("the transport panicked while it dialled {address}: its own message says where")]
    Panicked {
        /// The address.
        address: String,
    },
    /// The transport is not bound, or closed meanwhile.
    #[error("the transport is closed")]
    Closed,
}

/// How a link, or a lane on it, ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkEnd {
    /// This side closed it.
    #[error("closed here: {0}")]
    Here(CloseReason),
    /// The other side closed it.
    #[error("closed by the other side: {0}")]
    There(CloseReason),
    /// It broke: no packet for too long, a reset, a transport error.
    #[error("broken: {0}")]
    Broken(String),
}

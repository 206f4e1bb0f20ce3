//! Binding, dialling, closing.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{BindError, BoxFuture, DialError, Link};
use crate::config::Config;
use crate::id::{Identity, PeerId};

/// A network that gives authenticated links.
pub trait Transport: Send + Sync + 'static {
    /// Takes its own section of a configuration, where its code has not said otherwise. Called
    /// before [`bind`](Self::bind), if there is a configuration at all.
    ///
    /// # Errors
    /// What is wrong with its section.
    fn configure(&self, _config: &Config) -> Result<(), BindError> {
        Ok(())
    }

    /// Binds the address of its configuration and begins to accept.
    ///
    /// `peer` is who this process wants to be; a certificate that does not cover it is a
    /// [`BindError`]. Links dialled by others are handed to `arrivals`; while that channel is
    /// full no further link is accepted. Called once per start; after [`close`](Self::close) it
    /// may be called again.
    fn bind<'a>(
        &'a self,
        peer: &'a PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>>;

    /// Dials `address` and returns the link once both sides have authenticated each other and the
    /// other side is `expected`. Bounded by the transport's handshake time-out.
    fn dial<'a>(
        &'a self,
        address: &'a str,
        expected: &'a Expected,
    ) -> BoxFuture<'a, Result<Arc<dyn Link>, DialError>>;

    /// Bytes that every link may hold in its buffers, both ways, without asking the memory budget.
    fn link_bytes(&self) -> u64 {
        0
    }

    /// Stops accepting, closes what is still open with
    /// [`CloseReason::Stopping`](super::CloseReason::Stopping) and frees the address. Bounded: it
    /// does not wait for the other sides.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// What [`Transport::bind`] found out about this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The address that others can dial.
    pub address: String,
    /// What this process's certificate proves.
    pub identity: Identity,
    /// The environment (trust domain) of the certificate.
    pub environment: String,
}

/// Whom a dial has to meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// A process whose certificate covers this peer.
    Peer(PeerId),
    /// Any directory server of our environment: a seed, dialled by address.
    Directory,
}

impl Expected {
    /// Whether `identity` is what was expected.
    pub fn is_met_by(&self, identity: &Identity) -> bool {
        match self {
            Self::Peer(peer) => identity.may_be(peer),
            Self::Directory => identity.is_directory(),
        }
    }
}

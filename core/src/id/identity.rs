//! What a certificate proves.

use std::fmt;

use super::name::Name;
use super::peer_id::PeerId;

/// What the certificate of a link proves about the other side.
///
/// Nothing else is identity: no address, no DNS name, no field of any message (promise 30).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// Exactly this peer.
    Peer(PeerId),
    /// Some instance of this service; which one is claimed, and instances trust each other.
    Service(Name),
    /// A directory server.
    Directory(PeerId),
    /// Someone who only watches; never a recipient.
    Operator(Name),
    /// An operator who may also decommission and change membership and policy.
    Admin(Name),
}

impl Identity {
    /// Whether a process with this identity may call itself `peer`.
    pub fn may_be(&self, peer: &PeerId) -> bool {
        match self {
            Self::Peer(id) | Self::Directory(id) => id == peer,
            Self::Service(service) => service.as_str() == peer.service(),
            Self::Operator(_) | Self::Admin(_) => false,
        }
    }

    /// Whether this is a directory server.
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Directory(_))
    }
}

/// Prints the path of the SPIFFE id, for instance `/peer/Shop.0`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(id) => write!(f, "/peer/{id}"),
            Self::Service(name) => write!(f, "/service/{name}"),
            Self::Directory(id) => write!(f, "/directory/{id}"),
            Self::Operator(name) => write!(f, "/operator/{name}"),
            Self::Admin(name) => write!(f, "/admin/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_covers_itself_or_the_instances_of_its_service_and_nobody_else() {
        let shop = PeerId::new("Shop.0").unwrap();
        let other = PeerId::new("Shop.1").unwrap();
        assert!(Identity::Peer(shop.clone()).may_be(&shop));
        assert!(!Identity::Peer(shop.clone()).may_be(&other));
        assert!(Identity::Service(Name::new("Shop").unwrap()).may_be(&other));
        assert!(!Identity::Service(Name::new("Sho").unwrap()).may_be(&other));
        assert!(!Identity::Operator(Name::new("Shop.0").unwrap()).may_be(&shop));
    }
}

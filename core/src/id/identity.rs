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

    /// The name under which someone who only watches says Hello, with incarnation 0: an operator is
    /// `Operator.0`, an administrator `Admin.0`, all of them the same. It says nothing beyond the
    /// identity, is never registered, and nothing can be sent to it. `None`: this one takes part.
    pub fn watcher(&self) -> Option<PeerId> {
        let name = match self {
            Self::Operator(_) => "Operator.0",
            Self::Admin(_) => "Admin.0",
            Self::Peer(_) | Self::Service(_) | Self::Directory(_) => return None,
        };
        PeerId::new(name).ok()
    }

    /// Whether a process with this identity may bind a transport as `peer`: as what it may be, or
    /// as the [watcher](Self::watcher) that it is.
    pub fn may_bind(&self, peer: &PeerId) -> bool {
        self.may_be(peer) || self.watcher().as_ref() == Some(peer)
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

    #[test]
    fn who_watches_has_a_name_for_that_and_may_be_nobody() {
        let name = Name::new("ann").unwrap();
        for (identity, watcher) in [
            (Identity::Operator(name.clone()), "Operator.0"),
            (Identity::Admin(name), "Admin.0"),
        ] {
            let watcher = PeerId::new(watcher).unwrap();
            assert_eq!(identity.watcher().as_ref(), Some(&watcher));
            assert!(identity.may_bind(&watcher) && !identity.may_be(&watcher));
            assert!(!identity.may_bind(&PeerId::new("Shop.0").unwrap()));
        }
        let shop = PeerId::new("Shop.0").unwrap();
        let identity = Identity::Peer(shop.clone());
        assert_eq!(identity.watcher(), None);
        assert!(identity.may_bind(&shop));
    }
}

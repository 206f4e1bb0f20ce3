//! Values to begin from, the same in each run.

use crate::binding::BindingKey;
use crate::directory::{PeerDescriptor, PeerState, Subscriptions};
use crate::id::{ClusterId, Identity, Incarnation, PeerId, Revision};

/// The cluster of all samples.
pub(super) const CLUSTER: ClusterId = ClusterId(0xc1_0000_0000_0000_0001);

pub(super) fn peer(text: &str) -> PeerId {
    PeerId::new(text).expect("a sample is legal")
}

pub(super) fn key(text: &str) -> BindingKey {
    BindingKey::parse(text).expect("a sample is legal")
}

pub(super) fn revision(index: u64, sub: u32) -> Revision {
    Revision {
        cluster: CLUSTER,
        index,
        sub,
    }
}

pub(super) fn subscriptions() -> Subscriptions {
    let mut subscriptions = Subscriptions::default();
    subscriptions.set("Shop.Closed", ["fr.#", "*.Orly", "de.7"].map(key));
    subscriptions.set("Shop.Opened", [BindingKey::any()]);
    subscriptions
}

pub(super) fn descriptor(name: &str, at: Revision) -> PeerDescriptor {
    PeerDescriptor {
        identity: Identity::Peer(peer(name)),
        peer: peer(name),
        incarnation: Incarnation(300),
        start_id: 7 << 64 | 5,
        address: "192.0.2.1:7000".into(),
        state: PeerState::Up,
        subscriptions: subscriptions(),
        durable: false,
        revision: at,
    }
}

/// `count` different texts of 1 or 2 printable characters, in the order of their bytes.
pub(super) fn short_names(count: usize) -> Vec<String> {
    let printable = || (b'!'..=b'~').map(char::from);
    let pairs = printable().flat_map(|first| {
        std::iter::once(first.to_string())
            .chain(printable().map(move |second| format!("{first}{second}")))
    });
    pairs.take(count).collect()
}

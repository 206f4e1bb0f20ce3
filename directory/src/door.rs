//! The one way into the state.

use std::sync::Arc;

use quibus::Revision;
use quibus::directory::Change;
use quibus::directory::contract::SnapshotPart;
use quibus::id::ClusterId;

use crate::change_ring::{After, ChangeRing};
use crate::command::Command;
use crate::outcome::Outcome;
use crate::quotas::Quotas;
use crate::state::State;

/// The one way into the state: propose a command, get what came of it once it is applied.
///
/// Here the state is in memory and the only copy, so a command is applied as soon as it is
/// proposed.
#[derive(Debug)]
pub struct Door {
    state: State,
    ring: ChangeRing,
    snapshot: Option<(Revision, Arc<[SnapshotPart]>)>,
}

/// A command that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// What came of it.
    pub outcome: Outcome,
    /// Whoever holds this revision knows all that it changed.
    pub revision: Revision,
    /// What it changed.
    pub changes: Vec<Change>,
}

impl Door {
    /// How many bytes of changes or descriptors one message carries, unless a single one is longer:
    /// with the largest of those, 770 KiB, no frame reaches 1 MiB.
    pub const BATCH: usize = 256 * 1024;
    const RING_CHANGES: usize = 4_096;
    const RING_BYTES: usize = 32 << 20;

    /// Opens an empty state under a name that has to be new.
    pub fn new(cluster: ClusterId, quotas: Quotas) -> Self {
        let state = State::new(cluster, quotas);
        Self {
            ring: ChangeRing::new(state.revision(), Self::RING_CHANGES, Self::RING_BYTES),
            state,
            snapshot: None,
        }
    }

    /// Applies a command at the leader's time in milliseconds since 1970.
    pub fn propose(&mut self, command: Command, leader_ms: u64) -> Committed {
        let index = self.state.index() + 1;
        let (outcome, changes) = self.state.apply(index, command, leader_ms);
        changes.iter().for_each(|change| self.ring.push(change));
        Committed {
            outcome,
            revision: self.state.revision(),
            changes,
        }
    }

    /// The state as it is now.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What comes after `held`, in one message.
    pub fn after(&self, held: Revision) -> After {
        self.ring.after(held, Self::BATCH)
    }

    /// The whole state in parts, and its revision. Encoded once for all who ask at one revision.
    pub fn snapshot(&mut self) -> (Revision, Arc<[SnapshotPart]>) {
        let revision = self.state.revision();
        if let Some((at, parts)) = &self.snapshot
            && *at == revision
        {
            return (revision, parts.clone());
        }
        let parts: Arc<[SnapshotPart]> = self.state.snapshot().parts(Self::BATCH).into();
        self.snapshot = Some((revision, parts.clone()));
        (revision, parts)
    }
}

#[cfg(test)]
mod tests {
    use quibus::directory::{PeerView, SnapshotAssembly, Subscriptions};
    use quibus::{BindingKey, Identity, PeerId};

    use super::*;
    use crate::command::Newcomer;

    /// A door behind which so many peers want so many keys each.
    fn door(peers: usize, keys: usize) -> Door {
        let mut door = Door::new(ClusterId(7), Quotas::default());
        let mut subscriptions = Subscriptions::default();
        subscriptions.set(
            "T",
            (0..keys).map(|n| BindingKey::parse(&n.to_string()).unwrap()),
        );
        for number in 0..peers {
            let peer = PeerId::new(&format!("Shop.{number}")).unwrap();
            let newcomer = Newcomer {
                identity: Identity::Peer(peer.clone()),
                peer,
                start_id: 1,
                resume: None,
                address: "192.0.2.1:7000".into(),
                subscriptions: subscriptions.clone(),
                seq: 0,
                durable: false,
                replaces: None,
            };
            let committed = door.propose(Command::Register(newcomer), 50);
            assert!(matches!(committed.outcome, Outcome::Registered { .. }));
            assert_eq!(
                committed.changes.last().unwrap().revision,
                committed.revision
            );
        }
        door
    }

    fn load(door: &mut Door) -> PeerView {
        let (revision, parts) = door.snapshot();
        let mut assembly = SnapshotAssembly::default();
        let whole = parts.iter().filter_map(|part| assembly.add(part).unwrap());
        let mut view = PeerView::default();
        whole.for_each(|snapshot| drop(view.apply_snapshot(snapshot)));
        assert_eq!(view.revision(), revision);
        view
    }

    #[test]
    fn a_snapshot_and_the_changes_after_it_make_a_view_that_holds_the_state() {
        let mut door = door(200, 2_000);
        let mut view = load(&mut door);
        for number in (0..200).step_by(3) {
            let peer = PeerId::new(&format!("Shop.{number}")).unwrap();
            door.propose(Command::Decommission { peer }, 60);
        }
        while let After::Changes(changes, to) = door.after(view.revision()) {
            for change in changes.read() {
                view.apply(&change.unwrap()).unwrap();
            }
            assert_eq!(view.revision(), to);
        }
        assert_eq!(view.revision(), door.state().revision());
        assert!(view.iter().eq(&door.state().snapshot().peers));
    }

    #[test]
    fn the_largest_peer_fits_a_frame_and_ordinary_ones_share_messages() {
        use prost::Message;
        let mut largest = door(3, Subscriptions::MAX_KEYS);
        let long = |n: usize| BindingKey::parse(&format!("{n}.{}", "x".repeat(66))).unwrap();
        let mut types = quibus::directory::SubscriptionUpdate::default();
        types.set("T", (0..Subscriptions::MAX_KEYS).map(long));
        let (peer, incarnation) = (PeerId::new("Shop.1").unwrap(), quibus::Incarnation(50));
        let update = Command::Update {
            peer,
            incarnation,
            seq: 1,
            types,
        };
        let committed = largest.propose(update, 60);
        assert!(matches!(committed.outcome, Outcome::Updated { .. }));
        let (_, parts) = largest.snapshot();
        let longest = parts.iter().map(|part| part.encoded_len()).max().unwrap();
        assert!((700 << 10..1 << 20).contains(&longest), "{longest}");
        let After::Changes(changes, _) = largest.after(committed.changes[0].previous) else {
            panic!("the change is kept");
        };
        assert!((700 << 10..1 << 20).contains(&changes.encoded_len()));

        let (_, parts) = door(200, 3).snapshot();
        assert_eq!(parts.len(), 1);
    }

    #[test]
    fn a_snapshot_is_encoded_once_per_revision() {
        let mut door = door(2, 1);
        let (_, first) = door.snapshot();
        let (_, second) = door.snapshot();
        assert!(Arc::ptr_eq(&first, &second));
        let peer = PeerId::new("Shop.1").unwrap();
        door.propose(Command::Decommission { peer }, 60);
        assert!(!Arc::ptr_eq(&first, &door.snapshot().1));
    }

    #[test]
    fn who_fell_behind_the_ring_is_told_to_load_a_snapshot() {
        let mut door = door(1, 0);
        let start = door.state().revision();
        let peer = PeerId::new("Shop.0").unwrap();
        let incarnation = quibus::Incarnation(50);
        for seq in 1..=4_096 + 1 {
            let mut types = quibus::directory::SubscriptionUpdate::default();
            let keys = (seq % 2 == 1).then(BindingKey::any);
            types.set("T", keys);
            let peer = peer.clone();
            door.propose(
                Command::Update {
                    peer,
                    incarnation,
                    seq,
                    types,
                },
                60,
            );
        }
        assert_eq!(door.after(start), After::Snapshot);
        let view = load(&mut door);
        assert_eq!(door.after(view.revision()), After::Nothing);
    }
}

//! Who is there, told to every bus: a directory kept by hand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quibus::bus::{Authority, Bus};
use quibus::directory::{PeerDescriptor, PeerState, Snapshot};
use quibus::id::ClusterId;
use quibus::{Identity, PeerId, Revision};

/// Who is there. Every change is told, as a snapshot, to every bus on it.
#[derive(Debug, Default)]
pub struct Noticeboard {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    index: u64,
    peers: BTreeMap<PeerId, Arc<PeerDescriptor>>,
    readers: BTreeMap<PeerId, Authority>,
}

impl Noticeboard {
    /// Enters a bus with what it wants now, or changes its entry, without telling anybody.
    pub fn enter(&self, bus: &Bus) {
        let reader = bus.authority();
        let descriptor = PeerDescriptor {
            peer: bus.peer().clone(),
            incarnation: bus.incarnation(),
            start_id: u128::from(bus.incarnation().0),
            address: reader.address().to_owned(),
            identity: Identity::Directory(bus.peer().clone()),
            state: PeerState::Up,
            subscriptions: reader.subscriptions(),
            durable: false,
            revision: Revision::default(),
        };
        let mut state = self.lock();
        state.peers.insert(bus.peer().clone(), Arc::new(descriptor));
        state.readers.insert(bus.peer().clone(), reader);
    }

    /// What a bus wants has changed: tells everybody.
    pub fn update(&self, bus: &Bus) {
        self.enter(bus);
        self.tell_all();
    }

    /// A process has died; the others still believe that it is there.
    pub fn forget_reader(&self, peer: &PeerId) {
        self.lock().readers.remove(peer);
    }

    /// A process has left: tells everybody else.
    pub fn leave(&self, peer: &PeerId) {
        let mut state = self.lock();
        state.readers.remove(peer);
        state.peers.remove(peer);
        drop(state);
        self.tell_all();
    }

    /// Tells everybody what there is.
    pub fn tell_all(&self) {
        let readers: Vec<_> = self.lock().readers.keys().cloned().collect();
        for reader in readers {
            self.tell(&reader);
        }
    }

    /// Tells one bus what there is.
    pub fn tell(&self, reader: &PeerId) {
        let mut state = self.lock();
        state.index += 1;
        let snapshot = Snapshot {
            revision: Revision {
                cluster: ClusterId(1),
                index: state.index,
                sub: 0,
            },
            peers: state.peers.values().cloned().collect(),
        };
        let reader = state.readers.get(reader).cloned();
        drop(state);
        if let Some(reader) = reader {
            reader.apply_snapshot(snapshot);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

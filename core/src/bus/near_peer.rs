//! The only peer that gets the messages of a type, as a thread that sends them keeps it.

use std::sync::{Arc, Weak};
use std::task::Waker;

use bytes::BytesMut;
use tokio::time::Instant;

use super::inner::wire_type;
use super::remote_send::RemoteSend;
use crate::id::MessageId;
use crate::message::{Codec, Command, Event};
use crate::peers::{Peer, Standing};
use crate::session::{Head, LaneId, Lanes, Wake, WireType, kind, wake_one};

/// Events of this size and above take the long way, where it costs nothing.
pub(super) const LARGE: usize = 16 << 10;

/// Enters an event into the lane of a peer, if nothing stands in the way. `false`: something does,
/// and nothing has happened; the long way finds out what. What is to be woken is woken at the end.
#[inline]
pub(super) fn enter(
    lanes: &Lanes,
    lane: LaneId,
    head: Head,
    write: impl FnOnce(&mut BytesMut) -> bool,
    wake: impl FnOnce(Wake),
) -> bool {
    let mut locked = lanes.out(lane);
    // Once: to look it up at each use costs a comparison each.
    let out = &mut *locked;
    // Under the lock: who has said that nothing is left for a peer may enter nothing more for it.
    if !lanes.takes_events()
        || out.is_slow()
        || !out.has_room(head.body_len)
        || out.accept(head, write).is_err()
    {
        return false;
    }
    let asked = out.wake();
    let next = out.call_next_if_room();
    drop(locked);
    if !matches!(asked, Wake::Nothing) {
        wake(asked);
    }
    wake_one(next);
    true
}

/// What stands before an event.
#[inline]
pub(super) fn head_of(wire_type: WireType, kind: u8, body_len: usize) -> Head {
    Head {
        kind,
        wire_type: Some(wire_type),
        deadline: None,
        body_len,
    }
}

/// The only peer that gets the messages of a type, as a thread that sends them keeps it.
///
/// Its lanes are kept and not the peer: they belong to nobody but each other, and a peer that ends
/// leaves them empty. A command holds its peer; to bring the peer back for each event takes two
/// locked instructions, and each of those waits for the stores into a chunk that is in no cache yet.
pub(super) struct NearPeer {
    peer: Weak<Peer>,
    lanes: Arc<Lanes>,
    lane: LaneId,
}

impl NearPeer {
    pub(super) fn new(peer: &Arc<Peer>, lane: LaneId) -> Self {
        Self {
            peer: Arc::downgrade(peer),
            lanes: peer.shared_lanes(),
            lane,
        }
    }

    /// The peer, if it is still there.
    pub(super) fn upgrade(&self) -> Option<Arc<Peer>> {
        self.peer.upgrade()
    }

    /// Enters an event without headers; as [`enter`] does.
    #[inline]
    pub(super) fn enter<E: Event>(&self, event: &E) -> bool {
        let body_len = MessageId::STAMP_LEN + <E::Codec as Codec<E>>::encoded_len(event);
        let head = head_of(wire_type(event), kind::EVENT, body_len);
        let write = |buffer: &mut BytesMut| {
            MessageId::put_next_stamp(buffer);
            <E::Codec as Codec<E>>::encode(event, buffer).is_ok()
        };
        let wake = |wake| self.wake(wake);
        body_len < LARGE && enter(&self.lanes, self.lane, head, write, wake)
    }

    /// Enters a command without headers and body, if the peer is up and nothing stands in the way.
    #[inline]
    pub(super) fn send<C: Command>(
        &self,
        command: &C,
        deadline: Instant,
        waker: &Waker,
    ) -> Option<RemoteSend> {
        let peer = self.upgrade()?;
        let up = peer.standing() == Standing::Up;
        up.then(|| RemoteSend::at_once(peer, self.lane, deadline, command, waker))?
    }

    #[inline(never)]
    fn wake(&self, wake: Wake) {
        // Without the peer nobody serves the lanes any more.
        if let Some(peer) = self.upgrade() {
            peer.after_accept(self.lane, wake);
        }
    }
}

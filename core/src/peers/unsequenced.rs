//! The unsequenced lanes to one peer, and the way of a command in them (R13).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::Waker;

use bytes::BytesMut;
use tokio::time::Instant;

use super::afterwards::Afterwards;
use super::links::LinkHandle;
use super::peer::Peer;
use super::unsequenced_source::UnsequencedSource;
use crate::session::{
    Call, End, LaneId, LinkId, Losses, Mutex, MutexGuard, NotAsked, Run, Ticket, Unsequenced,
    UnsequencedRead, wake_all,
};
use crate::transport::Priority;

/// The unsequenced lanes to one peer.
#[derive(Debug, Default)]
pub(super) struct UnsequencedLanes {
    state: Mutex<Unsequenced>,
    /// A send was refused for want of a link.
    wish: AtomicBool,
}

impl UnsequencedLanes {
    /// Whether a send was refused for want of a link, and none was dialled since.
    pub(super) fn has_wish(&self) -> bool {
        self.wish.load(Ordering::Acquire)
    }

    /// The same, and that is seen to.
    pub(super) fn take_wish(&self) -> bool {
        self.wish.swap(false, Ordering::AcqRel)
    }
}

impl Peer {
    pub(crate) fn unsequenced(&self) -> MutexGuard<'_, Unsequenced> {
        let state = self.unsequenced.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a command in an unsequenced lane, now or never. Without a link one is dialled, once,
    /// for whoever comes later.
    pub(crate) fn ask(
        self: &Arc<Self>,
        call: Call,
        waker: Waker,
        write: impl FnOnce(&mut BytesMut) -> bool,
    ) -> Result<Ticket, NotAsked> {
        let asked = self.unsequenced().ask(call, waker, write);
        match asked {
            Ok((ticket, wake)) => {
                self.after_accept(call.lane, wake);
                self.expires_at(call.deadline);
                Ok(ticket)
            }
            Err(refused) => {
                if refused == NotAsked::NoLink {
                    self.unsequenced.wish.store(true, Ordering::Release);
                    self.dial();
                }
                Err(refused)
            }
        }
    }

    /// Under the session's lock; what was lost is woken after unlocking.
    pub(super) fn unsequenced_moves_to(&self, link: Option<(LinkId, Instant)>) -> Losses {
        let mut losses = Losses::default();
        self.unsequenced().move_to(link, &mut losses);
        if link.is_some() {
            self.unsequenced.take_wish();
        }
        losses
    }

    pub(super) fn open_unsequenced(
        self: &Arc<Self>,
        link: LinkId,
        handle: &LinkHandle,
        lane: LaneId,
    ) {
        let peer = self.clone();
        let source = UnsequencedSource { peer, lane, link };
        // Above the application's sequenced lanes, below what keeps the bus together.
        handle.open(Priority::OUTCOMES, Box::new(source));
    }

    /// What has come in an unsequenced lane of a link. That of a link which is not in use is
    /// ignored (R5): its sender hears that it has ended.
    pub(super) fn receive_unsequenced(self: &Arc<Self>, link: LinkId, read: UnsequencedRead) {
        match read {
            UnsequencedRead::Command(lane, parcel) if self.is_current(link) => {
                let run = Run::alone(parcel, link.0);
                let mut afterwards = Afterwards::default();
                let deliver = &self.shared.deliver;
                deliver.deliver(self, lane, &run, &mut afterwards);
                afterwards.perform(self);
            }
            UnsequencedRead::Outcome(number, outcome) => {
                let ended = End::Outcome(outcome);
                let sender = self.unsequenced().complete(link, number, ended);
                wake_all(sender);
            }
            UnsequencedRead::Command(..) | UnsequencedRead::Nothing => {}
        }
    }
}

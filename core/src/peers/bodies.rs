//! The bodies between this process and one peer (R12): what the links bring is handed to their
//! readers, what is asked for is opened.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::body_cell::{BodyCell, BodyStream};
use super::body_flow::{BodyFlow, OutgoingBody};
use super::links::LinkHandle;
use super::peer::Peer;
use super::standing::Standing;
use crate::message::{Body, BodyError};
use crate::session::{Ask, Asked, BodiesOwed, BodiesWanted, Control, LinkId, Owed, Wanted};
use crate::transport::{CloseReason, Incoming, Priority};

/// A link that has lost stays for so long for the bodies on it (R5).
const LINGER: Duration = Duration::from_secs(5);

/// The bodies between this process and one peer.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    owed: Mutex<BodiesOwed<Body, Arc<BodyFlow>>>,
    wanted: Mutex<BodiesWanted<Arc<BodyCell>>>,
    /// Woken when one has ended.
    ended: Notify,
}

impl Bodies {
    fn owed(&self) -> MutexGuard<'_, BodiesOwed<Body, Arc<BodyFlow>>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self) -> MutexGuard<'_, BodiesWanted<Arc<BodyCell>>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a body is on its way on this link, whichever way.
    pub(super) fn is_open_on(&self, link: LinkId) -> bool {
        self.owed().is_open_on(link) || self.wanted().is_open_on(link)
    }
}

/// A command's body, owed for as long as this lives.
#[derive(Debug)]
pub(crate) struct OwedBody {
    peer: Arc<Peer>,
    body: u64,
}

impl OwedBody {
    /// The number that the command carries.
    pub(crate) fn number(&self) -> u64 {
        self.body
    }
}

impl Drop for OwedBody {
    /// The send is over: so is what its handler has not read of the body.
    fn drop(&mut self) {
        self.peer.give_up_body(self.body);
    }
}

/// The owing side.
impl Peer {
    /// Owes a command's body from now on.
    pub(crate) fn owe_command_body(self: &Arc<Self>, source: Body) -> OwedBody {
        let body = self.shared.next_body();
        let owed = Owed {
            source,
            reply: None,
        };
        // Only those of replies are refused.
        let _ = self.bodies.owed().owe(body, owed);
        let peer = self.clone();
        OwedBody { peer, body }
    }

    /// Owes a reply's body until it was read, `until` has passed or its session has ended. `None`:
    /// too many wait for the peer to read them.
    pub(crate) fn owe_reply_body(&self, source: Body, epoch: u64, until: Instant) -> Option<u64> {
        let body = self.shared.next_body();
        let owed = Owed {
            source,
            reply: Some((epoch, until)),
        };
        // A refused source is dropped when nothing is locked.
        let refused = self.bodies.owed().owe(body, owed);
        refused.ok()?;
        self.expires_at(until);
        Some(body)
    }

    /// A body is not owed any more, because this side has given it up.
    pub(crate) fn give_up_body(&self, body: u64) {
        let (source, flow) = self.bodies.owed().give_up(body);
        drop(source);
        if let Some((link, flow)) = flow {
            flow.give_up();
            if let Some(handle) = self.links.get(link) {
                handle.send(Control::BodyCut(body).encode());
            }
        }
        self.bodies.ended.notify_waiters();
    }

    /// The other side asks for a body on a link, or for more of it.
    pub(super) fn hear_body_credit(
        self: &Arc<Self>,
        link: LinkId,
        handle: &LinkHandle,
        body: u64,
        up_to: u64,
    ) {
        let mut made = None;
        let open = || made.insert(BodyFlow::new()).clone();
        let asked = self.bodies.owed().ask(body, link, open);
        match (asked, made) {
            (Asked::More(flow), _) => flow.allow(up_to),
            (Asked::Open(source), Some(flow)) => {
                flow.allow(up_to);
                let outgoing = OutgoingBody::new(self.clone(), body, flow, source);
                handle.link.open(Priority::BODY, Box::new(outgoing));
            }
            _ => handle.send(Control::BodyCut(body).encode()),
        }
    }

    /// The other side needs no more of a body.
    pub(super) fn hear_body_over(&self, body: u64) {
        let (source, flow) = self.bodies.owed().end(body);
        drop(source);
        if let Some(flow) = flow {
            flow.end();
        }
        self.bodies.ended.notify_waiters();
    }

    /// A body's stream has gone.
    pub(super) fn body_gone(&self, body: u64) {
        let ended = self.bodies.owed().end(body);
        drop(ended);
        self.bodies.ended.notify_waiters();
    }

    /// Drops the bodies of replies that nobody has come for; returns when the next is due.
    pub(super) fn expire_bodies(&self, now: Instant) -> Option<Instant> {
        let epoch = self.lanes().epoch();
        let mut owed = self.bodies.owed();
        let gone = owed.expire(now, epoch);
        let earliest = owed.earliest();
        drop(owed);
        drop(gone);
        earliest
    }
}

/// The reading side.
impl Peer {
    /// Begins to read a body; its stream, or the end of all hope for it, comes to `cell`.
    pub(super) fn want_body(
        self: &Arc<Self>,
        body: u64,
        epoch: u64,
        cell: &Arc<BodyCell>,
    ) -> Result<(), BodyError> {
        let broken = |reason: &str| BodyError::Broken {
            reason: reason.to_owned(),
        };
        if self.shared.is_closed() {
            return Err(broken("this bus has stopped"));
        }
        if self.standing() == Standing::Down {
            return Err(broken("its sender is gone"));
        }
        let wanted = self.change_wanted(|wanted| wanted.want(body, epoch, cell.clone()));
        match wanted {
            Wanted::Ask(ask) => self.send_asks([ask]),
            Wanted::Dial => self.dial(),
            Wanted::Wait => {}
            Wanted::Refused => return Err(broken("too many bodies wait to be read")),
        }
        // Whatever has ended since was told to nobody.
        if self.shared.is_closed() {
            cell.end(broken("this bus has stopped"));
        } else if self.lanes().epoch() > epoch {
            cell.end(broken("its sender has restarted"));
        }
        Ok(())
    }

    /// A reader needs no more of a body: says so, and lets the next reader begin.
    pub(super) fn release_body(self: &Arc<Self>, body: u64) {
        let (link, ask) = self.change_wanted(|wanted| match wanted.release(body) {
            (None, None) => (wanted.current(), None),
            released => released,
        });
        if let Some(handle) = link.and_then(|link| self.links.get(link)) {
            handle.send(Control::BodyOver(body).encode());
        }
        self.send_asks(ask);
        self.dial_for_bodies();
        self.bodies.ended.notify_waiters();
    }

    /// A body's stream has come on a link. One that nobody waits for is dropped, which stops its
    /// sender.
    pub(super) fn take_body_stream(
        &self,
        link: LinkId,
        body: u64,
        incoming: Box<dyn Incoming>,
        first: Vec<Bytes>,
    ) {
        let Some(cell) = self.bodies.wanted().stream(body, link) else {
            return;
        };
        match self.links.get(link) {
            Some(link) => cell.bring(BodyStream {
                incoming,
                first,
                link,
            }),
            // Nobody else tells its reader: what is read already is not asked for again.
            None => cell.end(BodyError::Broken {
                reason: "its link has ended".into(),
            }),
        }
    }

    /// The other side says on a link that a body does not come, or no further.
    pub(super) fn hear_body_cut(self: &Arc<Self>, link: LinkId, body: u64) {
        let cut = self.change_wanted(|wanted| wanted.cut(body, link));
        let Some((cell, ask)) = cut else { return };
        cell.end(BodyError::Cancelled);
        if let Some(handle) = self.links.get(link) {
            handle.send(Control::BodyOver(body).encode());
        }
        self.send_asks(ask);
        self.dial_for_bodies();
    }

    /// Another link is in use, or none; called under the session's lock, in the order of its
    /// decisions. What it returns is for [`send_asks`](Self::send_asks), after unlocking.
    pub(super) fn bodies_move_to(&self, current: Option<LinkId>) -> Vec<Ask> {
        self.change_wanted(|wanted| wanted.link_current(current))
    }

    /// A link is gone: what was only asked for there is asked for again.
    pub(super) fn bodies_lose(self: &Arc<Self>, link: LinkId) {
        let asks = self.change_wanted(|wanted| wanted.link_ended(link));
        self.send_asks(asks);
        self.dial_for_bodies();
        self.bodies.ended.notify_waiters();
    }

    /// Dials if one is to be asked for and there is nobody to ask: it has lost its link, or was
    /// given a place while there was none.
    fn dial_for_bodies(self: &Arc<Self>) {
        if self.lanes().awaits_bodies() && self.session().wants_link() {
            self.dial();
        }
    }

    pub(super) fn send_asks(&self, asks: impl IntoIterator<Item = Ask>) {
        for Ask { link, body, up_to } in asks {
            // A link that is gone by now says so next, and its bodies are asked for again.
            if let Some(handle) = self.links.get(link) {
                handle.send(Control::BodyCredit { body, up_to }.encode());
            }
        }
    }

    fn change_wanted<T>(&self, change: impl FnOnce(&mut BodiesWanted<Arc<BodyCell>>) -> T) -> T {
        let mut wanted = self.bodies.wanted();
        let value = change(&mut wanted);
        // Under the lock, so that the last word is the true one.
        self.lanes().set_bodies_without_link(wanted.unlinked());
        value
    }
}

/// Both sides.
impl Peer {
    /// A session has ended: what was owed in it, or hoped for, does not come.
    pub(super) fn bodies_end_sessions(&self) {
        let epoch = self.lanes().epoch();
        self.expire_bodies(Instant::now());
        // A statement of its own: none of them is woken while others can't be read.
        let ended = self.bodies.wanted().sessions_ended(epoch);
        end_all(ended, "its sender has restarted");
    }

    /// The readers of bodies that have not begun.
    pub(super) fn waiting_bodies(&self) -> Vec<Arc<BodyCell>> {
        self.bodies.wanted().all_waiting()
    }

    /// The bus closes: nothing is asked for any more.
    pub(super) fn close_bodies(&self) {
        end_all(self.waiting_bodies(), "this bus has stopped");
        let owed = std::mem::take(&mut *self.bodies.owed());
        drop(owed);
    }

    /// Whether a body is being read, or one is owed and no send ends it.
    pub(crate) fn has_bodies(&self) -> bool {
        self.bodies.owed().is_in_progress() || self.bodies.wanted().is_in_progress()
    }

    /// Waits until no body is being read or owed.
    #[cfg(test)]
    pub(crate) async fn bodies_over(&self) {
        while self.has_bodies() {
            self.body_ends(|| self.has_bodies()).await;
        }
    }

    /// R5: closes a link that has lost once its bodies have ended, after 5 s at the latest.
    pub(super) fn linger(self: &Arc<Self>, link: LinkId, reason: CloseReason) {
        let peer = self.clone();
        self.shared.runtime.spawn(async move {
            let open = || peer.bodies.is_open_on(link);
            let ended = async {
                while open() {
                    peer.body_ends(open).await;
                }
            };
            // Either way it is time.
            let _ = tokio::time::timeout(LINGER, ended).await;
            peer.close_link(link, reason);
        });
    }

    /// Waits for the next end of a body, if there still is something to wait for.
    async fn body_ends(&self, waits: impl Fn() -> bool) {
        let ended = self.bodies.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        if waits() {
            ended.await;
        }
    }
}

/// Ends bodies for this reason; nothing may be locked, as their readers are woken.
pub(super) fn end_all(bodies: Vec<Arc<BodyCell>>, reason: &str) {
    for cell in bodies {
        cell.end(BodyError::Broken {
            reason: reason.to_owned(),
        });
    }
}

//! Sending and publishing without waiting for room (promise 20).

use std::sync::Arc;
use std::task::Waker;

use super::encoded::Given;
use super::inner::{Life, wire_type};
use super::near_peer::head_of;
use super::prefix::Prefix;
use super::publish_error::PublishError;
use super::publishing::{Published, Publishing, encode_body};
use super::recipient::Recipient;
use super::scratch::Scratch;
use super::send_error::SendError;
use super::sending::{Sending, Stage};
use super::try_publish_error::TryPublishError;
use super::try_send_error::TrySendError;
use crate::message::{Command, Event};
use crate::peers::Peer;
use crate::session::{Outbound, Wake, kind};

impl<C: Command> Sending<C> {
    /// Hands the command over now, or not at all if there is no room for it; what is returned
    /// waits for its outcome. Needs no async context.
    ///
    /// # Errors
    /// [`Full`](TrySendError::Full) gives the command back.
    pub fn try_now(mut self) -> Result<Self, TrySendError<C>> {
        let runtime = self.bus.dispatcher.runtime().clone();
        let _entered = runtime.enter();
        self.accept_now().map_err(TrySendError::Failed)?;
        if self.is_accepted() {
            return Ok(self);
        }
        Err(match self.command.take() {
            Some(command) => TrySendError::Full(command),
            None => TrySendError::Failed(SendError::Stopped { sent: true }),
        })
    }

    fn accept_now(&mut self) -> Result<(), SendError<C::Error>> {
        if matches!(self.stage, Stage::Fresh) {
            self.begin()?;
        }
        match &mut self.stage {
            Stage::Remote(remote) => match remote.try_accept(&mut self.command, None) {
                Some(refused) => Err(refused),
                None => Ok(()),
            },
            Stage::Unsequenced(send) => match send.ask(&mut self.command, Waker::noop()) {
                Err(SendError::LaneFull { .. }) => Ok(()),
                asked => asked,
            },
            Stage::Local { deadline, .. } => {
                let deadline = *deadline;
                let name = self.command.as_ref().map_or(C::NAME, |it| it.facts().name);
                let handlers = self.bus.dispatcher.handlers(name);
                let handlers = handlers.ok_or_else(|| self.unhandled_here())?;
                if handlers.full_queue().is_none() {
                    self.stage = Stage::LocalAccepted(self.accept_here(deadline)?);
                }
                Ok(())
            }
            Stage::Fresh | Stage::LocalAccepted(_) | Stage::Done => Ok(()),
        }
    }

    fn is_accepted(&self) -> bool {
        match &self.stage {
            Stage::Remote(remote) => !remote.is_queueing(),
            Stage::Unsequenced(_) => self.command.is_none(),
            Stage::LocalAccepted(_) => true,
            Stage::Fresh | Stage::Local { .. } | Stage::Done => false,
        }
    }
}

impl<E: Event> Publishing<E> {
    /// Hands the event to all its recipients now, or to none of them if one has no room. Those who
    /// are slow are skipped, as always. Needs no async context.
    ///
    /// # Errors
    /// [`Full`](TryPublishError::Full) gives the event back.
    pub fn try_now(mut self) -> Result<Published, TryPublishError<E>> {
        let runtime = self.bus.dispatcher.runtime().clone();
        let _entered = runtime.enter();
        let Some(event) = self.event.take() else {
            return Ok(self.published);
        };
        if self.bus.life() != Life::Running {
            return Err(PublishError::Stopped.into());
        }
        #[cfg(any(test, feature = "testing"))]
        self.record(&event);
        let scratch = Scratch::route(&self.bus, &event);
        let given = self.give_now(event, scratch.recipients());
        scratch.put_back();
        given.map(|()| self.published)
    }

    fn give_now(&mut self, event: E, recipients: &[Recipient]) -> Result<(), TryPublishError<E>> {
        if recipients.is_empty() {
            return Ok(());
        }
        let (prefix, len, lane) = self.prepare(&event)?;
        let here = recipients.iter().any(|r| matches!(r, Recipient::Here));
        let mut peers: Vec<_> = recipients.iter().filter_map(Recipient::peer).collect();
        // Looked at one by one before anything is encoded: whoever tries often is often refused.
        let is_full = |peer: &&Arc<Peer>| has_no_room(peer, &mut peer.lanes().out(lane), len);
        let wire_type = wire_type(&event);
        let slow_here = here && self.is_slow_here(wire_type.name);
        let here = here && !slow_here;
        if (here && self.bus.dispatcher.full_queue(wire_type.name).is_some())
            || peers.iter().any(is_full)
        {
            return Err(TryPublishError::Full(event));
        }
        let body = &encode_body(&event, &prefix, len)?;
        let given = Given { wire_type, body };
        // All locked at once, in one order for everybody: what is full is decided for all.
        peers.sort_unstable_by_key(|peer| Arc::as_ptr(peer));
        let mut outs: Vec<_> = peers.iter().map(|peer| peer.lanes().out(lane)).collect();
        if peers
            .iter()
            .zip(&mut outs)
            .any(|(peer, out)| has_no_room(peer, out, len))
        {
            drop(outs);
            return Err(TryPublishError::Full(event));
        }
        let wakes: Vec<_> = peers
            .iter()
            .zip(&mut outs)
            .map(|(peer, out)| self.enter_now(peer, out, &prefix, given))
            .collect();
        drop(outs);
        for (peer, wake) in peers.iter().zip(wakes) {
            peer.after_accept(lane, wake);
        }
        if slow_here {
            self.skip_here();
        }
        if here {
            let alone = peers.is_empty();
            self.give_here(Some(event).filter(|_| alone), &prefix, given)?;
        }
        Ok(())
    }

    /// Enters the event into a lane that has room, or counts it as missed.
    fn enter_now(
        &mut self,
        peer: &Arc<Peer>,
        out: &mut Outbound,
        prefix: &Prefix,
        Given { wire_type, body }: Given<'_>,
    ) -> Wake {
        if !peer.lanes().takes_events() || out.refuses().is_some() {
            return Wake::Nothing;
        }
        if out.is_slow() {
            out.skip_event();
            self.published.missed += 1;
            return Wake::Nothing;
        }
        let head = head_of(wire_type, prefix.kind(kind::EVENT), body.len());
        if out.accept_shared(head, body).is_ok() {
            self.published.queued += 1;
        }
        out.wake()
    }
}

/// Whether an event for this peer would have to wait for room in its lane.
fn has_no_room(peer: &Peer, out: &mut Outbound, len: usize) -> bool {
    let skipped = !peer.lanes().takes_events() || out.is_slow() || out.refuses().is_some();
    let refuses = !skipped && !out.has_log_room(len);
    if refuses {
        out.has_refused();
    }
    refuses
}

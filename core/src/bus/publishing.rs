//! The future of an event.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use tokio::time::Sleep;

use super::encodable::Encodable;
use super::encoded::{Encoded, Given};
use super::inner::{Inner, Life, MAX_MESSAGE, wire_type};
use super::known_route::KnownRoute;
use super::near_peer::head_of;
use super::prefix::Prefix;
use super::publish_error::PublishError;
use super::recipient::Recipient;
use super::room_here::RoomHere;
use super::scratch::Scratch;
use crate::dispatch::{LocalBody, LocalMessage, LocalReply};
use crate::message::{Codec, Event, Headers, Message};
use crate::peers::Peer;
use crate::session::{LaneId, Needs, Turn, Unaccepted, Wake, WireType, kind, wake_all, wake_one};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Published {
    /// Recipients whose lane has taken it.
    pub queued: usize,
    /// Recipients that were skipped because they are slow; they will hear how many they missed.
    pub missed: usize,
}

/// An event that is being published; see [`Bus::publish`](super::Bus::publish). Dropping it leaves
/// what was queued queued.
#[must_use = "an event is published by awaiting it"]
pub struct Publishing<E: Message> {
    pub(super) bus: Arc<Inner>,
    pub(super) event: Option<E>,
    pub(super) headers: Headers,
    pub(super) published: Published,
    /// Set once somebody had no room. In a box, because that is rare, and what every event carries
    /// along every event pays for.
    waiting: Option<Box<Waiting>>,
}

/// The recipients that had no room, and what they wait for.
struct Waiting {
    encoded: Encoded,
    /// With their places in the queues of their lanes.
    peers: Vec<(Arc<Peer>, Option<Turn>)>,
    /// This process is a recipient whose queue was full.
    here: Option<Here>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// This process as a recipient that waits for room in its own queue.
struct Here {
    room: RoomHere,
    prefix: Prefix,
}

impl<E: Message> Unpin for Publishing<E> {}

impl<E: Event> Publishing<E> {
    pub(super) fn new(bus: Arc<Inner>, event: E) -> Self {
        Self {
            bus,
            event: Some(event),
            headers: Headers::new(),
            published: Published::default(),
            waiting: None,
        }
    }

    /// Adds a header, at most 64 and 64 KiB in all.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The common case, told apart first: an event without headers, for one other peer, whose lane
    /// takes it.
    #[inline]
    fn publish_at_once(&mut self) -> bool {
        let Some(event) = self.event.as_ref().filter(|_| self.headers.is_empty()) else {
            return false;
        };
        // Whoever writes down what is published does so on the long way.
        #[cfg(any(test, feature = "testing"))]
        if self.bus.recorder.is_some() {
            return false;
        }
        let version = self.bus.replica.routes().version();
        let entered = self.bus.life() == Life::Running
            && KnownRoute::with_peer(version, &event.facts(), |peer| peer.enter(event))
                == Some(true);
        if entered {
            self.event = None;
            self.published.queued = 1;
        }
        entered
    }

    /// The first poll: every recipient with room gets the event.
    fn begin(&mut self, event: E) -> Result<(), PublishError> {
        if self.bus.life() != Life::Running {
            return Err(PublishError::Stopped);
        }
        #[cfg(any(test, feature = "testing"))]
        self.record(&event);
        let scratch = Scratch::route(&self.bus, &event);
        let given = self.give(event, scratch.recipients());
        scratch.put_back();
        given
    }

    #[cfg(any(test, feature = "testing"))]
    pub(super) fn record(&self, event: &E) {
        if let Some(recorder) = &self.bus.recorder {
            recorder.record(event);
        }
    }

    fn give(&mut self, event: E, recipients: &[Recipient]) -> Result<(), PublishError> {
        if recipients.is_empty() {
            return Ok(());
        }
        let (prefix, len, lane) = self.prepare(&event)?;
        if let [Recipient::Peer(peer)] = recipients
            && self.give_directly(&event, peer, lane, &prefix, len)?
        {
            return Ok(());
        }
        let encoded = Encoded {
            wire_type: wire_type(&event),
            body: encode_body(&event, &prefix, len)?,
            kind: prefix.kind(kind::EVENT),
            lane,
        };
        let name = encoded.wire_type.name;
        let mut event = Some(event);
        let here_alone = recipients.len() == 1;
        for recipient in recipients {
            match recipient {
                Recipient::Here => {
                    let event = event.take().filter(|_| here_alone);
                    if self.is_slow_here(name) {
                        self.skip_here();
                        continue;
                    }
                    if self.bus.dispatcher.full_queue(name).is_none() {
                        self.give_here(event, &prefix, encoded.given())?;
                    } else {
                        let (room, prefix) = (RoomHere::default(), prefix.clone());
                        self.waiting(&encoded).here = Some(Here { room, prefix });
                    }
                }
                Recipient::Peer(peer) => {
                    if encoded.enter(peer) {
                        self.published.queued += 1;
                    } else if !self.give_shared(&encoded, peer, &mut None, None) {
                        self.waiting(&encoded).peers.push((peer.clone(), None));
                    }
                }
            }
        }
        Ok(())
    }

    /// The event's prefix, the length of its body and its lane.
    pub(super) fn prepare(&self, event: &E) -> Result<(Prefix, usize, LaneId), PublishError> {
        let prefix =
            Prefix::new(&self.headers).map_err(|reason| PublishError::Unencodable { reason })?;
        let len = prefix.len() + <E::Codec as Codec<E>>::encoded_len(event);
        if len > MAX_MESSAGE {
            return Err(PublishError::TooLarge {
                len,
                limit: MAX_MESSAGE,
            });
        }
        let name = event.facts().lane;
        let Some(lane) = self.bus.lane(name) else {
            let reason = format!("its lane {name} would be the thirteenth; use fewer");
            return Err(PublishError::Unencodable { reason });
        };
        Ok((prefix, len, lane))
    }

    fn waiting(&mut self, encoded: &Encoded) -> &mut Waiting {
        self.waiting.get_or_insert_with(|| {
            Box::new(Waiting {
                encoded: encoded.clone(),
                peers: Vec::new(),
                here: None,
                timer: None,
            })
        })
    }

    /// The common case, one recipient with room: encodes straight into its lane. `false`: no room.
    fn give_directly(
        &mut self,
        event: &E,
        peer: &Arc<Peer>,
        lane: LaneId,
        prefix: &Prefix,
        body_len: usize,
    ) -> Result<bool, PublishError> {
        let mut out = peer.lanes().out(lane);
        // Under the lock: who has said that nothing is left for a peer may enter nothing more for it.
        if !peer.lanes().takes_events() {
            return Ok(true);
        }
        if out.is_slow() {
            out.skip_event();
            self.published.missed += 1;
            return Ok(true);
        }
        if out.refuses().is_some() {
            return Ok(true);
        }
        if !out.has_room(body_len) {
            return Ok(false);
        }
        let head = head_of(wire_type(event), prefix.kind(kind::EVENT), body_len);
        match prefix.enter(&mut out, head, event) {
            Ok(_) => self.published.queued += 1,
            Err((Unaccepted::Down | Unaccepted::Leaving | Unaccepted::Stopped, _)) => {
                return Ok(true);
            }
            Err((Unaccepted::Unencodable, reason)) => {
                return Err(PublishError::Unencodable { reason });
            }
        }
        let wake = out.wake();
        let next = out.call_next_if_room();
        drop(out);
        peer.after_accept(lane, wake);
        wake_one(next);
        Ok(true)
    }

    /// Gives the encoded event to one recipient. `false`: its lane is full; with a `context` this
    /// waits for room.
    fn give_shared(
        &mut self,
        encoded: &Encoded,
        peer: &Arc<Peer>,
        turn: &mut Option<Turn>,
        context: Option<&Context<'_>>,
    ) -> bool {
        let Encoded {
            wire_type,
            body,
            kind,
            lane,
        } = encoded;
        let mut out = peer.lanes().out(*lane);
        let mut wake = Wake::Nothing;
        if !peer.lanes().takes_events() || out.refuses().is_some() {
            // It gets none, and nobody counts them.
        } else if out.is_slow() {
            out.skip_event();
            self.published.missed += 1;
        } else if out.has_room_for(body.len(), *turn) {
            let head = head_of(*wire_type, *kind, body.len());
            if out.accept_shared(head, body).is_ok() {
                self.published.queued += 1;
            }
            wake = out.wake();
        } else {
            if let Some(context) = context {
                let needs = Needs::LogAndPull(body.len());
                out.room.wait(turn, needs, context);
                // Room may have been kept for one that waits behind it.
                let next = out.call_next_if_room();
                drop(out);
                wake_all(next);
            }
            return false;
        }
        out.room.leave(turn);
        // Also who needs no room may have been called for some: then it is there for the next.
        let next = out.call_next_if_room();
        drop(out);
        peer.after_accept(*lane, wake);
        wake_one(next);
        true
    }

    /// Whether this process is too slow for its own events (promise 15).
    pub(super) fn is_slow_here(&self, name: &str) -> bool {
        let handlers = self.bus.dispatcher.handlers(name);
        handlers.is_some_and(|handlers| handlers.is_slow())
    }

    pub(super) fn skip_here(&mut self) {
        self.bus.dispatcher.skip_here();
        self.published.missed += 1;
    }

    /// Gives the event to this process once its queues have room.
    fn poll_here(
        &mut self,
        waiting: &mut Option<Here>,
        given: Given<'_>,
        context: &Context<'_>,
    ) -> Result<(), PublishError> {
        let Some(mut here) = waiting.take() else {
            return Ok(());
        };
        let name = given.wire_type.name;
        if !here.room.poll(&self.bus.dispatcher, name, context) {
            *waiting = Some(here);
            return Ok(());
        }
        let given = self.give_here(None, &here.prefix, given);
        // Whether it was taken or not, the room that is left is there for the next.
        here.room.pass();
        given
    }

    pub(super) fn give_here(
        &mut self,
        event: Option<E>,
        prefix: &Prefix,
        given: Given<'_>,
    ) -> Result<(), PublishError> {
        let WireType { name, codec } = given.wire_type;
        let handlers = self.bus.dispatcher.handlers(name);
        let Some(handlers) = handlers.filter(|known| known.read(false, codec)) else {
            return Ok(());
        };
        let mut headers = BytesMut::new();
        self.headers
            .encode(&mut headers)
            .map_err(|error| PublishError::Unencodable {
                reason: error.to_string(),
            })?;
        let body = match event.filter(|_| handlers.take_values_of::<E>()) {
            Some(event) => {
                LocalBody::Value(Mutex::new(Some(Box::new(event) as Box<dyn Any + Send>)))
            }
            None => LocalBody::Encoded(given.body.slice(prefix.len()..)),
        };
        let message = LocalMessage {
            body,
            id: prefix.id(),
            sender: self.bus.sender.clone(),
            headers: headers.freeze(),
            deadline: None,
            reply: LocalReply::None,
            attached: None,
            news_of: None,
        };
        let taken = self.bus.dispatcher.push_local(&handlers, message);
        self.published.queued += usize::from(taken);
        Ok(())
    }

    /// Gives the event to those who waited, as far as they have room now.
    fn poll_waiting(
        &mut self,
        waiting: &mut Waiting,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), PublishError>> {
        let Waiting {
            encoded,
            peers,
            here,
            timer,
        } = waiting;
        self.poll_here(here, encoded.given(), context)?;
        peers.retain_mut(|(peer, turn)| !self.give_shared(encoded, peer, turn, Some(context)));
        let served = peers.is_empty() && here.is_none();
        if served || self.bus.life() >= Life::Fenced {
            return Poll::Ready(Ok(()));
        }
        let patience = self.bus.peers.shared().timings.slow_peer;
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        std::task::ready!(timer.as_mut().poll(context));
        if let Some(Here { room, .. }) = here.take() {
            if let Some(queue) = room.queue().filter(|queue| queue.become_slow()) {
                let queue = queue.name();
                tracing::warn!(queue, "the queue is slow; events are skipped");
            }
            self.skip_here();
        }
        for (peer, turn) in peers.drain(..) {
            self.give_last(encoded, &peer, turn);
        }
        Poll::Ready(Ok(()))
    }

    /// Gives the event to somebody who had no room for as long as may be waited: it misses it, and
    /// is slow from now on.
    fn give_last(&mut self, encoded: &Encoded, peer: &Arc<Peer>, mut turn: Option<Turn>) {
        let mut out = peer.lanes().out(encoded.lane);
        let news = out.become_slow();
        out.room.keep_for_nobody_called();
        drop(out);
        // Nothing is locked: whoever reads the log may publish.
        if news {
            tracing::warn!(peer = %peer.id(), "the peer is slow; events to it are skipped");
        }
        // If its lane is half empty by now, nothing else might ever come that tells of a missed one.
        if self.give_shared(encoded, peer, &mut turn, None) {
            return;
        }
        let mut out = peer.lanes().out(encoded.lane);
        // Who leaves meanwhile gets none, and nobody counts them.
        if out.refuses().is_none() {
            out.skip_event();
            self.published.missed += 1;
        }
        let next = turn.map(|turn| out.leave_room(turn));
        drop(out);
        wake_all(next.into_iter().flatten().flatten());
    }
}

impl<E: Event> Future for Publishing<E> {
    type Output = Result<Published, PublishError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.publish_at_once() {
            return Poll::Ready(Ok(self.published));
        }
        if let Some(event) = self.event.take() {
            self.begin(event)?;
        }
        if let Some(mut waiting) = self.waiting.take() {
            let polled = self.poll_waiting(&mut waiting, context);
            if polled.is_pending() {
                self.waiting = Some(waiting);
            }
            std::task::ready!(polled)?;
        }
        Poll::Ready(Ok(self.published))
    }
}

impl<E: Message> fmt::Debug for Publishing<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publishing")
            .field("event", &E::NAME)
            .finish_non_exhaustive()
    }
}

impl Drop for Waiting {
    /// Gives up the places in the queues for room.
    fn drop(&mut self) {
        let lane = self.encoded.lane;
        wake_all(self.peers.drain(..).flat_map(|(peer, turn)| {
            let next = turn.map(|turn| peer.lanes().out(lane).leave_room(turn));
            next.into_iter().flatten().flatten()
        }));
    }
}

pub(super) fn encode_body(
    event: &dyn Encodable,
    prefix: &Prefix,
    len: usize,
) -> Result<Bytes, PublishError> {
    let mut body = BytesMut::with_capacity(len);
    prefix.put(&mut body);
    let encoded = event.encode(&mut body);
    encoded.map_err(|reason| PublishError::Unencodable { reason })?;
    Ok(body.freeze())
}

/// Encodes a message alone.
pub(super) fn encode(message: &dyn Encodable) -> Result<BytesMut, String> {
    let mut body = BytesMut::with_capacity(message.encoded_len());
    message.encode(&mut body)?;
    Ok(body)
}

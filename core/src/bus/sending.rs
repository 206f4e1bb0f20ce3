//! The future of a command.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Sleep};

use super::beside::Beside;
use super::inner::{Inner, Life};
use super::local_body;
use super::prefix::Prefix;
use super::recipient::Recipient;
use super::remote_send::{RemoteSend, decode_reply};
use super::room_here::RoomHere;
use super::send_error::SendError;
use super::sending_with_reply_body::SendingWithReplyBody;
use super::unsequenced_send::UnsequencedSend;
use crate::dispatch::{Awaiting, LocalBody, LocalCall, LocalMessage, LocalReply, LocalVerdict};
use crate::id::PeerId;
use crate::message::{Body, Command, Headers, Message, TypeFacts};
use crate::peers::{Patience, Peer};

/// A command that is being sent; see [`Bus::send`](super::Bus::send).
#[must_use = "a command is sent by awaiting it"]
pub struct Sending<C: Message> {
    pub(super) bus: Arc<Inner>,
    pub(super) command: Option<C>,
    pub(super) timeout: Patience,
    pub(super) beside: Option<Box<Beside>>,
    pub(super) stage: Stage,
    /// Ends the wait for room, and local sends; those accepted by a lane are ended by its clock.
    timer: Option<Pin<Box<Sleep>>>,
    awaiting: Option<Awaiting>,
}

// Nothing in it is ever pinned in place; the timer is in a box of its own.
impl<C: Message> Unpin for Sending<C> {}

pub(super) enum Stage {
    Fresh,
    Remote(RemoteSend),
    /// In a box: what every command carries along every command pays for.
    Unsequenced(Box<UnsequencedSend>),
    /// Waits for room in the queues of this process.
    Local {
        room: RoomHere,
        deadline: Instant,
    },
    LocalAccepted(Arc<LocalCall>),
    Done,
}

impl<C: Command> Sending<C> {
    pub(super) fn new(bus: Arc<Inner>, command: C) -> Self {
        let timeout = bus.default_timeout;
        Self {
            bus,
            command: Some(command),
            timeout,
            beside: None,
            stage: Stage::Fresh,
            timer: None,
            awaiting: None,
        }
    }

    /// Sends to this peer, whatever the replica says about who handles the command.
    pub fn to(mut self, peer: &PeerId) -> Self {
        self.beside().to = Some(peer.clone());
        self
    }

    /// Waits at most this long, 30 s without it; counted from the first poll. [`Duration::MAX`] is
    /// for ever.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// Adds a header, at most 64 and 64 KiB in all.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.beside().headers.insert(name, value);
        self
    }

    /// Sends this body along: bytes, a stream or an `AsyncRead`, of any length.
    ///
    /// It flows while the handler reads it and lives as long as this future: when the outcome has
    /// come, the deadline has passed or the future is dropped, what was not read is cancelled and
    /// its source dropped. So give a long body a [`timeout`](Self::timeout) that it fits into.
    /// It takes the place of a body given before. A [`try_now`](Self::try_now) that finds no room
    /// drops it.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.beside().body = Some(body.into());
        self
    }

    /// Asks for the body of the reply as well; it is empty if the handler gives none. Without this
    /// a reply's body is cancelled unread.
    ///
    /// The body is to be read at once, or within 30 s at the latest: so long it waits for its first
    /// reader. How long it may take then is for its reader to say.
    pub fn with_reply_body(mut self) -> SendingWithReplyBody<C> {
        self.beside().wants_reply = true;
        SendingWithReplyBody(self)
    }

    /// Neither the bus's life nor the recipient's standing stops it.
    pub(super) fn unchecked(mut self) -> Self {
        self.beside().unchecked = true;
        self
    }

    /// The first poll: decides where the command goes.
    pub(super) fn begin(&mut self) -> Result<(), SendError<C::Error>> {
        match self.bus.life() {
            Life::Running => {}
            Life::Draining if self.is_unchecked() => {}
            Life::Draining => {
                return Err(SendError::Draining {
                    peer: self.bus.me.clone(),
                });
            }
            Life::Fenced | Life::Closing | Life::Stopped => {
                return Err(SendError::Stopped { sent: false });
            }
        }
        let deadline = self.timeout.deadline();
        let facts = self.facts()?;
        self.check_body(facts)?;
        match self.recipient(facts)? {
            Recipient::Here => {
                let room = RoomHere::default();
                self.stage = Stage::Local { room, deadline };
                self.timer = Some(Box::pin(tokio::time::sleep_until(deadline)));
            }
            Recipient::Peer(peer) if facts.unsequenced => {
                let send = self.unsequenced(peer, facts, deadline)?;
                self.stage = Stage::Unsequenced(Box::new(send));
            }
            Recipient::Peer(peer) => {
                let name = facts.lane;
                let lane = self.bus.lane(name).ok_or_else(|| SendError::Unencodable {
                    reason: format!("its lane {name} would be the thirteenth; use fewer"),
                })?;
                let prefix = Prefix::new(self.headers())
                    .map_err(|reason| SendError::Unencodable { reason })?;
                let body = self.take_body();
                let remote = RemoteSend::new(peer, lane, deadline, prefix, body);
                self.stage = Stage::Remote(remote);
            }
        }
        Ok(())
    }

    fn unsequenced(
        &self,
        peer: Arc<Peer>,
        facts: TypeFacts,
        deadline: Instant,
    ) -> Result<UnsequencedSend, SendError<C::Error>> {
        let name = facts.lane;
        let lane = self.bus.peers.shared().lane_names.unsequenced(name);
        let lane = lane.ok_or_else(|| SendError::Unencodable {
            reason: format!("its unsequenced lane {name} would be the third; use fewer"),
        })?;
        let prefix =
            Prefix::new(self.headers()).map_err(|reason| SendError::Unencodable { reason })?;
        Ok(UnsequencedSend::new(peer, (lane, name), deadline, prefix))
    }

    /// A body waits for its reader, and an unsequenced command for nothing.
    fn check_body(&self, facts: TypeFacts) -> Result<(), SendError<C::Error>> {
        let beside = self.beside.as_ref();
        match beside.is_some_and(|beside| beside.body.is_some()) && facts.unsequenced {
            true => Err(SendError::Unencodable {
                reason: "it is unsequenced and has a body, which would have to wait".into(),
            }),
            false => Ok(()),
        }
    }

    /// What is to be known of the command's type, as long as it is here.
    fn facts(&self) -> Result<TypeFacts, SendError<C::Error>> {
        let command = self.command.as_ref();
        let stopped = SendError::Stopped { sent: false };
        command.map(C::facts).ok_or(stopped)
    }

    /// Nobody here handles the command: a bus that closes gives its handlers up before it has
    /// stopped.
    pub(super) fn unhandled_here(&self) -> SendError<C::Error> {
        match self.bus.life() >= Life::Fenced {
            true => SendError::Stopped { sent: false },
            false => SendError::Unhandled,
        }
    }

    /// Hands the command to its handlers in this process.
    pub(super) fn accept_here(
        &mut self,
        deadline: Instant,
    ) -> Result<Arc<LocalCall>, SendError<C::Error>> {
        let facts = self.facts()?;
        let handlers = self.bus.dispatcher.handlers(facts.name);
        let handlers = handlers
            .filter(|known| known.read(true, facts.codec))
            .ok_or_else(|| self.unhandled_here())?;
        let values = handlers.take_values_of::<C>();
        let prefix =
            Prefix::new(self.headers()).map_err(|reason| SendError::Unencodable { reason })?;
        let mut headers = bytes::BytesMut::new();
        self.headers()
            .encode(&mut headers)
            .map_err(|error| SendError::Unencodable {
                reason: error.to_string(),
            })?;
        let body = match self.command.take() {
            Some(command) if values => {
                LocalBody::Value(Mutex::new(Some(Box::new(command) as Box<dyn Any + Send>)))
            }
            Some(command) => LocalBody::Encoded(encode(&command)?),
            None => return Err(SendError::Stopped { sent: false }),
        };
        let attached = self.take_body().map(|body| {
            let (body, hold) = local_body::split(body);
            self.beside().local = Some(hold);
            Mutex::new(Some(body))
        });
        let call = Arc::new(LocalCall::default());
        let encoded = !handlers.know::<C>();
        let message = LocalMessage {
            body,
            id: prefix.id(),
            sender: self.bus.sender.clone(),
            headers: headers.freeze(),
            deadline: Some(deadline),
            reply: LocalReply::Call {
                call: call.clone(),
                encoded,
            },
            attached,
            news_of: None,
        };
        match self.bus.dispatcher.push_local(&handlers, message) {
            true => Ok(call),
            false => Err(SendError::Stopped { sent: false }),
        }
    }

    /// The long way, out of the usual one: there its registers would be saved by all.
    #[inline(never)]
    fn poll_stage(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<C::Reply, SendError<C::Error>>> {
        loop {
            match &mut self.stage {
                Stage::Fresh => self.begin()?,
                Stage::Remote(remote) => {
                    if let Some(refused) = remote.try_accept(&mut self.command, Some(context)) {
                        return Poll::Ready(Err(refused));
                    }
                    // Whoever ends an accepted one wakes it: there is nothing to ask for yet.
                    if !remote.is_queueing() {
                        return Poll::Pending;
                    }
                    let deadline = self.timeout.deadline();
                    let sleep = || Box::pin(tokio::time::sleep_until(deadline));
                    let timer = self.timer.get_or_insert_with(sleep);
                    let timed = timer.as_mut().poll(context);
                    return timed.map(|()| Err(SendError::TimedOut { sent: false }));
                }
                Stage::Unsequenced(send) => return send.poll(&mut self.command, context),
                Stage::Local { .. } if self.bus.life() >= Life::Fenced => {
                    return Poll::Ready(Err(SendError::Stopped { sent: false }));
                }
                Stage::Local { .. } => match self.poll_here(context)? {
                    Some(call) => self.stage = Stage::LocalAccepted(call),
                    None => return self.poll_timer(context, false),
                },
                Stage::LocalAccepted(call) => match call.poll(context) {
                    Poll::Ready(verdict) => return Poll::Ready(self.read_local(verdict)),
                    Poll::Pending if self.bus.life() >= Life::Fenced => {
                        return Poll::Ready(Err(SendError::Stopped { sent: true }));
                    }
                    Poll::Pending => return self.poll_timer(context, true),
                },
                Stage::Done => return Poll::Ready(Err(SendError::Stopped { sent: true })),
            }
        }
    }

    /// Hands the command to its handlers in this process once all their queues have room. `None`:
    /// one has none yet.
    fn poll_here(
        &mut self,
        context: &Context<'_>,
    ) -> Result<Option<Arc<LocalCall>>, SendError<C::Error>> {
        let TypeFacts {
            name, unsequenced, ..
        } = self.facts()?;
        let dispatcher = &self.bus.dispatcher;
        let Stage::Local { room, deadline } = &mut self.stage else {
            return Ok(None);
        };
        if unsequenced && dispatcher.full_queue(name).is_some() {
            return Err(SendError::Overloaded);
        }
        if !unsequenced && !room.poll(dispatcher, name, context) {
            return Ok(None);
        }
        let deadline = *deadline;
        let accepted = self.accept_here(deadline);
        if accepted.is_err()
            && let Stage::Local { room, .. } = &self.stage
        {
            room.pass();
        }
        accepted.map(Some)
    }

    fn beside(&mut self) -> &mut Beside {
        self.beside.get_or_insert_default()
    }

    pub(super) fn is_unchecked(&self) -> bool {
        self.beside.as_ref().is_some_and(|beside| beside.unchecked)
    }

    fn headers(&self) -> &Headers {
        static NONE: Headers = Headers::new();
        let beside = self.beside.as_ref();
        beside.map_or(&NONE, |beside| &beside.headers)
    }

    fn take_body(&mut self) -> Option<Body> {
        self.beside.as_mut()?.body.take()
    }

    /// Keeps a reply's body if it is wanted; else it is cancelled here.
    fn keep_reply_body(&mut self, body: Body) {
        if let Some(beside) = self.beside.as_mut().filter(|beside| beside.wants_reply) {
            beside.reply = Some(body);
        }
    }

    pub(super) fn take_reply_body(&mut self) -> Body {
        let beside = self.beside.as_mut();
        beside
            .and_then(|beside| beside.reply.take())
            .unwrap_or_default()
    }

    fn poll_timer(
        &mut self,
        context: &mut Context<'_>,
        sent: bool,
    ) -> Poll<Result<C::Reply, SendError<C::Error>>> {
        let timer = self.timer.as_mut();
        match timer.map(|timer| timer.as_mut().poll(context)) {
            Some(Poll::Ready(())) => Poll::Ready(Err(SendError::TimedOut { sent })),
            _ => Poll::Pending,
        }
    }

    fn read_local(&mut self, verdict: LocalVerdict) -> Result<C::Reply, SendError<C::Error>> {
        match verdict {
            LocalVerdict::ValueWithBody(reply, body) => {
                self.keep_reply_body(body);
                self.read_local(LocalVerdict::Value(reply))
            }
            LocalVerdict::Value(reply) => match reply.downcast::<C::Reply>() {
                Ok(reply) => Ok(*reply),
                Err(_) => Err(SendError::Undecodable {
                    text: "a reply of another type".into(),
                }),
            },
            LocalVerdict::Verdict(verdict) => Err(SendError::of_verdict(verdict, &self.bus.me)),
            LocalVerdict::Stopped { sent } => Err(SendError::Stopped { sent }),
        }
    }
}

impl<C: Command> Future for Sending<C> {
    type Output = Result<C::Reply, SendError<C::Error>>;

    /// By itself: inlined where a command is awaited, five times over in a loop, it took a fifth of
    /// the rate of a thousand senders.
    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let sending = &mut *self;
        // The two polls of nearly every command, told apart first. What is pending is returned as
        // it is: to hand it on costs a wait for its own stores.
        if matches!(sending.stage, Stage::Fresh) && sending.send_at_once(context) {
            sending.note_pending();
            return Poll::Pending;
        }
        if let Stage::Remote(remote) = &mut sending.stage
            && !remote.is_queueing()
        {
            // Looked at where it is: each move of it waits for its own stores.
            let polled = remote.poll_end(context);
            let Poll::Ready(end) = &polled else {
                sending.note_pending();
                return Poll::Pending;
            };
            if let Some((bytes, reply)) = RemoteSend::plain_reply(end) {
                sending.note_done();
                return Poll::Ready(decode_reply::<C>(bytes, reply));
            }
            let outcome = remote.outcome::<C>(end);
            if let Some(body) = remote.take_reply_body() {
                sending.keep_reply_body(Body::of(*body));
            }
            sending.note_done();
            return Poll::Ready(outcome);
        }
        let polled = sending.poll_stage(context);
        match polled.is_ready() {
            true => sending.note_done(),
            false => sending.note_pending(),
        }
        polled
    }
}

impl<C: Command> Sending<C> {
    fn note_pending(&mut self) {
        self.awaiting = Awaiting::by_current_handler(self.awaiting.take());
    }

    fn note_done(&mut self) {
        self.awaiting = None;
        self.stage = Stage::Done;
        if let Some(beside) = &mut self.beside {
            beside.local = None;
        }
    }
}

impl<C: Message> fmt::Debug for Sending<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending")
            .field("command", &C::NAME)
            .finish_non_exhaustive()
    }
}

fn encode<C: Command>(command: &C) -> Result<Bytes, SendError<C::Error>> {
    super::publishing::encode(command)
        .map(bytes::BytesMut::freeze)
        .map_err(|reason| SendError::Unencodable { reason })
}

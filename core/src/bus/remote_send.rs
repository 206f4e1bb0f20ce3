//! A command on its way to another peer: waits for room, is accepted, waits for its outcome.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::encodable::Encodable;
use super::inner::{MAX_MESSAGE, wire_type};
use super::prefix::Prefix;
use super::send_error::SendError;
use crate::dispatch::{BODY_WAITS, REPLY, Verdict};
use crate::id::MessageId;
use crate::message::{Body, Codec, Command, decode_within};
use crate::peers::{IncomingBody, OwedBody, Peer};
use crate::session::{
    End, Head, LaneId, Needs, NoOutcome, Outbound, Ticket, Turn, Unaccepted, Used, kind, wake_all,
    wake_one,
};

/// A command for one other peer.
pub(super) struct RemoteSend {
    peer: Arc<Peer>,
    lane: LaneId,
    state: State,
    /// The command's body, given up with this.
    body: Option<Box<OwedBody>>,
    reply_body: Option<Box<IncomingBody>>,
}

enum State {
    /// Waits for room in the lane. In a box: hardly any does, and what every command carries along
    /// every command pays for.
    Queueing(Box<Queueing>),
    /// Accepted.
    Accepted(Ticket),
    Done,
}

struct Queueing {
    turn: Option<Turn>,
    deadline: Instant,
    prefix: Prefix,
}

impl RemoteSend {
    pub(super) fn new(
        peer: Arc<Peer>,
        lane: LaneId,
        deadline: Instant,
        mut prefix: Prefix,
        body: Option<Body>,
    ) -> Self {
        let body = body.map(|body| Box::new(peer.owe_command_body(body)));
        prefix.body = body.as_ref().map(|body| body.number());
        let turn = None;
        Self {
            body,
            reply_body: None,
            peer,
            lane,
            state: State::Queueing(Box::new(Queueing {
                turn,
                deadline,
                prefix,
            })),
        }
    }

    /// A command without headers and body that is accepted at once. `None`: it is not, and nothing
    /// has happened.
    pub(super) fn at_once<C: Command>(
        peer: Arc<Peer>,
        lane: LaneId,
        deadline: Instant,
        command: &C,
        waker: &Waker,
    ) -> Option<Self> {
        let body_len = MessageId::STAMP_LEN + <C::Codec as Codec<C>>::encoded_len(command);
        let mut locked = peer.lanes().out(lane);
        // Once: to look it up at each use costs a comparison each.
        let out = &mut *locked;
        if body_len > MAX_MESSAGE || !out.has_log_room(body_len) || !out.pending.has_room() {
            return None;
        }
        let head = Head {
            kind: kind::COMMAND,
            wire_type: Some(wire_type(command)),
            deadline: Some(deadline),
            body_len,
        };
        let write = |buffer: &mut BytesMut| {
            MessageId::put_next_stamp(buffer);
            <C::Codec as Codec<C>>::encode(command, buffer).is_ok()
        };
        let sequence = out.accept(head, write).ok()?;
        let ticket = accepted(&peer, lane, locked, sequence, deadline, waker);
        Some(Self {
            body: None,
            reply_body: None,
            peer,
            lane,
            state: State::Accepted(ticket),
        })
    }

    /// The body that came with the reply.
    pub(super) fn take_reply_body(&mut self) -> Option<Box<IncomingBody>> {
        self.reply_body.take()
    }

    /// Whether the command is still here, waiting for room.
    pub(super) fn is_queueing(&self) -> bool {
        matches!(self.state, State::Queueing(_))
    }

    /// Asks how the accepted command ended; while it has not, the context is woken when it does.
    #[inline(always)]
    pub(super) fn poll_end(&mut self, context: &Context<'_>) -> Poll<Option<End>> {
        let ticket = match self.state {
            State::Accepted(ticket) => ticket,
            State::Queueing(_) => return Poll::Pending,
            State::Done => return Poll::Ready(None),
        };
        let mut out = self.peer.lanes().out(self.lane);
        let Poll::Ready(end) = out.pending.poll(ticket, context.waker()) else {
            return Poll::Pending;
        };
        // A sender may wait for this very place among the sends in progress.
        let next = out.call_for_place();
        drop(out);
        wake_one(next);
        self.state = State::Done;
        // What of its body was not read is given up with the send.
        drop(self.body.take());
        Poll::Ready(end)
    }

    /// Enters the command into its lane if there is room. `Some`: it never will be. Without room
    /// it is still [queueing](Self::is_queueing), and with a `context` woken once there is some.
    ///
    /// Unlike an event it does not wait for the transport to pull. Who sends commands waits for
    /// their outcomes anyway, and of a thousand sends at once half would take a timer and a second
    /// wake each; what the lane may hold bounds them all the same.
    pub(super) fn try_accept<C: Command>(
        &mut self,
        command: &mut Option<C>,
        context: Option<&Context<'_>>,
    ) -> Option<SendError<C::Error>> {
        let (Some(value), State::Queueing(queueing)) = (command.as_ref(), &mut self.state) else {
            return None;
        };
        match queueing.enter(&self.peer, self.lane, value, context) {
            Ok(None) => None,
            Ok(Some(ticket)) => {
                self.state = State::Accepted(ticket);
                *command = None;
                None
            }
            Err(Unentered::TooLarge(len)) => Some(SendError::TooLarge {
                len,
                limit: MAX_MESSAGE,
            }),
            Err(Unentered::Refused(refused, reason)) => Some(self.refusal((refused, reason))),
        }
    }

    fn refusal<E>(&self, (refused, reason): (Unaccepted, String)) -> SendError<E> {
        let peer = self.peer.id().clone();
        match refused {
            Unaccepted::Down => SendError::PeerLost { peer, sent: false },
            Unaccepted::Leaving => SendError::Draining { peer },
            Unaccepted::Stopped => SendError::Stopped { sent: false },
            Unaccepted::Unencodable => SendError::Unencodable { reason },
        }
    }

    /// The common case of an outcome, a reply without a body: without another handle to its bytes.
    /// They, and the reply in them.
    #[inline]
    pub(super) fn plain_reply(end: &Option<End>) -> Option<(&Bytes, &[u8])> {
        match end {
            Some(End::Outcome(bytes)) => match bytes.split_first() {
                Some((&REPLY, reply)) => Some((bytes, reply)),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the end of the accepted command means.
    pub(super) fn outcome<C: Command>(
        &mut self,
        end: &Option<End>,
    ) -> Result<C::Reply, SendError<C::Error>> {
        match end {
            Some(End::Outcome(bytes)) => match Verdict::decode(bytes) {
                Ok(Verdict::Reply(reply)) => decode_reply::<C>(&reply, &reply),
                Ok(Verdict::ReplyWithBody(number, reply)) => {
                    self.reply_body = Some(self.expect_body(number));
                    decode_reply::<C>(&reply, &reply)
                }
                Ok(verdict) => Err(SendError::of_verdict(verdict, self.peer.id())),
                Err(error) => Err(SendError::Undecodable {
                    text: error.to_string(),
                }),
            },
            Some(End::Without(why)) => Err(SendError::of_no_outcome(*why, self.peer.id())),
            None => Err(SendError::PeerLost {
                peer: self.peer.id().clone(),
                sent: true,
            }),
        }
    }

    fn expect_body(&self, number: u64) -> Box<IncomingBody> {
        let epoch = self.peer.lanes().out(self.lane).epoch();
        let begin_by = Instant::now() + BODY_WAITS;
        let body = IncomingBody::new(self.peer.clone(), number, epoch, begin_by);
        Box::new(body)
    }

    /// Leaves the lane: gives up its place, or its interest in the outcome.
    fn leave(&mut self) {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Queueing(queueing) => {
                let next = queueing.turn.map(|turn| {
                    let mut out = self.peer.lanes().out(self.lane);
                    // Whoever was called and is not polled would keep the room from all others.
                    out.room.keep_for_nobody_called();
                    out.leave_room(turn)
                });
                wake_all(next.into_iter().flatten().flatten());
            }
            State::Accepted(ticket) => {
                let mut out = self.peer.lanes().out(self.lane);
                out.pending.abandon(ticket);
                let next = out.call_for_place();
                drop(out);
                wake_all(next);
            }
            State::Done => {}
        }
    }
}

/// Why a command was not entered and never will be.
enum Unentered {
    /// It has so many bytes.
    TooLarge(usize),
    Refused(Unaccepted, String),
}

impl Queueing {
    /// Enters the command if there is room. `None`: there is none; with a `context` this waits.
    fn enter(
        &mut self,
        peer: &Arc<Peer>,
        lane: LaneId,
        command: &dyn Encodable,
        context: Option<&Context<'_>>,
    ) -> Result<Option<Ticket>, Unentered> {
        let Self {
            turn,
            deadline,
            prefix,
        } = self;
        let body_len = prefix.len() + command.encoded_len();
        if body_len > MAX_MESSAGE {
            return Err(Unentered::TooLarge(body_len));
        }
        let mut out = peer.lanes().out(lane);
        let needs = match out.pending.has_room() {
            false => Some(Needs::Place),
            true if !out.has_log_room_for(body_len, *turn) => Some(Needs::Log(body_len)),
            true => None,
        };
        if let Some(needs) = needs.filter(|_| out.refuses().is_none()) {
            let Some(context) = context else {
                out.has_refused();
                return Ok(None);
            };
            out.room.wait(turn, needs, context);
            // Room that this was called for and cannot use is there for the next.
            let next = out.call_next_if_room();
            drop(out);
            wake_all(next);
            return Ok(None);
        }
        out.room.leave(turn);
        let head = Head {
            kind: prefix.kind(kind::COMMAND),
            wire_type: Some(command.wire_type()),
            deadline: Some(*deadline),
            body_len,
        };
        match prefix.enter(&mut out, head, command) {
            Ok(sequence) => {
                let waker = context.map_or(Waker::noop(), Context::waker);
                let ticket = accepted(peer, lane, out, sequence, *deadline, waker);
                Ok(Some(ticket))
            }
            Err((refused, reason)) => {
                // What this send was called for is there for the next.
                let next = [out.call_next_if_room(), out.call_for_place()];
                drop(out);
                wake_all(next.into_iter().flatten());
                Err(Unentered::Refused(refused, reason))
            }
        }
    }
}

/// What is to be done once a command has its number: its sender is entered as waiting, and what it
/// woke is woken when the lane is unlocked.
#[inline]
fn accepted(
    peer: &Arc<Peer>,
    lane: LaneId,
    mut locked: Used<'_, Outbound>,
    sequence: u64,
    deadline: Instant,
    waker: &Waker,
) -> Ticket {
    let out = &mut *locked;
    let ticket = out.pending.insert(sequence, Some(deadline), waker.clone());
    let wake = out.wake();
    let next = out.call_next_if_room();
    let soonest = out.is_soonest(deadline);
    drop(locked);
    // First: what is woken is code of others, and the lane says this deadline once.
    if soonest {
        peer.expires_at(deadline);
    }
    peer.after_accept(lane, wake);
    wake_one(next);
    ticket
}

impl Drop for RemoteSend {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Decodes a `reply` that lies in these `bytes`.
pub(super) fn decode_reply<C: Command>(
    bytes: &Bytes,
    reply: &[u8],
) -> Result<C::Reply, SendError<C::Error>> {
    let decoded = decode_within::<C::Reply, C::Codec>(reply, bytes);
    decoded.map_err(|error| SendError::Undecodable {
        text: error.to_string(),
    })
}

impl<E: crate::message::HandlerError> SendError<E> {
    /// What it means to the sender that no outcome comes.
    pub(super) fn of_no_outcome(why: NoOutcome, peer: &crate::id::PeerId) -> Self {
        let peer = peer.clone();
        match why {
            NoOutcome::TimedOut { sent } => Self::TimedOut { sent },
            NoOutcome::PeerLost { sent } => Self::PeerLost { peer, sent },
            NoOutcome::LinkLost { sent } => Self::LinkLost { peer, sent },
            NoOutcome::Stopped { sent } => Self::Stopped { sent },
        }
    }

    /// What a verdict that is no reply means to the sender.
    pub(super) fn of_verdict(verdict: Verdict, peer: &crate::id::PeerId) -> Self {
        match verdict {
            Verdict::Rejected(error) => match E::from_wire(&error) {
                Some(error) => Self::Rejected(error),
                None => Self::Failed {
                    code: error.code,
                    text: error.text,
                },
            },
            Verdict::Failed(text) => Self::Failed { code: 0, text },
            Verdict::Panicked => Self::Panicked,
            Verdict::Undecodable(text) => Self::Undecodable { text },
            Verdict::Unhandled => Self::Unhandled,
            Verdict::Refused(text) => Self::Refused { text },
            Verdict::Overloaded => Self::Overloaded,
            Verdict::Expired => Self::TimedOut { sent: false },
            Verdict::Draining => Self::Draining { peer: peer.clone() },
            Verdict::BodyBroken(text) => Self::BodyBroken { text },
            Verdict::Reply(_) | Verdict::ReplyWithBody(..) => Self::Undecodable {
                text: "a reply where none belongs".into(),
            },
        }
    }
}

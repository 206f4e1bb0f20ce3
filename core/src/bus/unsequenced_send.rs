//! An unsequenced command on its way to another peer: sent at once or refused, then waits for its
//! outcome.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::time::Instant;

use super::encodable::Encodable;
use super::prefix::Prefix;
use super::remote_send::decode_reply;
use super::send_error::SendError;
use crate::dispatch::{REPLY, Verdict};
use crate::message::Command;
use crate::peers::Peer;
use crate::session::{Call, End, LaneId, MAX_UNSEQUENCED, NotAsked, Ticket};

/// Why a command was not sent.
enum Unasked {
    /// It has so many bytes.
    TooLarge(usize),
    /// And what its codec said.
    Refused(NotAsked, Option<String>),
}

/// An unsequenced command for one other peer.
pub(super) struct UnsequencedSend {
    peer: Arc<Peer>,
    lane: LaneId,
    lane_name: &'static str,
    deadline: Instant,
    prefix: Prefix,
    /// Once it is on its way.
    ticket: Option<Ticket>,
}

impl UnsequencedSend {
    pub(super) fn new(
        peer: Arc<Peer>,
        (lane, lane_name): (LaneId, &'static str),
        deadline: Instant,
        prefix: Prefix,
    ) -> Self {
        Self {
            peer,
            lane,
            lane_name,
            deadline,
            prefix,
            ticket: None,
        }
    }

    pub(super) fn poll<C: Command>(
        &mut self,
        command: &mut Option<C>,
        context: &mut Context<'_>,
    ) -> Poll<Result<C::Reply, SendError<C::Error>>> {
        let Some(ticket) = self.ticket else {
            return match self.ask(command, context.waker()) {
                // Whoever ends it wakes it: there is nothing to ask for yet.
                Ok(()) => Poll::Pending,
                Err(refused) => Poll::Ready(Err(refused)),
            };
        };
        let polled = self
            .peer
            .unsequenced()
            .pending
            .poll(ticket, context.waker());
        let Poll::Ready(end) = polled else {
            return Poll::Pending;
        };
        self.ticket = None;
        self.peer.changed.notify_waiters();
        Poll::Ready(self.outcome::<C>(end))
    }

    /// Sends the command now, or says why not; then `command` still is there.
    pub(super) fn ask<C: Command>(
        &mut self,
        command: &mut Option<C>,
        waker: &Waker,
    ) -> Result<(), SendError<C::Error>> {
        let Some(value) = command.as_ref().filter(|_| self.ticket.is_none()) else {
            return Ok(());
        };
        self.ask_for(value, waker)
            .map_err(|unasked| match unasked {
                Unasked::TooLarge(len) => SendError::TooLarge {
                    len,
                    limit: MAX_UNSEQUENCED,
                },
                Unasked::Refused(refused, reason) => {
                    self.refusal(refused, C::facts(value).name, reason)
                }
            })?;
        *command = None;
        Ok(())
    }

    fn ask_for(&mut self, command: &dyn Encodable, waker: &Waker) -> Result<(), Unasked> {
        let body_len = self.prefix.len() + command.encoded_len();
        if body_len > MAX_UNSEQUENCED {
            return Err(Unasked::TooLarge(body_len));
        }
        let call = Call {
            lane: self.lane,
            lane_name: self.lane_name,
            wire_type: command.wire_type(),
            headers: self.prefix.has_headers(),
            deadline: self.deadline,
            body_len,
        };
        let mut failure = None;
        let asked = self.peer.ask(call, waker.clone(), |buffer| {
            self.prefix.put(buffer);
            failure = command.encode(buffer).err();
            failure.is_none()
        });
        self.ticket = Some(asked.map_err(|refused| Unasked::Refused(refused, failure))?);
        Ok(())
    }

    fn refusal<E>(
        &self,
        refused: NotAsked,
        command: &'static str,
        failure: Option<String>,
    ) -> SendError<E> {
        let peer = self.peer.id().clone();
        match refused {
            NotAsked::NoLink => SendError::NoLink { peer, command },
            NotAsked::Full => SendError::LaneFull { peer, command },
            NotAsked::Down => SendError::PeerLost { peer, sent: false },
            NotAsked::Stopped => SendError::Stopped { sent: false },
            NotAsked::Unencodable => SendError::Unencodable {
                reason: failure.unwrap_or_else(|| "its codec wrote another length".into()),
            },
        }
    }

    fn outcome<C: Command>(&self, end: Option<End>) -> Result<C::Reply, SendError<C::Error>> {
        match end {
            Some(End::Outcome(bytes)) => match bytes.split_first() {
                Some((&REPLY, reply)) => decode_reply::<C>(&bytes, reply),
                _ => Err(match Verdict::decode(&bytes) {
                    Ok(verdict) => SendError::of_verdict(verdict, self.peer.id()),
                    Err(error) => SendError::Undecodable {
                        text: error.to_string(),
                    },
                }),
            },
            Some(End::Without(why)) => Err(SendError::of_no_outcome(why, self.peer.id())),
            None => Err(SendError::LinkLost {
                peer: self.peer.id().clone(),
                sent: true,
            }),
        }
    }
}

impl Drop for UnsequencedSend {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.peer.unsequenced().pending.abandon(ticket);
        }
    }
}

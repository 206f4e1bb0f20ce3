//! To whom a handler's end is told.

use std::any::Any;
use std::sync::{Arc, PoisonError};

use bytes::{Bytes, BytesMut};

use super::answer_body::reply_with_body;
use super::completion::Completion;
use super::done::Done;
use super::run::Run;
use super::verdict::{REPLY, Verdict};
use super::work::{Join, LocalMessage, LocalReply, LocalVerdict, Origin, Work, WorkContent};
use crate::message::{Body, EncodeError, bounded_text};
use crate::peers::{let_go, unharmed};
use crate::session::{
    LaneId, MAX_FRAME, MAX_UNSEQUENCED, Wake, outcome_head_len, put_outcome_head,
};

/// To whom the end of one message's handler is told.
#[derive(Debug)]
pub(super) struct Answer {
    to: To,
    join: Option<Arc<Join>>,
}

#[derive(Debug)]
enum To {
    /// An event's sender hears nothing.
    Nobody,
    Peer {
        origin: Arc<Origin>,
        epoch: u64,
        sequence: u64,
    },
    Here(Arc<LocalMessage>),
}

/// How a message's handler ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The reply is in the slot.
    Handled,
    /// The reply and its body are.
    HandledWithBody,
    /// None of the handler's keys matches.
    Unwanted,
    Verdict(Verdict),
}

impl From<Completion> for Ended {
    fn from(completion: Completion) -> Self {
        match completion {
            Completion::Handled => Self::Handled,
            Completion::HandledWithBody => Self::HandledWithBody,
            Completion::BodyBroken(text) => Self::Verdict(Verdict::BodyBroken(text)),
            Completion::Rejected(error) => Self::Verdict(Verdict::Rejected(error)),
            Completion::Failed(text) => Self::Verdict(Verdict::Failed(text)),
            Completion::Ended(verdict) => Self::Verdict(verdict),
        }
    }
}

impl Answer {
    /// For the first message of `work`.
    pub(super) fn of(work: &Work) -> Self {
        let command = work.handler.handler.is_command();
        let to = match &work.content {
            WorkContent::Wire { run, origin } if command => {
                let (epoch, sequence) = (run.epoch, run.sequence);
                let origin = origin.clone();
                To::Peer {
                    origin,
                    epoch,
                    sequence,
                }
            }
            WorkContent::Local(message) if command => To::Here(message.clone()),
            _ => To::Nobody,
        };
        Self {
            to,
            join: work.join.clone(),
        }
    }

    /// For a command of another peer, with this number.
    pub(super) fn to_peer(origin: Arc<Origin>, epoch: u64, sequence: u64) -> Self {
        let to = To::Peer {
            origin,
            epoch,
            sequence,
        };
        Self { to, join: None }
    }

    /// For an event.
    pub(super) fn to_nobody() -> Self {
        let (to, join) = (To::Nobody, None);
        Self { to, join }
    }

    /// Tells it. The reply, if any, is taken out of `slot`.
    #[inline]
    pub(super) fn give(&self, ended: Ended, slot: Option<&mut Box<dyn Run>>) {
        // By far the most frequent end is that of an event.
        if !matches!((&self.to, &ended), (To::Nobody, Ended::Handled)) {
            self.give_somebody(ended, slot);
        }
    }

    fn give_somebody(&self, ended: Ended, slot: Option<&mut Box<dyn Run>>) {
        let ended = match (ended, &self.join) {
            (ended, None) => ended,
            (ended, Some(join)) => {
                let error = match ended {
                    Ended::Verdict(verdict) => Some(verdict),
                    Ended::HandledWithBody => Some(Verdict::Failed(
                        "several handlers share the command: its reply can have no body".into(),
                    )),
                    Ended::Handled | Ended::Unwanted => None,
                };
                match join.ended(error) {
                    None => return,
                    Some(None) => Ended::Handled,
                    Some(Some(verdict)) => Ended::Verdict(verdict),
                }
            }
        };
        let ended = match ended {
            Ended::Unwanted => Ended::Verdict(Verdict::Unhandled),
            ended => ended,
        };
        self.tell(ended, slot);
    }

    /// Telling the end panicked, in the reply's codec; that is an end too (promise 22).
    pub(super) fn give_panicked(&self) {
        self.tell(Ended::Verdict(Verdict::Panicked), None);
    }

    fn tell(&self, ended: Ended, slot: Option<&mut Box<dyn Run>>) {
        match &self.to {
            To::Nobody => {
                if let Ended::Verdict(verdict) = ended
                    && verdict != Verdict::Unhandled
                {
                    tracing::warn!(?verdict, "an event was not handled to its end");
                }
            }
            To::Peer {
                origin,
                epoch,
                sequence,
            } => {
                answer_peer(origin, *epoch, *sequence, ended, slot);
            }
            To::Here(message) => answer_here(&message.reply, ended, slot),
        }
    }
}

/// Answers a command off the wire.
fn answer_peer(
    origin: &Origin,
    epoch: u64,
    sequence: u64,
    ended: Ended,
    slot: Option<&mut Box<dyn Run>>,
) {
    let verdict = match (ended, slot) {
        (Ended::Handled, Some(slot)) => match reply(origin, epoch, sequence, slot.as_mut()) {
            Some(verdict) => verdict,
            None => return,
        },
        (Ended::HandledWithBody, Some(_)) if origin.lane.is_unsequenced() => {
            Verdict::Failed("the command is unsequenced: its reply can have no body".into())
        }
        (Ended::HandledWithBody, Some(slot)) => reply_with_body(origin, epoch, slot.as_mut()),
        (Ended::Verdict(verdict), _) => verdict,
        (Ended::Handled | Ended::HandledWithBody | Ended::Unwanted, _) => {
            Verdict::Reply(Bytes::new())
        }
    };
    send_verdict(origin, epoch, sequence, &verdict);
}

/// Answers a command off the wire with the reply in `slot`, encoded straight into the outcomes
/// lane; or says what is to be answered instead.
#[inline]
pub(super) fn reply(
    origin: &Origin,
    epoch: u64,
    sequence: u64,
    slot: &mut (impl Run + ?Sized),
) -> Option<Verdict> {
    let lane = origin.lane;
    let head_len = outcome_head_len(lane, sequence);
    let len = slot.reply_len();
    let most = longest_outcome(lane);
    if len + head_len > most {
        let limit = most - head_len;
        let text = format!("the reply has {len} bytes, at most {limit} travel");
        return Some(Verdict::Failed(text));
    }
    let mut fault = None;
    let sent = origin
        .peer
        .send_outcome(lane, epoch, head_len + len, |out| {
            put_outcome_head(out, lane, sequence, REPLY);
            fault = slot.encode_reply(out).err();
            fault.is_none()
        });
    match fault {
        _ if sent => None,
        Some(fault) => Some(unencodable(&fault)),
        None => Some(Verdict::Failed(
            "the reply's codec wrote another length".into(),
        )),
    }
}

/// Most bytes of an outcome to a command of this lane.
fn longest_outcome(lane: LaneId) -> usize {
    if lane.is_unsequenced() {
        MAX_UNSEQUENCED
    } else {
        MAX_FRAME - 16
    }
}

fn unencodable(fault: &EncodeError) -> Verdict {
    Verdict::Failed(bounded_text(&format_args!("of the reply, {fault}")))
}

/// Sends a verdict that is not a reply in a slot.
pub(super) fn send_verdict(origin: &Origin, epoch: u64, sequence: u64, verdict: &Verdict) {
    let wake = enter_verdict(origin, epoch, sequence, verdict);
    let lane = origin.lane.outcome_lane();
    origin.peer.after_accept(lane, wake);
}

/// The same for who has locked something: what the outcomes' lane asks for is to be done after
/// unlocking.
pub(super) fn enter_verdict(origin: &Origin, epoch: u64, sequence: u64, verdict: &Verdict) -> Wake {
    let lane = origin.lane;
    let body = verdict.encode();
    let len = outcome_head_len(lane, sequence) - 1 + body.len();
    let entered = origin.peer.enter_outcome(lane, epoch, len, |out| {
        let Some((status, rest)) = body.split_first() else {
            return false;
        };
        put_outcome_head(out, lane, sequence, *status);
        out.extend_from_slice(rest);
        true
    });
    entered.1
}

fn answer_here(reply: &LocalReply, ended: Ended, slot: Option<&mut Box<dyn Run>>) {
    match reply {
        LocalReply::None => {}
        LocalReply::Call { call, encoded } => call.complete(match ended {
            Ended::Handled => match local_reply(slot, *encoded) {
                Ok((value, _)) => LocalVerdict::Value(value),
                Err(verdict) => LocalVerdict::Verdict(verdict),
            },
            Ended::HandledWithBody => match local_reply(slot, *encoded) {
                Ok((value, body)) => LocalVerdict::ValueWithBody(value, body),
                Err(verdict) => LocalVerdict::Verdict(verdict),
            },
            Ended::Verdict(verdict) => LocalVerdict::Verdict(verdict),
            Ended::Unwanted => LocalVerdict::Verdict(Verdict::Unhandled),
        }),
        LocalReply::Request(asker) => {
            let verdict = match ended {
                // Who is not registered has no session, and no body without one.
                Ended::Handled | Ended::HandledWithBody => encoded_reply(slot),
                Ended::Verdict(verdict) => verdict,
                Ended::Unwanted => Verdict::Unhandled,
            };
            let asker = asker.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(asker) = asker {
                // Whoever asked may have gone.
                let _ = asker.send(verdict.encode());
            }
        }
    }
}

/// The reply in a slot and the body that waits with it.
fn local_reply(
    slot: Option<&mut Box<dyn Run>>,
    encoded: bool,
) -> Result<(Box<dyn Any + Send>, Body), Verdict> {
    let Some(slot) = slot else {
        // The last of several handlers has ended already: their reply is `()`.
        return Ok((Box::new(()), Body::empty()));
    };
    let body = slot.take_body().unwrap_or_else(Body::empty);
    if !encoded {
        let value = slot.take_reply();
        return Ok((value.unwrap_or_else(|| Box::new(())), body));
    }
    match encoded_reply(Some(slot)) {
        Verdict::Reply(bytes) => Ok((Box::new(bytes), body)),
        verdict => Err(verdict),
    }
}

fn encoded_reply(slot: Option<&mut Box<dyn Run>>) -> Verdict {
    let mut out = BytesMut::new();
    match slot.map(|slot| slot.encode_reply(&mut out)) {
        Some(Err(fault)) => unencodable(&fault),
        _ => Verdict::Reply(out.freeze()),
    }
}

/// Ends commands that never start. They count as done, whoever of those that are told panics.
pub(super) fn end_unstarted(mut work: Work, verdict: &Verdict, done: &mut Done) {
    let mut end = |work: Work| {
        done.start(work.first_cost());
        let (answer, ended) = (Answer::of(&work), Ended::Verdict(verdict.clone()));
        unharmed("who is told of a command's end", || {
            answer.give(ended, None);
        });
        let_go(Some(work));
    };
    while work.len() > 1 {
        end(work.split_first());
    }
    end(work);
}

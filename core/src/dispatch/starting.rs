//! Starting a message in its handler's slot.

use std::any::Any;
use std::sync::PoisonError;

use bytes::Bytes;
use tokio::time::Instant;

use super::answer::Ended;
use super::attached::{Attached, WireBody};
use super::delivery::{Body, Delivery};
use super::run::Run as Slot;
use super::start_error::StartError;
use super::states::States;
use super::verdict::Verdict;
use super::work::{Join, LocalBody, LocalMessage, LocalReply, Origin, Work, WorkContent};
use crate::id::MessageId;
use crate::message::{HeaderView, Headers};
use crate::session::{Item, Parcel, Run, kind};
use crate::wire::Reader;

/// Why a message did not start.
pub(crate) enum Refusal {
    Start(StartError),
    Expired,
    Unreadable,
}

/// Starts the first message of `work`.
pub(super) fn start(slot: &mut dyn Slot, work: &Work, states: &States) -> Result<(), Refusal> {
    match &work.content {
        WorkContent::Wire { run, origin } => {
            start_received(slot, run, origin, work.join.as_deref(), states)
        }
        WorkContent::Local(message) => start_local(slot, message, states),
    }
}

fn start_received(
    slot: &mut dyn Slot,
    run: &Run,
    origin: &Origin,
    join: Option<&Join>,
    states: &States,
) -> Result<(), Refusal> {
    let item = run.items().first().ok_or(Refusal::Unreadable)?;
    if is_past(run.parcel.deadline(item)) {
        return Err(Refusal::Expired);
    }
    let mut delivery = nothing(origin, states);
    read(&mut delivery, &run.parcel, item, run.epoch, origin, join)?;
    slot.start(&mut delivery).map_err(Refusal::Start)
}

/// A delivery of messages from this origin, before the first is read into it.
pub(super) fn nothing<'a>(origin: &'a Origin, states: &'a States) -> Delivery<'a> {
    static NOTHING: Bytes = Bytes::new();
    Delivery {
        body: Body::Encoded {
            bytes: &[],
            within: &NOTHING,
        },
        id: MessageId::from_parts(0, origin.tail),
        sender: &origin.sender,
        headers: HeaderView::default(),
        deadline: None,
        states,
        attached: Attached::None.held(),
    }
}

/// Reads a message into a delivery of its origin, in which another may have been before: most of it
/// is the same for all of them.
#[inline(always)]
pub(super) fn read<'a>(
    delivery: &mut Delivery<'a>,
    parcel: &'a Parcel,
    item: &Item,
    epoch: u64,
    origin: &'a Origin,
    join: Option<&'a Join>,
) -> Result<(), Refusal> {
    let mut body = Reader::new(parcel.body(item));
    let id = body.u64_le("id").map_err(|_| Refusal::Unreadable)?;
    delivery.id = MessageId::from_parts(id, origin.tail);
    delivery.headers = HeaderView::default();
    delivery.deadline = parcel.deadline(item);
    *delivery.attached.get_mut() = Attached::None;
    if item.kind & kind::HEADERS != 0 {
        let headers = body.bytes("headers", Headers::MAX_LEN);
        let headers = headers.map_err(|_| Refusal::Unreadable)?;
        delivery.headers = HeaderView::new(headers).map_err(|_| Refusal::Unreadable)?;
    }
    if kind::has_body(item.kind) {
        let number = body.varint("body").map_err(|_| Refusal::Unreadable)?;
        *delivery.attached.get_mut() = Attached::Wire(WireBody {
            peer: &origin.peer,
            number,
            epoch,
            deadline: delivery.deadline,
            join,
        });
    }
    delivery.body = Body::Encoded {
        bytes: body.rest(),
        within: parcel.chunk(item),
    };
    Ok(())
}

fn start_local(
    slot: &mut dyn Slot,
    message: &LocalMessage,
    states: &States,
) -> Result<(), Refusal> {
    if is_past(message.deadline) {
        return Err(Refusal::Expired);
    }
    if let LocalReply::Call { call, .. } = &message.reply {
        call.begin();
    }
    let body = match &message.body {
        LocalBody::Encoded(bytes) => Body::Encoded {
            bytes,
            within: bytes,
        },
        LocalBody::Value(value) => {
            let value = value.lock().unwrap_or_else(PoisonError::into_inner).take();
            Body::Local(value.unwrap_or_else(|| Box::new(()) as Box<dyn Any + Send>))
        }
    };
    let attached = message.attached.as_ref();
    let mut delivery = Delivery {
        body,
        id: message.id,
        sender: &message.sender,
        headers: HeaderView::new(&message.headers).map_err(|_| Refusal::Unreadable)?,
        deadline: message.deadline,
        states,
        attached: attached.map_or(Attached::None, Attached::Local).held(),
    };
    slot.start(&mut delivery).map_err(Refusal::Start)
}

fn is_past(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Start(StartError::Unwanted) => Self::Unwanted,
            Refusal::Start(StartError::Undecodable(text)) => {
                Self::Verdict(Verdict::Undecodable(text))
            }
            Refusal::Start(StartError::Rejected(text)) => Self::Verdict(Verdict::Failed(text)),
            Refusal::Expired => Self::Verdict(Verdict::Expired),
            Refusal::Unreadable => Self::Verdict(Verdict::Undecodable(
                "its head or its headers are no such".into(),
            )),
        }
    }
}

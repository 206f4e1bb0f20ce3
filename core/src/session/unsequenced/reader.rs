//! The reading end of an unsequenced lane's stream: whole frames in, commands and outcomes out.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use crate::session::items::Items;
use crate::session::kind;
use crate::session::lane_id::LaneId;
use crate::session::outcome_frame::read_unsequenced_outcome;
use crate::session::parcel::{Item, Parcel};
use crate::session::received_types::{ReceivedType, ReceivedTypes};
use crate::session::violation::Violation;
use crate::wire::{Reader, WireError};

/// What a stream has told so far.
#[derive(Debug, Default)]
pub(crate) struct UnsequencedReader {
    lane: Option<LaneId>,
    /// The type of the last command, alone: most lanes repeat one.
    types: Arc<ReceivedTypes>,
}

/// What one frame says.
#[derive(Debug)]
pub(crate) enum UnsequencedRead {
    /// A command that came in this lane: its number is that of the parcel's only item.
    Command(LaneId, Parcel),
    /// What became of our command of this number: its status byte and what follows.
    Outcome(u64, Bytes),
    /// Nothing that concerns us.
    Nothing,
}

impl UnsequencedReader {
    /// Reads one frame, without its length. Deadlines are turned into instants by `clock`: when
    /// the sender's Hello was sent, as far as it is known here.
    pub(crate) fn read(
        &mut self,
        frame: &Bytes,
        clock: Instant,
    ) -> Result<UnsequencedRead, Violation> {
        let mut body = Reader::new(frame);
        let kind = body.byte("kind")?;
        let Some(lane) = self.lane else {
            self.lane = Some(open(kind, body)?);
            return Ok(UnsequencedRead::Nothing);
        };
        match kind & !kind::HEADERS {
            _ if kind == kind::UNSEQUENCED_OUTCOME => {
                // Of its own, as commands are: its sender may not ask for it at once.
                let outcome = Bytes::copy_from_slice(frame.get(1..).unwrap_or_default());
                let (number, outcome) = read_unsequenced_outcome(outcome)?;
                Ok(UnsequencedRead::Outcome(number, outcome))
            }
            kind::UNSEQUENCED_COMMAND if lane != LaneId::UNSEQUENCED_OUTCOMES => {
                let parcel = self.command(kind, body, frame, clock)?;
                Ok(UnsequencedRead::Command(lane, parcel))
            }
            kind::UNSEQUENCED_COMMAND => {
                let reason = "a command in the lane of unsequenced outcomes";
                Err(Violation::OutOfPlace(reason))
            }
            _ if kind == kind::UNSEQUENCED => {
                let reason = "an unsequenced lane's stream was opened twice";
                Err(Violation::OutOfPlace(reason))
            }
            _ => Ok(UnsequencedRead::Nothing),
        }
    }

    fn command(
        &mut self,
        kind: u8,
        mut body: Reader<'_>,
        frame: &Bytes,
        clock: Instant,
    ) -> Result<Parcel, Violation> {
        let first = body.varint("number")?;
        if first == u64::MAX {
            // Whoever hands it on says where it ends: one behind it.
            return Err(Violation::OutOfPlace(
                "a peer's unsequenced numbers ran over",
            ));
        }
        let name = body.text("type name", kind::MAX_TYPE_NAME)?;
        let codec = body.byte("codec")?;
        let stamp = body.varint("deadline")?;
        let len = body.remaining();
        if len == 0 {
            return Err(WireError::Truncated("an unsequenced command").into());
        }
        let known = self.types.get(0);
        if !known.is_some_and(|known| *known.name == *name && known.codec == codec) {
            let name = name.into();
            let types = ReceivedTypes::of_one(ReceivedType { name, codec });
            self.types = Arc::new(types);
        }
        let kind = kind::COMMAND | kind & kind::HEADERS;
        let item = Item::new(kind, 0, frame.len() - len, len).until(stamp);
        Ok(Parcel {
            // Of its own: a small command would else keep all that came with it.
            chunks: vec![Bytes::copy_from_slice(frame)],
            retained: frame.len() as u64,
            items: Items::from_iter([item]),
            types: self.types.clone(),
            first,
            clock,
        })
    }
}

fn open(kind: u8, mut body: Reader<'_>) -> Result<LaneId, Violation> {
    if kind != kind::UNSEQUENCED {
        let reason = "an unsequenced lane began without saying which";
        return Err(Violation::OutOfPlace(reason));
    }
    let number = body.varint("lane")?;
    let lane = LaneId::unsequenced_from_wire(number).ok_or(WireError::Meaningless {
        what: "lane",
        value: number,
    })?;
    body.text("lane name", kind::MAX_TYPE_NAME)?;
    body.finish()?;
    Ok(lane)
}

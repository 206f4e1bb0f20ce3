//! Reading one lane's stream: from chunks of bytes to parcels of frames.
//!
//! Pure: it knows the stream's types and position, nothing of sessions. Lengths are checked before
//! anything is kept, and at most one unfinished frame is.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use tokio::time::Instant;

use super::control::Ack;
use super::items::Items;
use super::kind;
use super::lane_id::LaneId;
use super::parcel::{Item, Parcel};
use super::plain_events::PlainEvents;
use super::received_types::{ReceivedType, ReceivedTypes};
use super::retained::Batches;
use super::violation::Violation;
use crate::wire::{Reader, WireError};

/// Bytes reserved for a frame for each byte of it that has come.
const PLEDGE: usize = 8;
const RAN_OVER: Violation = Violation::OutOfPlace("a lane's numbers ran over");
/// Bytes of the shortest outcome: lane, number, status.
const LEAST_OUTCOME: usize = 3;

/// What a stream has told so far.
#[derive(Debug)]
pub(crate) struct LaneReader {
    open: Option<Opening>,
    types: Arc<ReceivedTypes>,
    announced: u64,
    next: u64,
    /// The beginning of a frame that no chunk holds whole.
    partial: BytesMut,
    /// Items of the last read: the next will bring as many.
    usual: usize,
    /// Where the chunks of the present read lie.
    batches: Batches,
}

/// The first frame of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) lane: LaneId,
    pub(crate) name: Box<str>,
    pub(crate) first: u64,
}

/// What one read brought.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) parcel: Parcel,
    /// Acknowledgements that travelled along.
    pub(crate) acks: Vec<Ack>,
}

impl LaneReader {
    pub(crate) fn new() -> Self {
        Self {
            open: None,
            types: Arc::default(),
            announced: 0,
            next: 0,
            partial: BytesMut::new(),
            usual: 0,
            batches: Batches::default(),
        }
    }

    /// Which lane the stream carries, once its first frame has been read.
    pub(crate) fn opening(&self) -> Option<&Opening> {
        self.open.as_ref()
    }

    /// Reads whole frames out of `chunks`. Deadlines are turned into instants by `clock`: when the
    /// sender's Hello was sent, as far as it is known here.
    pub(crate) fn read(&mut self, chunks: Vec<Bytes>, clock: Instant) -> Result<Read, Violation> {
        let parcel = Parcel {
            chunks: Vec::new(),
            items: Items::default(),
            types: self.types.clone(),
            first: self.next,
            clock,
            retained: 0,
        };
        self.batches = Batches::default();
        let mut read = Read {
            parcel,
            acks: Vec::new(),
        };
        let mut chunks = chunks.into_iter();
        while let Some(mut chunk) = chunks.next() {
            self.finish_partial(&mut chunk, &mut read)?;
            self.read_chunk(chunk, None, chunks.as_slice(), &mut read)?;
        }
        self.usual = read.parcel.items.len();
        if let Some(open) = &self.open
            && read.parcel.first < open.first
        {
            read.parcel.first = open.first;
        }
        Ok(read)
    }

    /// Completes the frame that the chunks before ended in.
    fn finish_partial(&mut self, chunk: &mut Bytes, read: &mut Read) -> Result<(), Violation> {
        while !self.partial.is_empty() && chunk.has_remaining() {
            let wanted = match frame_len(&self.partial)? {
                Some((head, len)) => head + len - self.partial.len(),
                None => 1,
            };
            let taken = chunk.split_to(wanted.min(chunk.len()));
            if taken.len() > self.partial.capacity() - self.partial.len() {
                // All that is missing, as far as what came is a pledge for it: doubling would copy
                // a frame of 64 KiB twice over, and its sender's word alone is worth nothing.
                let pledged = PLEDGE * (self.partial.len() + taken.len());
                self.partial.reserve(wanted.min(pledged).max(taken.len()));
            }
            self.partial.extend_from_slice(&taken);
            if frame_len(&self.partial)?.is_some_and(|(head, len)| head + len == self.partial.len())
            {
                // Taken whole: a later frame in what is left of the buffer would hold all of it.
                let whole = std::mem::take(&mut self.partial);
                let own = Some(whole.capacity() as u64);
                self.read_chunk(whole.freeze(), own, &[], read)?;
            }
        }
        Ok(())
    }

    /// `own`: how many bytes the chunk keeps, if it is none of the transport's.
    fn read_chunk(
        &mut self,
        chunk: Bytes,
        own: Option<u64>,
        following: &[Bytes],
        read: &mut Read,
    ) -> Result<(), Violation> {
        let index = read.parcel.chunks.len();
        let before = read.parcel.items.len();
        let mut at = 0;
        let bytes = &chunk[..];
        loop {
            let rest = &bytes[at..];
            if let Some(mut events) = PlainEvents::new(bytes, at, self.announced) {
                read.parcel.items.ensure_room(self.usual, rest, following);
                let count = read.parcel.items.push_events(&mut events, index);
                self.next = self.next.checked_add(count).ok_or(RAN_OVER)?;
                at = events.at();
                continue;
            }
            let len = match short_len(rest) {
                None => frame_len(rest)?,
                short => short,
            };
            let Some((head, len)) = len else {
                break;
            };
            let start = at + head;
            let Some(frame) = bytes.get(start..start + len) else {
                break;
            };
            read.parcel.items.ensure_room(self.usual, rest, following);
            self.read_frame(frame, index, start, read)?;
            at = start + len;
        }
        if at < chunk.len() {
            self.partial.extend_from_slice(&chunk[at..]);
        }
        // A chunk of frames that nobody will look into is not kept.
        if read.parcel.items[before..]
            .iter()
            .any(|item| item.len() > 0)
        {
            if read.parcel.chunks.is_empty() {
                read.parcel.chunks.reserve_exact(1);
            }
            read.parcel.retained += own.unwrap_or_else(|| self.batches.add(&chunk));
            read.parcel.chunks.push(chunk);
        }
        Ok(())
    }

    #[inline(never)]
    fn read_frame(
        &mut self,
        frame: &[u8],
        chunk: usize,
        start: usize,
        read: &mut Read,
    ) -> Result<(), Violation> {
        let mut body = Reader::new(frame);
        let kind = body.byte("kind")?;
        if self.open.is_none() && kind != kind::OPEN {
            return Err(Violation::OutOfPlace("a lane began without saying which"));
        }
        if kind & kind::SEQUENCED != 0 && body.remaining() == 0 {
            return Err(WireError::Truncated("a sequenced frame").into());
        }
        match kind::plain(kind) {
            kind::EVENT | kind::COMMAND | kind::OUTCOME => {
                let item = self.message(kind, body, frame.len(), chunk, start)?;
                self.push(item, read)
            }
            _ if kind == kind::SKIP || kind == kind::MISSED => {
                let count = body.varint("count")?;
                body.finish()?;
                if count == 0 {
                    return Err(WireError::Meaningless {
                        what: "count",
                        value: 0,
                    }
                    .into());
                }
                self.push(Item::counted(kind, count), read)
            }
            _ if kind & kind::SEQUENCED != 0 => self.push(Item::counted(kind::SKIP, 1), read),
            _ => self.unsequenced(kind, body, read),
        }
    }

    fn message(
        &self,
        kind: u8,
        mut body: Reader<'_>,
        frame_len: usize,
        chunk: usize,
        start: usize,
    ) -> Result<Item, Violation> {
        let plain = kind::plain(kind);
        let mut type_index = 0;
        if plain != kind::OUTCOME {
            let known = self.announced.checked_sub(1);
            let known = known.ok_or(Violation::OutOfPlace("a message of an unannounced type"))?;
            type_index = body.varint_to("type", known)? as u16;
        }
        let stamp = match plain {
            kind::COMMAND => body.varint("deadline")?,
            _ => 0,
        };
        let len = body.remaining();
        if plain == kind::OUTCOME && len < LEAST_OUTCOME {
            return Err(WireError::Truncated("an outcome").into());
        }
        let item = Item::new(kind, chunk, start + frame_len - len, len);
        Ok(item.of_type(type_index).until(stamp))
    }

    #[inline(always)]
    fn push(&mut self, item: Item, read: &mut Read) -> Result<(), Violation> {
        let next = self.next.checked_add(item.numbers());
        self.next = next.ok_or(RAN_OVER)?;
        read.parcel.items.push_merged(item);
        Ok(())
    }

    /// A read that brings types points to them, and keeps no more than there were by then.
    fn enter(&mut self, number: usize, entered: ReceivedType, read: &mut Read) {
        if let Some(grown) = self.types.grown_for(number) {
            self.types = Arc::new(grown);
            read.parcel.types = self.types.clone();
        }
        self.types.enter(number, entered);
    }

    fn unsequenced(
        &mut self,
        kind: u8,
        mut body: Reader<'_>,
        read: &mut Read,
    ) -> Result<(), Violation> {
        match kind {
            kind::OPEN if self.open.is_some() => {
                return Err(Violation::OutOfPlace("a lane's stream was opened twice"));
            }
            kind::OPEN => {
                let number = body.varint("lane")?;
                let lane = LaneId::from_wire(number).ok_or(WireError::Meaningless {
                    what: "lane",
                    value: number,
                })?;
                let name: Box<str> = body.text("lane name", kind::MAX_TYPE_NAME)?.into();
                let first = body.varint("first number")?;
                body.finish()?;
                self.next = first;
                self.types.name_lane(&name);
                self.open = Some(Opening { lane, name, first });
            }
            kind::ANNOUNCE => {
                let number = body.varint_to("type", kind::MAX_TYPES as u64 - 1)?;
                if number != self.announced {
                    return Err(Violation::OutOfPlace("a type was announced out of turn"));
                }
                let codec = body.byte("codec")?;
                let name = body.text("type name", kind::MAX_TYPE_NAME)?.into();
                body.finish()?;
                let entered = ReceivedType { name, codec };
                self.enter(number as usize, entered, read);
                self.announced += 1;
            }
            kind::ACK => read.acks.push(Ack::decode(body)?),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
impl LaneReader {
    /// A copy that shares nothing, for exploring what could happen.
    pub(super) fn fork(&self) -> Self {
        Self {
            open: self.open.clone(),
            types: Arc::new(self.types.fork()),
            announced: self.announced,
            next: self.next,
            partial: self.partial.clone(),
            usual: self.usual,
            batches: Batches::default(),
        }
    }
}

/// What [`frame_len`] finds, if the length has one byte or two.
#[inline]
pub(super) fn short_len(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes {
        [len @ 1..0x80, ..] => Some((1, usize::from(*len))),
        [low @ 0x80..=0xff, high @ 1..0x80, ..] => {
            Some((2, usize::from(low & 0x7f) | usize::from(*high) << 7))
        }
        _ => None,
    }
}

/// Splits `bytes` at its first whole frame: the bytes of the length, and the frame's length.
/// `None`: the length itself is not whole yet.
pub(crate) fn frame_len(bytes: &[u8]) -> Result<Option<(usize, usize)>, WireError> {
    let mut reader = Reader::new(bytes);
    match reader.varint_to("frame", super::kind::MAX_FRAME as u64) {
        Ok(0) => Err(WireError::Meaningless {
            what: "frame",
            value: 0,
        }),
        Ok(len) => Ok(Some((bytes.len() - reader.remaining(), len as usize))),
        Err(WireError::Truncated(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

//! The reading end of a body's stream: bytes, and whether they are all.

use bytes::{Buf, Bytes, BytesMut};

use crate::session::kind;
use crate::session::{Violation, frame_len};
use crate::wire::{Reader, WireError};

/// Bytes of a frame's length and kind, at most.
const HEAD: usize = 5;

/// How a stream of the other side begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Too little of it is there.
    Unknown,
    /// It carries a lane.
    Lane,
    /// It carries an unsequenced lane.
    Unsequenced,
    /// It carries this body; its first frame takes so many bytes.
    Body { body: u64, len: usize },
}

/// Looks at the first bytes of a stream.
pub(crate) fn opening(first: &[u8]) -> Result<Opening, Violation> {
    let Some((head, len)) = frame_len(first)? else {
        return Ok(Opening::Unknown);
    };
    match first.get(head) {
        None => Ok(Opening::Unknown),
        Some(&kind::BODY) => {
            let Some(frame) = first.get(head + 1..head + len) else {
                return too_long(len).map_or(Ok(Opening::Unknown), Err);
            };
            let mut reader = Reader::new(frame);
            let body = reader.varint("body")?;
            reader.finish()?;
            let len = head + len;
            Ok(Opening::Body { body, len })
        }
        Some(&kind::UNSEQUENCED) => Ok(Opening::Unsequenced),
        Some(_) => Ok(Opening::Lane),
    }
}

fn too_long(len: usize) -> Option<Violation> {
    const LONGEST: usize = 11;
    (len > LONGEST).then_some(Violation::OutOfPlace("a body began with too long a frame"))
}

/// What comes next of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyPart {
    Bytes(Bytes),
    /// That was all of it.
    End,
    /// Its source has failed, with this text.
    Failed(String),
}

/// Takes a body out of its stream. Bytes are handed on as they come, never gathered.
#[derive(Debug)]
pub(crate) struct BodyReader {
    chunks: std::collections::VecDeque<Bytes>,
    /// The beginning of a frame, up to all of it where it is not a chunk.
    partial: BytesMut,
    /// Bytes of the present chunk that are still to come; of a frame nobody knows with `skip`.
    left: usize,
    skip: bool,
    read: u64,
    credit: u64,
}

impl BodyReader {
    /// A body of which nothing has come, asked for up to `credit`.
    pub(crate) fn new(credit: u64) -> Self {
        Self {
            chunks: std::collections::VecDeque::new(),
            partial: BytesMut::new(),
            left: 0,
            skip: false,
            read: 0,
            credit,
        }
    }

    /// The stream gives these bytes.
    pub(crate) fn push(&mut self, chunks: impl IntoIterator<Item = Bytes>) {
        let some = chunks.into_iter().filter(|chunk| !chunk.is_empty());
        self.chunks.extend(some);
    }

    /// The next part. `None`: the stream has to give more.
    pub(crate) fn next(&mut self) -> Result<Option<BodyPart>, Violation> {
        while let Some(chunk) = self.chunks.front_mut() {
            if self.left > 0 {
                let len = self.left.min(chunk.len());
                let bytes = chunk.split_to(len);
                self.left -= len;
                self.drop_empty();
                if self.skip {
                    continue;
                }
                self.read += len as u64;
                if self.read > self.credit {
                    return Err(Violation::OutOfPlace("more of a body than was asked for"));
                }
                return Ok(Some(BodyPart::Bytes(bytes)));
            }
            self.partial.extend_from_slice(&chunk[..1]);
            chunk.advance(1);
            self.drop_empty();
            if let Some(part) = self.read_frame()? {
                return Ok(Some(part));
            }
        }
        Ok(None)
    }

    /// Bytes of the body that were read.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// The sender may send up to this byte.
    pub(crate) fn allow(&mut self, credit: u64) {
        self.credit = credit;
    }

    /// Looks at the frame that `partial` begins.
    fn read_frame(&mut self) -> Result<Option<BodyPart>, Violation> {
        let Some((head, len)) = frame_len(&self.partial)? else {
            return Ok(None);
        };
        let Some(&kind) = self.partial.get(head) else {
            return Ok(None);
        };
        let rest = len - 1;
        match kind {
            kind::CHUNK if rest == 0 || rest > kind::MAX_CHUNK => {
                let (what, limit) = ("chunk", kind::MAX_CHUNK as u64);
                let value = rest as u64;
                return Err(WireError::TooLarge { what, value, limit }.into());
            }
            kind::END | kind::FAILED => return self.read_end(kind, head, len),
            _ if kind & kind::SEQUENCED != 0 => {
                return Err(Violation::OutOfPlace("a message in a body's stream"));
            }
            _ => {}
        }
        debug_assert!(self.partial.len() <= HEAD);
        self.partial.clear();
        (self.left, self.skip) = (rest, kind != kind::CHUNK);
        Ok(None)
    }

    fn read_end(
        &mut self,
        kind: u8,
        head: usize,
        len: usize,
    ) -> Result<Option<BodyPart>, Violation> {
        if len > 1 + kind::MAX_FAILURE {
            return Err(Violation::OutOfPlace("a body's last frame is too long"));
        }
        let Some(rest) = self.partial.get(head + 1..head + len) else {
            return Ok(None);
        };
        if kind == kind::FAILED {
            let text = std::str::from_utf8(rest).map_err(|_| WireError::Text("failure"))?;
            return Ok(Some(BodyPart::Failed(text.to_owned())));
        }
        let mut reader = Reader::new(rest);
        let length = reader.varint("length")?;
        reader.finish()?;
        if length != self.read {
            return Err(Violation::OutOfPlace(
                "a body of another length than it says",
            ));
        }
        Ok(Some(BodyPart::End))
    }

    fn drop_empty(&mut self) {
        if self.chunks.front().is_some_and(Bytes::is_empty) {
            self.chunks.pop_front();
        }
    }
}

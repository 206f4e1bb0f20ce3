//! The kinds of frames, as numbers on the wire.
//!
//! The highest bit says *sequenced*: such a frame counts in its lane whether the reader knows its
//! kind or not, so that a newer sender's frames never shift the numbers of an older reader.

/// Bit of the kinds that count in their lane.
pub(crate) const SEQUENCED: u8 = 0x80;
/// Bit of events and commands that carry headers before their payload.
pub(crate) const HEADERS: u8 = 0x40;
/// Bit of the commands that a body belongs to; its number stands before their payload.
pub(crate) const WITH_BODY: u8 = 0x20;

/// First frame of a lane's stream: which lane, and the number of its first sequenced frame.
pub(crate) const OPEN: u8 = 0x01;
/// A message type and the number that stands for it on this stream.
pub(crate) const ANNOUNCE: u8 = 0x02;
/// What the receiver of a lane has taken, and its credit.
pub(crate) const ACK: u8 = 0x03;
/// First frame of a link, both ways.
pub(crate) const HELLO: u8 = 0x04;
/// Asks for a [`PONG`].
pub(crate) const PING: u8 = 0x05;
/// Answers a [`PING`].
pub(crate) const PONG: u8 = 0x06;
/// This side drains.
pub(crate) const GOODBYE: u8 = 0x07;
/// Answers a [`GOODBYE`].
pub(crate) const FAREWELL: u8 = 0x08;
/// A request in an unsequenced lane.
pub(crate) const REQUEST: u8 = 0x09;
/// The answer to a [`REQUEST`].
pub(crate) const RESPONSE: u8 = 0x0a;
/// A reader asks for a body, up to so many bytes.
pub(crate) const BODY_CREDIT: u8 = 0x0b;
/// A reader needs no more of a body.
pub(crate) const BODY_OVER: u8 = 0x0c;
/// A body that was asked for does not come.
pub(crate) const BODY_CUT: u8 = 0x0d;
/// First frame of a body's stream: which body.
pub(crate) const BODY: u8 = 0x0e;
/// Some of a body.
pub(crate) const CHUNK: u8 = 0x0f;
/// A body's end, with its length.
pub(crate) const END: u8 = 0x10;
/// A body's source has failed.
pub(crate) const FAILED: u8 = 0x11;

/// First frame of an unsequenced lane's stream: which lane.
pub(crate) const UNSEQUENCED: u8 = 0x12;
/// A command in an unsequenced lane.
pub(crate) const UNSEQUENCED_COMMAND: u8 = 0x13;
/// The outcome of such a command.
pub(crate) const UNSEQUENCED_OUTCOME: u8 = 0x14;

/// An event.
pub(crate) const EVENT: u8 = SEQUENCED | 0x10;
/// A command.
pub(crate) const COMMAND: u8 = SEQUENCED | 0x11;
/// The outcome of a command.
pub(crate) const OUTCOME: u8 = SEQUENCED | 0x12;
/// Stands for a run of numbers whose messages will never come.
pub(crate) const SKIP: u8 = SEQUENCED | 0x13;
/// How many events a slow receiver has missed here.
pub(crate) const MISSED: u8 = SEQUENCED | 0x14;

/// Largest frame, without its length: 4 MiB.
pub const MAX_FRAME: usize = 4 << 20;
/// Largest body of a message: a frame less the longest head (kind, type, deadline).
pub(crate) const MAX_BODY: usize = MAX_FRAME - 16;
/// Bytes that may wait for the transport in an unsequenced lane.
pub(crate) const UNSEQUENCED_ROOM: usize = 1 << 20;
/// Largest content of an unsequenced command, and of its outcome: what a lane has room for, less
/// the longest head.
pub(crate) const MAX_UNSEQUENCED: usize = UNSEQUENCED_ROOM - 1024;
/// Most message types announced on one stream.
pub(crate) const MAX_TYPES: usize = 4096;
/// Longest type name, in bytes.
pub(crate) const MAX_TYPE_NAME: usize = 256;
/// Most bytes of a body in one frame.
pub(crate) const MAX_CHUNK: usize = 64 << 10;
/// Longest text of a failed body, in bytes.
pub(crate) const MAX_FAILURE: usize = crate::message::WireError::MAX_TEXT;

/// Whether a body belongs to the command.
pub(crate) fn has_body(kind: u8) -> bool {
    kind & !HEADERS == COMMAND | WITH_BODY
}

/// The kind without what its bits say of headers and a body.
pub(crate) fn plain(kind: u8) -> u8 {
    match kind & !HEADERS {
        with_body if with_body == COMMAND | WITH_BODY => COMMAND,
        plain => plain,
    }
}

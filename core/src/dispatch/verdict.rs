//! What became of a command, as it travels back: a status byte and what follows.

use bytes::{BufMut, Bytes, BytesMut};

use crate::message::WireError;
use crate::wire::{Reader, WireError as Unreadable, put_bytes, put_str, put_varint};

/// What became of a command (promise 12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The encoded reply.
    Reply(Bytes),
    /// The number of the reply's body, and the encoded reply.
    ReplyWithBody(u64, Bytes),
    /// The handler's own, declared error.
    Rejected(WireError),
    /// Any other error of the handler: its text.
    Failed(String),
    Panicked,
    /// Why the message could not be decoded.
    Undecodable(String),
    /// Nobody handles the type there any more.
    Unhandled,
    /// Not authorised.
    Refused(String),
    /// A queue that refuses instead of waiting was full, or has set aside as much as it may.
    Overloaded,
    /// It came after its deadline and was not handled.
    Expired,
    /// The receiver drains and has not taken it.
    Draining,
    /// The handler failed because the command's body was lost: the text.
    BodyBroken(String),
}

pub(crate) const REPLY: u8 = 0;
const REJECTED: u8 = 1;
const FAILED: u8 = 2;
const PANICKED: u8 = 3;
const UNDECODABLE: u8 = 4;
const UNHANDLED: u8 = 5;
const REFUSED: u8 = 6;
const OVERLOADED: u8 = 7;
const EXPIRED: u8 = 8;
const DRAINING: u8 = 9;
const REPLY_WITH_BODY: u8 = 10;
const BODY_BROKEN: u8 = 11;

impl Verdict {
    /// The status byte.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Reply(_) => REPLY,
            Self::Rejected(_) => REJECTED,
            Self::Failed(_) => FAILED,
            Self::Panicked => PANICKED,
            Self::Undecodable(_) => UNDECODABLE,
            Self::Unhandled => UNHANDLED,
            Self::Refused(_) => REFUSED,
            Self::Overloaded => OVERLOADED,
            Self::Expired => EXPIRED,
            Self::Draining => DRAINING,
            Self::ReplyWithBody(..) => REPLY_WITH_BODY,
            Self::BodyBroken(_) => BODY_BROKEN,
        }
    }

    /// The status byte and what follows.
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::new();
        out.put_u8(self.status());
        match self {
            Self::Reply(bytes) => out.put_slice(bytes),
            Self::Rejected(error) => {
                put_varint(&mut out, error.code.into());
                put_str(&mut out, &error.text);
                put_bytes(&mut out, &error.details);
            }
            Self::ReplyWithBody(number, bytes) => {
                put_varint(&mut out, *number);
                out.put_slice(bytes);
            }
            Self::Failed(text)
            | Self::Undecodable(text)
            | Self::Refused(text)
            | Self::BodyBroken(text) => out.put_slice(text.as_bytes()),
            _ => {}
        }
        out.freeze()
    }

    /// Reads a status byte and what follows.
    pub(crate) fn decode(bytes: &Bytes) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(bytes);
        let status = reader.byte("status")?;
        Ok(match status {
            REPLY => return Ok(Self::Reply(bytes.slice(1..))),
            REJECTED => Self::Rejected(rejected(bytes, reader)?),
            FAILED => Self::Failed(text(reader)?),
            UNDECODABLE => Self::Undecodable(text(reader)?),
            REFUSED => Self::Refused(text(reader)?),
            BODY_BROKEN => Self::BodyBroken(text(reader)?),
            REPLY_WITH_BODY => {
                let number = reader.varint("body")?;
                Self::ReplyWithBody(number, bytes.slice_ref(reader.rest()))
            }
            other => {
                reader.finish()?;
                match other {
                    PANICKED => Self::Panicked,
                    UNHANDLED => Self::Unhandled,
                    OVERLOADED => Self::Overloaded,
                    EXPIRED => Self::Expired,
                    DRAINING => Self::Draining,
                    _ => {
                        let value = other.into();
                        return Err(Unreadable::Meaningless {
                            what: "status",
                            value,
                        });
                    }
                }
            }
        })
    }
}

fn rejected(whole: &Bytes, mut reader: Reader<'_>) -> Result<WireError, Unreadable> {
    let code = reader.varint_to("code", u32::MAX.into())? as u32;
    let text = reader.text("text", WireError::MAX_TEXT)?.to_owned();
    let details = whole.slice_ref(reader.bytes("details", WireError::MAX_DETAILS)?);
    reader.finish()?;
    Ok(WireError {
        code,
        text,
        details,
    })
}

fn text(reader: Reader<'_>) -> Result<String, Unreadable> {
    let bytes = reader.rest();
    let limit = WireError::MAX_TEXT;
    if bytes.len() > limit {
        let (value, limit) = (bytes.len() as u64, limit as u64);
        return Err(Unreadable::TooLarge {
            what: "text",
            value,
            limit,
        });
    }
    std::str::from_utf8(bytes)
        .map(str::to_owned)
        .map_err(|_| Unreadable::Text("text"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_verdict_is_read_as_it_was_written() {
        let error = WireError {
            code: 404,
            text: "none".into(),
            details: Bytes::from_static(b"x"),
        };
        let verdicts = [
            Verdict::Reply(Bytes::from_static(b"reply")),
            Verdict::Rejected(error),
            Verdict::Failed("broken".into()),
            Verdict::Panicked,
            Verdict::Undecodable("no".into()),
            Verdict::Unhandled,
            Verdict::Refused("who?".into()),
            Verdict::Overloaded,
            Verdict::Expired,
            Verdict::Draining,
            Verdict::ReplyWithBody(300, Bytes::from_static(b"reply")),
            Verdict::BodyBroken("cut".into()),
        ];
        for verdict in verdicts {
            assert_eq!(Verdict::decode(&verdict.encode()), Ok(verdict));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reading_panic(bytes: Vec<u8>) {
            let _ = Verdict::decode(&Bytes::from(bytes));
        }
    }
}

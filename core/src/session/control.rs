//! Control frames: what two sessions say to each other beside the lanes.

use bytes::{BufMut, Bytes, BytesMut};

use super::hello::Hello;
use super::kind;
use super::lane_id::LaneId;
use crate::wire::{Reader, WireError, put_varint, varint_len};

/// A frame of the control lane.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Control {
    /// The first frame.
    Hello(Box<Hello>),
    /// What has been taken.
    Ack(Ack),
    /// Asks for a `Pong`; carries the milliseconds since the sender's Hello.
    Ping(u64),
    /// Answers a `Ping`, with a stamp of its own.
    Pong(u64),
    /// The sender drains: route nothing to it any more.
    Goodbye,
    /// Answers a `Goodbye` with the number after the last one in each lane.
    Farewell(Vec<(LaneId, u64)>),
    /// The sender reads a body: it asks for its bytes up to this one.
    BodyCredit {
        /// The body's number.
        body: u64,
        /// How many bytes of it, from its beginning, may be sent.
        up_to: u64,
    },
    /// The sender needs no more of this body.
    BodyOver(u64),
    /// This body was asked for and does not come.
    BodyCut(u64),
    /// A kind this version does not know; skipped.
    Unknown(u8),
}

/// Frees a sender's log and gives it credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ack {
    /// The lane, in its sender's numbering.
    pub lane: LaneId,
    /// The first number that dispatch has not taken.
    pub taken: u64,
    /// Cost that may be outstanding beyond `taken`.
    pub credit: u64,
}

impl Ack {
    pub(crate) fn put_frame(&self, out: &mut BytesMut) {
        let lane = u64::from(self.lane.0);
        let len = 1 + varint_len(lane) + varint_len(self.taken) + varint_len(self.credit);
        put_varint(out, len as u64);
        out.put_u8(kind::ACK);
        for number in [lane, self.taken, self.credit] {
            put_varint(out, number);
        }
    }

    pub(crate) fn decode(mut body: Reader<'_>) -> Result<Self, WireError> {
        let (lane, taken) = lane_and_number(&mut body)?;
        let ack = Self {
            lane,
            taken,
            credit: body.varint("credit")?,
        };
        body.finish()?;
        Ok(ack)
    }
}

impl Control {
    /// The frame as bytes, length first.
    pub fn encode(&self) -> Bytes {
        let mut body = BytesMut::new();
        match self {
            Self::Hello(hello) => {
                body.put_u8(kind::HELLO);
                hello.encode(&mut body);
            }
            Self::Ack(ack) => {
                ack.put_frame(&mut body);
                return body.freeze();
            }
            Self::Ping(stamp) => {
                body.put_u8(kind::PING);
                put_varint(&mut body, *stamp);
            }
            Self::Pong(stamp) => {
                body.put_u8(kind::PONG);
                put_varint(&mut body, *stamp);
            }
            Self::Goodbye => body.put_u8(kind::GOODBYE),
            Self::Farewell(lasts) => {
                body.put_u8(kind::FAREWELL);
                put_varint(&mut body, lasts.len() as u64);
                for (lane, next) in lasts {
                    put_varint(&mut body, u64::from(lane.0));
                    put_varint(&mut body, *next);
                }
            }
            Self::BodyCredit {
                body: number,
                up_to,
            } => {
                body.put_u8(kind::BODY_CREDIT);
                put_varint(&mut body, *number);
                put_varint(&mut body, *up_to);
            }
            Self::BodyOver(number) => {
                body.put_u8(kind::BODY_OVER);
                put_varint(&mut body, *number);
            }
            Self::BodyCut(number) => {
                body.put_u8(kind::BODY_CUT);
                put_varint(&mut body, *number);
            }
            Self::Unknown(kind) => body.put_u8(*kind),
        }
        let mut frame = BytesMut::with_capacity(body.len() + 4);
        put_varint(&mut frame, body.len() as u64);
        frame.extend_from_slice(&body);
        frame.freeze()
    }

    /// Reads a frame without its length.
    pub fn decode(frame: &[u8]) -> Result<Self, WireError> {
        let mut body = Reader::new(frame);
        Ok(match body.byte("kind")? {
            kind::HELLO => Self::Hello(Box::new(Hello::decode(body)?)),
            kind::ACK => Self::Ack(Ack::decode(body)?),
            kind::PING => Self::Ping(only_varint("stamp", body)?),
            kind::PONG => Self::Pong(only_varint("stamp", body)?),
            kind::GOODBYE => {
                body.finish()?;
                Self::Goodbye
            }
            kind::FAREWELL => {
                let count = body.varint_to("lanes", LaneId::COUNT as u64)?;
                let lasts = (0..count)
                    .map(|_| lane_and_number(&mut body))
                    .collect::<Result<_, _>>()?;
                body.finish()?;
                Self::Farewell(lasts)
            }
            kind::BODY_CREDIT => {
                let number = body.varint("body")?;
                let up_to = body.varint("bytes")?;
                body.finish()?;
                Self::BodyCredit {
                    body: number,
                    up_to,
                }
            }
            kind::BODY_OVER => Self::BodyOver(only_varint("body", body)?),
            kind::BODY_CUT => Self::BodyCut(only_varint("body", body)?),
            unknown => Self::Unknown(unknown),
        })
    }
}

fn only_varint(what: &'static str, mut body: Reader<'_>) -> Result<u64, WireError> {
    let value = body.varint(what)?;
    body.finish()?;
    Ok(value)
}

fn lane_and_number(body: &mut Reader<'_>) -> Result<(LaneId, u64), WireError> {
    let number = body.varint("lane")?;
    let lane = LaneId::from_wire(number).ok_or(WireError::Meaningless {
        what: "lane",
        value: number,
    })?;
    Ok((lane, body.varint("number")?))
}

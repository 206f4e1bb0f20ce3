//! `Hello`: the first frame of a link, and what it says about both memories (R2).

use bytes::{BufMut, BytesMut};

use super::lane_id::LaneId;
use crate::id::{IdTail, Incarnation, PeerId};
use crate::wire::{Reader, WireError, put_str, put_varint};

/// The version of this protocol.
pub const VERSION: u64 = 1;

/// Which memory of a peer: its owner's incarnation and the number its owner gave it (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Memory {
    /// The owner's incarnation.
    pub incarnation: Incarnation,
    /// The owner's number, from 1.
    pub number: u64,
}

/// How far a receiver has come in one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LanePosition {
    /// The lane, in the sender's numbering.
    pub lane: LaneId,
    /// The first number that has not arrived.
    pub arrived: u64,
    /// The first number that dispatch has not taken.
    pub taken: u64,
    /// Cost that may be outstanding beyond `taken`.
    pub credit: u64,
}

/// The first frame of a link: who speaks, and what is known of the session.
///
/// The dialler speaks first; the acceptor's Hello answers, sent after the dialler's was processed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hello {
    /// [`VERSION`].
    pub version: u64,
    /// The environment of the sender's certificate.
    pub environment: String,
    /// Who the sender says it is; its certificate has to cover it.
    pub peer: PeerId,
    /// The sender's run; 0: not registered.
    pub incarnation: Incarnation,
    /// The dial number of the link, handed out by the dialler.
    pub dial: u64,
    /// The highest dial number of the reader's incarnation (`yours.incarnation`) whose link has
    /// ended at the sender.
    pub ended: u64,
    /// The sender's number of its memory of the reader.
    pub mine: u64,
    /// The reader's memory as the sender knows it.
    pub yours: Option<Memory>,
    /// The half that all message ids of the sender share.
    pub tail: IdTail,
    /// The sender's receiving positions in the lanes of `yours`.
    pub positions: Vec<LanePosition>,
}

impl Hello {
    pub(crate) fn encode(&self, out: &mut BytesMut) {
        put_varint(out, self.version);
        put_str(out, &self.environment);
        put_str(out, self.peer.as_str());
        put_varint(out, self.incarnation.0);
        put_varint(out, self.dial);
        put_varint(out, self.ended);
        put_varint(out, self.mine);
        let yours = self.yours.unwrap_or(Memory {
            incarnation: Incarnation::NONE,
            number: 0,
        });
        put_varint(out, yours.incarnation.0);
        put_varint(out, yours.number);
        out.put_u64_le(self.tail.bits());
        put_varint(out, self.positions.len() as u64);
        for at in &self.positions {
            for number in [u64::from(at.lane.0), at.arrived, at.taken, at.credit] {
                put_varint(out, number);
            }
        }
    }

    pub(crate) fn decode(mut body: Reader<'_>) -> Result<Self, WireError> {
        let version = body.varint("version")?;
        if version != VERSION {
            return Err(WireError::Meaningless {
                what: "version",
                value: version,
            });
        }
        let environment = body.text("environment", 255)?.to_owned();
        let peer = PeerId::new(body.text("peer", 128)?).map_err(|_| WireError::Text("peer"))?;
        let incarnation = Incarnation(body.varint("incarnation")?);
        let dial = body.varint("dial number")?;
        let ended = body.varint("ended")?;
        let mine = body.varint("mine")?;
        let yours = Memory {
            incarnation: Incarnation(body.varint("yours")?),
            number: body.varint("yours")?,
        };
        let tail = IdTail::from_bits(body.u64_le("tail")?);
        let count = body.varint_to("positions", LaneId::COUNT as u64)?;
        let positions = (0..count)
            .map(|_| position(&mut body))
            .collect::<Result<_, _>>()?;
        body.finish()?;
        let yours = (yours.number > 0).then_some(yours);
        Ok(Self {
            version,
            environment,
            peer,
            incarnation,
            dial,
            ended,
            mine,
            yours,
            tail,
            positions,
        })
    }
}

fn position(body: &mut Reader<'_>) -> Result<LanePosition, WireError> {
    let number = body.varint("lane")?;
    let lane = LaneId::from_wire(number).ok_or(WireError::Meaningless {
        what: "lane",
        value: number,
    })?;
    let arrived = body.varint("arrived")?;
    let taken = body.varint_to("taken", arrived)?;
    Ok(LanePosition {
        lane,
        arrived,
        taken,
        credit: body.varint("credit")?,
    })
}

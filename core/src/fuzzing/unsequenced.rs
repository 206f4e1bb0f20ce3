//! A frame of an unsequenced lane.

use bytes::{Bytes, BytesMut};
use tokio::time::{Duration, Instant};

use super::format::Format;
use crate::dispatch::Verdict;
use crate::session::{
    LaneId, UnsequencedRead, UnsequencedReader, frame_len, kind, put_outcome_head,
    unsequenced_command, unsequenced_opening, unsequenced_outcome,
};

/// A frame of an unsequenced lane, without its length.
pub(super) struct UnsequencedFrame;

/// What one says.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    Opening,
    Command {
        kind: u8,
        number: u64,
        name: String,
        codec: u8,
        /// `None`: never too late.
        deadline: Option<u64>,
        content: Vec<u8>,
    },
    Outcome(u64, Verdict),
    Unknown(Vec<u8>),
}

const NAME: &str = "votes";

impl Format for UnsequencedFrame {
    type Value = Said;
    const NAME: &'static str = "frames/unsequenced";

    fn decode(bytes: &Bytes) -> Option<Said> {
        let clock = Instant::now();
        let mut reader = UnsequencedReader::default();
        let opening = without_len(&unsequenced_opening(LaneId::UNSEQUENCED, NAME));
        if *bytes == opening {
            return Some(Said::Opening);
        }
        reader.read(&opening, clock).ok()?;
        match reader.read(bytes, clock).ok()? {
            UnsequencedRead::Nothing => Some(Said::Unknown(bytes.to_vec())),
            UnsequencedRead::Outcome(number, outcome) => {
                Some(Said::Outcome(number, Verdict::decode(&outcome).ok()?))
            }
            UnsequencedRead::Command(_, parcel) => {
                let item = parcel.items.first()?;
                let received = parcel.received_type(item)?;
                let after = |at: Instant| at.duration_since(clock).as_millis() as u64;
                Some(Said::Command {
                    kind: item.kind & kind::HEADERS,
                    number: parcel.first,
                    name: (*received.name).into(),
                    codec: received.codec,
                    deadline: parcel.deadline(item).map(after),
                    content: parcel.body(item).to_vec(),
                })
            }
        }
    }

    fn encode(said: &Said) -> Vec<u8> {
        let write = |content: &[u8]| {
            let content = content.to_vec();
            move |out: &mut BytesMut| {
                out.extend_from_slice(&content);
                true
            }
        };
        let frame = match said {
            Said::Opening => Some(unsequenced_opening(LaneId::UNSEQUENCED, NAME)),
            Said::Unknown(bytes) => return bytes.clone(),
            Said::Outcome(number, verdict) => {
                let mut out = BytesMut::new();
                put_outcome_head(&mut out, LaneId::UNSEQUENCED, *number, verdict.status());
                out.extend_from_slice(&verdict.encode()[1..]);
                unsequenced_outcome(out.len(), write(&out))
            }
            Said::Command {
                kind,
                number,
                name,
                codec,
                deadline,
                content,
            } => {
                let of = (name.as_str(), *codec);
                let kind = kind::UNSEQUENCED_COMMAND | kind;
                let stamp = deadline.unwrap_or(u64::MAX);
                let len = content.len();
                unsequenced_command(*number, kind, of, stamp, len, write(content))
            }
        };
        without_len(&frame.unwrap_or_default()).to_vec()
    }

    fn is_open(said: &Said) -> bool {
        match said {
            Said::Opening => false,
            Said::Command { .. } | Said::Unknown(_) => true,
            Said::Outcome(_, verdict) => !matches!(
                verdict,
                Verdict::Rejected(_)
                    | Verdict::Panicked
                    | Verdict::Unhandled
                    | Verdict::Overloaded
                    | Verdict::Expired
                    | Verdict::Draining
            ),
        }
    }

    fn samples() -> Vec<Vec<u8>> {
        let command = |kind, deadline| Said::Command {
            kind,
            number: 300,
            name: "Shop.Vote".into(),
            codec: 1,
            deadline,
            content: b"\x01\x02\x03\x04\x05\x06\x07\x08\0payload".to_vec(),
        };
        let reply = Verdict::Reply(Bytes::from_static(b"\x08\x07"));
        let said = [
            Said::Opening,
            command(0, Some(Duration::from_secs(30).as_millis() as u64)),
            command(kind::HEADERS, None),
            Said::Outcome(300, reply),
            Said::Outcome(1, Verdict::Overloaded),
        ];
        said.iter().map(Self::encode).collect()
    }
}

fn without_len(frame: &Bytes) -> Bytes {
    let head = frame_len(frame).ok().flatten().map_or(0, |(head, _)| head);
    frame.slice(head..)
}

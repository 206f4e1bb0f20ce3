//! A simulated link: ordered streams of bytes both ways, in no order among each other.

use std::collections::{BTreeMap, VecDeque};

use crate::session::kind;
use crate::session::lane_id::LaneId;

/// A link as the network sees it. Streams are indexed by the side that writes them.
#[derive(Debug, Clone, Hash)]
pub(super) struct Wire {
    pub(super) dialler: usize,
    pub(super) control: [VecDeque<u8>; 2],
    pub(super) lanes: [BTreeMap<LaneId, VecDeque<u8>>; 2],
    /// Both sides may notice that it is gone, each by itself, now or later.
    pub(super) broken: bool,
    /// The acceptor has got to know of it.
    pub(super) met: bool,
    /// Which side has ended it.
    pub(super) ended: [bool; 2],
}

impl Wire {
    pub(super) fn new(dialler: usize) -> Self {
        Self {
            dialler,
            control: Default::default(),
            lanes: Default::default(),
            broken: false,
            met: false,
            ended: [false; 2],
        }
    }

    /// Whether `side` may notice that the link is gone. Until it does, bytes still arrive.
    pub(super) fn may_notice(&self, side: usize) -> bool {
        !self.ended[side] && (self.broken || self.ended[1 - side])
    }

    /// `side` has ended the link: it reads nothing any more.
    pub(super) fn end(&mut self, side: usize) {
        self.ended[side] = true;
        self.control[1 - side].clear();
        self.lanes[1 - side].clear();
    }

    /// Whether nothing more can come of it.
    pub(super) fn is_over(&self) -> bool {
        self.ended[0] && self.ended[1]
    }
}

/// How many bytes the first frame takes that counts for something: announcements and the like go
/// with what follows them. The streams of a rig hold whole frames unless a test has cut them.
pub(super) fn first_frame(bytes: &VecDeque<u8>) -> usize {
    let mut at = 0;
    // Between two messages stand an opening, an announcement, a few acknowledgements; what looks
    // longer is the middle of a frame.
    for _ in 0..8 {
        if at >= bytes.len() {
            break;
        }
        let head: Vec<u8> = bytes.range(at..).take(10).copied().collect();
        let Ok(Some((len_len, len))) = crate::session::lane_reader::frame_len(&head) else {
            return bytes.len();
        };
        let kind = head.get(len_len).copied().unwrap_or(0);
        at += len_len + len;
        if kind & kind::SEQUENCED != 0 {
            break;
        }
    }
    at.min(bytes.len())
}

/// As [`first_frame`], on control: every frame counts.
pub(super) fn first_control(bytes: &VecDeque<u8>) -> usize {
    let head: Vec<u8> = bytes.iter().take(10).copied().collect();
    match crate::session::lane_reader::frame_len(&head) {
        Ok(Some((head, len))) => (head + len).min(bytes.len()),
        _ => bytes.len(),
    }
}

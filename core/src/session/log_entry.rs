//! What a log says of one message, in 24 bytes.
//!
//! The log of a busy lane is longer than any near cache, so what is said of a message is written to
//! memory that none of them holds, and the next locked instruction waits for it. What it is read for
//! is rare: sending again, ending, acknowledging. So it is packed when it is written, once, and taken
//! apart each time it is read.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use super::kind::{MAX_FRAME, MAX_TYPES};

/// One accepted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Kind on the wire.
    pub(crate) kind: u8,
    /// The message's type, as an index into the lane's types.
    pub(crate) type_index: u32,
    /// Whether it was ever appended to any link; then nobody can say that it was not handled.
    pub(crate) appended: bool,
    pub(crate) deadline: Option<Instant>,
    pub(crate) content: Content,
    /// Cost of the log's messages up to and including this one.
    pub(crate) cost_up_to: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Body(Place),
    Void,
    Missed(u64),
}

/// Where a body lies: in the chunk that holds the message with this number, the bytes from `offset`
/// on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) sequence: u64,
    pub(super) offset: u32,
    pub(super) len: u32,
}

impl Place {
    pub(super) fn range(self) -> Range<usize> {
        let start = self.offset as usize;
        start..start + self.len as usize
    }
}

/// What is known of a message before it has a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewEntry {
    pub(crate) kind: u8,
    pub(crate) type_index: u32,
    pub(crate) appended: bool,
    pub(crate) deadline: Option<Instant>,
}

/// An [`Entry`] as it is kept. What it shares with its neighbours they keep: its number is its place
/// in the log, its chunk is found by that, and costs and deadlines are counted from the log's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedEntry {
    /// From the highest bit: 24 of the body's offset, 24 of its length, or 48 of how many were missed;
    /// 8 of the kind, 8 flags.
    what: u64,
    /// 48 bits of the cost accepted in the log's session up to and including this, 16 of the type.
    cost_and_type: u64,
    /// Nanoseconds from the log's clock, which reach 292 years; [`NEVER`] without a deadline.
    deadline: i64,
}

const APPENDED: u64 = 1;
const VOID: u64 = 2;
const MISSED: u64 = 4;
const BITS_48: u64 = (1 << 48) - 1;
const BITS_24: u64 = (1 << 24) - 1;
const NEVER: i64 = i64::MIN;

const _: () = assert!(size_of::<PackedEntry>() == 24);
// A chunk to which a frame is added holds no more than a few others.
const _: () = assert!(4 * MAX_FRAME <= 1 << 24 && MAX_TYPES <= 1 << 16);

impl PackedEntry {
    /// `cost_accepted` is that of the session up to and including this message.
    #[inline]
    pub(super) fn new(
        new: NewEntry,
        content: Content,
        cost_accepted: u64,
        clock: Option<Instant>,
    ) -> Self {
        let (place, flags) = match content {
            Content::Body(Place { offset, len, .. }) => {
                debug_assert!(u64::from(offset | len) <= BITS_24);
                (u64::from(offset) << 24 | u64::from(len), 0)
            }
            Content::Void => (0, VOID),
            Content::Missed(count) => (count.min(BITS_48), MISSED),
        };
        let flags = flags | if new.appended { APPENDED } else { 0 };
        Self {
            what: place << 16 | u64::from(new.kind) << 8 | flags,
            cost_and_type: cost_accepted << 16 | u64::from(new.type_index),
            deadline: match (clock, new.deadline) {
                (Some(clock), Some(at)) => nanoseconds(clock, at),
                _ => NEVER,
            },
        }
    }

    /// What was packed, as the message with this number, if the session has freed so much.
    #[inline]
    pub(super) fn unpack(&self, sequence: u64, cost_freed: u64, clock: Option<Instant>) -> Entry {
        let content = self.what >> 16;
        Entry {
            kind: (self.what >> 8) as u8,
            type_index: self.cost_and_type as u16 as u32,
            appended: self.what & APPENDED != 0,
            deadline: self.deadline(clock),
            content: match self.what & (VOID | MISSED) {
                0 => Content::Body(Place {
                    sequence,
                    offset: (content >> 24) as u32,
                    len: (content & BITS_24) as u32,
                }),
                VOID => Content::Void,
                _ => Content::Missed(content),
            },
            // A log never costs so much that this runs over, a session may.
            cost_up_to: (self.cost_and_type >> 16).wrapping_sub(cost_freed) & BITS_48,
        }
    }

    /// It has been appended to a link; whether it had been before.
    #[inline]
    pub(super) fn append(&mut self) -> bool {
        let before = self.what & APPENDED != 0;
        self.what |= APPENDED;
        before
    }

    /// Makes it a void; whether it was none.
    pub(super) fn void(&mut self) -> bool {
        let before = self.what & VOID != 0;
        self.what = self.what & (0xff00 | APPENDED) | VOID;
        !before
    }

    #[inline]
    fn deadline(&self, clock: Option<Instant>) -> Option<Instant> {
        if self.deadline == NEVER {
            return None;
        }
        let span = Duration::from_nanos(self.deadline.unsigned_abs());
        match self.deadline < 0 {
            true => clock?.checked_sub(span),
            false => clock?.checked_add(span),
        }
    }
}

#[inline]
fn nanoseconds(clock: Instant, at: Instant) -> i64 {
    let whole = |span: Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    match at.checked_duration_since(clock) {
        Some(after) => whole(after),
        None => -whole(clock.duration_since(at)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn some_content() -> impl Strategy<Value = Content> {
        prop_oneof![
            (0..=BITS_24 as u32, 0..=BITS_24 as u32).prop_map(|(offset, len)| {
                let sequence = 7;
                Content::Body(Place {
                    sequence,
                    offset,
                    len,
                })
            }),
            Just(Content::Void),
            (0..=BITS_48).prop_map(Content::Missed),
        ]
    }

    /// Nanoseconds before or after the clock.
    fn some_deadline() -> impl Strategy<Value = Option<i64>> {
        let year = 31_557_600_000_000_000;
        prop::option::of(prop_oneof![Just(0), -year / 1_000..year, Just(30 * year)])
    }

    proptest! {
        /// However long the session has lasted: 2^48 bytes are three days of a gigabyte a second.
        #[test]
        fn what_is_packed_comes_out_again(
            kind: u8,
            type_index in 0..MAX_TYPES as u32,
            appended: bool,
            deadline in some_deadline(),
            content in some_content(),
            freed in prop_oneof![0..1_u64 << 24, Just((1 << 48) - 1), Just(u64::MAX - (1 << 48))],
            cost_up_to in 0..1_u64 << 40,
        ) {
            // So far from the beginning of time that years may be taken away.
            let clock = Instant::now() + Duration::from_secs(1 << 30);
            let deadline = deadline.map(|after| {
                let span = Duration::from_nanos(after.unsigned_abs());
                if after < 0 { clock - span } else { clock + span }
            });
            let new = NewEntry { kind, type_index, appended, deadline };
            let entry = Entry { kind, type_index, appended, deadline, content, cost_up_to };
            let mut packed = PackedEntry::new(new, content, freed + cost_up_to, Some(clock));
            let unpack = |packed: &PackedEntry| packed.unpack(7, freed, Some(clock));
            prop_assert_eq!(unpack(&packed), entry);

            prop_assert_eq!(packed.append(), appended);
            prop_assert_eq!(unpack(&packed), Entry { appended: true, ..entry });
            prop_assert!(packed.append());

            prop_assert_eq!(packed.void(), content != Content::Void);
            let void = Entry { appended: true, content: Content::Void, ..entry };
            prop_assert_eq!(unpack(&packed), void);
            prop_assert!(!packed.void());
        }
    }

    #[test]
    fn what_is_out_of_reach_is_the_furthest_there_is() {
        let clock = Instant::now();
        let far = clock + Duration::from_secs(400 * 31_557_600);
        assert_eq!(nanoseconds(clock, far), i64::MAX);
        assert_eq!(nanoseconds(far, clock), -i64::MAX);
    }
}

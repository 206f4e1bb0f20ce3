//! Events without headers of one type, one after the other: nearly all that most lanes carry.
//!
//! Where a frame begins is known when the one before has been read, which takes longer than all that
//! is done with it: its first bytes have left the nearest caches. But most are as long as the one
//! before. So that is asked first, and the processor, which guesses the answer, reads ahead.

use super::kind;
use super::lane_reader::short_len;

/// Events without headers of one type, up to the first frame that is none of these, or is not whole.
pub(super) struct PlainEvents<'a> {
    number: u8,
    bytes: &'a [u8],
    at: usize,
    /// The first four bytes of the last frame, those of its body as 0.
    first: u32,
    /// Which of the first four are no bytes of the body.
    mask: u32,
    head: usize,
    len: usize,
}

impl<'a> PlainEvents<'a> {
    /// Those that `bytes` hold from `at` on, if the frame there is one: of a type that was announced
    /// and has a small number.
    #[inline]
    pub(super) fn new(bytes: &'a [u8], at: usize, announced: u64) -> Option<Self> {
        let rest = bytes.get(at..)?;
        let (head, len) = short_len(rest)?;
        let number = match rest.get(head..head + len)? {
            [kind::EVENT, number @ 0..0x80, ..] if u64::from(*number) < announced => *number,
            _ => return None,
        };
        Some(Self {
            number,
            bytes,
            at,
            // No frame is the same as none.
            first: 1,
            mask: 0,
            head,
            len,
        })
    }

    /// The number of the type.
    pub(super) fn number(&self) -> u8 {
        self.number
    }

    /// Where the first frame begins that was not read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Reads the head of the next frame, if it is such an event.
    #[inline]
    fn read_head(&mut self) -> Option<()> {
        let rest = self.bytes.get(self.at..)?;
        (self.head, self.len) = short_len(rest)?;
        match rest.get(self.head..)? {
            [kind::EVENT, number, ..] if *number == self.number && self.len >= 2 => {}
            _ => return None,
        }
        if let Some(first) = rest.first_chunk() {
            self.mask = if self.head == 1 { 0xff_ffff } else { u32::MAX };
            self.first = u32::from_le_bytes(*first) & self.mask;
        }
        Some(())
    }
}

/// Where the body of each lies, and its length.
impl Iterator for PlainEvents<'_> {
    type Item = (usize, usize);

    #[inline]
    fn next(&mut self) -> Option<(usize, usize)> {
        let first = self.bytes.get(self.at..)?.first_chunk();
        if first.is_none_or(|first| u32::from_le_bytes(*first) & self.mask != self.first) {
            self.read_head()?;
        }
        let start = self.at + self.head;
        let end = start + self.len;
        if end > self.bytes.len() {
            return None;
        }
        self.at = end;
        Some((start + 2, self.len - 2))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::session::frame_len;
    use crate::wire::put_bytes;

    /// What is found frame by frame.
    fn naive(bytes: &[u8]) -> (Vec<(usize, usize)>, usize) {
        let (mut found, mut at) = (Vec::new(), 0);
        while let Ok(Some((head, len))) = frame_len(&bytes[at..])
            && let Some([kind::EVENT, 3, body @ ..]) = bytes.get(at + head..at + head + len)
        {
            found.push((at + head + 2, body.len()));
            at += head + len;
        }
        (found, at)
    }

    proptest! {
        #[test]
        fn it_finds_what_is_found_frame_by_frame(
            lens in prop::collection::vec(prop::sample::select(vec![0_usize, 1, 2, 9, 125, 126, 300]), 1..9),
            repeat in 1..4_usize,
            // As long as the last event, if it is none: a command, one of another type, or cut off.
            end in prop::sample::select(vec![&[][..], &[kind::COMMAND, 3], &[kind::EVENT, 2], &[kind::EVENT]]),
            cut in prop_oneof![Just(0), 0..400_usize],
        ) {
            let mut bytes = bytes::BytesMut::new();
            for len in lens.iter().flat_map(|len| std::iter::repeat_n(*len, repeat)) {
                let mut frame = vec![kind::EVENT, 3];
                frame.resize(2 + len, 0x90);
                put_bytes(&mut bytes, &frame);
            }
            let mut last = end.to_vec();
            if last.len() == 2 {
                last.resize(2 + lens.last().copied().unwrap_or(0), 0x90);
            }
            put_bytes(&mut bytes, &last);
            let bytes = &bytes[..bytes.len().saturating_sub(cut)];
            let found = PlainEvents::new(bytes, 0, 4).map_or_else(Default::default, |mut events| {
                (events.by_ref().collect(), events.at())
            });
            prop_assert_eq!(found, naive(bytes));
        }
    }
}

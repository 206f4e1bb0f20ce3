//! The first bytes of a frame, put together in a register beside the buffer that they go into.
//!
//! Appending byte by byte asks the buffer for room each time, and an array that is filled byte by
//! byte is copied by a call: together that took a tenth of all the instructions that publishing 128
//! bytes takes.

use bytes::{BufMut, BytesMut};

/// Most bytes of a head.
const MOST: u32 = size_of::<u64>() as u32;

/// The first bytes of a frame, at most eight: a length (4), a kind, the number of a type (2).
#[derive(Default)]
pub(super) struct FrameHead {
    bits: u64,
    len: u32,
}

impl FrameHead {
    #[inline(always)]
    pub(super) fn push(&mut self, byte: u8) {
        self.push_bits(u32::from(byte), 1);
    }

    /// In its shortest spelling, as [`put_varint`](crate::wire::put_varint) writes it; below 2^28.
    #[inline(always)]
    pub(super) fn push_varint(&mut self, value: u32) {
        let mut left = value;
        while left >= 0x80 {
            self.push_bits(left & 0x7f | 0x80, 1);
            left >>= 7;
        }
        self.push_bits(left, 1);
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    /// The same behind a frame's length.
    #[inline(always)]
    pub(super) fn after_len(self, len: usize) -> Self {
        let mut head = Self::default();
        if len < 0x80 {
            head.push_bits(len as u32, 1);
        } else if len < 0x4000 {
            head.push_bits((len & 0x7f | 0x80 | len >> 7 << 8) as u32, 2);
        } else {
            head.push_varint(len as u32);
        }
        head.bits |= self.bits << (8 * head.len % u64::BITS);
        head.len += self.len;
        head
    }

    #[inline(always)]
    fn push_bits(&mut self, bits: u32, len: u32) {
        debug_assert!(self.len + len <= MOST);
        self.bits |= u64::from(bits) << (8 * self.len % u64::BITS);
        self.len += len;
    }

    /// Appends it: all eight bytes at once, of which those that are none of it go again.
    #[inline(always)]
    pub(super) fn put(self, out: &mut BytesMut) {
        let end = out.len() + self.len as usize;
        out.put_u64_le(self.bits);
        out.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::{MAX_FRAME, MAX_TYPES};
    use super::*;
    use crate::wire::put_varint;

    fn put(head: FrameHead) -> BytesMut {
        let mut out = BytesMut::from(&b"before"[..]);
        head.put(&mut out);
        out
    }

    #[test]
    fn its_varints_and_its_length_are_those_of_the_wire() {
        for value in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, MAX_FRAME as u32] {
            let (mut pushed, mut before) = (FrameHead::default(), FrameHead::default());
            pushed.push(7);
            pushed.push_varint(value);
            before.push(7);
            let mut expected = b"before\x07".to_vec();
            put_varint(&mut expected, u64::from(value));
            assert_eq!(put(pushed), expected);
            let mut expected = b"before".to_vec();
            put_varint(&mut expected, u64::from(value));
            expected.push(7);
            assert_eq!(put(before.after_len(value as usize)), expected);
        }
    }

    #[test]
    fn the_longest_head_has_room() {
        let mut head = FrameHead::default();
        head.push(1);
        head.push_varint(MAX_TYPES as u32 - 1);
        assert_eq!(head.after_len(MAX_FRAME).len(), 7);
    }
}

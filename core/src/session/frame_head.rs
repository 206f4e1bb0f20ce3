//! The first bytes of a frame, put together beside the buffer that they go into.
//!
//! Appending byte by byte asks the buffer for room each time, which took a tenth of all the
//! instructions that publishing 128 bytes takes.

/// A length, a kind, the number of a type and a stamp, each as long as it can be, rounded up to a
/// power of two: so that no index is checked.
const MOST: usize = 32;

/// The first bytes of a frame, at most 32.
#[derive(Default)]
pub(super) struct FrameHead {
    bytes: [u8; MOST],
    len: usize,
}

impl FrameHead {
    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        debug_assert!(self.len < MOST);
        self.bytes[self.len % MOST] = byte;
        self.len += 1;
    }

    /// In its shortest spelling, as [`put_varint`](crate::wire::put_varint) writes it.
    #[inline]
    pub(super) fn push_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len.min(MOST)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::put_varint;

    #[test]
    fn its_varints_are_those_of_the_wire() {
        for value in [
            0,
            1,
            0x7f,
            0x80,
            0x3fff,
            0x4000,
            u64::from(u32::MAX),
            u64::MAX,
        ] {
            let (mut head, mut expected) = (FrameHead::default(), Vec::new());
            head.push(7);
            head.push_varint(value);
            expected.push(7);
            put_varint(&mut expected, value);
            assert_eq!(head.bytes(), expected);
        }
    }

    #[test]
    fn the_longest_head_has_room() {
        let mut head = FrameHead::default();
        head.push_varint(u64::MAX);
        head.push(1);
        head.push_varint(u64::MAX);
        head.push_varint(u64::MAX);
        assert_eq!(head.bytes().len(), 31);
    }
}

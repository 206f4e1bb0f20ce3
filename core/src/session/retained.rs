//! How much memory what has come keeps from being freed.
//!
//! A transport reads many datagrams at once into one allocation, and hands out slices of it. A slice
//! does not tell how much it keeps, and the smallest keeps all.

use bytes::Bytes;

/// Most bytes of one allocation that a transport's chunks are slices of: what a system hands over at
/// once of one sender's datagrams.
pub(crate) const BATCH: u64 = 64 << 10;

/// The allocation that the last chunk of a read lies in, as far as it was seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Batches {
    from: usize,
    to: usize,
}

impl Batches {
    /// How many bytes the next chunk of a read keeps that those before it do not. Chunks that lie
    /// one behind the other within the length of a batch are taken for slices of one; where two
    /// batches lie side by side that is half of what they are.
    #[inline]
    pub(super) fn add(&mut self, chunk: &Bytes) -> u64 {
        let (from, len) = (chunk.as_ptr().addr(), chunk.len());
        let to = from.saturating_add(len);
        if from >= self.to && self.to > 0 && (to - self.from) as u64 <= BATCH {
            self.to = to;
            return 0;
        }
        (self.from, self.to) = (from, to);
        BATCH.max(len as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_one_batch_keep_it_once_and_any_other_keeps_its_own() {
        let batch = Bytes::from(vec![0; BATCH as usize]);
        let mut batches = Batches::default();
        let mut add = |chunk: Bytes| batches.add(&chunk);
        let slices = [0..100, 6_500..13_000, 13_000..(64 << 10)];
        assert_eq!(slices.map(|at| add(batch.slice(at))), [BATCH, 0, 0]);
        assert_eq!(add(batch.slice(..10)), BATCH, "it lies before the last");
        assert_eq!(add(Bytes::from(vec![0; 1 << 20])), 1 << 20);
    }
}

//! How much of the socket is read at once.
//!
//! Quinn offers 32 buffers of 64 KiB and copies what came out of them. A system call that fills many
//! with single datagrams saves calls. Where the kernel has joined datagrams one buffer is a batch
//! already, and several of them leave the second-level cache before they are copied: of eight links
//! at full speed raw QUIC took a sixth less processor time when it read them one by one (0.14 and
//! 0.115 µs for each message of 128 bytes), the bus a tenth.
//!
//! And quinn reads for 50 µs before anybody else has a turn. What came is handled by three more
//! tasks, and where eight links do so on one thread all of it has left the cache by then: with a
//! pause after 128 KiB the same events took another tenth less.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use quinn::udp::RecvMeta;

/// Bytes in one buffer from which on it is a batch by itself.
const JOINED: usize = 16 << 10;
/// So many of these are read, then those have their turn who handle them.
const IN_A_ROW: usize = 2;

/// How much of the socket is read at once.
#[derive(Debug, Default)]
pub(crate) struct ReceiveBatch {
    /// Whether the last read found datagrams that the kernel had joined.
    joined: AtomicBool,
    /// Batches read since the last pause.
    in_a_row: AtomicUsize,
}

impl ReceiveBatch {
    /// How many of `offered` buffers are to be filled, at least one if there is one. `None`: whoever
    /// reads pauses, once, and lets others have their turn.
    pub(crate) fn next_size(&self, offered: usize) -> Option<usize> {
        if self.in_a_row.load(Ordering::Relaxed) >= IN_A_ROW {
            self.nothing_left();
            return None;
        }
        Some(match self.joined.load(Ordering::Relaxed) {
            true => offered.min(1),
            false => offered,
        })
    }

    /// What a read has brought.
    pub(crate) fn received(&self, metas: &[RecvMeta]) {
        let joined = metas.iter().any(|meta| meta.len >= JOINED);
        if self.joined.load(Ordering::Relaxed) != joined {
            self.joined.store(joined, Ordering::Relaxed);
        }
        // Only the endpoint's driver reads: nothing comes between the two.
        let before = self.in_a_row.load(Ordering::Relaxed);
        self.in_a_row
            .store(before + usize::from(joined), Ordering::Relaxed);
    }

    /// Nothing was left to read: others have their turn now.
    pub(crate) fn nothing_left(&self) {
        self.in_a_row.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(len: usize) -> RecvMeta {
        RecvMeta {
            len,
            ..RecvMeta::default()
        }
    }

    #[test]
    fn joined_datagrams_are_read_one_buffer_at_a_time_and_single_ones_many() {
        let batch = ReceiveBatch::default();
        assert_eq!(
            (batch.next_size(32), batch.next_size(0)),
            (Some(32), Some(0))
        );
        batch.received(&[of(1_200), of(65_000)]);
        assert_eq!(
            (batch.next_size(32), batch.next_size(0)),
            (Some(1), Some(0))
        );
        batch.received(&[of(6_500)]);
        assert_eq!(batch.next_size(32), Some(32));
    }

    #[test]
    fn after_two_batches_there_is_one_pause_and_none_where_nothing_was_left() {
        let batch = ReceiveBatch::default();
        let sizes = |count: usize| -> Vec<_> {
            let read = |_| {
                let size = batch.next_size(32);
                if size.is_some() {
                    batch.received(&[of(65_000)]);
                }
                size
            };
            (0..count).map(read).collect()
        };
        assert_eq!(sizes(3), [Some(32), Some(1), None]);
        assert_eq!(sizes(4), [Some(1), Some(1), None, Some(1)]);
        batch.nothing_left();
        assert_eq!(sizes(3), [Some(1), Some(1), None]);
    }
}

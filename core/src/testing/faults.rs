//! What really happened on a network, so that a test can prove that its faults fired.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// What was done to the traffic of a [`MemoryNetwork`](super::MemoryNetwork) since it was
        /// made.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct Faults {
            $($(#[$doc])+ pub $name: u64,)+
        }

        /// The same numbers while they grow.
        #[derive(Debug, Default)]
        pub(super) struct Counters {
            $(pub(super) $name: Counter,)+
        }

        impl Counters {
            pub(super) fn read(&self) -> Faults {
                Faults { $($name: self.$name.0.load(Ordering::Relaxed),)+ }
            }
        }
    };
}

counters! {
    /// Links that [`cut`](super::MemoryNetwork::cut) broke.
    links_cut,
    /// Links that broke because a process on one of their ends was
    /// [killed](super::MemoryNetwork::kill).
    links_killed,
    /// Ends of links that heard nothing for 10 s and gave up.
    ends_timed_out,
    /// Ends of links that met an end after a heal that no longer knew them.
    ends_forgotten,
    /// Bytes that were on their way when their link or lane ended and never arrived.
    bytes_lost,
    /// Bytes that met a [black hole](super::MemoryNetwork::black_hole); they arrive if it is
    /// healed in time.
    bytes_held,
    /// Closes whose reason met a black hole and never arrived.
    closes_lost,
    /// Pieces that travelled for a while.
    pieces_delayed,
    /// Cuts through chunks: each can go through a frame.
    chunks_split,
    /// Dials that were [refused](super::MemoryNetwork::refuse_dials_to).
    dials_refused,
    /// Dials that got no answer within the handshake time-out.
    dials_unanswered,
}

/// One of the numbers.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }
}

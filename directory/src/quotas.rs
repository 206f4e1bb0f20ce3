//! How much one directory holds.

/// How much one directory holds. What a single peer may hold is fixed:
/// [`Subscriptions`](quibus::directory::Subscriptions) and
/// [`TypeList`](quibus::directory::TypeList) say it.
///
/// All servers of a directory need the same quotas, else they decide differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Most peers at a time.
    pub peers: usize,
    /// Most peers whose last incarnation is remembered after they left. Beyond it the longest gone
    /// is forgotten; numbers keep growing all the same.
    pub remembered: usize,
    /// Most types that all peers together say they know.
    pub described_types: usize,
    /// Most bytes of all descriptions of types, each counted once.
    pub description_bytes: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            peers: 100_000,
            remembered: 100_000,
            described_types: 1 << 20,
            description_bytes: 64 << 20,
        }
    }
}

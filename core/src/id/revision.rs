//! The order of the directory's changes.

use std::fmt;

/// Which directory state is meant: made when a directory's state begins, so that two states that
/// count from the same number are never taken for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ClusterId(pub u128);

/// One change of the directory's state: (cluster, index, place within a batch).
///
/// Revisions of different clusters are not comparable in any useful way; a changed cluster means
/// that the whole state has to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision {
    /// The state that is counted.
    pub cluster: ClusterId,
    /// The index of the command that made the change.
    pub index: u64,
    /// The change's place among the changes of that command, from 0.
    pub sub: u32,
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.index, self.sub)
    }
}

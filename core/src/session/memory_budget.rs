//! What all lanes, windows and queues of a process may hold together (promise 20).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of the whole, the part that only the bus's own lanes may take: an eighth.
const RESERVE: u64 = 8;

/// How many bytes a process may hold for others beyond what every lane and link has beforehand.
///
/// Credit given to senders, logs of what is not acknowledged and the windows of links are taken
/// out of it, in steps of at least 256 KiB: nobody asks it per message. When it is used up, nothing
/// fails and nothing stops; lanes and links go on with what they have, at least 256 KiB a lane, and
/// ask again. An eighth is kept for outcomes and for the bus's own messages.
///
/// A log gives its part back when it is empty or its receiver is down. Credit is a promise that is
/// not taken back while its link lives: a lane that was busy holds its part until the link has been
/// closed as idle.
///
/// Cloning gives another handle to the same: several buses of one process share it by being given
/// clones.
#[derive(Debug, Clone)]
pub struct MemoryBudget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: u64,
    taken: AtomicU64,
    refusals: AtomicU64,
}

impl MemoryBudget {
    /// The least that makes sense: two lanes at full speed, in bytes.
    pub const LEAST: u64 = 16 << 20;
    /// What a process may hold unless it is told otherwise, in bytes.
    pub const DEFAULT: u64 = 512 << 20;

    /// A budget of so many bytes.
    pub fn new(bytes: u64) -> Self {
        Self {
            shared: Arc::new(Shared {
                limit: bytes,
                taken: AtomicU64::new(0),
                refusals: AtomicU64::new(0),
            }),
        }
    }

    /// Its size in bytes.
    pub fn limit(&self) -> u64 {
        self.shared.limit
    }

    /// Bytes that are taken.
    pub fn taken(&self) -> u64 {
        self.shared.taken.load(Ordering::Relaxed)
    }

    /// How often somebody asked and had to go on with what it had.
    pub fn refusals(&self) -> u64 {
        self.shared.refusals.load(Ordering::Relaxed)
    }

    /// A part of it, nothing at first; given back when it is dropped.
    pub fn part(&self, urgent: bool) -> Part {
        Part {
            budget: self.clone(),
            urgent,
            held: 0,
        }
    }

    fn take(&self, bytes: u64, urgent: bool) -> bool {
        let Shared { limit, taken, .. } = &*self.shared;
        let limit = if urgent {
            *limit
        } else {
            limit - limit / RESERVE
        };
        let more = |taken: u64| taken.checked_add(bytes).filter(|taken| *taken <= limit);
        let granted = taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .is_ok();
        if !granted {
            self.shared.refusals.fetch_add(1, Ordering::Relaxed);
        }
        granted
    }
}

impl Default for MemoryBudget {
    /// 512 MiB.
    fn default() -> Self {
        Self::new(Self::DEFAULT)
    }
}

impl From<u64> for MemoryBudget {
    fn from(bytes: u64) -> Self {
        Self::new(bytes)
    }
}

/// What one lane or link holds of a [`MemoryBudget`].
#[derive(Debug)]
pub struct Part {
    budget: MemoryBudget,
    urgent: bool,
    held: u64,
}

impl Part {
    /// Bytes held.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// Holds exactly so many bytes from now on, if there are that many. `false`: nothing changes.
    pub fn resize(&mut self, bytes: u64) -> bool {
        match bytes.checked_sub(self.held) {
            Some(0) => return true,
            Some(more) if !self.budget.take(more, self.urgent) => return false,
            Some(_) => {}
            None => {
                let less = self.held - bytes;
                self.budget.shared.taken.fetch_sub(less, Ordering::AcqRel);
            }
        }
        self.held = bytes;
        true
    }
}

impl Clone for Part {
    /// Holds as much again, even beyond the limit: copies are for exploring what could happen.
    fn clone(&self) -> Self {
        let taken = &self.budget.shared.taken;
        taken.fetch_add(self.held, Ordering::AcqRel);
        Self {
            budget: self.budget.clone(),
            ..*self
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eighth_is_kept_for_what_is_urgent_and_all_comes_back() {
        let budget = MemoryBudget::new(800);
        let (mut plain, mut urgent) = (budget.part(false), budget.part(true));
        assert!(plain.resize(700) && !plain.resize(701) && plain.resize(700));
        assert!(!urgent.resize(101) && urgent.resize(100));
        assert_eq!((budget.taken(), budget.refusals()), (800, 2));
        assert!(plain.resize(300) && urgent.resize(150));
        drop((plain, urgent));
        assert_eq!(budget.taken(), 0);
    }
}

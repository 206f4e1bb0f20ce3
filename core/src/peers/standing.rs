//! Whether messages may go to a peer, and what follows when that changes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::consequences::Consequences;
use super::peer::Peer;
use crate::id::Incarnation;
use crate::session::SaidBy;

/// What the directory, or the peer itself, says about whether messages may go to it (promise 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Standing {
    Unknown = 0,
    Up,
    Silent,
    Draining,
    Down,
}

impl Peer {
    /// Whether messages may go to it.
    pub(crate) fn standing(&self) -> Standing {
        let standing = self.directory_standing();
        let leaving = self.lanes().refuses_events(SaidBy::Itself) && standing != Standing::Down;
        if leaving {
            Standing::Draining
        } else {
            standing
        }
    }

    fn directory_standing(&self) -> Standing {
        match self.standing.load(Ordering::Relaxed) {
            1 => Standing::Up,
            2 => Standing::Silent,
            3 => Standing::Draining,
            4 => Standing::Down,
            _ => Standing::Unknown,
        }
    }

    /// The directory's word on the peer. What it returns is to be performed after unlocking.
    #[must_use]
    pub(crate) fn set_standing(self: &Arc<Self>, standing: Standing) -> Option<Consequences> {
        let before = self.standing.swap(standing as u8, Ordering::Relaxed);
        let takes_events = !matches!(standing, Standing::Down | Standing::Draining);
        self.lanes().take_events(SaidBy::Directory, takes_events);
        if standing == Standing::Down {
            let mut effects = self.session().go_down();
            self.unsequenced().go_down(&mut effects.losses);
            return Consequences::of(self, effects, self.waiting_bodies());
        }
        if before == Standing::Down as u8 {
            self.session().come_up();
            self.unsequenced().come_up();
            self.dial_if_wanted();
        }
        None
    }

    /// The directory shows this run of the peer. What it returns is to be performed after
    /// unlocking.
    #[must_use]
    pub(crate) fn show(self: &Arc<Self>, incarnation: Incarnation) -> Option<Consequences> {
        let effects = self.session().replica_shows(incarnation);
        Consequences::of(self, effects, Vec::new())
    }
}

//! All lanes of one session, each half behind a lock of its own.
//!
//! A lane is locked for the few dozen nanoseconds that a message is entered or a batch parked;
//! nothing is locked that two peers, or two lanes, share. Whoever holds the session's lock may
//! lock lanes, never the other way round.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::inbound::Inbound;
use super::lane_id::LaneId;
use super::lock::{Mutex, MutexGuard};
use super::memory_budget::MemoryBudget;
use super::outbound::Outbound;
use super::share::Share;
use super::window::Window;

/// The lanes between this process and one peer.
#[derive(Debug)]
pub(crate) struct Lanes {
    out: Vec<Mutex<Outbound>>,
    inn: Vec<Mutex<Inbound>>,
    /// Bodies that are to be asked for on the next link (R12).
    bodies_without_link: AtomicUsize,
    /// Whether the peer takes no events, by who says so (promise 9).
    unwilling: [AtomicBool; 2],
}

/// Who says that a peer takes no events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SaidBy {
    Directory = 0,
    Itself,
}

impl Lanes {
    /// `names` are this process's lanes in the order of their numbers.
    pub(crate) fn new(name: impl Fn(LaneId) -> &'static str, budget: &MemoryBudget) -> Self {
        let ids = || (0..LaneId::COUNT as u8).map(LaneId);
        Self {
            out: ids()
                .map(|lane| Mutex::new(Outbound::new(lane, name(lane), Share::new(lane, budget))))
                .collect(),
            inn: ids()
                .map(|lane| Mutex::new(Inbound::new(lane, Window::new(lane, budget))))
                .collect(),
            bodies_without_link: AtomicUsize::new(0),
            unwilling: Default::default(),
        }
    }

    /// Whether events are put into them (promise 9).
    #[inline]
    pub(crate) fn takes_events(&self) -> bool {
        !(self.refuses_events(SaidBy::Directory) | self.refuses_events(SaidBy::Itself))
    }

    /// Whether it takes none, as far as it is for `who` to say.
    pub(crate) fn refuses_events(&self, who: SaidBy) -> bool {
        self.unwilling[who as usize].load(Ordering::Relaxed)
    }

    /// Whether events are put into them from now on, as far as it is for `who` to say.
    pub(crate) fn take_events(&self, who: SaidBy, take: bool) {
        self.unwilling[who as usize].store(!take, Ordering::Relaxed);
    }

    /// Their peer has ended: nothing is held any more, and nothing entered.
    pub(crate) fn let_go(&self) {
        for lane in (0..LaneId::COUNT as u8).map(LaneId) {
            self.out(lane).let_go();
            self.inn(lane).let_go();
        }
    }

    /// The sending half of one of our lanes.
    #[inline]
    pub(crate) fn out(&self, lane: LaneId) -> MutexGuard<'_, Outbound> {
        self.out[lane.index()]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The receiving half of one of the other side's lanes.
    pub(crate) fn inn(&self, lane: LaneId) -> MutexGuard<'_, Inbound> {
        self.inn[lane.index()]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anything is not acknowledged.
    pub(crate) fn is_waiting(&self) -> bool {
        LaneId::sequenced().any(|lane| self.out(lane).is_waiting())
    }

    /// Whether a body is to be asked for and no link is there for that.
    pub(crate) fn awaits_bodies(&self) -> bool {
        self.bodies_without_link.load(Ordering::Acquire) > 0
    }

    pub(crate) fn set_bodies_without_link(&self, bodies: usize) {
        self.bodies_without_link.store(bodies, Ordering::Release);
    }
}

impl Clone for Lanes {
    /// A deep copy, for exploring what could happen.
    fn clone(&self) -> Self {
        let ids = || (0..LaneId::COUNT as u8).map(LaneId);
        Self {
            out: ids()
                .map(|lane| Mutex::new(self.out(lane).clone()))
                .collect(),
            inn: ids()
                .map(|lane| Mutex::new(self.inn(lane).clone()))
                .collect(),
            bodies_without_link: AtomicUsize::new(0),
            unwilling: self
                .unwilling
                .each_ref()
                .map(|said| AtomicBool::new(said.load(Ordering::Relaxed))),
        }
    }
}

//! All lanes of one session, each half behind a lock of its own.
//!
//! A lane is locked for the few dozen nanoseconds that a message is entered or a batch parked;
//! nothing is locked that two peers, or two lanes, share. Whoever holds the session's lock may
//! lock lanes, never the other way round.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use super::half::{Half, Idle, Used};
use super::inbound::Inbound;
use super::lane_id::LaneId;
use super::lane_names::LaneNames;
use super::lock::{Mutex, MutexGuard};
use super::memory_budget::MemoryBudget;
use super::outbound::Outbound;
use super::outbound_end::Losses;
use super::share::Share;
use super::window::Window;

/// The lanes between this process and one peer, each half made when it is first used.
#[derive(Debug)]
pub(crate) struct Lanes {
    names: Arc<LaneNames>,
    budget: MemoryBudget,
    out: [Mutex<Half<Outbound>>; LaneId::COUNT],
    inn: [Mutex<Half<Inbound>>; LaneId::COUNT],
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
    /// `names` are this process's lanes.
    pub(crate) fn new(names: Arc<LaneNames>, budget: &MemoryBudget) -> Self {
        Self {
            names,
            budget: budget.clone(),
            out: std::array::from_fn(|_| Mutex::new(Half::new())),
            inn: std::array::from_fn(|_| Mutex::new(Half::new())),
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
            self.change_out(lane, Outbound::let_go, |idle| idle.stopped = true);
            self.change_inn(lane, Inbound::let_go, |idle| idle.link = None);
        }
    }

    /// The sending half of one of our lanes, made if need be.
    #[inline(always)]
    pub(crate) fn out(&self, lane: LaneId) -> Used<'_, Outbound> {
        Used::or_make(self.lock_out(lane), |idle| self.make_out(lane, idle))
    }

    /// The receiving half of one of the other side's lanes, made if need be.
    pub(crate) fn inn(&self, lane: LaneId) -> Used<'_, Inbound> {
        Used::or_make(self.lock_inn(lane), |idle| self.make_inn(lane, idle))
    }

    /// The sending half, if anything was ever sent in it.
    pub(crate) fn out_if_used(&self, lane: LaneId) -> Option<Used<'_, Outbound>> {
        Used::if_made(self.lock_out(lane))
    }

    /// The receiving half, if anything ever came in it.
    pub(crate) fn inn_if_used(&self, lane: LaneId) -> Option<Used<'_, Inbound>> {
        Used::if_made(self.lock_inn(lane))
    }

    /// Does something with the sending half, or with what it is to begin with.
    pub(super) fn change_out<R>(
        &self,
        lane: LaneId,
        made: impl FnOnce(&mut Outbound) -> R,
        idle: impl FnOnce(&mut Idle),
    ) -> Option<R> {
        self.lock_out(lane).change(made, idle)
    }

    /// Does something with the receiving half, or with what it is to begin with.
    pub(super) fn change_inn<R>(
        &self,
        lane: LaneId,
        made: impl FnOnce(&mut Inbound) -> R,
        idle: impl FnOnce(&mut Idle),
    ) -> Option<R> {
        self.lock_inn(lane).change(made, idle)
    }

    /// Which session they are in.
    pub(crate) fn epoch(&self) -> u64 {
        let mut half = self.lock_out(LaneId::DEFAULT);
        let idle = half.idle().epoch;
        half.made_mut().map_or(idle, |out| out.epoch())
    }

    /// Ends every send because this bus stops.
    pub(crate) fn stop(&self, losses: &mut Losses) {
        for lane in LaneId::sequenced() {
            self.change_out(lane, |out| out.stop(losses), |idle| idle.stopped = true);
        }
    }

    /// Lets nothing more into our own lanes, if nothing is left in them. `false`: something is, and
    /// that lane and those behind it go on.
    pub(crate) fn seal(&self, losses: &mut Losses) -> bool {
        let seal = |out: &mut Outbound, losses: &mut Losses| {
            let empty = !out.is_waiting() && out.pending.len() == 0;
            if empty {
                out.stop(losses);
            }
            empty
        };
        let mut own = LaneId::sequenced().filter(|lane| lane.is_application());
        own.all(|lane| {
            let sealed = self.change_out(lane, |out| seal(out, losses), |idle| idle.stopped = true);
            sealed.unwrap_or(true)
        })
    }

    /// How many commands wait for their outcome.
    pub(crate) fn in_flight(&self) -> usize {
        let used = LaneId::sequenced().filter_map(|lane| self.out_if_used(lane));
        used.map(|out| out.pending.len()).sum()
    }

    /// Whether anything is not acknowledged.
    pub(crate) fn is_waiting(&self) -> bool {
        let waits = |lane| self.out_if_used(lane).is_some_and(|out| out.is_waiting());
        LaneId::sequenced().any(waits)
    }

    /// Whether a message still waits to be delivered; voids and outcomes don't count.
    pub(crate) fn has_messages(&self) -> bool {
        let has = |lane| self.out_if_used(lane).is_some_and(|out| out.has_messages());
        LaneId::sequenced().any(has)
    }

    /// Whether a body is to be asked for and no link is there for that.
    pub(crate) fn awaits_bodies(&self) -> bool {
        self.bodies_without_link.load(Ordering::Acquire) > 0
    }

    pub(crate) fn set_bodies_without_link(&self, bodies: usize) {
        self.bodies_without_link.store(bodies, Ordering::Release);
    }
}

impl Lanes {
    #[inline(never)]
    fn make_out(&self, lane: LaneId, idle: Idle) -> Box<Outbound> {
        let share = Share::new(lane, &self.budget);
        let mut out = Outbound::new(lane, self.names.name(lane), share);
        out.begin(idle);
        Box::new(out)
    }

    #[inline(never)]
    fn make_inn(&self, lane: LaneId, idle: Idle) -> Box<Inbound> {
        let mut inn = Inbound::new(lane, Window::new(lane, &self.budget));
        inn.begin(idle);
        Box::new(inn)
    }

    #[inline]
    fn lock_out(&self, lane: LaneId) -> MutexGuard<'_, Half<Outbound>> {
        self.out[lane.index()]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn lock_inn(&self, lane: LaneId) -> MutexGuard<'_, Half<Inbound>> {
        self.inn[lane.index()]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Lanes {
    /// A deep copy, for exploring what could happen.
    fn clone(&self) -> Self {
        let out = |at| self.lock_out(LaneId(at as u8)).clone();
        let inn = |at| self.lock_inn(LaneId(at as u8)).clone();
        Self {
            names: self.names.clone(),
            budget: self.budget.clone(),
            out: std::array::from_fn(|at| Mutex::new(out(at))),
            inn: std::array::from_fn(|at| Mutex::new(inn(at))),
            bodies_without_link: AtomicUsize::new(0),
            unwilling: self
                .unwilling
                .each_ref()
                .map(|said| AtomicBool::new(said.load(Ordering::Relaxed))),
        }
    }
}

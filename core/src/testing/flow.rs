//! One direction of a link: its lanes, how long they take, and whether anything passes at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::connection::Wakes;
use super::delay::Delay;
use super::faults::Counters;
use super::lane::{Lane, Reading};

/// Lanes besides control that one side may have open, as on QUIC (24 unidirectional streams);
/// further ones wait until one of these has gone.
const OPEN_LANES: usize = 24;
/// Lanes that one side may have open or waiting.
const MAX_LANES: usize = 2 * OPEN_LANES + 1;

#[derive(Debug)]
pub(super) struct Flow {
    pub(super) lanes: BTreeMap<u64, Lane>,
    pub(super) delay: Delay,
    /// Since when nothing passes.
    pub(super) hole: Option<Instant>,
    pub(super) random: fastrand::Rng,
    pub(super) counters: Arc<Counters>,
    next_lane: u64,
    control_opened: bool,
    control_accepted: bool,
}

/// What `accept` finds.
pub(super) enum Acceptable {
    Lane(u64),
    NothingBefore(Instant),
    Nothing,
}

impl Flow {
    pub(super) fn new(delay: Delay, random: fastrand::Rng, counters: Arc<Counters>) -> Self {
        Self {
            lanes: BTreeMap::new(),
            delay,
            hole: None,
            random,
            counters,
            next_lane: 0,
            control_opened: false,
            control_accepted: false,
        }
    }

    /// A new lane, or what its opener did wrong.
    pub(super) fn open(&mut self, control: bool) -> Result<u64, &'static str> {
        if control && self.control_opened {
            return Err("the control lane was opened twice");
        }
        if self.lanes.len() >= MAX_LANES {
            return Err("too many lanes were opened");
        }
        self.control_opened |= control;
        let number = self.next_lane;
        self.next_lane += 1;
        let lane = Lane::new(control, self.random.fork());
        self.lanes.insert(number, lane);
        self.admit();
        Ok(number)
    }

    /// Accepts the next lane: control first, the others as they arrive.
    pub(super) fn accept(&mut self, now: Instant) -> Acceptable {
        if self.hole.is_some() {
            return Acceptable::Nothing;
        }
        let control = !self.control_accepted;
        let waiting = self.lanes.iter_mut().filter_map(|(number, lane)| {
            let wanted = lane.reading == Reading::NotYet && lane.control == control;
            Some((lane.appears(now).filter(|_| wanted)?, *number, lane))
        });
        match waiting.min_by_key(|(appears, number, _)| (*appears, *number)) {
            None => Acceptable::Nothing,
            Some((appears, ..)) if appears > now => Acceptable::NothingBefore(appears),
            Some((_, number, lane)) => {
                lane.reading = Reading::Now;
                self.control_accepted = true;
                Acceptable::Lane(number)
            }
        }
    }

    /// Forgets a lane that nobody writes or reads any more, which makes room for another.
    pub(super) fn forget_if_done(&mut self, number: u64, wakes: &mut Wakes) {
        let done = |lane: &Lane| !lane.has_writer && lane.reading == Reading::NoMore;
        if self.lanes.get(&number).is_some_and(done) {
            self.lanes.remove(&number);
            self.admit();
            self.wake_writers(wakes);
        }
    }

    /// Nothing passes from now on.
    pub(super) fn stop(&mut self, now: Instant) {
        if self.hole.is_none() {
            self.hole = Some(now);
            let held = self.lanes.values().map(Lane::buffered).sum();
            self.counters.bytes_held.add(held);
        }
    }

    pub(super) fn wake_writers(&mut self, wakes: &mut Wakes) {
        for lane in self.lanes.values_mut() {
            wakes.add(lane.writer.take());
        }
    }

    pub(super) fn wake_readers(&mut self, wakes: &mut Wakes) {
        for lane in self.lanes.values_mut() {
            wakes.add(lane.reader.take());
        }
    }

    fn admit(&mut self) {
        let counted = |lane: &&Lane| lane.admitted && !lane.control;
        let open = self.lanes.values().filter(counted).count();
        let waiting = self.lanes.values_mut().filter(|lane| !lane.admitted);
        for lane in waiting.take(OPEN_LANES.saturating_sub(open)) {
            lane.admitted = true;
        }
    }
}

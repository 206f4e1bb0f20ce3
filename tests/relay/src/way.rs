//! One direction: its sky, what is on its way, and what has been counted. Pure, as the sky is.

use std::time::Duration;

use super::counters::Counts;
use super::direction::Direction;
use super::load::{Load, Room};
use super::sky::{Fate, Passage, Sky};
use super::weather::Weather;

/// Where all packets of one direction are decided upon and counted.
#[derive(Debug)]
pub(crate) struct Way {
    sky: Sky,
    load: Load,
    counts: Counts,
}

impl Way {
    /// A clear sky with nothing under it.
    pub(crate) fn new(seed: u64, direction: Direction, room: Room) -> Self {
        Self {
            sky: Sky::seeded(seed, direction),
            load: Load::within(room),
            counts: Counts::default(),
        }
    }

    /// The weather now.
    pub(crate) fn weather(&self) -> &Weather {
        self.sky.weather()
    }

    /// The weather from now on.
    pub(crate) fn set_weather(&mut self, weather: Weather) {
        self.sky.set_weather(weather);
    }

    /// What has been counted.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            in_flight: self.load.packets() as u64,
            ..self.counts
        }
    }

    /// A packet has come in: its number, counted from 1, and how it and its copy arrive. Each of
    /// them is on its way until it is reported as [gone](Self::gone).
    pub(crate) fn enter(&mut self, len: usize, now: Duration) -> (u64, [Option<Passage>; 2]) {
        let counts = &mut self.counts;
        counts.received += 1;
        let mut passages = [None; 2];
        match self.sky.decide(len, now) {
            Fate::Cut => counts.cut += 1,
            Fate::Lost => counts.lost += 1,
            Fate::Overflowed => counts.overflowed += 1,
            Fate::Arrives(first, copy) => {
                counts.duplicated += u64::from(copy.is_some());
                passages = [Some(first), copy].map(|passage| self.admit(passage?, len, now));
            }
        }
        (self.counts.received, passages)
    }

    /// Packets came in that there is no way to send.
    pub(crate) fn refuse(&mut self, packets: u64) {
        self.counts.received += packets;
        self.counts.refused += packets;
    }

    /// A packet has gone out, after another that had come in later (`reordered`) or not; or the
    /// operating system took it not (`refused`).
    pub(crate) fn gone(&mut self, len: usize, reordered: bool, refused: bool) {
        self.load.release(len);
        if refused {
            self.counts.refused += 1;
            return;
        }
        self.counts.forwarded += 1;
        self.counts.forwarded_bytes += len as u64;
        self.counts.reordered += u64::from(reordered);
    }

    fn admit(&mut self, passage: Passage, len: usize, now: Duration) -> Option<Passage> {
        if !self.load.take(len) {
            self.counts.overflowed += 1;
            return None;
        }
        self.counts.delayed += u64::from(passage.at > now);
        self.counts.corrupted += u64::from(passage.corruption.is_some());
        Some(passage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Chance;

    #[test]
    fn every_packet_is_accounted_for() {
        let room = Room {
            packets: 150,
            bytes: 1 << 20,
        };
        let mut way = Way::new(7, Direction::ToTarget, room);
        way.set_weather(Weather {
            loss: Chance::of(0.1),
            duplicate: Chance::of(0.2),
            corrupt: Chance::of(0.1),
            delay: Duration::from_micros(150),
            ..Weather::CLEAR
        });
        let mut flight = crate::flight::Flight::new();
        for packet in 0..20_000_u64 {
            let now = Duration::from_micros(packet);
            let (_, passages) = way.enter(1_000, now);
            for passage in passages.into_iter().flatten() {
                flight.enter(passage.at, packet);
            }
            while let Some(packet) = flight.arrived(now, |_| true) {
                way.gone(1_000, false, packet % 100 == 0);
            }
        }
        let counts = way.counts();
        assert_eq!(
            counts.received + counts.duplicated,
            counts.forwarded
                + counts.cut
                + counts.lost
                + counts.overflowed
                + counts.refused
                + counts.in_flight
        );
        let each = [
            counts.lost,
            counts.overflowed,
            counts.refused,
            counts.duplicated,
        ];
        assert!(each.iter().all(|count| *count > 100), "{counts:?}");
        assert!(
            counts.corrupted > 1_000 && counts.in_flight <= 150,
            "{counts:?}"
        );
    }
}

//! Decides what becomes of each packet of one direction. Owns no socket, no clock, no bytes.

use std::num::NonZeroU8;
use std::time::Duration;

use fastrand::Rng;

use super::bottleneck::Bottleneck;
use super::direction::Direction;
use super::weather::Weather;

/// The [`Weather`] of one direction and its random numbers.
///
/// The same seed and the same packets (length and time) give the same fates. The n-th packet of a
/// direction meets the same random numbers whatever the other direction carried, and whatever the
/// weather was before: a change of one fault does not reshuffle the others.
#[derive(Debug)]
pub struct Sky {
    weather: Weather,
    /// Gives each packet a generator of its own.
    random: Rng,
    bottleneck: Bottleneck,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It met a cut.
    Cut,
    /// It was lost.
    Lost,
    /// It found the queue of the bottleneck full.
    Overflowed,
    /// It arrives, and perhaps a copy of it too.
    Arrives(Passage, Option<Passage>),
}

/// How a packet, or its copy, arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// When, in the time of [`Sky::decide`].
    pub at: Duration,
    /// In which way changed, if so.
    pub corruption: Option<Corruption>,
}

/// One byte of a packet arrives changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corruption {
    /// Which, counted from 0.
    pub offset: usize,
    /// Which of its bits flip.
    pub flips: NonZeroU8,
}

impl Sky {
    /// A clear sky.
    pub fn seeded(seed: u64, direction: Direction) -> Self {
        let mut root = Rng::with_seed(seed);
        let mut random = root.fork();
        if direction == Direction::FromTarget {
            random = root.fork();
        }
        Self {
            weather: Weather::CLEAR,
            random,
            bottleneck: Bottleneck::default(),
        }
    }

    /// The weather of packets from now on; what is on its way keeps its fate.
    pub fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
    }

    /// The weather now.
    pub fn weather(&self) -> &Weather {
        &self.weather
    }

    /// What becomes of a packet of `len` bytes that comes `now`. Time counts from any point and
    /// does not go back.
    pub fn decide(&mut self, len: usize, now: Duration) -> Fate {
        let mut random = self.random.fork();
        let weather = &self.weather;
        if weather.cut {
            return Fate::Cut;
        }
        // Each fault draws at its own place in the row, whether it is in the sky or not.
        let lost = weather.loss.strikes(&mut random);
        let reordered = weather.reorder.strikes(&mut random);
        let doubled = weather.duplicate.strikes(&mut random);
        if lost {
            return Fate::Lost;
        }
        let mut passed = now;
        if let Some(rate) = weather.rate {
            match self.bottleneck.pass(len, now, rate) {
                Some(at) => passed = at,
                None => return Fate::Overflowed,
            }
        }
        let held = if reordered {
            weather.reorder_by
        } else {
            Duration::ZERO
        };
        let mut passage = |held: Duration| Passage {
            at: [jitter(weather.jitter, &mut random), weather.delay, held]
                .into_iter()
                .fold(passed, Duration::saturating_add),
            corruption: corruption(weather, len, &mut random),
        };
        let first = passage(held);
        Fate::Arrives(first, doubled.then(|| passage(Duration::ZERO)))
    }
}

fn jitter(most: Duration, random: &mut Rng) -> Duration {
    // Exactly one number is drawn, so that what follows in the row stays in its place.
    Duration::from_nanos((most.as_nanos() as f64 * random.f64()) as u64)
}

fn corruption(weather: &Weather, len: usize, random: &mut Rng) -> Option<Corruption> {
    let strikes = weather.corrupt.strikes(random);
    if !strikes || len == 0 {
        return None;
    }
    let offset = random.usize(..len);
    let flips = NonZeroU8::new(random.u8(1..))?;
    Some(Corruption { offset, flips })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Chance, Rate};

    const PACKETS: u32 = 100_000;
    const SEED: u64 = 42;

    fn at(micros: u32) -> Duration {
        Duration::from_micros(micros.into())
    }

    /// The fates of so many packets of 1,200 bytes, one each microsecond.
    fn fates(weather: Weather, seed: u64) -> Vec<Fate> {
        let mut sky = Sky::seeded(seed, Direction::ToTarget);
        sky.set_weather(weather);
        (0..PACKETS).map(|now| sky.decide(1_200, at(now))).collect()
    }

    fn everything() -> Weather {
        Weather {
            loss: Chance::of(0.05),
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(5),
            reorder: Chance::of(0.01),
            reorder_by: Duration::from_millis(10),
            duplicate: Chance::of(0.02),
            corrupt: Chance::of(0.03),
            rate: Some("1GB".parse().unwrap()),
            cut: false,
        }
    }

    fn arrivals(fates: &[Fate]) -> Vec<(Duration, Passage)> {
        let arrivals = (0..).zip(fates).filter_map(|(now, fate)| match fate {
            Fate::Arrives(first, _) => Some((at(now), *first)),
            _ => None,
        });
        arrivals.collect()
    }

    /// Whether a count is within five standard deviations of what its probability lets expect.
    fn is_likely(count: usize, of: usize, probability: f64) -> bool {
        let expected = of as f64 * probability;
        let deviation = (expected * (1.0 - probability)).sqrt();
        (count as f64 - expected).abs() < 5.0 * deviation
    }

    #[test]
    fn the_same_seed_and_packets_give_the_same_fates_and_another_seed_others() {
        assert_eq!(fates(everything(), SEED), fates(everything(), SEED));
        assert_ne!(fates(everything(), SEED), fates(everything(), SEED + 1));
    }

    #[test]
    fn the_two_directions_draw_from_streams_of_their_own() {
        let decide = |direction| {
            let mut sky = Sky::seeded(SEED, direction);
            sky.set_weather(everything());
            let fates = (0..1_000).map(|now| sky.decide(1_200, at(now)));
            fates.collect::<Vec<_>>()
        };
        assert_ne!(decide(Direction::ToTarget), decide(Direction::FromTarget));
    }

    #[test]
    fn each_chance_strikes_as_often_as_it_says() {
        let weather = Weather {
            rate: None,
            ..everything()
        };
        let fates = fates(weather, SEED);
        let (mut lost, mut copied, mut corrupted, mut held) = (0, 0, 0, 0);
        for (now, fate) in (0..).zip(&fates) {
            match fate {
                Fate::Lost => lost += 1,
                Fate::Arrives(first, copy) => {
                    copied += usize::from(copy.is_some());
                    corrupted += usize::from(first.corruption.is_some());
                    held += usize::from(first.at - at(now) >= Duration::from_millis(30));
                }
                other => panic!("{other:?} in such weather"),
            }
        }
        let all = fates.len();
        let arrived = all - lost;
        assert!(is_likely(lost, all, 0.05), "{lost} lost");
        assert!(is_likely(copied, arrived, 0.02), "{copied} copied");
        assert!(is_likely(corrupted, arrived, 0.03), "{corrupted} corrupted");
        assert!(is_likely(held, arrived, 0.01), "{held} held back");
    }

    #[test]
    fn jitter_fills_its_range_evenly() {
        let weather = Weather {
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(4),
            ..Weather::CLEAR
        };
        let mut quarters = [0; 4];
        for (now, passage) in arrivals(&fates(weather, SEED)) {
            let jitter = passage.at - now - weather.delay;
            assert!(jitter <= weather.jitter);
            quarters[(jitter.as_micros() / 1_000).min(3) as usize] += 1;
        }
        let even = |count: &usize| is_likely(*count, PACKETS as usize, 0.25);
        assert!(quarters.iter().all(even), "{quarters:?}");
    }

    #[test]
    fn corruption_hits_every_place_and_always_changes_something_inside() {
        let mut sky = Sky::seeded(SEED, Direction::ToTarget);
        sky.set_weather(Weather {
            corrupt: Chance::ALWAYS,
            ..Weather::CLEAR
        });
        let mut hit = [false; 16];
        for now in 0..1_000 {
            match sky.decide(hit.len(), at(now)) {
                Fate::Arrives(
                    Passage {
                        corruption: Some(corruption),
                        ..
                    },
                    None,
                ) => hit[corruption.offset] = true,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(hit, [true; 16]);
        // Without a byte there is none to change.
        assert!(matches!(
            sky.decide(0, at(1_000)),
            Fate::Arrives(
                Passage {
                    corruption: None,
                    ..
                },
                None
            )
        ));
    }

    #[test]
    fn without_jitter_and_reordering_packets_keep_their_order() {
        let weather = Weather {
            jitter: Duration::ZERO,
            reorder: Chance::NEVER,
            ..everything()
        };
        let arrivals = arrivals(&fates(weather, SEED));
        assert!(arrivals.is_sorted_by_key(|(_, passage)| passage.at));
        let reordering = Weather {
            reorder: Chance::of(0.01),
            ..weather
        };
        let arrivals = super::tests::arrivals(&fates(reordering, SEED));
        assert!(!arrivals.is_sorted_by_key(|(_, passage)| passage.at));
    }

    #[test]
    fn a_rate_lets_pass_what_it_says_and_drops_what_its_queue_cannot_hold() {
        // 1,200 bytes each microsecond are 1.2 GB/s, four times as much as passes.
        let rate = Rate {
            queue: 3_000_000,
            ..Rate::of(300_000_000.try_into().unwrap())
        };
        let weather = Weather {
            rate: Some(rate),
            ..Weather::CLEAR
        };
        let fates = fates(weather, SEED);
        let arrivals = arrivals(&fates);
        let overflowed = fates.iter().filter(|fate| **fate == Fate::Overflowed);
        assert_eq!(overflowed.count() + arrivals.len(), fates.len());
        // The line is busy from the first packet on, so the last leaves when all have passed.
        let (_, last) = arrivals.last().unwrap();
        assert_eq!(last.at, at(4) * arrivals.len() as u32);
        let queue = Duration::from_millis(10);
        let waits = arrivals.iter().map(|(now, passage)| passage.at - *now);
        let longest = waits.max().unwrap();
        assert!(longest <= queue && longest > queue - at(4), "{longest:?}");
    }

    #[test]
    fn what_the_weather_was_before_does_not_reshuffle_later_chances() {
        let mut calm = Sky::seeded(SEED, Direction::ToTarget);
        let mut stormy = Sky::seeded(SEED, Direction::ToTarget);
        stormy.set_weather(everything());
        (0..1_000).for_each(|now| {
            calm.decide(1_200, at(now));
            stormy.decide(1_200, at(now));
        });
        let lossy = Weather {
            loss: Chance::of(0.5),
            ..Weather::CLEAR
        };
        let jittery = Weather {
            jitter: Duration::from_millis(1),
            ..lossy
        };
        calm.set_weather(lossy);
        stormy.set_weather(jittery);
        for now in 100_000..101_000 {
            let lost = [&mut calm, &mut stormy].map(|sky| sky.decide(1_200, at(now)) == Fate::Lost);
            assert_eq!(lost[0], lost[1], "at {now} µs");
        }
    }

    #[test]
    fn a_cut_swallows_everything_until_it_is_healed() {
        let mut sky = Sky::seeded(SEED, Direction::ToTarget);
        sky.set_weather(Weather {
            cut: true,
            ..everything()
        });
        assert!((0..1_000).all(|now| sky.decide(1_200, at(now)) == Fate::Cut));
        sky.set_weather(Weather::CLEAR);
        let passage = Passage {
            at: at(1_000),
            corruption: None,
        };
        assert_eq!(sky.decide(1_200, at(1_000)), Fate::Arrives(passage, None));
    }
}

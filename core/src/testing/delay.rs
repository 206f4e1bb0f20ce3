//! How long bytes travel.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A range of travelling times; each piece draws its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Delay {
    least: Duration,
    most: Duration,
}

impl Delay {
    pub(super) fn draw(self, random: &mut fastrand::Rng) -> Duration {
        if self.most <= self.least {
            return self.least;
        }
        self.least + (self.most - self.least).mul_f64(random.f64())
    }
}

impl From<RangeInclusive<Duration>> for Delay {
    fn from(range: RangeInclusive<Duration>) -> Self {
        let (least, most) = range.into_inner();
        Self { least, most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_stays_in_its_range_and_varies_within_it() {
        let mut random = fastrand::Rng::with_seed(1);
        let range = Duration::from_millis(5)..=Duration::from_millis(50);
        let delay = Delay::from(range.clone());
        let drawn: Vec<_> = (0..100).map(|_| delay.draw(&mut random)).collect();
        assert!(drawn.iter().all(|drawn| range.contains(drawn)));
        assert!(drawn.iter().any(|other| *other != drawn[0]));
        assert_eq!(Delay::default().draw(&mut random), Duration::ZERO);
    }
}

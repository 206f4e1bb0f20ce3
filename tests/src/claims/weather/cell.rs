//! One kind of weather.

use std::fmt;
use std::time::Duration;

use quibus_relay::{Chance, Weather};

/// Loss and delay of a path, the same in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Of 100 packets, so many are lost.
    pub loss: u32,
    /// Milliseconds that a packet takes, each way.
    pub delay: u64,
}

const LOSSES: [u32; 4] = [0, 1, 5, 30];
const DELAYS: [u64; 4] = [1, 20, 100, 200];

impl Cell {
    /// Every loss with every delay.
    pub fn all() -> Vec<Self> {
        let of_delay = |delay| LOSSES.map(|loss| Self { loss, delay });
        DELAYS.into_iter().flat_map(of_delay).collect()
    }

    /// From the best weather to the worst.
    pub fn some() -> Vec<Self> {
        let both = LOSSES.into_iter().zip(DELAYS);
        both.map(|(loss, delay)| Self { loss, delay }).collect()
    }

    /// What the relays make of it.
    pub fn weather(self) -> Weather {
        Weather {
            loss: Chance::of(f64::from(self.loss) / 100.0),
            delay: Duration::from_millis(self.delay),
            ..Weather::CLEAR
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>2} % {:>3} ms", self.loss, self.delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_run_has_every_loss_and_every_delay_of_the_long_one() {
        let (all, some) = (Cell::all(), Cell::some());
        assert_eq!((all.len(), some.len()), (16, 4));
        assert!(some.iter().all(|cell| all.contains(cell)));
        assert!(
            LOSSES
                .iter()
                .all(|l| some.iter().any(|cell| cell.loss == *l))
        );
        assert!(
            DELAYS
                .iter()
                .all(|d| some.iter().any(|cell| cell.delay == *d))
        );
    }
}

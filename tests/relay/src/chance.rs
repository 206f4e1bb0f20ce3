//! How probable a fault is.

use std::fmt;
use std::str::FromStr;

use fastrand::Rng;

/// A probability between 0 and 1, drawn for each packet anew.
///
/// Read from `5%` or `0.05`; the default is [`NEVER`](Self::NEVER).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Chance(f64);

/// A text that is no probability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no probability: write a percentage such as 1%, or a number from 0 to 1")]
pub struct ChanceError(String);

impl Chance {
    /// Not for any packet.
    pub const NEVER: Self = Self(0.0);
    /// For every packet.
    pub const ALWAYS: Self = Self(1.0);

    /// This probability; what is below 0 or no number is 0, what is above 1 is 1.
    pub fn of(probability: f64) -> Self {
        if probability.is_nan() {
            Self::NEVER
        } else {
            Self(probability.clamp(0.0, 1.0))
        }
    }

    /// Whether it happens this time. Draws once, whatever the probability.
    pub fn strikes(self, random: &mut Rng) -> bool {
        random.f64() < self.0
    }
}

impl FromStr for Chance {
    type Err = ChanceError;

    fn from_str(text: &str) -> Result<Self, ChanceError> {
        let parsed = match text.strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
            None => text.parse(),
        };
        match parsed {
            Ok(probability) if (0.0..=1.0).contains(&probability) => Ok(Self(probability)),
            _ => Err(ChanceError(text.to_owned())),
        }
    }
}

impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded to what a percentage is read to, so that 0.07 is not shown as 7.000000000000001.
        write!(f, "{}%", (self.0 * 1e8).round() / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_and_fractions_are_read() {
        for (text, probability) in [
            ("1%", 0.01),
            ("0.5 %", 0.005),
            ("0.25", 0.25),
            ("100%", 1.0),
        ] {
            assert_eq!(text.parse(), Ok(Chance::of(probability)), "{text}");
        }
        assert_eq!(Chance::of(0.07).to_string(), "7%");
    }

    #[test]
    fn what_is_no_probability_is_refused_with_what_to_write() {
        for text in ["5", "-1%", "101%", "", "%", "NaN", "often"] {
            let refused = text.parse::<Chance>().unwrap_err().to_string();
            assert!(
                refused.contains(&format!("`{text}`")) && refused.contains("1%"),
                "{refused}"
            );
        }
    }

    #[test]
    fn never_never_strikes_and_always_always_does() {
        let mut random = Rng::with_seed(1);
        for _ in 0..10_000 {
            assert!(!Chance::NEVER.strikes(&mut random));
            assert!(Chance::ALWAYS.strikes(&mut random));
        }
    }
}

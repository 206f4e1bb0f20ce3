//! A month's figures, kept up to date one temperature at a time.

use super::contract::MonthFigures;

/// What must be remembered of a month's temperatures to tell its [`MonthFigures`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MonthTotals {
    count: u32,
    sum: f64,
    range: Option<(f64, f64)>,
}

impl MonthTotals {
    /// Takes one temperature in °C.
    pub fn add(&mut self, celsius: f64) {
        let (min, max) = self.range.unwrap_or((celsius, celsius));
        self.range = Some((min.min(celsius), max.max(celsius)));
        self.count += 1;
        self.sum += celsius;
    }

    /// The figures so far; none before the first temperature, which alone would give them meaning.
    pub fn figures(&self) -> Option<MonthFigures> {
        let (min, max) = self.range?;
        Some(MonthFigures {
            count: self.count,
            mean: self.sum / f64::from(self.count),
            min,
            max,
        })
    }
}

impl FromIterator<f64> for MonthTotals {
    fn from_iter<I: IntoIterator<Item = f64>>(temperatures: I) -> Self {
        let mut totals = Self::default();
        temperatures
            .into_iter()
            .for_each(|celsius| totals.add(celsius));
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_count_mean_lowest_and_highest() {
        let totals: MonthTotals = [4.0, -2.0, 10.0, 0.0].into_iter().collect();
        let expected = MonthFigures {
            count: 4,
            mean: 3.0,
            min: -2.0,
            max: 10.0,
        };
        assert_eq!(totals.figures(), Some(expected));
    }

    #[test]
    fn one_temperature_is_mean_lowest_and_highest_at_once() {
        let totals: MonthTotals = [-7.5].into_iter().collect();
        let expected = MonthFigures {
            count: 1,
            mean: -7.5,
            min: -7.5,
            max: -7.5,
        };
        assert_eq!(totals.figures(), Some(expected));
    }

    #[test]
    fn a_month_without_temperatures_has_no_figures() {
        assert_eq!(MonthTotals::default().figures(), None);
    }
}

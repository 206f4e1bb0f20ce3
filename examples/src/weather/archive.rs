//! Twelve months per station, filled by events, asked by a command.

use std::collections::BTreeMap;

use super::contract::{ArchiveError, MonthFigures, MonthSummary, TemperatureMeasured};
use super::month_totals::MonthTotals;

/// The months of a fixed set of stations. Its size does not depend on how much is measured.
#[derive(Debug, Clone)]
pub struct Archive {
    months: BTreeMap<String, [MonthTotals; 12]>,
}

impl Archive {
    /// An empty archive that will keep these stations and no others.
    pub fn of(stations: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let empty = || [MonthTotals::default(); 12];
        Self {
            months: stations
                .into_iter()
                .map(|station| (station.into(), empty()))
                .collect(),
        }
    }

    /// Takes one measurement. Fails, and keeps nothing of it, if its station or month is unknown.
    pub fn record(&mut self, event: &TemperatureMeasured) -> Result<(), ArchiveError> {
        let months = self.months.get_mut(&event.station);
        let months = months.ok_or_else(|| ArchiveError::UnknownStation(event.station.clone()))?;
        let totals = index_of(event.month).and_then(|month| months.get_mut(month));
        totals
            .ok_or(ArchiveError::UnknownMonth(event.month))?
            .add(event.celsius);
        Ok(())
    }

    /// The figures of the month asked for, over what was recorded so far.
    pub fn summary(&self, question: &MonthSummary) -> Result<MonthFigures, ArchiveError> {
        let months = self.months.get(&question.station);
        let months =
            months.ok_or_else(|| ArchiveError::UnknownStation(question.station.clone()))?;
        let totals = index_of(question.month).and_then(|month| months.get(month));
        let totals = totals.ok_or(ArchiveError::UnknownMonth(question.month))?;
        totals
            .figures()
            .ok_or(ArchiveError::EmptyMonth(question.month))
    }
}

fn index_of(month: u32) -> Option<usize> {
    usize::try_from(month.checked_sub(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weather::Station;

    fn measured(station: &str, month: u32, celsius: f64) -> TemperatureMeasured {
        TemperatureMeasured {
            station: station.into(),
            month,
            celsius,
            ..Default::default()
        }
    }

    fn asked(station: &str, month: u32) -> MonthSummary {
        MonthSummary {
            station: station.into(),
            month,
        }
    }

    #[test]
    fn a_month_is_answered_from_its_own_measurements_only() {
        let mut archive = Archive::of(["North", "South"]);
        for event in [
            measured("North", 1, 1.0),
            measured("North", 1, 3.0),
            measured("North", 2, 100.0),
            measured("South", 1, -100.0),
        ] {
            archive.record(&event).unwrap();
        }
        let january = archive.summary(&asked("North", 1)).unwrap();
        assert_eq!(
            january,
            MonthFigures {
                count: 2,
                mean: 2.0,
                min: 1.0,
                max: 3.0
            }
        );
    }

    #[test]
    fn unknown_stations_and_months_are_refused_and_named() {
        let mut archive = Archive::of(["North"]);
        let east = ArchiveError::UnknownStation("East".into());
        assert_eq!(archive.record(&measured("East", 1, 0.0)), Err(east.clone()));
        assert_eq!(archive.summary(&asked("East", 1)), Err(east));
        for month in [0, 13, u32::MAX] {
            let unknown = ArchiveError::UnknownMonth(month);
            assert_eq!(
                archive.record(&measured("North", month, 0.0)),
                Err(unknown.clone())
            );
            assert_eq!(archive.summary(&asked("North", month)), Err(unknown));
        }
    }

    #[test]
    fn a_month_without_measurements_says_so() {
        let archive = Archive::of(["North"]);
        assert_eq!(
            archive.summary(&asked("North", 12)),
            Err(ArchiveError::EmptyMonth(12))
        );
    }

    #[test]
    fn the_twelve_months_of_a_city_add_up_to_its_year() {
        let mut archive = Archive::of(Station::ALL.map(Station::name));
        for station in Station::ALL {
            for (number, measurement) in (0..).zip(station.measurements().unwrap()) {
                archive
                    .record(&TemperatureMeasured::new(number, &measurement))
                    .unwrap();
            }
            let months = (1..=12).map(|month| archive.summary(&asked(station.name(), month)));
            let counts: Vec<u32> = months.map(|figures| figures.unwrap().count).collect();
            assert_eq!(
                counts,
                [744, 672, 743, 720, 744, 720, 744, 744, 720, 744, 720, 744]
            );
        }
    }
}

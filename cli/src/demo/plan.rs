//! Everything that will be measured.

use std::collections::BTreeMap;

use quibus_examples::weather::{
    MonthFigures, MonthTotals, Station, TemperatureMeasured, UnreadableMeasurements,
};

/// What every station will publish.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The stations.
    pub stations: Vec<StationPlan>,
}

/// What one station will publish.
#[derive(Debug, Clone)]
pub struct StationPlan {
    /// The station's name.
    pub name: String,
    /// Its events in order; each one's number is its index.
    pub events: Vec<TemperatureMeasured>,
}

impl Plan {
    /// The year of every station. Fails if a station's file holds a line that is no measurement.
    pub fn of_all_stations() -> Result<Self, UnreadableMeasurements> {
        let mut stations = Vec::new();
        for station in Station::ALL {
            let measurements = station.measurements()?;
            let events = (0..).zip(&measurements);
            let events = events
                .map(|(number, m)| TemperatureMeasured::new(number, m))
                .collect();
            stations.push(StationPlan {
                name: station.name().to_owned(),
                events,
            });
        }
        Ok(Self { stations })
    }

    /// How many events will be published.
    pub fn total(&self) -> u64 {
        self.events().count() as u64
    }

    /// All events, station by station.
    pub fn events(&self) -> impl Iterator<Item = &TemperatureMeasured> {
        self.stations.iter().flat_map(|station| &station.events)
    }

    /// What an archive of all events has to answer, by station and month.
    pub fn figures(&self) -> BTreeMap<(String, u32), MonthFigures> {
        let mut totals = BTreeMap::<(String, u32), MonthTotals>::new();
        for event in self.events() {
            let month = totals
                .entry((event.station.clone(), event.month))
                .or_default();
            month.add(event.celsius);
        }
        let known = totals.into_iter();
        known
            .filter_map(|(month, totals)| Some((month, totals.figures()?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_holds_every_hour_of_both_cities_under_its_own_number() {
        let plan = Plan::of_all_stations().unwrap();
        assert_eq!(plan.total(), 17_518);
        for station in &plan.stations {
            let numbered = (0..).zip(&station.events);
            assert!(
                numbered
                    .into_iter()
                    .all(|(n, e)| e.number == n && e.station == station.name)
            );
        }
    }

    #[test]
    fn an_archive_has_to_answer_twelve_months_a_city() {
        let figures = Plan::of_all_stations().unwrap().figures();
        assert_eq!(figures.len(), 24);
        assert_eq!(
            figures
                .values()
                .map(|month| u64::from(month.count))
                .sum::<u64>(),
            17_518
        );
    }
}

//! A weather station and the file of what it measured.

use std::str::FromStr;

use super::measurement::{Measurement, UnreadableMeasurements};

/// A weather station whose year is built into the program, so that it runs in any folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Station {
    /// Seattle, Washington.
    Seattle,
    /// San Francisco, California.
    SanFrancisco,
}

impl Station {
    /// Every station there is.
    pub const ALL: [Self; 2] = [Self::Seattle, Self::SanFrancisco];

    /// The name that stands in messages, and the first part of their routing key.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seattle => "Seattle",
            Self::SanFrancisco => "SanFrancisco",
        }
    }

    /// The station's file as it was published: `examples/data/README.md` says where it is from.
    pub fn csv(self) -> &'static str {
        match self {
            Self::Seattle => include_str!("../../data/seattle-temps.csv"),
            Self::SanFrancisco => include_str!("../../data/sf-temps.csv"),
        }
    }

    /// The year in the order in which it was measured. Fails if the file holds a line that is no
    /// measurement.
    pub fn measurements(self) -> Result<Vec<Measurement>, UnreadableMeasurements> {
        Measurement::read_all(self.name(), self.csv())
    }
}

impl FromStr for Station {
    type Err = UnknownStation;

    fn from_str(name: &str) -> Result<Self, UnknownStation> {
        let named = Self::ALL.into_iter().find(|station| station.name() == name);
        named.ok_or_else(|| UnknownStation(name.to_owned()))
    }
}

/// No station has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no station is called {0:?}: there are Seattle and SanFrancisco")]
pub struct UnknownStation(String);

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of data in a file, counted without the reader under test.
    fn lines_of_data(csv: &str) -> usize {
        csv.split('\n').filter(|line| !line.is_empty()).count() - 1
    }

    #[test]
    fn every_line_of_both_files_is_read_and_each_has_8759() {
        for station in Station::ALL {
            let measurements = station.measurements().unwrap();
            assert_eq!(measurements.len(), lines_of_data(station.csv()));
            assert_eq!(measurements.len(), 8_759, "{}", station.name());
        }
    }

    #[test]
    fn a_station_is_found_by_its_name_and_the_cure_names_all_there_are() {
        for station in Station::ALL {
            assert_eq!(station.name().parse(), Ok(station));
        }
        let text = "Berlin".parse::<Station>().unwrap_err().to_string();
        let named = |station: Station| text.contains(station.name());
        assert!(Station::ALL.into_iter().all(named), "{text}");
    }

    #[test]
    fn exactly_one_file_lacks_its_last_newline() {
        let lacking = Station::ALL.map(|station| !station.csv().ends_with('\n'));
        assert_eq!(lacking, [true, false]);
    }

    #[test]
    fn both_files_are_one_year_in_order_without_an_hour_twice() {
        for station in Station::ALL {
            let measurements = station.measurements().unwrap();
            let hours: Vec<_> = measurements
                .iter()
                .map(|m| (m.year, m.month, m.day, m.hour))
                .collect();
            assert!(hours.is_sorted_by(|a, b| a < b), "{}", station.name());
            assert_eq!(hours.first(), Some(&(2010, 1, 1, 0)));
            assert_eq!(hours.last(), Some(&(2010, 12, 31, 23)));
        }
    }
}

//! The messages about weather: what stations publish, and what one may ask the archive.

use super::measurement::Measurement;

/// A station measured a temperature. Routed by station, then by month.
#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Weather")]
pub struct TemperatureMeasured {
    /// Name of the station.
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub station: String,
    /// Month, 1 to 12.
    #[quibus(route = 2)]
    #[prost(uint32, tag = "2")]
    pub month: u32,
    /// Year, for instance 2010.
    #[prost(int32, tag = "3")]
    pub year: i32,
    /// Day of the month, 1 to 31.
    #[prost(uint32, tag = "4")]
    pub day: u32,
    /// Hour of the day in the station's local time, 0 to 23.
    #[prost(uint32, tag = "5")]
    pub hour: u32,
    /// Temperature in degrees Celsius.
    #[prost(double, tag = "6")]
    pub celsius: f64,
    /// Running number among the station's measurements, from 0, so that a receiver can tell
    /// whether one is missing, doubled or out of order.
    #[prost(uint32, tag = "7")]
    pub number: u32,
}

impl TemperatureMeasured {
    /// The message about a measurement, which is the station's `number`th (from 0).
    pub fn new(number: u32, measurement: &Measurement) -> Self {
        Self {
            station: measurement.station.clone(),
            month: measurement.month.into(),
            year: measurement.year,
            day: measurement.day.into(),
            hour: measurement.hour.into(),
            celsius: measurement.celsius,
            number,
        }
    }
}

/// Asks for the figures of one month at one station; answered by [`MonthFigures`].
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Weather", reply = MonthFigures, error = ArchiveError)]
pub struct MonthSummary {
    /// Name of the station; the command goes to whoever archives it.
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub station: String,
    /// Month, 1 to 12.
    #[prost(uint32, tag = "2")]
    pub month: u32,
}

/// The temperatures of a month in four figures, in degrees Celsius.
#[derive(Clone, Copy, PartialEq, prost::Message, quibus::Schema)]
pub struct MonthFigures {
    /// How many were measured.
    #[prost(uint32, tag = "1")]
    pub count: u32,
    /// Their mean.
    #[prost(double, tag = "2")]
    pub mean: f64,
    /// The lowest.
    #[prost(double, tag = "3")]
    pub min: f64,
    /// The highest.
    #[prost(double, tag = "4")]
    pub max: f64,
}

/// Why the archive has no answer. Callers match on it, so the codes never change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, quibus::HandlerError)]
pub enum ArchiveError {
    /// The archive keeps no such station.
    #[error("no station \"{0}\" is archived here; names are compared letter by letter")]
    #[quibus(code = 404)]
    UnknownStation(String),
    /// There is no such month.
    #[error("there is no month {0}; months are 1 to 12")]
    #[quibus(code = 400)]
    UnknownMonth(u32),
    /// The month exists, but nothing was measured in it so far.
    #[error("nothing was measured in month {0} so far; ask again later")]
    #[quibus(code = 409)]
    EmptyMonth(u32),
}

#[cfg(test)]
mod tests {
    use quibus::message::{Message, Route};

    use super::*;

    #[test]
    fn the_names_on_the_wire_are_these_whatever_the_types_are_called() {
        assert_eq!(TemperatureMeasured::NAME, "Weather.TemperatureMeasured");
        assert_eq!(MonthSummary::NAME, "Weather.MonthSummary");
    }

    #[test]
    fn one_may_subscribe_to_a_station_to_a_month_of_it_or_to_a_month_everywhere() {
        let key = |route: TemperatureMeasuredRoute| route.into_key().unwrap().to_string();
        let seattle = TemperatureMeasured::route().station("Seattle");
        assert_eq!(key(seattle), "Seattle.*");
        let july = TemperatureMeasured::route().station("Seattle").month(7u32);
        assert_eq!(key(july), "Seattle.7");
        assert_eq!(key(TemperatureMeasured::route().month(7u32)), "*.7");
    }
}

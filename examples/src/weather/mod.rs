//! A year of hourly temperatures from two cities, and everything about them that needs no bus.
//!
//! A [`Station`] holds the file of its city; [`Measurement`] is one line of it, in °C. As a message
//! it is a [`TemperatureMeasured`], routed by station and month. An [`Archive`] takes those and
//! answers [`MonthSummary`] with [`MonthFigures`].

mod archive;
mod contract;
mod measurement;
mod month_totals;
mod station;

pub use archive::Archive;
pub use contract::{ArchiveError, MonthFigures, MonthSummary, TemperatureMeasured};
pub use measurement::{Measurement, UnreadableLine, UnreadableMeasurements};
pub use month_totals::MonthTotals;
pub use station::{Station, UnknownStation};

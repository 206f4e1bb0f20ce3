//! One line of a station's file, and the reader of such files.

use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// `2010/01/01 00:00`, with or without seconds.
const DATE: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[year]/[month]/[day] [hour]:[minute][optional [:[second]]]"
);

/// The air temperature at one station in one hour.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Name of the station.
    pub station: String,
    /// Year, for instance 2010.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour of the day in the station's local time, 0 to 23.
    pub hour: u8,
    /// Temperature in degrees Celsius.
    pub celsius: f64,
}

impl Measurement {
    /// Reads a whole file: comma-separated, a header that names at least the columns `date`
    /// (`2010/01/31 23:00`, seconds allowed) and `temp` (degrees Fahrenheit), in any order.
    ///
    /// The station's name is not in the file, so it is handed in. Fails at the first line that
    /// is no measurement and names it.
    pub fn read_all(station: &str, text: &str) -> Result<Vec<Self>, UnreadableMeasurements> {
        let failed = |line, reason| UnreadableMeasurements {
            station: station.to_owned(),
            line,
            reason,
        };
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let header = rows
            .headers()
            .map_err(|e| failed(1, UnreadableLine::Columns(e)))?;
        let column = |name: &'static str| {
            let found = header.iter().position(|title| title.trim() == name);
            found.ok_or_else(|| failed(1, UnreadableLine::NoColumn(name)))
        };
        let (date, temp) = (column("date")?, column("temp")?);

        let mut measurements = Vec::new();
        for row in rows.records() {
            let row = row.map_err(|e| {
                let line = e.position().map_or(0, csv::Position::line);
                failed(line, UnreadableLine::Columns(e))
            })?;
            let line = row.position().map_or(0, csv::Position::line);
            // The reader refuses a row that is shorter than the header, so both columns exist.
            let field = |index| row.get(index).unwrap_or_default().trim();
            let measurement = Self::read(station, field(date), field(temp));
            measurements.push(measurement.map_err(|reason| failed(line, reason))?);
        }
        Ok(measurements)
    }

    fn read(station: &str, date: &str, temp: &str) -> Result<Self, UnreadableLine> {
        let when = PrimitiveDateTime::parse(date, DATE)
            .map_err(|_| UnreadableLine::Date(excerpt(date)))?;
        if (when.minute(), when.second()) != (0, 0) {
            return Err(UnreadableLine::NotHourly(excerpt(date)));
        }
        let fahrenheit = temp
            .parse::<f64>()
            .ok()
            .filter(|degrees| degrees.is_finite());
        let fahrenheit = fahrenheit.ok_or_else(|| UnreadableLine::Temperature(excerpt(temp)))?;
        Ok(Self {
            station: station.to_owned(),
            year: when.year(),
            month: when.month().into(),
            day: when.day(),
            hour: when.hour(),
            celsius: celsius(fahrenheit),
        })
    }
}

/// A file of measurements holds a line that is none.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the measurements of {station}, line {line}: {reason}")]
pub struct UnreadableMeasurements {
    /// Whose file it is.
    pub station: String,
    /// The line, counted from 1; the header is line 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: UnreadableLine,
}

/// What is wrong with a line of measurements.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableLine {
    /// The header does not name a column that is needed.
    #[error("the header has no column \"{0}\"; it needs `date` and `temp`, in any order")]
    NoColumn(&'static str),
    /// The line is not what the header promises.
    #[error("its columns are not those of the header: {0}")]
    Columns(csv::Error),
    /// The date is none.
    #[error("\"{0}\" is not a date; write it as 2010/01/31 23:00 or 2010/01/31 23:00:00")]
    Date(String),
    /// The date is not on the full hour, and a measurement would not keep the rest.
    #[error("\"{0}\" is not on the full hour; measurements are hourly")]
    NotHourly(String),
    /// The temperature is not a finite number.
    #[error("\"{0}\" is not a temperature; write degrees Fahrenheit as a number, such as 39.4")]
    Temperature(String),
}

fn celsius(fahrenheit: f64) -> f64 {
    (fahrenheit - 32.0) / 1.8
}

/// What an error quotes of a file: printable and short.
fn excerpt(text: &str) -> String {
    text.escape_debug().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> String {
        Measurement::read_all("Here", text).unwrap_err().to_string()
    }

    #[test]
    fn both_column_orders_and_both_date_formats_give_the_same_measurement() {
        let short = Measurement::read_all("Here", "date,temp\n2010/02/03 04:00,50\n").unwrap();
        let long = Measurement::read_all("Here", "temp,date\n50.0,2010/02/03 04:00:00").unwrap();
        assert_eq!(short, long);
        let expected = Measurement {
            station: "Here".into(),
            year: 2010,
            month: 2,
            day: 3,
            hour: 4,
            celsius: 10.0,
        };
        assert_eq!(short, [expected]);
    }

    #[test]
    fn fahrenheit_becomes_celsius_at_the_fixed_points() {
        assert_eq!(celsius(32.0), 0.0);
        assert_eq!(celsius(212.0), 100.0);
        assert_eq!(celsius(-40.0), -40.0);
    }

    #[test]
    fn further_columns_are_nobodys_business() {
        let text = "wind,temp,date\n3,32,2010/12/31 23:00\n";
        assert_eq!(Measurement::read_all("Here", text).unwrap()[0].celsius, 0.0);
    }

    #[test]
    fn a_file_with_a_header_only_holds_no_measurement() {
        assert_eq!(Measurement::read_all("Here", "date,temp\n").unwrap(), []);
    }

    #[test]
    fn a_missing_column_is_named() {
        let text = complaint("date,temperature\n2010/01/01 00:00,1\n");
        assert!(text.contains("Here, line 1"), "{text}");
        assert!(text.contains("no column \"temp\""), "{text}");
        assert!(complaint("").contains("no column \"date\""));
    }

    #[test]
    fn an_error_names_the_line_as_an_editor_counts_it() {
        let text = complaint("date,temp\n2010/01/01 00:00,1\n2010/13/01 00:00,1\n");
        assert!(
            text.contains("line 3: \"2010/13/01 00:00\" is not a date"),
            "{text}"
        );
    }

    #[test]
    fn what_is_no_number_no_full_hour_or_no_full_row_is_refused() {
        assert!(complaint("date,temp\n2010/01/01 00:00,warm\n").contains("\"warm\" is not a temp"));
        assert!(complaint("date,temp\n2010/01/01 00:00,NaN\n").contains("line 2"));
        assert!(complaint("date,temp\n2010/01/01 00:30,1\n").contains("not on the full hour"));
        assert!(complaint("date,temp\n2010/01/01 00:00\n").contains("line 2"));
        assert!(complaint("date,temp\n2010/02/29 00:00,1\n").contains("not a date"));
    }

    #[test]
    fn an_error_quotes_little_and_nothing_unprintable() {
        let text = complaint(&format!("date,temp\n\u{1b}[31m{},1\n", "x".repeat(9_999)));
        assert!(text.len() < 200 && !text.contains('\u{1b}'), "{text}");
    }
}

//! What a subscriber wants.

use quibus_examples::weather::TemperatureMeasured;

/// The part of all measurements that a subscriber binds to.
///
/// This is what is expected of the routing, so it is decided by plain comparison and never by the
/// binding keys under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Everything.
    All,
    /// One station.
    Station(String),
    /// One station in one month, 1 to 12.
    Month(String, u32),
}

impl Selection {
    /// The binding key as it is shown, parts joined by dots.
    pub fn binding(&self) -> String {
        match self {
            Self::All => "#".into(),
            Self::Station(station) => format!("{station}.*"),
            Self::Month(station, month) => format!("{station}.{month}"),
        }
    }

    /// Whether an event belongs to it.
    pub fn wants(&self, event: &TemperatureMeasured) -> bool {
        match self {
            Self::All => true,
            Self::Station(station) => *station == event.station,
            Self::Month(station, month) => *station == event.station && *month == event.month,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Plan;

    #[test]
    fn each_selection_takes_its_part_of_the_year() {
        let plan = Plan::of_all_stations().unwrap();
        let wanted = |selection: &Selection| {
            let count = plan.events().filter(|event| selection.wants(event)).count();
            (selection.binding(), count)
        };
        assert_eq!(wanted(&Selection::All), ("#".into(), 17_518));
        assert_eq!(
            wanted(&Selection::Station("Seattle".into())),
            ("Seattle.*".into(), 8_759)
        );
        let july = Selection::Month("SanFrancisco".into(), 7);
        assert_eq!(wanted(&july), ("SanFrancisco.7".into(), 744));
    }
}

//! What a subscriber was owed, against what arrived.

use serde::Serialize;

use super::selection::Selection;
use super::tally::Tally;

/// What one subscriber was owed, against what arrived: the check of exactly once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The subscriber.
    pub peer: String,
    /// Its binding key, parts joined by dots.
    pub binding: String,
    /// Events it was owed.
    pub expected: u64,
    /// Events that arrived, whatever they were.
    pub received: u64,
    /// Owed, but never arrived.
    pub missing: u64,
    /// Arrivals beyond the first of an event that was owed.
    pub doubled: u64,
    /// Arrivals of events that were not owed.
    pub misrouted: u64,
    /// Arrivals after a later event of the same station.
    pub out_of_order: u64,
    /// Arrivals that no station ever sent like this.
    pub altered: u64,
    /// The first few wrong events by station and number, to begin a search with.
    pub examples: Vec<String>,
}

/// How many wrong events are named.
const MAX_EXAMPLES: usize = 3;

impl Delivery {
    /// Compares what a subscriber selected with what it tallied.
    pub fn judge(peer: &str, selection: &Selection, tally: &Tally) -> Self {
        let mut delivery = Self {
            peer: peer.to_owned(),
            binding: selection.binding(),
            expected: 0,
            received: tally.received(),
            missing: 0,
            doubled: 0,
            misrouted: 0,
            out_of_order: tally.out_of_order(),
            altered: tally.altered(),
            examples: Vec::new(),
        };
        for (event, count) in tally.events() {
            let fault = match (selection.wants(event), count) {
                (true, 0) => {
                    delivery.missing += 1;
                    Some("missing")
                }
                (true, 1) | (false, 0) => None,
                (true, _) => {
                    delivery.doubled += u64::from(count) - 1;
                    Some("doubled")
                }
                (false, _) => {
                    delivery.misrouted += u64::from(count);
                    Some("misrouted")
                }
            };
            delivery.expected += u64::from(selection.wants(event));
            if let Some(fault) = fault.filter(|_| delivery.examples.len() < MAX_EXAMPLES) {
                delivery
                    .examples
                    .push(format!("{} {} {fault}", event.station, event.number));
            }
        }
        delivery
    }

    /// Whether everything owed arrived once, in order and as sent, and nothing else did.
    pub fn holds(&self) -> bool {
        self.received == self.expected && self.faults() == 0
    }

    /// How many faults there are of all kinds.
    pub fn faults(&self) -> u64 {
        self.missing + self.doubled + self.misrouted + self.out_of_order + self.altered
    }
}

#[cfg(test)]
mod tests {
    use quibus_examples::weather::TemperatureMeasured;

    use super::*;
    use crate::demo::{Plan, StationPlan};

    /// Two stations with six events each, in two months.
    fn plan() -> Plan {
        let event = |station: &str, number| TemperatureMeasured {
            station: station.into(),
            month: 1 + number / 3,
            celsius: f64::from(number),
            number,
            ..Default::default()
        };
        let station = |name: &str| StationPlan {
            name: name.into(),
            events: (0..6).map(|number| event(name, number)).collect(),
        };
        Plan {
            stations: vec![station("North"), station("South")],
        }
    }

    /// What a subscriber is told if `change` happens to what it is owed on the way.
    fn judged(
        selection: &Selection,
        change: impl FnOnce(&mut Vec<TemperatureMeasured>),
    ) -> Delivery {
        let plan = plan();
        let mut arriving: Vec<_> = plan
            .events()
            .filter(|e| selection.wants(e))
            .cloned()
            .collect();
        change(&mut arriving);
        let mut tally = Tally::of(&plan);
        arriving.iter().for_each(|event| tally.record(event));
        Delivery::judge("S.0", selection, &tally)
    }

    /// missing, doubled, misrouted, out of order, altered
    fn faults(delivery: &Delivery) -> [u64; 5] {
        assert_eq!(delivery.holds(), delivery.faults() == 0, "{delivery:?}");
        let d = delivery;
        [d.missing, d.doubled, d.misrouted, d.out_of_order, d.altered]
    }

    fn north() -> Selection {
        Selection::Station("North".into())
    }

    #[test]
    fn what_arrives_as_owed_holds_for_every_kind_of_selection() {
        for (selection, owed) in [
            (Selection::All, 12),
            (north(), 6),
            (Selection::Month("South".into(), 2), 3),
        ] {
            let delivery = judged(&selection, |_| {});
            assert_eq!((delivery.expected, delivery.received), (owed, owed));
            assert_eq!(faults(&delivery), [0; 5]);
            assert!(delivery.examples.is_empty());
        }
    }

    #[test]
    fn a_lost_event_is_missed_and_named() {
        let delivery = judged(&north(), |events| drop(events.remove(4)));
        assert_eq!(faults(&delivery), [1, 0, 0, 0, 0]);
        assert_eq!(delivery.examples, ["North 4 missing"]);
    }

    #[test]
    fn an_event_that_comes_three_times_is_doubled_twice() {
        let delivery = judged(&north(), |events| {
            let event = events[5].clone();
            events.extend([event.clone(), event]);
        });
        assert_eq!(faults(&delivery), [0, 2, 0, 0, 0]);
        assert_eq!(delivery.examples, ["North 5 doubled"]);
    }

    #[test]
    fn a_loss_is_not_made_good_by_a_double() {
        let delivery = judged(&north(), |events| events[1] = events[0].clone());
        assert_eq!(delivery.received, delivery.expected);
        assert_eq!(faults(&delivery), [1, 1, 0, 0, 0]);
    }

    #[test]
    fn an_event_of_another_station_or_month_is_misrouted() {
        let south = plan().stations[1].events[0].clone();
        let delivery = judged(&north(), |events| events.push(south));
        assert_eq!(faults(&delivery), [0, 0, 1, 0, 0]);
        let february = plan().stations[0].events[3].clone();
        let january = Selection::Month("North".into(), 1);
        let delivery = judged(&january, |events| events.push(february));
        assert_eq!(faults(&delivery), [0, 0, 1, 0, 0]);
    }

    #[test]
    fn an_event_overtaken_by_a_later_one_is_out_of_order() {
        let delivery = judged(&north(), |events| events.swap(2, 3));
        assert_eq!(faults(&delivery), [0, 0, 0, 1, 0]);
    }

    #[test]
    fn an_event_that_nobody_sent_like_this_is_altered() {
        for change in [
            |event: &mut TemperatureMeasured| event.celsius += 0.5,
            |event: &mut TemperatureMeasured| event.number = u32::MAX,
            |event: &mut TemperatureMeasured| event.station = "East".into(),
        ] {
            let delivery = judged(&north(), |events| change(&mut events[5]));
            assert_eq!(faults(&delivery), [1, 0, 0, 0, 1]);
        }
    }

    #[test]
    fn only_the_first_few_wrong_events_are_named() {
        let delivery = judged(&Selection::All, Vec::clear);
        assert_eq!(faults(&delivery), [12, 0, 0, 0, 0]);
        assert_eq!(delivery.examples.len(), MAX_EXAMPLES);
    }
}

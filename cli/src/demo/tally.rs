//! What arrived at a subscriber.

use std::collections::BTreeMap;

use quibus_examples::weather::TemperatureMeasured;

use super::plan::Plan;

/// What arrived at one subscriber, event by event. Its size is that of the plan, whatever arrives.
#[derive(Debug, Clone)]
pub struct Tally {
    stations: BTreeMap<String, StationTally>,
    received: u64,
    altered: u64,
    out_of_order: u64,
}

#[derive(Debug, Clone)]
struct StationTally {
    /// The planned events, and how often each arrived.
    events: Vec<(TemperatureMeasured, u32)>,
    highest: Option<u32>,
}

impl Tally {
    /// Nothing arrived so far.
    pub fn of(plan: &Plan) -> Self {
        let stations = plan.stations.iter().map(|station| {
            let events = station
                .events
                .iter()
                .map(|event| (event.clone(), 0))
                .collect();
            (
                station.name.clone(),
                StationTally {
                    events,
                    highest: None,
                },
            )
        });
        Self {
            stations: stations.collect(),
            received: 0,
            altered: 0,
            out_of_order: 0,
        }
    }

    /// An event arrived.
    pub fn record(&mut self, event: &TemperatureMeasured) {
        self.received += 1;
        let Some(station) = self.stations.get_mut(&event.station) else {
            self.altered += 1;
            return;
        };
        let planned = usize::try_from(event.number).ok();
        match planned.and_then(|number| station.events.get_mut(number)) {
            Some((planned, count)) if planned == event => *count += 1,
            _ => {
                self.altered += 1;
                return;
            }
        }
        // The same number again is doubled, which is counted as such.
        if station
            .highest
            .is_some_and(|highest| event.number < highest)
        {
            self.out_of_order += 1;
        } else {
            station.highest = Some(event.number);
        }
    }

    /// How many events arrived, whatever they were.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How many arrived that no station ever sent like this.
    pub fn altered(&self) -> u64 {
        self.altered
    }

    /// How many arrived after a later one of the same station.
    pub fn out_of_order(&self) -> u64 {
        self.out_of_order
    }

    /// Every planned event and how often it arrived.
    pub fn events(&self) -> impl Iterator<Item = (&TemperatureMeasured, u32)> {
        let stations = self.stations.values();
        stations.flat_map(|station| station.events.iter().map(|(event, count)| (event, *count)))
    }
}

//! A peer that wants measurements.

use std::sync::Arc;
use std::time::Duration;

use quibus::bus::Builder;
use quibus::prelude::*;
use quibus_examples::weather::TemperatureMeasured;

use super::delivery::Delivery;
use super::loopback::started;
use super::observer::{Observer, Span};
use super::selection::Selection;
use crate::complaint::Complaint;

/// A peer that wants measurements and notes which arrive.
#[derive(Debug)]
pub struct Subscriber {
    /// The peer.
    pub bus: Bus,
    /// What it is there for.
    pub role: String,
    selection: Selection,
    observer: Arc<Observer>,
}

/// What it has got, once nothing can come any more.
#[derive(Debug)]
pub struct Got {
    /// What it was owed, against what arrived.
    pub delivery: Delivery,
    /// From the first arrival to the last.
    pub span: Option<Span>,
}

impl Got {
    /// How long it was receiving.
    pub fn busy(&self) -> Duration {
        self.span.map_or(Duration::ZERO, |span| span.length())
    }
}

impl Subscriber {
    /// Starts it, bound to a part of all measurements.
    pub async fn start(
        name: &str,
        builder: Builder,
        role: &str,
        selection: &Selection,
        observer: Observer,
    ) -> Result<Self, Complaint> {
        let observer = Arc::new(observer);
        let route = TemperatureMeasured::route();
        let route = match selection {
            Selection::All => route,
            Selection::Station(station) => route.station(station.as_str()),
            Selection::Month(station, month) => route.station(station.as_str()).month(*month),
        };
        let builder = builder
            .state(observer.clone())
            .handle(measured.matching(route));
        Ok(Self {
            bus: started(name, builder).await?,
            role: role.to_owned(),
            selection: selection.clone(),
            observer,
        })
    }

    /// What it has got so far.
    pub fn got(&self) -> Got {
        let (tally, span) = self.observer.seen();
        let delivery = Delivery::judge(self.bus.peer().as_str(), &self.selection, &tally);
        Got { delivery, span }
    }
}

async fn measured(event: TemperatureMeasured, State(observer): State<Arc<Observer>>) {
    observer.record(&event);
}

//! What a subscriber notes of what arrives.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quibus_examples::weather::TemperatureMeasured;

use super::arrivals::Arrivals;
use super::plan::Plan;
use super::tally::Tally;

/// What a subscriber notes of what arrives: which events, and from when to when.
#[derive(Debug)]
pub struct Observer {
    seen: Mutex<(Tally, Option<Span>)>,
    arrivals: Arc<Arrivals>,
}

/// From the first arrival to the last.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// When the first came.
    pub first: Instant,
    /// When the last came.
    pub last: Instant,
}

impl Span {
    /// How long it was.
    pub fn length(&self) -> Duration {
        self.last.duration_since(self.first)
    }
}

impl Observer {
    /// Nothing has arrived so far.
    pub fn new(plan: &Plan, arrivals: Arc<Arrivals>) -> Self {
        let seen = Mutex::new((Tally::of(plan), None));
        Self { seen, arrivals }
    }

    /// An event arrived.
    pub fn record(&self, event: &TemperatureMeasured) {
        let now = Instant::now();
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let (tally, span) = &mut *seen;
            tally.record(event);
            let first = span.map_or(now, |span| span.first);
            *span = Some(Span { first, last: now });
        }
        self.arrivals.count();
    }

    /// Everything so far; no span before the first event.
    pub fn seen(&self) -> (Tally, Option<Span>) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

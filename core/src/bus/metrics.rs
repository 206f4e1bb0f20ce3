//! What a bus tells a metrics recorder, if the program has installed one.
//!
//! Everything is counted anyway or looked up on demand: a task reads it every [`EVERY`], nothing
//! is done per message.

use std::sync::{Arc, Weak};
use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

use super::inner::{Inner, Life};
use super::memory_table::MemoryTable;
use crate::dispatch::Received;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(5);

/// A measurement: its name, whether it only grows, its unit, what it says, and how it is read.
pub(super) struct Measurement {
    pub(crate) name: &'static str,
    pub(crate) grows: bool,
    unit: Unit,
    what: &'static str,
    read: fn(&Look) -> u64,
}

/// What is read at one look.
struct Look {
    tally: crate::peers::Tally,
    received: Received,
    queued: u64,
    queued_cost: u64,
    budget: crate::session::MemoryBudget,
    bound: u64,
}

macro_rules! measurements {
    ($($name:literal $grows:literal $unit:ident $what:literal $read:expr;)*) => {
        /// All of them; documented in `core/METRICS.md`.
        pub(super) static MEASUREMENTS: &[Measurement] = &[$(Measurement {
            name: $name,
            grows: $grows,
            unit: Unit::$unit,
            what: $what,
            read: $read,
        }),*];
    };
}

measurements! {
    "quibus_messages_accepted_total" true Count "messages that lanes to others have accepted" |l| l.tally.lanes.accepted;
    "quibus_messages_resent_total" true Count "messages that were written to another link again" |l| l.tally.lanes.resent;
    "quibus_messages_voided_total" true Count "messages that were given up before they were delivered" |l| l.tally.lanes.voided;
    "quibus_events_skipped_total" true Count "events that were skipped because their receiver was slow" |l| l.tally.lanes.skipped;
    "quibus_events_lost_total" true Count "events that were accepted and ended with their receiver, which may have had them" |l| l.tally.events_lost;
    "quibus_messages_received_total" true Count "messages that came for handlers of this process" |l| l.received.handled;
    "quibus_messages_unhandled_total" true Count "messages that nobody handles here" |l| l.received.unhandled;
    "quibus_events_missed_total" true Count "events that were skipped because this process was slow" |l| l.received.missed;
    "quibus_dials_total" true Count "dials that met somebody" |l| l.tally.dials_ever;
    "quibus_links_total" true Count "links there ever were" |l| l.tally.links_ever;
    "quibus_budget_refusals_total" true Count "times that a lane or link had to go on with what it had" |l| l.budget.refusals();
    "quibus_peers" false Count "peers that are known" |l| l.tally.peers;
    "quibus_slow_peers" false Count "peers to which events are skipped" |l| l.tally.slow_peers;
    "quibus_links" false Count "links that exist" |l| l.tally.links;
    "quibus_commands_in_flight" false Count "commands that wait for their outcome" |l| l.tally.lanes.in_flight;
    "quibus_waiting_messages" false Count "messages that receivers have not taken" |l| l.tally.lanes.waiting;
    "quibus_waiting_bytes" false Bytes "what these cost in their lanes" |l| l.tally.lanes.waiting_cost;
    "quibus_parked_bytes" false Bytes "received, and no queue has room for it" |l| l.tally.parked_cost;
    "quibus_queued_messages" false Count "messages in dispatch queues" |l| l.queued;
    "quibus_queued_bytes" false Bytes "what these cost there" |l| l.queued_cost;
    "quibus_budget_taken_bytes" false Bytes "taken of the memory budget" |l| l.budget.taken();
    "quibus_budget_bytes" false Bytes "the memory budget" |l| l.budget.limit();
    "quibus_memory_bound_bytes" false Bytes "what the process can be made to hold at the most" |l| l.bound;
}

/// The measurement of each line of the [`MemoryTable`], by its label `item`; their sum is the bound.
pub(super) const ITEM_BOUND: &str = "quibus_memory_item_bound_bytes";
const ITEM_BOUND_WHAT: &str = "the same, item by item";

/// Records until the bus ends.
pub(super) async fn record(bus: Weak<Inner>) {
    for Measurement {
        name,
        grows,
        unit,
        what,
        ..
    } in MEASUREMENTS
    {
        match grows {
            true => describe_counter!(*name, *unit, *what),
            false => describe_gauge!(*name, *unit, *what),
        }
    }
    describe_gauge!(ITEM_BOUND, Unit::Bytes, ITEM_BOUND_WHAT);
    loop {
        let Some(bus) = bus.upgrade().filter(|bus| bus.life() != Life::Stopped) else {
            return;
        };
        record_once(&bus);
        drop(bus);
        tokio::time::sleep(EVERY).await;
    }
}

/// Reads everything, and tells it.
pub(super) fn record_once(bus: &Arc<Inner>) {
    let (_, queued, queued_cost) = bus.dispatcher.held();
    let table = MemoryTable::of(bus);
    let look = Look {
        tally: bus.peers.tally(),
        received: bus.dispatcher.received(),
        queued: queued as u64,
        queued_cost,
        budget: bus.peers.shared().budget.clone(),
        bound: table.bytes(),
    };
    for Measurement {
        name, grows, read, ..
    } in MEASUREMENTS
    {
        let value = read(&look);
        match grows {
            true => counter!(*name, "peer" => bus.me.to_string()).absolute(value),
            false => gauge!(*name, "peer" => bus.me.to_string()).set(value as f64),
        }
    }
    for item in &table.items {
        let of_item = gauge!(ITEM_BOUND, "peer" => bus.me.to_string(), "item" => item.what);
        of_item.set(item.bytes() as f64);
    }
}

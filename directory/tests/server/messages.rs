//! What the buses of these tests exchange.

use std::sync::{Arc, Mutex};

use quibus::prelude::*;

/// Doubles a number.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Test", reply = Doubled)]
pub(crate) struct Double {
    #[prost(uint64, tag = "1")]
    pub(crate) number: u64,
}

/// The answer to [`Double`], and who gave it.
#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(crate) struct Doubled {
    #[prost(uint64, tag = "1")]
    pub(crate) number: u64,
}

pub(crate) async fn double(command: Double) -> Doubled {
    Doubled {
        number: command.number * 2,
    }
}

/// It rains in a town.
#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Test")]
pub(crate) struct Rained {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub(crate) town: String,
    #[prost(uint64, tag = "2")]
    pub(crate) number: u64,
}

/// The towns and numbers of all [`Rained`] that a bus has got.
#[derive(Clone, Default)]
pub(crate) struct Rain(Arc<Mutex<Vec<(String, u64)>>>);

impl Rain {
    pub(crate) fn seen(&self) -> Vec<(String, u64)> {
        self.0.lock().unwrap().clone()
    }

    fn add(&self, event: Rained) {
        self.0.lock().unwrap().push((event.town, event.number));
    }
}

pub(crate) async fn rained(event: Rained, State(rain): State<Rain>) {
    rain.add(event);
}

pub(crate) fn rain_in(town: &str, number: u64) -> Rained {
    Rained {
        town: town.into(),
        number,
    }
}

/// Takes a while; any of several peers will do.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Test", reply = Worked, deliver = "any")]
pub(crate) struct Work {
    #[prost(uint64, tag = "1")]
    pub(crate) millis: u64,
}

/// The answer to [`Work`].
#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(crate) struct Worked {}

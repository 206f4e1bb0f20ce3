//! The claim that weather costs the bus what it costs QUIC, and loses nothing: throughput and
//! latency under loss and delay, beside raw quinn through the same kind of relay in the same run.
//!
//! `cell` is one kind of weather. `place` is a thread that one side lives on, `bus_side` and
//! `raw_side` are what is measured there, `race` runs them in turn, `series` sums up.

mod bus_side;
mod cell;
mod place;
mod race;
mod raw_side;
mod series;
mod weather_claim;

pub use weather_claim::WeatherClaim;

/// Bytes of an encoded event: with the four that the baseline puts before each, 1 KiB.
const EVENT: usize = 1020;
/// Bytes of an encoded command, and of its reply.
const COMMAND: usize = 128;
/// A transfer or a round trip that takes longer hangs: raw QUIC needs some ten seconds for the
/// slowest of them, a single batch of 64 KiB through 30% loss and 200 ms.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(150);

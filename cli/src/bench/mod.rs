//! `quibus bench`: what the bus costs on this machine, beside raw QUIC.
//!
//! The measuring is that of the project's own benchmarks (`quibus_yardstick`): two processes on
//! loopback, each with one thread, the tool itself being the second as well ([`Bench::SERVE`]). What
//! is here chooses what is measured and shows it.

#[expect(clippy::module_inception, reason = "the main type of the module")]
mod bench;
mod bench_table;
mod typed_bench;

pub use bench::{Bench, Serve, Subject};
pub use typed_bench::{TypedBench, TypedPace};

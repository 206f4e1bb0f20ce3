//! Raw QUIC as a yardstick: the least that quinn needs to move the same bytes.
//!
//! What the bus costs is said beside what QUIC alone costs, in the same run, with the same socket,
//! settings, certificates and cryptography. The baselines have the names that the project's
//! benchmarks use for them:
//!
//! | baseline | what it does |
//! | --- | --- |
//! | R-strm | one request per bidirectional stream: [`RawLink::request`] |
//! | R-mux | a closed loop on one bidirectional stream, one write per batch received: [`RawLink::echo`] |
//! | R-one | length-prefixed messages one way on one stream, in batches of 64 KiB: [`send_one_way`] over one link |
//! | R-fan | the same to several receivers, each batch made once: [`send_one_way`] over several |
//!
//! With [`send_encoded`] the receivers also read each message of these two, by a function that their
//! endpoint was given: so much a bus could reach that cost nothing but its codec.
//!
//! The one setting that differs from the bus's is how many bidirectional streams may be open (the
//! bus uses a single one): with its two, R-strm would wait for the peer to grant the next.

mod bounds;
mod raw_endpoint;
mod raw_failure;
mod raw_link;
mod service;

pub use bounds::Bounds;
pub use raw_endpoint::RawEndpoint;
pub use raw_failure::RawFailure;
pub use raw_link::{RawLink, send_encoded, send_one_way};
pub use service::ReadMessage;

/// Bytes before each message: its length, little-endian.
const HEAD: usize = 4;
/// Bytes written at once.
const BATCH: usize = 64 << 10;
/// Chunks read at once, as the bus does.
const CHUNKS: usize = 32;
/// Largest request of a stream of its own.
const MAX_REQUEST: usize = 1 << 20;
/// First byte of a stream: send back whatever comes.
const ECHO: u8 = 1;
/// First byte of a stream: read to the end, then send it back.
const REQUEST: u8 = 2;
/// First byte of a stream: count the messages, at the end answer with their number.
const COUNT: u8 = 3;
/// First byte of a stream: the same, but only messages that could be read count.
const READ: u8 = 4;

//! The QUIC transport of quibus: one UDP socket per process, one connection per link.
//!
//! [`Quic`] implements the [transport contract](quibus::transport): it dials and accepts on one
//! socket, authenticates both sides by their certificates (TLS 1.3, the expected peer sits in the
//! verifier of that dial), and carries every lane as one long-lived stream. It knows nothing of
//! messages, acknowledgements or resending.
//!
//! What travels is QUIC version 1 with the application protocol `quibus/1`:
//!
//! - the acceptor's first unidirectional stream is empty; it says "your certificate is accepted
//!   and the link is taken". A dial waits for it, because TLS 1.3 lets a dialler finish before
//!   its certificate was looked at;
//! - the dialler's first bidirectional stream is the control lane of both sides;
//! - every further lane is a unidirectional stream; it is reset when abandoned, never finished;
//! - an application close carries the number of a
//!   [`CloseReason`](quibus::transport::CloseReason).
//!
//! | module | what it settles |
//! | --- | --- |
//! | `quic`, `quic_config` | the transport itself and its configuration |
//! | `quic_settings`, `said` | what a configuration file says of it, and what code has said |
//! | `development` (feature `dev`) | a certificate made on the spot |
//! | `running` | what exists between bind and close |
//! | `dialler`, `acceptor`, `gate` | how links come into being, and who is let in how fast |
//! | `link`, `lane_writer`, `lane_reader`, `ending` | a link, its lanes, how they end |
//! | `tls` | who is who |
//! | `socket`, `settings` | buffers, windows, sizes, each with what it was measured to be worth |
//! | `bound_endpoint`, `traffic` | a socket with its endpoint, and what went through it |
//! | `fuzzing` (feature) | attackers of that endpoint, with and without a certificate |
//! | `presented` | what a server shows to whoever dials it, for people who look into a failure |
//! | `raw` (feature) | QUIC without a bus, for benchmarks to measure the bus beside |
//! | `releasable_socket`, `cubic_until_closed` | closing for good: the address is free at once, and a busy link can still say why it ends |

mod acceptor;
mod bound_endpoint;
mod cubic_until_closed;
#[cfg(feature = "dev")]
mod development;
mod dialler;
mod ending;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod lane_reader;
mod lane_writer;
mod link;
mod link_windows;
mod presented;
mod quic;
mod quic_config;
mod quic_settings;
#[cfg(feature = "raw")]
pub mod raw;
mod receive_batch;
mod releasable_socket;
mod running;
mod said;
mod settings;
mod socket;
mod tls;
mod traffic;

pub use presented::{Presented, PresentedError};
pub use quibus_quic_crypto::{KeyExchange, Provider};
pub use quic::Quic;
pub use quic_config::QuicConfig;
pub use quic_settings::{KeyExchangeChoice, ProviderChoice, QuicSettings};
pub use socket::granted_buffers;
pub use traffic::Traffic;

//! A UDP relay that makes weather, by seed: what goes through it is lost, delayed, reordered,
//! duplicated, corrupted, slowed down or cut off as it is told, and counters say how often.
//!
//! The kernel can do this too (`tc netem`), if it was built for it and one is root. This runs
//! anywhere, and a seed brings the same decisions back.
//!
//! It carries 600 MB/s of QUIC between two ends that share two processors with it (825 MB/s without
//! it). It is never early, and late by up to the millisecond that tokio's timer goes by, or by more
//! on a busy machine; its README has the figures and the command that measures them. What the
//! kernel drops before it could be read is not counted: socket buffers are 4 MiB where allowed.
//!
//! | module | what it settles |
//! | --- | --- |
//! | `relay`, `setup` | a running relay, and how it is to be before it starts |
//! | `weather`, `chance`, `rate`, `direction` | what packets of a direction go through |
//! | `sky`, `bottleneck` | what becomes of each packet: pure, in the time handed to it |
//! | `way`, `flight`, `load`, `counters` | what is on its way, what may be, what has been: pure too |
//! | `port`, `burst` | sockets that take and give datagrams by the dozen |
//! | `client`, `clients` | a bounded table of clients, each with a socket towards the target |
//! | `path`, `carrier`, `tasks` | the shell: one task for clients, one per client for answers |

mod bottleneck;
mod burst;
mod carrier;
mod chance;
mod client;
mod clients;
mod counters;
mod direction;
mod flight;
mod load;
mod path;
mod port;
mod rate;
mod relay;
mod setup;
mod sky;
mod tasks;
mod way;
mod weather;

pub use chance::{Chance, ChanceError};
pub use counters::{Counters, Counts};
pub use direction::Direction;
pub use load::Room;
pub use rate::{Rate, RateError};
pub use relay::Relay;
pub use setup::{Setup, StartError};
pub use sky::{Corruption, Fate, Passage, Sky};
pub use weather::Weather;

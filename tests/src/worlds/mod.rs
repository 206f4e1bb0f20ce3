//! Worlds that buses live in, so that one test runs over every transport.
//!
//! A [`World`] gives each process its transport and can do to the network between two of them what
//! networks do: swallow what goes one way, break links, let a process die without a word.
//! [`MemoryWorld`] stands on the network in memory, [`QuicWorld`] on real sockets with a
//! [`Relay`](quibus_relay::Relay) in front of every process. A [`Stage`] starts buses in a world and tells each who
//! is there, as a directory would: by hand, because what is tried here is links.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `world` | the trait |
//! | `stage`, `noticeboard` | buses in a world, and who is told what of whom |
//! | `memory_world` | over `MemoryNetwork` |
//! | `quic_world` | over QUIC on loopback, through relays that make weather |
//! | `injected` | what those relays have done |

mod injected;
mod memory_world;
mod noticeboard;
mod quic_world;
mod stage;
mod world;

pub use memory_world::MemoryWorld;
pub use noticeboard::Noticeboard;
pub use quic_world::QuicWorld;
pub use stage::{Stage, gone};
pub use world::World;

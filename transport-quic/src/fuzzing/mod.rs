//! Attackers of the endpoint that the product uses, for fuzzers.
//!
//! A [`Duel`] is two endpoints of quinn-proto in one thread, without sockets and clocks. One has
//! the product's settings and verifiers; the other is an attacker that obeys a [`Script`]: it garbles
//! its handshake, its transport parameters and the frames of its packets before they are sealed,
//! damages, holds back, doubles and invents datagrams, and misuses streams. What has to hold
//! whatever it does is asserted.
//!
//! | module | what it settles |
//! | --- | --- |
//! | `script` | what an attacker does, as bytes |
//! | `garbler` | what it does to its own handshake and packets |
//! | `stock` | both sides' configurations, made once |
//! | `side` | one endpoint and its connections |
//! | `duel` | the datagrams in between, the time, and what is asserted |
//! | `samples` | scripts to begin from |

mod duel;
mod garbler;
mod samples;
mod script;
mod side;
mod stock;

pub use duel::{Duel, Outcome};
pub use samples::handshake_samples;
pub use script::{Deed, Script, Verb};
pub use stock::Identities;

//! The claim `drain`: services are stopped and started again, in turn and under load, and nothing
//! is lost: what a stop that said Ok left behind is nothing, and every sender knows what became of
//! its command (promise 28).
//!
//! Three services handle events and commands of two clients and of each other, and a real
//! directory knows them. Each is stopped in its turn and starts again. What happened is a
//! [history](crate::history). Beside that: a stop through a network that loses three packets of
//! ten, a stop against a peer that hears nothing, and a stop across a million sends in progress.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `drain_claim` | the claim and its parts |
//! | `rolling` | rolling restarts in one world |
//! | `service` | a peer, over all its runs, and what it sends |
//! | `contract` | the messages and their handlers |
//! | `against_all_odds` | a frozen peer, a million sends |

mod against_all_odds;
mod contract;
mod drain_claim;
mod rolling;
mod service;

pub use drain_claim::Drain;

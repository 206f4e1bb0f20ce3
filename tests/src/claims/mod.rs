//! What the project claims of itself, each claim a name that `prove` can be asked for.
//!
//! A [`Claim`] prints what it tries and measures while it runs and ends in a [`Verdict`], whose
//! figure is the last line. [`REGISTER`] lists them; a claim joins by a module here and a line
//! there. `tests/README.md` says the same for people.
//!
//! | claim | module |
//! | --- | --- |
//! | `bad-input` | [`bad_input`] |
//! | `body` | [`body`] |
//! | `decoder-limits` | [`decoder_limits`] |
//! | `delivery` | [`delivery`] |
//! | `demo` | [`demo`] |
//! | `doctor` | [`doctor`] |
//! | `drain` | [`drain`] |
//! | `first-ten-minutes` | [`first_ten_minutes`] |
//! | `heals` | [`heals`] |
//! | `lanes` | [`lanes`] |
//! | `layout` | [`layout`] |
//! | `links` | [`links`] |
//! | `memory` | [`memory`] |
//! | `mutants` | [`mutants`] |
//! | `no-c` | [`no_c`] |
//! | `static` | [`static_binaries`] |
//! | `weather` | [`weather`] |

pub mod bad_input;
pub mod body;
mod claim;
mod companion;
pub mod decoder_limits;
pub mod delivery;
pub mod demo;
pub mod doctor;
pub mod drain;
pub mod first_ten_minutes;
mod ground;
pub mod heals;
mod in_turn;
pub mod lanes;
pub mod layout;
pub mod links;
pub mod memory;
pub mod mutants;
pub mod no_c;
mod peak;
mod programs;
mod register;
mod seed;
pub mod static_binaries;
pub mod weather;
mod workspace;

pub use claim::{Claim, Options, Untried, Verdict};
pub use register::REGISTER;

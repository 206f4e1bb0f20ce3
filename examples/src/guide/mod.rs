//! The Rust of the guide in `docs/`, which quotes it line by line: so it compiles, and these tests
//! run it. All of it is for tests; the programs of this package are in `src/bin`.
//!
//! | module | quoted in |
//! | --- | --- |
//! | [`messages`] | `docs/messages.md`: the contracts that the other modules talk with |
//! | [`handlers`] | `docs/handlers.md` |
//! | [`routing`] | `docs/routing.md` |
//! | [`identity`] | `docs/identity.md` |
//! | [`operations`] | `docs/operations.md` |
//! | [`bodies`] | `docs/messages.md`: what is too large for a message |
//! | [`from_zebus`] | `docs/from-zebus-rs.md` |
//! | [`town`] | `docs/start.md`: a network in memory, for a service's own tests |

mod bodies;
mod from_zebus;
mod handlers;
mod identity;
mod messages;
mod operations;
mod routing;
mod town;

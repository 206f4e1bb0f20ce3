//! Proof that sessions keep their promises: pieces one by one, then two whole sides.
//!
//! - `pair` (with `side`, `wire`, `event`, `record`): two processes and a network that loses what
//!   it may lose, driven as a shell drives a session, checked against a naive model.
//! - `random`: thousands of seeded runs, cut after any byte.
//! - `explore`: every interleaving of small scopes.
//! - `counterexamples`: what broke earlier wordings of the rules, one test each.

mod counterexamples;
mod event;
mod explore;
mod farewell;
mod fingerprint;
mod golden;
mod half;
mod idle_credit;
mod inbound;
mod lane_reader;
mod outbound;
mod outbound_end;
mod pair;
mod parked_memory;
mod random;
mod record;
mod room;
mod script;
mod side;
mod unsequenced;
mod wire;

//! Buses that talk to each other over a network in memory, without a directory: each is told by
//! hand who is there.

mod exchange;
mod missed;
mod rig;
mod room;
mod routes;
mod slots;
mod stops;

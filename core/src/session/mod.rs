//! Sessions: exactly-once between two incarnations, however often the links break.
//!
//! Everything here is pure: no socket, no task, no clock of its own. A [`Session`] decides which
//! memory is whose, which of several links is used and when a session ends; an [`Outbound`] lane
//! numbers, logs and resends; an [`Inbound`] lane drops what it has and parks what it has not.
//! `FORMAT.md` beside the crate's manifest draws every byte and states the rules R1–R11, which the
//! code marks where it obeys them.
//!
//! [`Session`]: session::Session
//! [`Outbound`]: outbound::Outbound
//! [`Inbound`]: inbound::Inbound

mod control;
mod effects;
mod farewell;
mod hello;
mod inbound;
mod kind;
mod lane_id;
mod lane_reader;
mod lane_writer;
mod lanes;
mod link_id;
mod link_state;
mod log;
mod outbound;
mod outbound_end;
mod parcel;
mod pending;
mod room;
mod session;
mod violation;

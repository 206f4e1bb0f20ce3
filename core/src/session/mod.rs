//! Sessions: exactly-once between two incarnations, however often the links break.
//!
//! Everything here is pure: no socket, no task, no clock of its own. A [`Session`] decides which
//! memory is whose, which of several links is used and when a session ends; an [`Outbound`] lane
//! numbers, logs and resends; an [`Inbound`] lane drops what it has and parks what it has not.
//! `FORMAT.md` beside the crate's manifest draws every byte and states the rules R1–R13, which the
//! code marks where it obeys them.
//!
//! [`Session`]: session::Session
//! [`Outbound`]: outbound::Outbound
//! [`Inbound`]: inbound::Inbound

mod body;
mod control;
mod effects;
mod farewell;
mod frame_head;
mod half;
mod hello;
mod inbound;
mod items;
pub(crate) mod kind;
pub(crate) mod lane_bounds;
mod lane_id;
mod lane_names;
mod lane_reader;
mod lane_room;
mod lane_writer;
mod lanes;
mod link_id;
mod link_state;
mod lock;
mod log;
mod log_entry;
mod memory_budget;
mod outbound;
mod outbound_accept;
mod outbound_end;
mod outbound_pull;
mod outbound_room;
mod outbound_slow;
mod outcome_frame;
mod parcel;
mod pending;
mod plain_events;
mod received_types;
mod repack;
mod retained;
mod room;
mod run;
mod session;
mod session_links;
mod share;
mod stream;
mod totals;
mod unsequenced;
mod violation;
mod wake_all;
mod window;

#[cfg(test)]
mod tests;

pub(crate) use body::{
    Ask, Asked, BODY_WINDOW, BodiesOwed, BodiesWanted, BodyPart, BodyReader, BodyWindow,
    BodyWriter, Opening, Owed, Wanted, opening,
};
pub(crate) use control::{Ack, Control};
pub(crate) use effects::{Action, Effects};
pub(crate) use half::Used;
pub(crate) use hello::{Hello, VERSION};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use hello::{LanePosition, Memory};
pub(crate) use inbound::Inbound;
pub(crate) use kind::{MAX_FRAME, MAX_TYPE_NAME, MAX_UNSEQUENCED, UNSEQUENCED_ROOM};
pub(crate) use lane_id::LaneId;
pub(crate) use lane_names::LaneNames;
#[cfg(feature = "fuzzing")]
pub(crate) use lane_reader::Read as LaneRead;
pub(crate) use lane_reader::{LaneReader, frame_len};
pub(crate) use lane_room::Needs;
#[cfg(feature = "fuzzing")]
pub(crate) use lane_writer::LaneWriter;
pub(crate) use lane_writer::WireType;
pub(crate) use lanes::{Lanes, SaidBy};
pub(crate) use link_id::LinkId;
pub(crate) use lock::{Mutex, MutexGuard};
pub(crate) use log::cost_of;
pub use memory_budget::{MemoryBudget, Part};
pub(crate) use outbound::{Head, Outbound, Unaccepted, Wake};
pub(crate) use outbound_end::Losses;
pub(crate) use outcome_frame::{outcome_head_len, put_outcome_head, read_outcome};
pub(crate) use parcel::{Item, Parcel};
pub(crate) use pending::{End, NoOutcome, Ticket};
pub(crate) use repack::{Loose, in_last_pile, repack};
pub(crate) use room::{Room, Turn};
pub(crate) use run::Run;
pub(crate) use session::{Own, Session};
pub(crate) use totals::LaneTotals;
pub(crate) use unsequenced::{Call, NotAsked, Unsequenced, UnsequencedRead, UnsequencedReader};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use unsequenced::{unsequenced_command, unsequenced_opening, unsequenced_outcome};
pub(crate) use violation::Violation;
pub(crate) use wake_all::{wake_all, wake_one};
pub(crate) use window::LANE_SHARE;

//! The async shell around sessions: links, dialling, lanes, and what has to happen in time.
//!
//! [`Peers`] holds one [`Peer`] for every process that this one exchanges anything with. A peer's
//! session decides; the tasks here do: one per link reads its control lane and its lanes, one per
//! peer dials while a link is wanted. No lock is shared by two peers on the way of a message, and
//! no task is started for one.
//!
//! What arrives is handed upwards through [`Deliver`], which dispatch implements.

mod acknowledgements;
mod afterwards;
mod bodies;
mod body_cell;
mod body_flow;
mod bootstrap;
mod byte_queue;
mod caught;
mod consequences;
mod deliver;
mod dial;
mod exchange;
mod expiry;
mod frame_reader;
mod incoming_body;
mod lane_source;
mod lane_task;
mod link_task;
#[cfg(test)]
mod link_tests;
mod links;
mod log_pace;
mod message_clock;
#[cfg(all(test, quibus_shuttle))]
mod model_link;
mod numbers;
mod outcome_debt;
mod patience;
mod peer;
mod registry;
mod standing;
mod tally;
#[cfg(test)]
mod tests;
mod timings;
mod unsequenced;
mod unsequenced_source;
mod unsequenced_task;

pub(crate) use afterwards::Afterwards;
pub(crate) use bodies::OwedBody;
pub(crate) use bootstrap::Bootstrap;
#[cfg(feature = "fuzzing")]
pub(crate) use bootstrap::{read_request, read_response, write_request, write_response};
pub(crate) use caught::{let_go, unharmed};
pub(crate) use consequences::Consequences;
pub(crate) use deliver::{Deliver, Request};
pub use exchange::Exchange;
pub(crate) use incoming_body::IncomingBody;
pub(crate) use link_task::{CONTROL_LIMIT, MAX_LANES};
#[cfg(all(test, quibus_shuttle))]
pub(crate) use model_link::{Answer, Arrivals, PATIENCE, link};
pub(crate) use patience::Patience;
pub(crate) use peer::{PEER_BYTES, Peer};
pub(crate) use registry::Peers;
pub(crate) use standing::Standing;
pub(crate) use tally::Tally;
pub use timings::Timings;

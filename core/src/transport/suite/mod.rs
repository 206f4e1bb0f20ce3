//! The conformance suite of the transport contract: its sentences, each as a check that any
//! [`Transport`](super::Transport) can run.
//!
//! Describe your transport as a [`World`] and let [`transport_suite!`](crate::transport_suite)
//! make a test of every check. A check panics where the contract is broken, and none waits longer
//! than [`World::patience`] allows.
//!
//! | module | the sentences about |
//! | --- | --- |
//! | `links` | binding, dialling, who the other side is |
//! | `lanes` | bytes, their order, stalled and abandoned lanes |
//! | `ends` | closing, and how the other side notices |
//! | `world`, `feed` | what the checks stand on: two linked peers, a lane fed by hand |
//! | `transport_suite` | the macro that makes a test of every check |

mod ends;
mod feed;
mod lanes;
mod links;
mod transport_suite;
mod world;

pub use ends::{
    a_closed_transport_ends_its_links_and_can_be_bound_again,
    both_sides_read_the_reason_of_a_close_and_the_first_reason_stays,
    dropping_the_last_handle_closes_the_link_as_done, the_end_of_a_link_ends_its_lanes,
    the_reason_of_a_close_arrives_from_a_busy_link,
};
pub use lanes::{
    a_lane_of_the_bus_that_ends_is_broken_for_its_reader_and_the_link_lives_on,
    a_lane_that_stalls_stalls_no_other, bytes_arrive_whole_and_in_order_whatever_the_chunks,
    the_control_lane_is_the_first_to_be_accepted, what_may_be_left_unread_stalls_no_other_lane,
};
pub use links::{
    a_dial_that_meets_somebody_else_fails_and_nobody_arrives, a_dial_to_nobody_fails_in_time,
    a_peer_is_not_taken_for_a_directory_server, a_transport_that_is_not_bound_cannot_dial,
    both_sides_learn_who_the_other_is, full_arrivals_delay_a_link_and_lose_none,
    nobody_binds_as_a_peer_it_is_not, two_links_between_the_same_peers_are_two_links,
};
pub use world::World;

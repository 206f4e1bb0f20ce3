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

mod ends;
mod feed;
mod lanes;
mod links;
mod world;

pub use ends::{
    a_closed_transport_ends_its_links_and_can_be_bound_again,
    both_sides_read_the_reason_of_a_close_and_the_first_reason_stays,
    dropping_the_last_handle_closes_the_link_as_done, the_end_of_a_link_ends_its_lanes,
};
pub use lanes::{
    a_lane_of_the_bus_that_ends_is_broken_for_its_reader_and_the_link_lives_on,
    a_lane_that_stalls_stalls_no_other, bytes_arrive_whole_and_in_order_whatever_the_chunks,
    the_control_lane_is_the_first_to_be_accepted,
};
pub use links::{
    a_dial_that_meets_somebody_else_fails_and_nobody_arrives, a_dial_to_nobody_fails_in_time,
    a_peer_is_not_taken_for_a_directory_server, a_transport_that_is_not_bound_cannot_dial,
    both_sides_learn_who_the_other_is, full_arrivals_delay_a_link_and_lose_none,
    nobody_binds_as_a_peer_it_is_not, two_links_between_the_same_peers_are_two_links,
};
pub use world::World;

/// Makes a test of every check of the [conformance suite](crate::transport::suite).
///
/// Takes the attributes of a test and an expression that makes a fresh
/// [`World`](crate::transport::suite::World):
///
/// ```ignore
/// quibus::transport_suite!(#[tokio::test] LoopbackWorld::new());
/// ```
#[macro_export]
macro_rules! transport_suite {
    ($(#[$test:meta])+ $world:expr) => {
        $crate::transport_suite!(@each [$(#[$test])+] $world;
            both_sides_learn_who_the_other_is,
            a_dial_that_meets_somebody_else_fails_and_nobody_arrives,
            a_peer_is_not_taken_for_a_directory_server,
            a_dial_to_nobody_fails_in_time,
            a_transport_that_is_not_bound_cannot_dial,
            nobody_binds_as_a_peer_it_is_not,
            full_arrivals_delay_a_link_and_lose_none,
            two_links_between_the_same_peers_are_two_links,
            bytes_arrive_whole_and_in_order_whatever_the_chunks,
            the_control_lane_is_the_first_to_be_accepted,
            a_lane_that_stalls_stalls_no_other,
            a_lane_of_the_bus_that_ends_is_broken_for_its_reader_and_the_link_lives_on,
            both_sides_read_the_reason_of_a_close_and_the_first_reason_stays,
            the_end_of_a_link_ends_its_lanes,
            dropping_the_last_handle_closes_the_link_as_done,
            a_closed_transport_ends_its_links_and_can_be_bound_again,
        );
    };
    (@each $attributes:tt $world:expr; $($check:ident,)+) => {
        $($crate::transport_suite!(@one $attributes $world; $check);)+
    };
    (@one [$($attribute:tt)+] $world:expr; $check:ident) => {
        $($attribute)+
        async fn $check() {
            $crate::transport::suite::$check(&$world).await;
        }
    };
}

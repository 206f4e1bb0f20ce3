//! The macro that makes a test of every check.

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
        $(#[$test])+
        async fn both_sides_learn_who_the_other_is() {
            $crate::transport::suite::both_sides_learn_who_the_other_is(&$world).await;
        }

        $(#[$test])+
        async fn a_dial_that_meets_somebody_else_fails_and_nobody_arrives() {
            $crate::transport::suite::a_dial_that_meets_somebody_else_fails_and_nobody_arrives(&$world).await;
        }

        $(#[$test])+
        async fn a_peer_is_not_taken_for_a_directory_server() {
            $crate::transport::suite::a_peer_is_not_taken_for_a_directory_server(&$world).await;
        }

        $(#[$test])+
        async fn a_dial_to_nobody_fails_in_time() {
            $crate::transport::suite::a_dial_to_nobody_fails_in_time(&$world).await;
        }

        $(#[$test])+
        async fn a_transport_that_is_not_bound_cannot_dial() {
            $crate::transport::suite::a_transport_that_is_not_bound_cannot_dial(&$world).await;
        }

        $(#[$test])+
        async fn nobody_binds_as_a_peer_it_is_not() {
            $crate::transport::suite::nobody_binds_as_a_peer_it_is_not(&$world).await;
        }

        $(#[$test])+
        async fn full_arrivals_delay_a_link_and_lose_none() {
            $crate::transport::suite::full_arrivals_delay_a_link_and_lose_none(&$world).await;
        }

        $(#[$test])+
        async fn two_links_between_the_same_peers_are_two_links() {
            $crate::transport::suite::two_links_between_the_same_peers_are_two_links(&$world).await;
        }

        $(#[$test])+
        async fn bytes_arrive_whole_and_in_order_whatever_the_chunks() {
            $crate::transport::suite::bytes_arrive_whole_and_in_order_whatever_the_chunks(&$world).await;
        }

        $(#[$test])+
        async fn the_control_lane_is_the_first_to_be_accepted() {
            $crate::transport::suite::the_control_lane_is_the_first_to_be_accepted(&$world).await;
        }

        $(#[$test])+
        async fn a_lane_that_stalls_stalls_no_other() {
            $crate::transport::suite::a_lane_that_stalls_stalls_no_other(&$world).await;
        }

        $(#[$test])+
        async fn what_may_be_left_unread_stalls_no_other_lane() {
            $crate::transport::suite::what_may_be_left_unread_stalls_no_other_lane(&$world).await;
        }

        $(#[$test])+
        async fn a_lane_of_the_bus_that_ends_is_broken_for_its_reader_and_the_link_lives_on() {
            $crate::transport::suite::a_lane_of_the_bus_that_ends_is_broken_for_its_reader_and_the_link_lives_on(&$world).await;
        }

        $(#[$test])+
        async fn both_sides_read_the_reason_of_a_close_and_the_first_reason_stays() {
            $crate::transport::suite::both_sides_read_the_reason_of_a_close_and_the_first_reason_stays(&$world).await;
        }

        $(#[$test])+
        async fn the_reason_of_a_close_arrives_from_a_busy_link() {
            $crate::transport::suite::the_reason_of_a_close_arrives_from_a_busy_link(&$world).await;
        }

        $(#[$test])+
        async fn the_end_of_a_link_ends_its_lanes() {
            $crate::transport::suite::the_end_of_a_link_ends_its_lanes(&$world).await;
        }

        $(#[$test])+
        async fn dropping_the_last_handle_closes_the_link_as_done() {
            $crate::transport::suite::dropping_the_last_handle_closes_the_link_as_done(&$world).await;
        }

        $(#[$test])+
        async fn a_closed_transport_ends_its_links_and_can_be_bound_again() {
            $crate::transport::suite::a_closed_transport_ends_its_links_and_can_be_bound_again(&$world).await;
        }
    };
}

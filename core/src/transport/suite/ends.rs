//! Sentences about closing, and how the other side notices.

use super::feed::{Feed, Reading};
use super::world::{Pair, World, dial, peer, soon};
use crate::transport::{CloseReason, Link, LinkEnd, Priority};
use tokio::sync::mpsc;

/// The side that closes reads its reason as [`LinkEnd::Here`], the other as [`LinkEnd::There`];
/// closing an ended link changes nothing.
pub async fn both_sides_read_the_reason_of_a_close_and_the_first_reason_stays(world: &dyn World) {
    let mut pair = Pair::link(world).await;
    for code in [0, 1, 5, 7, 11, 12_345] {
        let reason = CloseReason::from_code(code);
        for from_dialler in [true, false] {
            let dialled = dial(world, &pair.dialler, &pair.acceptor, &peer("Stock.0")).await;
            let accepted = pair.acceptor.arrival(world).await;
            let (here, there) = if from_dialler {
                (&dialled, &accepted)
            } else {
                (&accepted, &dialled)
            };
            here.close(reason);
            here.close(CloseReason::Protocol);
            let end = soon(world, "closed there", there.closed()).await;
            assert_eq!(end, LinkEnd::There(reason), "{reason}");
            there.close(CloseReason::Idle);
            assert_eq!(
                soon(world, "closed", there.closed()).await,
                LinkEnd::There(reason)
            );
            assert_eq!(
                soon(world, "closed", here.closed()).await,
                LinkEnd::Here(reason)
            );
        }
    }
    pair.close(world).await;
}

/// When a link ends, reading says how, accepting says how, and the transport lets go of what it
/// was writing, on both sides.
pub async fn the_end_of_a_link_ends_its_lanes(world: &dyn World) {
    let pair = Pair::link(world).await;
    let links: [&dyn Link; 2] = [&*pair.dialled, &*pair.accepted];
    let feeds = links.map(|link| Feed::open(link, Priority::CONTROL));
    feeds[0].push("control");
    feeds[1].push("control");
    let mut readings = [
        Reading::accept(world, links[0]).await,
        Reading::accept(world, links[1]).await,
    ];
    for reading in &mut readings {
        assert_eq!(reading.take(world, 7).await, b"control");
    }
    let waiting = Feed::open(links[0], Priority::APPLICATION);

    pair.accepted.close(CloseReason::Unresponsive);
    let ends = [
        LinkEnd::There(CloseReason::Unresponsive),
        LinkEnd::Here(CloseReason::Unresponsive),
    ];
    for ((link, reading), end) in links.into_iter().zip(&mut readings).zip(&ends) {
        assert_eq!(&reading.to_its_end(world).await.1, end, "reading");
        let accept = soon(world, "accept", link.accept()).await;
        assert_eq!(accept.map(drop).as_ref(), Err(end), "accepting");
        assert_eq!(&soon(world, "closed", link.closed()).await, end, "closed");
    }
    for feed in feeds.into_iter().chain([waiting]) {
        feed.let_go(world).await;
    }
    Feed::open(links[0], Priority::OUTCOMES).let_go(world).await;
    pair.close(world).await;
}

/// Dropping the last handle closes the link with [`CloseReason::Done`]; a handle that is left
/// keeps it.
pub async fn dropping_the_last_handle_closes_the_link_as_done(world: &dyn World) {
    let Pair {
        dialler,
        acceptor,
        dialled,
        accepted,
    } = Pair::link(world).await;
    let kept = dialled.clone();
    drop(dialled);
    let feed = Feed::open(&*kept, Priority::CONTROL);
    feed.push("alive");
    let mut reading = Reading::accept(world, &*accepted).await;
    assert_eq!(reading.take(world, 5).await, b"alive");

    drop(kept);
    let end = soon(world, "closed", accepted.closed()).await;
    assert_eq!(end, LinkEnd::There(CloseReason::Done));
    feed.let_go(world).await;
    soon(world, "close", dialler.transport.close()).await;
    soon(world, "close", acceptor.transport.close()).await;
}

/// `close` ends the links with [`CloseReason::Stopping`], and the transport can be bound again.
pub async fn a_closed_transport_ends_its_links_and_can_be_bound_again(world: &dyn World) {
    let mut pair = Pair::link(world).await;
    soon(world, "close", pair.acceptor.transport.close()).await;
    let here = soon(world, "closed here", pair.accepted.closed()).await;
    assert_eq!(here, LinkEnd::Here(CloseReason::Stopping));
    let there = soon(world, "closed there", pair.dialled.closed()).await;
    assert_eq!(there, LinkEnd::There(CloseReason::Stopping));

    let (sender, arrivals) = mpsc::channel(1);
    let stock = peer("Stock.0");
    let bind = pair.acceptor.transport.bind(&stock, sender);
    pair.acceptor.bound = soon(world, "bind", bind).await.expect("binding again");
    pair.acceptor.arrivals = arrivals;
    let link = dial(world, &pair.dialler, &pair.acceptor, &stock).await;
    let arrived = pair.acceptor.arrival(world).await;
    assert_eq!(arrived.remote().identity, pair.dialler.bound.identity);
    drop(link);
    pair.close(world).await;
}

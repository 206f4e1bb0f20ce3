//! Sentences about binding, dialling, and who the other side is.

use tokio::sync::mpsc;

use super::feed::{Feed, Reading};
use super::world::{Pair, Station, World, dial, peer, soon};
use crate::id::{Identity, Name};
use crate::transport::{BindError, CloseReason, DialError, Expected, LinkEnd, Priority};

/// Each side's [`Remote`](crate::transport::Remote) is what the other's certificate proves, and
/// both are of the environment that `bind` named.
pub async fn both_sides_learn_who_the_other_is(world: &dyn World) {
    let (shop, stock) = (peer("Shop.0"), peer("Stock.0"));
    let service = Identity::Service(Name::new("Shop").expect("a legal name"));
    let dialler = Station::bind(world, service.clone(), &shop).await;
    let mut acceptor = Station::bind(world, Identity::Peer(stock.clone()), &stock).await;
    assert_eq!(dialler.bound.identity, service);

    let dialled = dial(world, &dialler, &acceptor, &stock).await;
    let accepted = acceptor.arrival(world).await;
    assert_eq!(dialled.remote().identity, Identity::Peer(stock));
    assert_eq!(accepted.remote().identity, service);
    assert_eq!(dialled.remote().environment, dialler.bound.environment);
    assert_eq!(accepted.remote().environment, acceptor.bound.environment);
    assert!(!accepted.remote().address.is_empty());
}

/// A dial that meets somebody else than it expected fails, names both, and leaves no link at the
/// other side.
pub async fn a_dial_that_meets_somebody_else_fails_and_nobody_arrives(world: &dyn World) {
    let (shop, stock) = (peer("Shop.0"), peer("Stock.0"));
    let wrong = Station::bind(world, Identity::Peer(shop.clone()), &shop).await;
    let late = peer("Late.0");
    let right = Station::bind(world, Identity::Peer(late.clone()), &late).await;
    let mut acceptor = Station::bind(world, Identity::Peer(stock.clone()), &stock).await;

    let expected = Expected::Peer(peer("Stock.1"));
    let outcome = soon(
        world,
        "dial",
        wrong.transport.dial(&acceptor.bound.address, &expected),
    );
    let error = outcome
        .await
        .map(drop)
        .expect_err("somebody else was accepted");
    assert!(
        matches!(error, DialError::WrongIdentity { .. }),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.contains("Stock.1") && text.contains("Stock.0"),
        "names both: {text}"
    );

    let _link = dial(world, &right, &acceptor, &stock).await;
    let first = acceptor.arrival(world).await;
    assert_eq!(
        first.remote().identity,
        Identity::Peer(late),
        "the failed dial arrived"
    );
}

/// [`Expected::Directory`] is met by any directory server, and by nobody else.
pub async fn a_peer_is_not_taken_for_a_directory_server(world: &dyn World) {
    let (shop, stock, directory) = (peer("Shop.0"), peer("Stock.0"), peer("Directory.7"));
    let dialler = Station::bind(world, Identity::Peer(shop.clone()), &shop).await;
    let plain = Station::bind(world, Identity::Peer(stock.clone()), &stock).await;
    let seed = Station::bind(world, Identity::Directory(directory.clone()), &directory).await;

    let outcome = dialler
        .transport
        .dial(&plain.bound.address, &Expected::Directory);
    let error = soon(world, "dial", outcome)
        .await
        .map(drop)
        .expect_err("a peer was accepted");
    assert!(
        matches!(error, DialError::WrongIdentity { .. }),
        "{error:?}"
    );

    let outcome = dialler
        .transport
        .dial(&seed.bound.address, &Expected::Directory);
    let link = soon(world, "dial", outcome)
        .await
        .expect("a directory server was refused");
    assert_eq!(link.remote().identity, Identity::Directory(directory));
}

/// A dial to nobody fails within the time-out and names the address.
pub async fn a_dial_to_nobody_fails_in_time(world: &dyn World) {
    let shop = peer("Shop.0");
    let dialler = Station::bind(world, Identity::Peer(shop.clone()), &shop).await;
    let address = world.nobody().await;
    let expected = Expected::Peer(peer("Stock.0"));
    let outcome = soon(world, "dial", dialler.transport.dial(&address, &expected)).await;
    let error = outcome.map(drop).expect_err("nobody answered");
    assert!(
        error.to_string().contains(&address),
        "names the address: {error}"
    );
}

/// Before `bind` and after `close` a dial is [`DialError::Closed`].
pub async fn a_transport_that_is_not_bound_cannot_dial(world: &dyn World) {
    let (shop, stock) = (peer("Shop.0"), peer("Stock.0"));
    let acceptor = Station::bind(world, Identity::Peer(stock.clone()), &stock).await;
    let expected = Expected::Peer(stock);
    let transport = world.transport(&Identity::Peer(shop.clone()));
    let dial = || async {
        soon(
            world,
            "dial",
            transport.dial(&acceptor.bound.address, &expected),
        )
        .await
        .map(drop)
    };
    assert_eq!(dial().await, Err(DialError::Closed), "before bind");
    let (sender, _arrivals) = mpsc::channel(1);
    soon(world, "bind", transport.bind(&shop, sender))
        .await
        .expect("bind");
    assert_eq!(dial().await, Ok(()), "while bound");
    soon(world, "close", transport.close()).await;
    assert_eq!(dial().await, Err(DialError::Closed), "after close");
}

/// A certificate that does not cover the peer is a [`BindError::Identity`] that names both.
pub async fn nobody_binds_as_a_peer_it_is_not(world: &dyn World) {
    let transport = world.transport(&Identity::Peer(peer("Shop.0")));
    let (sender, _arrivals) = mpsc::channel(1);
    let stranger = peer("Stock.0");
    let outcome = soon(world, "bind", transport.bind(&stranger, sender)).await;
    let error = outcome
        .map(drop)
        .expect_err("it was bound as somebody else");
    assert!(matches!(error, BindError::Identity { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("Shop.0") && text.contains("Stock.0"),
        "names both: {text}"
    );
}

/// While the channel of arrivals is full a dial may wait, and none is lost.
pub async fn full_arrivals_delay_a_link_and_lose_none(world: &dyn World) {
    let (shop, stock) = (peer("Shop.0"), peer("Stock.0"));
    let identity = Identity::Peer(stock.clone());
    let dialler = Station::bind(world, Identity::Peer(shop.clone()), &shop).await;
    let mut acceptor = Station::with_room(world, identity, &stock, 1).await;

    let first = dial(world, &dialler, &acceptor, &stock).await;
    let (transport, address) = (dialler.transport.clone(), acceptor.bound.address.clone());
    let expected = Expected::Peer(stock);
    let second = tokio::spawn(async move { transport.dial(&address, &expected).await });
    let arrived = [acceptor.arrival(world).await, acceptor.arrival(world).await];
    let second = soon(world, "the second dial", second)
        .await
        .expect("no panic")
        .expect("dial");
    for link in [first, second] {
        link.close(CloseReason::Done);
    }
    for link in arrived {
        let end = soon(world, "closed", link.closed()).await;
        assert_eq!(end, LinkEnd::There(CloseReason::Done));
    }
}

/// Two links between the same two peers do not touch each other.
pub async fn two_links_between_the_same_peers_are_two_links(world: &dyn World) {
    let mut pair = Pair::link(world).await;
    let second = dial(world, &pair.dialler, &pair.acceptor, &peer("Stock.0")).await;
    let second_accepted = pair.acceptor.arrival(world).await;
    pair.dialled.close(CloseReason::Loser);
    let end = soon(world, "closed", pair.accepted.closed()).await;
    assert_eq!(end, LinkEnd::There(CloseReason::Loser));

    let feed = Feed::open(&*second, Priority::CONTROL);
    feed.push("still here");
    let mut reading = Reading::accept(world, &*second_accepted).await;
    assert_eq!(reading.take(world, 10).await, b"still here");
    pair.close(world).await;
}

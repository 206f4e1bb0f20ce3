//! Addresses, ports, and networks that fall silent.

use std::time::Duration;

use quibus::id::PeerId;
use quibus::transport::{BindError, DialError, LinkEnd, Transport};
use quibus_quic::{Quic, QuicConfig};
use tokio::sync::mpsc;

use crate::authority::{Authority, peer};
use crate::relay::Relay;
use crate::station::{Station, soon};

#[tokio::test]
async fn an_occupied_port_is_named_and_free_again_as_soon_as_its_holder_is_closed() {
    let ca = Authority::new();
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    let mut stock = Station::bind(ca.credentials(&peer("Stock.0"))).await;
    let kept = (
        shop.dial(&stock.address, "Stock.0").await.unwrap(),
        stock.arrival().await,
    );

    let second = Quic::with(ca.credentials(&peer("Stock.0"))).listen(&stock.address);
    let name = PeerId::new("Stock.0").unwrap();
    let bind = || async { second.bind(&name, mpsc::channel(1).0).await };
    let error = bind().await.unwrap_err();
    let BindError::Address { address, reason } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(address, &stock.address);
    assert!(reason.contains("choose another port"), "{reason}");

    soon(stock.quic.close()).await;
    assert_eq!(bind().await.unwrap().address, stock.address);
    drop(kept);
}

#[tokio::test]
async fn a_transport_on_every_interface_is_dialled_by_name_and_by_address() {
    let ca = Authority::new();
    let name = PeerId::new("Stock.0").unwrap();
    let stock = Quic::with(ca.credentials(&peer("Stock.0")));
    let (sender, mut arrivals) = mpsc::channel(8);
    let bound = stock.bind(&name, sender).await.unwrap();
    let port = bound.address.rsplit(':').next().unwrap().to_owned();

    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    for host in ["127.0.0.1", "localhost"] {
        let link = shop
            .dial(&format!("{host}:{port}"), "Stock.0")
            .await
            .unwrap();
        let arrived = soon(arrivals.recv()).await.unwrap();
        assert_eq!(
            arrived.remote().address,
            shop.address,
            "IPv4 addresses look like IPv4"
        );
        drop(link);
    }
    // And the other way, from a socket for both families to one for IPv4 only.
    let expected = quibus::transport::Expected::Peer(PeerId::new("Shop.0").unwrap());
    let link = soon(stock.dial(&shop.address, &expected)).await.unwrap();
    assert_eq!(link.remote().identity, peer("Shop.0"));
}

#[tokio::test]
async fn an_address_that_cannot_be_dialled_is_named_with_an_example() {
    let ca = Authority::new();
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    for (address, word) in [
        ("127.0.0.1", "host:port"),
        ("127.0.0.1:0", "0"),
        ("[::1]:1", "reached"),
    ] {
        let error = shop.refused(address, "Stock.0").await;
        assert!(matches!(error, DialError::Address { .. }), "{error:?}");
        assert!(error.to_string().contains(address), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn the_advertised_address_is_what_others_are_told() {
    let ca = Authority::new();
    let name = PeerId::new("Stock.0").unwrap();
    let stock = Quic::with(ca.credentials(&peer("Stock.0")))
        .listen("127.0.0.1:0")
        .advertise("stock.example:7000");
    let bound = stock.bind(&name, mpsc::channel(1).0).await.unwrap();
    assert_eq!(bound.address, "stock.example:7000");
}

#[tokio::test]
async fn a_network_that_falls_silent_breaks_the_link_on_both_sides() {
    let ca = Authority::new();
    let impatient = |name| {
        let mut config = QuicConfig::new(ca.credentials(&peer(name)));
        config.idle_timeout = Duration::from_millis(300);
        config
    };
    let shop = Station::configured(impatient("Shop.0")).await;
    let mut stock = Station::configured(impatient("Stock.0")).await;
    let relay = Relay::to(&stock.address).await;
    let link = shop.dial(&relay.address, "Stock.0").await.unwrap();
    let arrived = stock.arrival().await;
    relay.cut();
    for link in [link, arrived] {
        let end = soon(link.closed()).await;
        assert!(matches!(end, LinkEnd::Broken(_)), "{end:?}");
    }
}

//! What a server shows to whoever dials it.

use std::time::Duration;

use quibus::transport::LinkEnd;
use quibus_certs::{Role, inspect_chain};
use quibus_quic::{Presented, PresentedError};
use tokio::net::UdpSocket;

use crate::authority::{Authority, peer};
use crate::station::Station;

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_server_is_seen_by_somebody_without_a_certificate_and_takes_no_harm() {
    let ca = Authority::new();
    let mut stock = Station::bind(ca.credentials(&peer("Stock.0"))).await;
    let seen = Presented::by(&stock.address, PATIENCE).await.unwrap();
    assert_eq!(seen.address.to_string(), stock.address);
    let shown = inspect_chain(&seen.chain, "it", std::time::SystemTime::now()).unwrap();
    assert_eq!(shown[0].role, Role::Peer);
    assert_eq!(shown[0].id.as_ref().unwrap().identity(), &peer("Stock.0"));
    quibus_certs::check_chain(&seen.chain, &[ca.root()], std::time::SystemTime::now()).unwrap();

    // The next link is a real one; the look has left none behind.
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    let link = shop.dial(&stock.address, "Stock.0").await.unwrap();
    let arrived = stock.arrival().await;
    assert_eq!(arrived.remote().identity, peer("Shop.0"));
    drop(link);
    assert!(!matches!(arrived.closed().await, LinkEnd::Broken(_)));
}

#[tokio::test]
async fn who_does_not_answer_and_what_is_no_address_is_named() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let error = Presented::by(&address, Duration::from_millis(100)).await;
    let error = error.unwrap_err();
    assert!(matches!(error, PresentedError::Silent { .. }), "{error}");
    assert!(error.to_string().contains(&address), "{error}");
    let error = Presented::by("localhost", PATIENCE).await.unwrap_err();
    assert!(error.to_string().contains("host:port"), "{error}");
}

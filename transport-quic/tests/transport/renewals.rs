//! Certificates that are renewed while a transport is bound.

use std::time::Duration;

use quibus::id::PeerId;
use quibus::transport::{BindError, Transport};
use quibus_quic::{Presented, Quic};
use rustls::pki_types::CertificateDer;

use crate::authority::{Authority, ENVIRONMENT, expired, leaf, peer};
use crate::station::{Station, soon};

async fn presented(station: &Station) -> CertificateDer<'static> {
    let seen = Presented::by(&station.address, Duration::from_secs(10)).await;
    seen.unwrap().chain.swap_remove(0)
}

#[tokio::test]
async fn links_made_after_a_renewal_show_the_new_certificate_and_older_ones_go_on() {
    let ca = Authority::new();
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    let mut stock = Station::bind(ca.credentials(&peer("Stock.0"))).await;
    let older = shop.dial(&stock.address, "Stock.0").await.unwrap();
    let its_other_side = stock.arrival().await;
    let new = ca.credentials(&peer("Stock.0"));
    assert_ne!(presented(&stock).await, new.chain()[0]);

    stock.quic.renew(new.clone()).unwrap();
    assert_eq!(presented(&stock).await, new.chain()[0]);
    let newer = shop.dial(&stock.address, "Stock.0").await.unwrap();
    stock.arrival().await;
    let ended = async { tokio::join!(older.closed(), its_other_side.closed()) };
    let ended = tokio::time::timeout(Duration::from_millis(200), ended).await;
    assert!(ended.is_err(), "{ended:?}");
    drop(newer);
}

#[tokio::test]
async fn a_dial_after_a_renewal_shows_and_demands_what_is_new() {
    let (before, after) = (Authority::new(), Authority::new());
    let shop = Station::bind(before.credentials(&peer("Shop.0"))).await;
    let mut stock = Station::bind(after.credentials(&peer("Stock.0"))).await;
    shop.refused(&stock.address, "Stock.0").await;
    let renewed = after.credentials(&peer("Shop.0"));
    shop.quic.renew(renewed).unwrap();
    shop.dial(&stock.address, "Stock.0").await.unwrap();
    stock.arrival().await;
    // Who is accepted is judged by the new CA, too.
    let back = stock.dial(&shop.address, "Shop.0").await;
    drop(soon(async { back.unwrap() }).await);
}

#[tokio::test]
async fn a_renewal_of_no_use_is_refused_with_its_reason_and_all_stays_as_it_was() {
    let ca = Authority::new();
    let stock = Station::bind(ca.credentials(&peer("Stock.0"))).await;
    let before = presented(&stock).await;
    let stranger = Authority::new();
    for (wrong, words) in [
        (
            ca.issue(&expired(leaf(ENVIRONMENT, &peer("Stock.0")))),
            "expired",
        ),
        (
            ca.credentials(&peer("Shop.0")),
            "runs as spiffe://test/peer/Stock.0",
        ),
        (
            ca.issue(&leaf("elsewhere", &peer("Stock.0"))),
            "that of spiffe://elsewhere/peer/Stock.0",
        ),
        (
            stranger.issue_trusting(&ca, &leaf(ENVIRONMENT, &peer("Stock.0"))),
            "cannot be used",
        ),
    ] {
        let error = stock.quic.renew(wrong).unwrap_err();
        assert!(matches!(error, BindError::Identity { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(presented(&stock).await, before);
    }
}

#[tokio::test]
async fn a_transport_that_is_not_bound_or_knows_no_file_says_so() {
    let ca = Authority::new();
    let error = Quic::new().reload().unwrap_err().to_string();
    assert!(error.contains("not bound"), "{error}");
    let quic = Quic::with(ca.credentials(&peer("Shop.0")));
    let error = quic.renew(ca.credentials(&peer("Shop.0"))).unwrap_err();
    assert!(error.to_string().contains("not bound"), "{error}");
    let (sender, _arrivals) = tokio::sync::mpsc::channel(1);
    let quic = quic.listen("127.0.0.1:0");
    quic.bind(&PeerId::new("Shop.0").unwrap(), sender)
        .await
        .unwrap();
    let error = quic.reload().unwrap_err().to_string();
    assert!(error.contains("given in code"), "{error}");
    quic.renew(ca.credentials(&peer("Shop.0"))).unwrap();
    quic.close().await;
    let error = quic.renew(ca.credentials(&peer("Shop.0"))).unwrap_err();
    assert!(error.to_string().contains("not bound"), "{error}");
}

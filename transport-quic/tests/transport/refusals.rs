//! Every wrong certificate is refused on both sides, with a reason that names culprit and cure.

use std::time::Duration;

use quibus::transport::{CloseReason, DialError, Expected, LinkEnd, Transport};
use quibus_quic::QuicConfig;

use crate::authority::{
    Authority, ENVIRONMENT, expired, leaf, peer, valid_for, with_second_name, with_server_name,
};
use crate::station::{Station, soon};
use crate::stranger::Stranger;

const BAD_CERTIFICATE_NAME: u64 = 46;
const ACCESS_DENIED: u64 = 49;
const CERTIFICATE_REQUIRED: u64 = 116;
const NO_APPLICATION_PROTOCOL: u64 = 120;

/// The error must be a [`DialError::WrongIdentity`] whose text has all these words.
fn assert_wrong_identity(error: &DialError, words: &[&str]) {
    assert!(
        matches!(error, DialError::WrongIdentity { .. }),
        "{error:?}"
    );
    assert_words(error, words);
}

/// The error must be a [`DialError::Refused`] whose text has all these words.
fn assert_refused(error: &DialError, words: &[&str]) {
    assert!(matches!(error, DialError::Refused { .. }), "{error:?}");
    assert_words(error, words);
}

fn assert_words(error: &DialError, words: &[&str]) {
    let text = error.to_string();
    assert!(
        words.iter().all(|word| text.contains(word)),
        "{words:?} in: {text}"
    );
}

#[tokio::test]
async fn a_dialled_peer_of_another_ca_is_refused_even_if_both_cas_have_one_name() {
    let ours = Authority::new();
    for theirs in [Authority::new(), Authority::named("another CA")] {
        let shop = Station::bind(ours.credentials(&peer("Shop.0"))).await;
        let stock = Station::bind(theirs.credentials(&peer("Stock.0"))).await;
        let error = shop.refused(&stock.address, "Stock.0").await;
        assert_wrong_identity(&error, &[&stock.address, "Stock.0", "another CA", "roots"]);
    }
}

#[tokio::test]
async fn a_dialler_of_another_ca_learns_that_its_ca_is_not_known() {
    let ours = Authority::new();
    for theirs in [Authority::new(), Authority::named("another CA")] {
        let fields = leaf(ENVIRONMENT, &peer("Shop.0"));
        let shop = Station::bind(theirs.issue_trusting(&ours, &fields)).await;
        let mut stock = Station::bind(ours.credentials(&peer("Stock.0"))).await;
        let error = shop.refused(&stock.address, "Stock.0").await;
        assert_refused(
            &error,
            &[&stock.address, "our certificate", "CA it does not know"],
        );
        assert_nobody_arrived_before_a_friend(&ours, &mut stock).await;
    }
}

#[tokio::test]
async fn an_expired_certificate_is_refused_on_either_side() {
    let ca = Authority::new();
    let old = |name| ca.issue(&expired(leaf(ENVIRONMENT, &peer(name))));
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    let stale_stock = Station::bind(old("Stock.0")).await;
    let error = shop.refused(&stale_stock.address, "Stock.0").await;
    assert_wrong_identity(
        &error,
        &[&stale_stock.address, "Stock.0", "expired", "new one"],
    );

    let stale_shop = Station::bind(old("Shop.0")).await;
    let mut stock = Station::bind(ca.credentials(&peer("Stock.0"))).await;
    let error = stale_shop.refused(&stock.address, "Stock.0").await;
    assert_refused(
        &error,
        &[&stock.address, "our certificate has expired", "new one"],
    );
    assert_nobody_arrived_before_a_friend(&ca, &mut stock).await;
}

#[tokio::test]
async fn a_link_ends_with_the_certificate_of_its_other_side() {
    let ca = Authority::new();
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    // Long enough for the slowest machine to make the link in.
    let short = valid_for(Duration::from_secs(4), leaf(ENVIRONMENT, &peer("Stock.0")));
    let mut stock = Station::bind(ca.issue(&short)).await;
    let link = shop.dial(&stock.address, "Stock.0").await.unwrap();
    let arrived = stock.arrival().await;
    assert_eq!(
        soon(link.closed()).await,
        LinkEnd::Here(CloseReason::NotAllowed)
    );
    assert_eq!(
        soon(arrived.closed()).await,
        LinkEnd::There(CloseReason::NotAllowed)
    );
}

#[tokio::test]
async fn a_dialled_certificate_of_another_environment_is_refused() {
    let ca = Authority::new();
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    let staging = Station::bind(ca.issue(&leaf("staging", &peer("Stock.0")))).await;
    let error = shop.refused(&staging.address, "Stock.0").await;
    assert_wrong_identity(&error, &["Stock.0", "staging", ENVIRONMENT]);
}

#[tokio::test]
async fn a_dialled_certificate_with_two_uri_names_is_refused() {
    let ca = Authority::new();
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    let fields = with_second_name(leaf(ENVIRONMENT, &peer("Stock.0")));
    let (_endpoint, address) = accept_for_ever(Stranger::accepting(ca.sign(&fields)));
    let error = shop.refused(&address, "Stock.0").await;
    assert_wrong_identity(&error, &[&address, "2 URI", "exactly one"]);
}

#[tokio::test]
async fn a_stranger_without_a_proper_certificate_or_protocol_is_turned_away_with_an_alert() {
    let ca = Authority::new();
    let stock = with_server_name(leaf(ENVIRONMENT, &peer("Stock.0")));
    let mut stock = Station::bind(ca.issue(&stock)).await;
    let stranger = Stranger::dialling(ca.root());
    let shop = leaf(ENVIRONMENT, &peer("Shop.0"));

    let none = stranger.alert(&stock.address, "quibus/1", None).await;
    assert_eq!(none, CERTIFICATE_REQUIRED);
    let two_names = ca.sign(&with_second_name(shop.clone()));
    let two_names = stranger
        .alert(&stock.address, "quibus/1", Some(two_names))
        .await;
    assert_eq!(two_names, BAD_CERTIFICATE_NAME);
    let staging = ca.sign(&leaf("staging", &peer("Shop.0")));
    let staging = stranger
        .alert(&stock.address, "quibus/1", Some(staging))
        .await;
    assert_eq!(staging, ACCESS_DENIED);
    let other_protocol = stranger
        .alert(&stock.address, "h3", Some(ca.sign(&shop)))
        .await;
    assert_eq!(other_protocol, NO_APPLICATION_PROTOCOL);
    assert_nobody_arrived_before_a_friend(&ca, &mut stock).await;
}

#[tokio::test]
async fn a_directory_seed_that_is_a_plain_peer_is_named() {
    let ca = Authority::new();
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    let stock = Station::bind(ca.credentials(&peer("Stock.0"))).await;
    let dial = shop.quic.dial(&stock.address, &Expected::Directory);
    let error = soon(dial).await.map(drop).unwrap_err();
    assert_wrong_identity(
        &error,
        &[&stock.address, "a directory server", "/peer/Stock.0"],
    );
}

#[tokio::test]
async fn an_acceptor_that_never_takes_the_link_is_silent_within_the_time_out() {
    let ca = Authority::new();
    let mut config = QuicConfig::new(ca.credentials(&peer("Shop.0")));
    config.handshake_timeout = Duration::from_millis(500);
    let shop = Station::configured(config).await;
    let fields = leaf(ENVIRONMENT, &peer("Stock.0"));
    let (_endpoint, address) = accept_for_ever(Stranger::accepting(ca.sign(&fields)));
    let error = shop.refused(&address, "Stock.0").await;
    assert_eq!(
        error,
        DialError::Silent {
            address,
            after_ms: 500
        }
    );
}

/// Completes handshakes, and nothing more.
fn accept_for_ever((endpoint, address): (quinn::Endpoint, String)) -> (quinn::Endpoint, String) {
    let accepting = endpoint.clone();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Some(incoming) = accepting.accept().await {
            kept.extend(incoming.await.ok());
        }
    });
    (endpoint, address)
}

/// Links arrive in order, so if the first to arrive is a friend, nobody came before.
async fn assert_nobody_arrived_before_a_friend(ca: &Authority, station: &mut Station) {
    let friend = Station::bind(ca.credentials(&peer("Friend.0"))).await;
    let _link = friend.dial(&station.address, "Stock.0").await.unwrap();
    assert_eq!(station.arrival().await.remote().identity, peer("Friend.0"));
}

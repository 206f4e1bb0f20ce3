//! Floods and protocol breakers.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use quibus::transport::{CloseReason, DialError, LinkEnd, Outgoing, Priority};
use quibus_quic::QuicConfig;
use quinn::{ConnectionError, VarInt};

use crate::authority::{Authority, ENVIRONMENT, leaf, peer, with_server_name};
use crate::relay::Relay;
use crate::station::{Station, soon};
use crate::stranger::Stranger;

#[tokio::test]
async fn dials_beyond_the_rate_of_one_address_are_refused_with_the_advice_to_come_back() {
    let ca = Authority::new();
    let mut config = QuicConfig::new(ca.credentials(&peer("Stock.0")));
    config.handshakes_per_second = 0;
    let stock = Station::configured(config).await;
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    let error = shop.refused(&stock.address, "Stock.0").await;
    assert!(matches!(error, DialError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("dial again later"), "{error}");
}

#[tokio::test]
async fn amidst_a_flood_of_handshakes_that_never_end_an_honest_dial_proves_its_address_and_succeeds()
 {
    let ca = Authority::new();
    let fields = with_server_name(leaf(ENVIRONMENT, &peer("Stock.0")));
    let mut config = QuicConfig::new(ca.issue(&fields));
    config.handshakes_per_second = 10_000;
    let mut stock = Station::configured(config).await;

    // The flood's answers are swallowed, so its handshakes stay open.
    let mut relay = Relay::to(&stock.address).await;
    relay.swallow_answers();
    let stranger = Stranger::dialling(ca.root());
    let flood: Vec<_> = (0..80)
        .map(|_| stranger.connect(&relay.address, "quibus/1", None))
        .collect();
    soon(relay.retry_seen()).await;

    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    let link = shop.dial(&stock.address, "Stock.0").await.unwrap();
    assert_eq!(stock.arrival().await.remote().identity, peer("Shop.0"));
    drop((link, flood));
}

#[tokio::test]
async fn a_second_bidirectional_stream_breaks_the_protocol() {
    let ca = Authority::new();
    let fields = with_server_name(leaf(ENVIRONMENT, &peer("Stock.0")));
    let mut stock = Station::bind(ca.issue(&fields)).await;
    let stranger = Stranger::dialling(ca.root());
    let certificate = ca.sign(&leaf(ENVIRONMENT, &peer("Shop.0")));
    let connection = stranger.accepted(&stock.address, certificate).await;
    let link = stock.arrival().await;

    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = connection.open_bi().await.unwrap();
        stream.0.write_all(b"hello").await.unwrap();
        streams.push(stream);
    }
    let ConnectionError::ApplicationClosed(close) = soon(connection.closed()).await else {
        panic!("it was not closed with a reason");
    };
    assert_eq!(
        close.error_code,
        VarInt::from_u32(CloseReason::Protocol.code())
    );
    assert_eq!(
        soon(link.closed()).await,
        LinkEnd::Here(CloseReason::Protocol)
    );
}

#[tokio::test]
async fn a_lane_that_the_bus_ends_is_reset_on_the_wire_and_never_finished() {
    let ca = Authority::new();
    let fields = with_server_name(leaf(ENVIRONMENT, &peer("Stock.0")));
    let mut stock = Station::bind(ca.issue(&fields)).await;
    let stranger = Stranger::dialling(ca.root());
    let certificate = ca.sign(&leaf(ENVIRONMENT, &peer("Shop.0")));
    let connection = stranger.accepted(&stock.address, certificate).await;
    let link = stock.arrival().await;

    link.open(
        Priority::APPLICATION,
        Box::new(OneChunk(Some(Bytes::from_static(b"half a frame")))),
    );
    let mut lane = soon(connection.accept_uni()).await.unwrap();
    let read = soon(lane.read_to_end(100)).await;
    let reset = quinn::ReadToEndError::Read(quinn::ReadError::Reset(VarInt::from_u32(0)));
    assert_eq!(read, Err(reset));
}

/// One chunk, then the end.
struct OneChunk(Option<Bytes>);

impl Outgoing for OneChunk {
    fn poll_take(&mut self, _: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        let chunk = self.0.take();
        let goes_on = chunk.is_some();
        chunks.extend(chunk);
        Poll::Ready(goes_on)
    }
}

#[tokio::test]
async fn a_lane_that_its_writer_finishes_is_broken_too() {
    let ca = Authority::new();
    let fields = with_server_name(leaf(ENVIRONMENT, &peer("Stock.0")));
    let mut stock = Station::bind(ca.issue(&fields)).await;
    let stranger = Stranger::dialling(ca.root());
    let certificate = ca.sign(&leaf(ENVIRONMENT, &peer("Shop.0")));
    let connection = stranger.accepted(&stock.address, certificate).await;
    let link = stock.arrival().await;

    let (mut control, _answers) = connection.open_bi().await.unwrap();
    control.write_all(b"hello").await.unwrap();
    control.finish().unwrap();
    let mut lane = soon(link.accept()).await.unwrap();
    let mut chunks = Vec::new();
    let end = loop {
        let read = std::future::poll_fn(|context| lane.poll_read(context, &mut chunks));
        if let Err(end) = soon(read).await {
            break end;
        }
    };
    assert_eq!(chunks.concat(), b"hello");
    assert!(matches!(end, LinkEnd::Broken(_)), "{end:?}");
}

#[tokio::test]
async fn diallers_that_take_no_welcome_do_not_keep_the_room_of_links() {
    let ca = Authority::new();
    let fields = with_server_name(leaf(ENVIRONMENT, &peer("Stock.0")));
    let mut config = QuicConfig::new(ca.issue(&fields));
    config.handshake_timeout = Duration::from_secs(2);
    let mut stock = Station::configured(config).await;
    let stranger = Stranger::dialling(ca.root()).granting_no_streams();
    let mut held = Vec::new();
    // As many as there is room for links that nobody has taken yet.
    for _ in 0..8 {
        let certificate = ca.sign(&leaf(ENVIRONMENT, &peer("Shop.0")));
        let dial = stranger.connect(&stock.address, "quibus/1", Some(certificate));
        held.push(soon(dial).await.unwrap());
    }
    for connection in &held {
        let ConnectionError::ApplicationClosed(close) = soon(connection.closed()).await else {
            panic!("it was not closed with a reason");
        };
        let reason = VarInt::from_u32(CloseReason::Unresponsive.code());
        assert_eq!(close.error_code, reason);
    }
    let shop = Station::bind(ca.credentials(&peer("Shop.0"))).await;
    let link = shop.dial(&stock.address, "Stock.0").await.unwrap();
    assert_eq!(stock.arrival().await.remote().identity, peer("Shop.0"));
    drop(link);
}

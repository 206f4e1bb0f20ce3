//! Every suite and kind of certificate, with Retry and key updates under load.

use quibus_certs::issue::KeyKind;
use quibus_quic_crypto::KeyExchange;
use rustls::{CipherSuite, NamedGroup};
use tokio::task::JoinSet;

use crate::certificates::{ACCEPTOR, Certificates};
use crate::glue::{Glue, pairs};
use crate::pair::{Pair, Side, handshake, run};
use crate::traffic::exchange;

const SUITES: [CipherSuite; 3] = [
    CipherSuite::TLS13_AES_128_GCM_SHA256,
    CipherSuite::TLS13_AES_256_GCM_SHA384,
    CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
];

#[test]
fn everybody_understands_everybody_with_ed25519() {
    run(all_pairs(KeyKind::Ed25519));
}

#[test]
fn everybody_understands_everybody_with_p256() {
    run(all_pairs(KeyKind::P256));
}

/// All at once, because most of the time they wait for keys to grow old.
async fn all_pairs(kind: KeyKind) {
    let mut connections = JoinSet::new();
    for (dialler, acceptor) in pairs() {
        for suite in SUITES {
            connections.spawn(understand(kind, dialler, acceptor, suite));
        }
    }
    let expected = connections.len();
    assert!(expected >= SUITES.len());
    let done = connections.join_all().await;
    assert_eq!(done.len(), expected);
}

async fn understand(kind: KeyKind, dialler: Glue, acceptor: Glue, suite: CipherSuite) {
    let dialler = Side {
        glue: dialler,
        exchange: KeyExchange::X25519,
        suite,
    };
    let acceptor = Side::new(acceptor);
    let pair = Pair::connect(dialler, acceptor, &Certificates::of(kind)).await;
    for (side, connection) in [(dialler, &pair.dialler), (acceptor, &pair.acceptor)] {
        if side.glue.is_ours() {
            let data = handshake(connection);
            assert_eq!(data.cipher_suite, Some(suite));
            assert_eq!(data.key_exchange, Some(NamedGroup::X25519));
            assert_eq!(data.protocol, None);
        }
    }
    if dialler.glue.is_ours() {
        assert_eq!(handshake(&pair.dialler).server_name, None);
    }
    if acceptor.glue.is_ours() {
        let name = handshake(&pair.acceptor).server_name;
        assert_eq!(name.as_deref(), Some(ACCEPTOR));
    }
    let (mut theirs, mut ours) = ([0; 32], [0; 32]);
    let label = b"EXPORTER-test";
    let exported = pair
        .dialler
        .export_keying_material(&mut theirs, label, b"context");
    exported.unwrap();
    let exported = pair
        .acceptor
        .export_keying_material(&mut ours, label, b"context");
    exported.unwrap();
    assert!(theirs == ours && ours != [0; 32]);
    exchange(&pair).await;
    println!(
        "{} to {} by {suite:?} with {kind:?}: understood",
        dialler.glue, acceptor.glue
    );
}

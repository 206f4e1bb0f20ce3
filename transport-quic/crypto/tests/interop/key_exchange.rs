//! X25519MLKEM768 where both have it, X25519 otherwise.

use quibus_certs::issue::KeyKind;
use quibus_quic_crypto::{KeyExchange, Provider};
use rustls::NamedGroup;

use crate::certificates::Certificates;
use crate::glue::{Glue, pairs};
use crate::pair::{Pair, Side, handshake, run};

fn has_post_quantum(glue: Glue) -> bool {
    [Provider::Graviola, Provider::RustCrypto].contains(&glue.provider())
}

async fn agreed(dialler: (Glue, KeyExchange), acceptor: (Glue, KeyExchange)) -> NamedGroup {
    let side = |(glue, exchange)| Side {
        exchange,
        ..Side::new(glue)
    };
    let certificates = Certificates::of(KeyKind::Ed25519);
    let pair = Pair::connect(side(dialler), side(acceptor), &certificates).await;
    let seen: Vec<_> = [(dialler.0, &pair.dialler), (acceptor.0, &pair.acceptor)]
        .into_iter()
        .filter(|(glue, _)| glue.is_ours())
        .map(|(_, connection)| handshake(connection).key_exchange.unwrap())
        .collect();
    assert!(seen.iter().all(|group| *group == seen[0]), "{seen:?}");
    seen[0]
}

#[test]
fn who_both_want_it_agree_on_x25519_with_ml_kem() {
    run(async {
        let both = |(a, b): &(Glue, Glue)| has_post_quantum(*a) && has_post_quantum(*b);
        for (dialler, acceptor) in pairs().into_iter().filter(both) {
            let wanted = KeyExchange::PostQuantum;
            let group = agreed((dialler, wanted), (acceptor, wanted)).await;
            assert_eq!(group, NamedGroup::X25519MLKEM768);
        }
    });
}

#[test]
fn where_one_has_x25519_only_they_agree_on_that() {
    run(async {
        for (dialler, acceptor) in pairs() {
            let (hybrid, plain) = (KeyExchange::PostQuantum, KeyExchange::X25519);
            if has_post_quantum(dialler) {
                let group = agreed((dialler, hybrid), (acceptor, plain)).await;
                assert_eq!(group, NamedGroup::X25519, "{dialler} to {acceptor}");
            }
            if has_post_quantum(acceptor) {
                let group = agreed((dialler, plain), (acceptor, hybrid)).await;
                assert_eq!(group, NamedGroup::X25519, "{dialler} to {acceptor}");
            }
        }
    });
}

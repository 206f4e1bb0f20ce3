//! What is known of a handshake, on which side how early.

use quibus_certs::issue::KeyKind;
use quibus_quic_crypto::HandshakeData;
use quinn::Connecting;
use rustls::{AlertDescription, CipherSuite, NamedGroup};

use crate::certificates::{ACCEPTOR, Certificates};
use crate::glue::pairs;
use crate::pair::{Side, handshake, run};
use crate::refusals::{alert, code, end_of};

async fn early(connecting: &mut Connecting) -> HandshakeData {
    let data = connecting.handshake_data().await.unwrap();
    *data.downcast().unwrap()
}

#[test]
fn the_protocol_is_known_early_and_everything_when_the_handshake_is_complete() {
    run(async {
        let certificates = Certificates::of(KeyKind::Ed25519);
        let ours = |(a, b): &_| Side::new(*a).glue.is_ours() && Side::new(*b).glue.is_ours();
        for (dialler, acceptor) in pairs().into_iter().filter(ours) {
            let (dialler, acceptor) = (Side::new(dialler), Side::new(acceptor));
            let mut tls = dialler.dialler_tls(&certificates);
            tls.alpn_protocols = vec![b"other".to_vec(), b"echo".to_vec()];
            let (from, _) = dialler.dialler(tls);
            let mut tls = acceptor.acceptor_tls(&certificates);
            tls.alpn_protocols = vec![b"echo".to_vec()];
            let (to, _) = acceptor.acceptor(tls);
            let address = to.local_addr().unwrap();
            let dial = async {
                let mut connecting = from.connect(address, ACCEPTOR).unwrap();
                let early = early(&mut connecting).await;
                assert_eq!(early.protocol.as_deref(), Some(&b"echo"[..]));
                connecting.await.unwrap()
            };
            let accept = async {
                let mut connecting = to.accept().await.unwrap().accept().unwrap();
                let early = early(&mut connecting).await;
                let connection = connecting.await.unwrap();
                assert_eq!(early, handshake(&connection));
                connection
            };
            let (dialled, accepted) = tokio::join!(dial, accept);
            let (dialled, accepted) = (handshake(&dialled), handshake(&accepted));
            assert_eq!(dialled.server_name, None);
            assert_eq!(accepted.server_name.as_deref(), Some(ACCEPTOR));
            for data in [dialled, accepted] {
                let suite = CipherSuite::TLS13_AES_128_GCM_SHA256;
                assert_eq!(data.protocol.as_deref(), Some(&b"echo"[..]));
                assert_eq!(data.cipher_suite, Some(suite));
                assert_eq!(data.key_exchange, Some(NamedGroup::X25519));
            }
        }
    });
}

#[test]
fn who_have_no_protocol_in_common_get_no_connection_and_an_alert_on_both_sides() {
    run(async {
        let certificates = Certificates::of(KeyKind::Ed25519);
        for (dialler, acceptor) in pairs() {
            let (dialler, acceptor) = (Side::new(dialler), Side::new(acceptor));
            let mut tls = dialler.dialler_tls(&certificates);
            tls.alpn_protocols = vec![b"one".to_vec()];
            let (from, _) = dialler.dialler(tls);
            let mut tls = acceptor.acceptor_tls(&certificates);
            tls.alpn_protocols = vec![b"two".to_vec()];
            let (to, _) = acceptor.acceptor(tls);
            let address = to.local_addr().unwrap();
            let dial = async { end_of(from.connect(address, ACCEPTOR).unwrap().await).await };
            let accept = async { end_of(to.accept().await.unwrap().await).await };
            let (dialled, accepted) = tokio::join!(dial, accept);
            let expected = alert(AlertDescription::NoApplicationProtocol);
            assert_eq!(code(&dialled), expected, "{dialled:?}");
            assert_eq!(code(&accepted), expected, "{accepted:?}");
        }
    });
}

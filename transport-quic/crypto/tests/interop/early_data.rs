//! Data in the first flight of a resumed connection.

use quibus_certs::issue::KeyKind;
use quinn::Endpoint;

use crate::certificates::{ACCEPTOR, Certificates};
use crate::glue::{Glue, pairs};
use crate::pair::{Side, run};

/// Takes one stream of the next connection and answers what it says.
async fn answer(endpoint: &Endpoint) -> Vec<u8> {
    let connection = endpoint.accept().await.unwrap().await.unwrap();
    let (mut send, mut receive) = connection.accept_bi().await.unwrap();
    let said = receive.read_to_end(64).await.unwrap();
    send.write_all(&said).await.unwrap();
    send.finish().unwrap();
    connection.closed().await;
    said
}

async fn ask(connection: &quinn::Connection, words: &[u8]) -> Vec<u8> {
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    send.write_all(words).await.unwrap();
    send.finish().unwrap();
    receive.read_to_end(64).await.unwrap()
}

/// How the data of a second connection fared: whether it left early, and was taken.
async fn resumed(dialler: Glue, acceptor: Glue, early_data: u32) -> Option<bool> {
    let certificates = Certificates::of(KeyKind::Ed25519);
    let (dialler, acceptor) = (Side::new(dialler), Side::new(acceptor));
    let mut tls = dialler.dialler_tls(&certificates);
    tls.enable_early_data = true;
    let (from, _) = dialler.dialler(tls);
    let mut tls = acceptor.acceptor_tls(&certificates);
    tls.max_early_data_size = early_data;
    let (to, _) = acceptor.acceptor(tls);
    let address = to.local_addr().unwrap();

    let first = async {
        let connection = from.connect(address, ACCEPTOR).unwrap().await.unwrap();
        // The tickets are sent before any answer.
        let answer = ask(&connection, b"first").await;
        connection.close(0_u8.into(), b"");
        answer
    };
    let (answered, _) = tokio::join!(first, answer(&to));
    assert_eq!(answered, b"first");

    let second = async {
        let connecting = from.connect(address, ACCEPTOR).unwrap();
        let (connection, accepted) = connecting.into_0rtt().ok()?;
        let answer = ask(&connection, b"second").await;
        assert_eq!(answer, b"second");
        let accepted = accepted.await;
        connection.close(0_u8.into(), b"");
        Some(accepted)
    };
    tokio::select! {
        fared = second => fared,
        _ = async { loop { answer(&to).await; } } => None,
    }
}

#[test]
fn early_data_is_taken_by_who_allows_it() {
    run(async {
        for (dialler, acceptor) in pairs() {
            let fared = resumed(dialler, acceptor, u32::MAX).await;
            assert_eq!(fared, Some(true), "{dialler} to {acceptor}");
        }
    });
}

#[test]
fn nothing_leaves_early_to_who_does_not_allow_it() {
    run(async {
        for (dialler, acceptor) in pairs() {
            let fared = resumed(dialler, acceptor, 0).await;
            assert_eq!(fared, None, "{dialler} to {acceptor}");
        }
    });
}

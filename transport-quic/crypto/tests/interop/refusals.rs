//! Who is not vouched for gets no connection, and learns why.

use quibus_certs::issue::KeyKind;
use quinn::{Connection, ConnectionError};
use rustls::AlertDescription;

use crate::certificates::{ACCEPTOR, Certificates};
use crate::glue::{Glue, pairs};
use crate::pair::{Side, run};

/// How both sides' attempts end.
async fn ends(
    (dialler, trusted): (Glue, &Certificates),
    (acceptor, vouched): (Glue, &Certificates),
    name: &str,
) -> [ConnectionError; 2] {
    let (dialler, acceptor) = (Side::new(dialler), Side::new(acceptor));
    let (from, _) = dialler.dialler(dialler.dialler_tls(trusted));
    let (to, _) = acceptor.acceptor(acceptor.acceptor_tls(vouched));
    let address = to.local_addr().unwrap();
    let dial = async { end_of(from.connect(address, name).unwrap().await).await };
    let accept = async { end_of(to.accept().await.unwrap().await).await };
    let (dialled, accepted) = tokio::join!(dial, accept);
    [dialled, accepted]
}

/// A dialler is done before the acceptor has judged its certificate.
pub(crate) async fn end_of(connection: Result<Connection, ConnectionError>) -> ConnectionError {
    match connection {
        Ok(connection) => connection.closed().await,
        Err(error) => error,
    }
}

/// RFC 9001 §4.8: 0x0100 and the alert.
pub(crate) fn code(error: &ConnectionError) -> u64 {
    match error {
        ConnectionError::TransportError(error) => error.code.into(),
        ConnectionError::ConnectionClosed(close) => close.error_code.into(),
        other => panic!("{other}"),
    }
}

pub(crate) fn alert(alert: AlertDescription) -> u64 {
    0x0100 + u64::from(u8::from(alert))
}

#[test]
fn an_acceptor_of_another_ca_is_refused_with_an_alert_on_both_sides() {
    run(async {
        let (ours, theirs) = (
            Certificates::of(KeyKind::Ed25519),
            Certificates::of(KeyKind::Ed25519),
        );
        for (dialler, acceptor) in pairs() {
            let ends = ends((dialler, &ours), (acceptor, &theirs), ACCEPTOR).await;
            let expected = alert(AlertDescription::UnknownCA);
            assert_eq!(ends.each_ref().map(code), [expected; 2], "{ends:?}");
        }
    });
}

#[test]
fn an_acceptor_of_another_name_is_refused_with_an_alert_on_both_sides() {
    run(async {
        let ours = Certificates::of(KeyKind::Ed25519);
        for (dialler, acceptor) in pairs() {
            let ends = ends((dialler, &ours), (acceptor, &ours), "other.test").await;
            let expected = alert(AlertDescription::BadCertificate);
            assert_eq!(ends.each_ref().map(code), [expected; 2], "{ends:?}");
        }
    });
}

#[test]
fn a_dialler_of_another_ca_is_refused_with_an_alert_on_both_sides() {
    run(async {
        let ours = Certificates::of(KeyKind::Ed25519);
        let theirs = Certificates::of(KeyKind::Ed25519);
        // It trusts the acceptor's CA, and is itself of another.
        let mixed = Certificates {
            roots: ours.roots.clone(),
            ..theirs
        };
        for (dialler, acceptor) in pairs() {
            let ends = ends((dialler, &mixed), (acceptor, &ours), ACCEPTOR).await;
            let expected = alert(AlertDescription::UnknownCA);
            assert_eq!(ends.each_ref().map(code), [expected; 2], "{ends:?}");
        }
    });
}

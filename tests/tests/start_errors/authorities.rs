//! A CA, a directory of its environment, and peers that may or may not belong to it.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, SystemTime};

use quibus::bus::StartError;
use quibus::{Builder, Bus, Identity, PeerId};
use quibus_certs::Credentials;
use quibus_certs::issue::{DevelopmentCa, Issued, Validity};
use quibus_directory::{Directory, DirectoryConfig, embed};
use quibus_quic::Quic;

/// The environment of every certificate.
pub const ENVIRONMENT: &str = "test";
/// The shop's time-out: long enough for a failing handshake to be told instead of "no answer".
pub const TIMEOUT: Duration = Duration::from_millis(1500);

const HOUR: Duration = Duration::from_secs(3600);

/// A new CA.
pub fn ca() -> DevelopmentCa {
    DevelopmentCa::create(ENVIRONMENT, DevelopmentCa::VALID_FOR).unwrap()
}

/// The identity of a peer.
pub fn peer(name: &str) -> Identity {
    Identity::Peer(PeerId::new(name).unwrap())
}

/// The identity of a directory server.
pub fn directory_identity() -> Identity {
    Identity::Directory(PeerId::new("Directory.0").unwrap())
}

/// A certificate as it should be.
pub fn issued(ca: &DevelopmentCa, identity: &Identity) -> Issued {
    ca.issue(identity, Validity::default()).unwrap()
}

/// A certificate whose time was over an hour ago.
pub fn expired(ca: &DevelopmentCa, identity: &Identity) -> Issued {
    let now = SystemTime::now();
    let past = Validity::Between {
        not_before: now - 2 * HOUR,
        not_after: now - HOUR,
    };
    ca.issue(identity, past).unwrap()
}

/// A directory of this CA on a free port.
pub async fn directory(ca: &DevelopmentCa) -> Directory {
    directory_with(
        issued(ca, &directory_identity()).credentials().unwrap(),
        free_port(),
    )
    .await
    .unwrap()
}

/// A directory with these credentials on this port of 127.0.0.1.
pub async fn directory_with(credentials: Credentials, port: u16) -> Result<Directory, StartError> {
    let wire = Quic::with(credentials).listen(local(port));
    embed(DirectoryConfig::new("Directory.0", Arc::new(wire))).await
}

/// The settings of the shop: these credentials, this port of its own, this directory.
pub fn shop(credentials: &Credentials, port: u16, directory: &str) -> Builder {
    Bus::builder("Shop.0")
        .transport(Quic::with(credentials.clone()).listen(local(port)))
        .directory(directory)
        .registration_timeout(TIMEOUT)
}

/// Credentials for the shop as they should be.
pub fn shop_credentials(ca: &DevelopmentCa) -> Credentials {
    issued(ca, &peer("Shop.0")).credentials().unwrap()
}

/// A port of this machine.
pub fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// A port that nobody has, and that nobody gets who asks for a free one: it lies below the range
/// from which systems take those. Each is given once.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(port < 32_000, "no port of 127.0.0.1 is free");
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

//! Certificates of the two processes, and how their buses learn of each other without a directory.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use quibus::binding::BindingKey;
use quibus::bus::Bus;
use quibus::directory::{PeerDescriptor, PeerState, Snapshot, Subscriptions};
use quibus::id::{ClusterId, Identity, Incarnation, PeerId, Revision};
use quibus_certs::Credentials;
use quibus_certs::issue::{DevelopmentCa, KeyKind, KeyPair, Validity};
use quibus_quic::{Provider, Quic, QuicConfig};

use crate::Outcome;
use crate::cell::FAN;

/// The service that all of them are instances of.
const SERVICE: &str = "Bench";
/// The only run of each process.
const RUN: Incarnation = Incarnation(1);

/// Who has a certificate of P-256 at the client, and at the server.
pub(crate) const P256: [usize; 2] = [FAN + 1, FAN + 2];
/// Who takes part in post-quantum handshakes at the server.
pub(crate) const POST_QUANTUM: usize = FAN + 3;

/// Who takes part: 0 is the client, the others are the server's.
pub(crate) fn peer(number: usize) -> Outcome<PeerId> {
    Ok(PeerId::new(&format!("{SERVICE}.{number}"))?)
}

/// Makes a certificate for each and writes them into a folder.
pub(crate) fn issue(folder: &Path) -> Outcome<()> {
    let ca = DevelopmentCa::create("bench", DevelopmentCa::VALID_FOR)?;
    for number in 0..=POST_QUANTUM {
        let kind = match P256.contains(&number) {
            true => KeyKind::P256,
            false => KeyKind::Ed25519,
        };
        let (identity, key) = (identity(number)?, KeyPair::generate_for(kind)?);
        ca.issue_for(&identity, Validity::default(), &key)?
            .save(folder)?;
    }
    Ok(())
}

/// A transport's configuration: a free port of the loopback, and a certificate in the folder.
pub(crate) fn config(number: usize, folder: &Path, provider: Provider) -> Outcome<QuicConfig> {
    let file = |end| folder.join(format!("directory-{SERVICE}.{number}.{end}"));
    let ca = folder.join(DevelopmentCa::CERTIFICATE_FILE);
    let mut config = QuicConfig::new(Credentials::load(file("pem"), file("key"), ca)?);
    config.listen = Some("127.0.0.1:0".to_owned());
    config.provider = provider;
    Ok(config)
}

/// Starts a bus that belongs to no directory; returns it with its address.
pub(crate) async fn start(
    number: usize,
    folder: &Path,
    provider: Provider,
    handlers: impl FnOnce(quibus::Builder) -> quibus::Builder,
) -> Outcome<(Bus, Arc<Quic>, SocketAddr)> {
    let transport = Arc::new(Quic::configured(config(number, folder, provider)?));
    let builder = Bus::builder(peer(number)?.as_str()).shared_transport(transport.clone());
    let bus = handlers(builder).as_directory(RUN).start().await?;
    let address = transport.local_address().ok_or("the bus has no address")?;
    Ok((bus, transport, address))
}

/// Tells a bus who is there, and lets its handlers run: the others by number, address and the types they want.
pub(crate) fn tell(bus: &Bus, others: &[(usize, SocketAddr, &[&str])]) -> Outcome<()> {
    let revision = Revision {
        cluster: ClusterId(1),
        index: 1,
        sub: 0,
    };
    let mut peers = Vec::new();
    for (number, address, wanted) in others {
        let mut subscriptions = Subscriptions::default();
        for name in *wanted {
            subscriptions.set(name, [BindingKey::any()]);
        }
        peers.push(Arc::new(PeerDescriptor {
            peer: peer(*number)?,
            incarnation: RUN,
            start_id: 1,
            address: address.to_string(),
            identity: identity(*number)?,
            state: PeerState::Up,
            subscriptions,
            durable: false,
            revision,
        }));
    }
    bus.authority().apply_snapshot(Snapshot { revision, peers });
    bus.authority().open();
    Ok(())
}

/// Only the certificate of a directory server lets a bus be fed by hand.
fn identity(number: usize) -> Outcome<Identity> {
    Ok(Identity::Directory(peer(number)?))
}

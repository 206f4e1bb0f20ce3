//! The process that sends a body, then fetches one, and reports.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quibus::bus::Bus;
use quibus::directory::{PeerDescriptor, PeerState, Snapshot};
use quibus::id::ClusterId;
use quibus::prelude::*;
use quibus::{Identity, Incarnation, PeerId, Revision};
use quibus_certs::Credentials;
use quibus_certs::issue::DevelopmentCa;
use quibus_quic::Quic;
use serde::{Deserialize, Serialize};

use super::super::claim::Untried;
use super::super::peak;
use super::contract::{Give, HowMuchMemory, Keep};
use super::keeper;
use super::matter::{Matter, weigh};

pub(super) const NAME: &str = "Mover.0";

/// No body of the claim takes longer.
const LIMIT: Duration = Duration::from_secs(3600);

/// What came of the two bodies.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) sent: Moved,
    pub(super) fetched: Moved,
    /// The most memory that the process which sent and fetched has had, before and after.
    pub(super) mover_before: u64,
    pub(super) mover: u64,
    /// The same of the other process.
    pub(super) keeper_before: u64,
    pub(super) keeper: u64,
}

/// How one body arrived.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Moved {
    pub(super) bytes: u64,
    pub(super) as_it_was: bool,
    pub(super) seconds: f64,
}

/// QUIC with the certificate that the claim has left in the folder for this process.
pub(super) fn transport(folder: &Path, name: &str) -> Result<Quic, Untried> {
    let own = |ending: &str| folder.join(format!("directory-{name}.{ending}"));
    let ca = folder.join(DevelopmentCa::CERTIFICATE_FILE);
    let credentials = Credentials::load(own("pem"), own("key"), ca)?;
    Ok(Quic::with(credentials).listen("127.0.0.1:0"))
}

/// Sends, fetches, and prints the report.
pub(super) async fn run(folder: &Path, address: &str, bytes: u64) -> Result<(), Untried> {
    let builder = Bus::builder(NAME).transport(transport(folder, NAME)?);
    let bus = builder.as_directory(Incarnation(1)).start().await?;
    let keeper = PeerId::new(keeper::NAME)?;
    introduce(&bus, &keeper, address);
    let expected = Matter::weight(bytes);
    let how_much = || bus.send(HowMuchMemory {}).to(&keeper);
    let keeper_before = how_much().await?;
    let mover_before = peak::of_this_process()?;

    let begun = Instant::now();
    let send = bus.send(Keep {}).to(&keeper).timeout(LIMIT);
    let weight = send.body(Body::from_reader(Matter::of(bytes))).await?;
    let sent = Moved {
        bytes: weight.bytes,
        as_it_was: weight == expected,
        seconds: begun.elapsed().as_secs_f64(),
    };

    let begun = Instant::now();
    let fetch = bus.send(Give { bytes }).to(&keeper).with_reply_body();
    let (_, body) = fetch.await?;
    let weight = weigh(body).await?;
    let fetched = Moved {
        bytes: weight.bytes,
        as_it_was: weight == expected,
        seconds: begun.elapsed().as_secs_f64(),
    };
    let report = Report {
        sent,
        fetched,
        mover_before,
        mover: peak::of_this_process()?,
        keeper_before,
        keeper: how_much().await?,
    };
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

/// Tells the bus who is there, as a directory would.
fn introduce(bus: &Bus, keeper: &PeerId, address: &str) {
    let descriptor = PeerDescriptor {
        peer: keeper.clone(),
        incarnation: Incarnation(1),
        start_id: 1,
        address: address.to_owned(),
        identity: Identity::Directory(keeper.clone()),
        state: PeerState::Up,
        subscriptions: Default::default(),
        durable: false,
        revision: Revision::default(),
    };
    let revision = Revision {
        cluster: ClusterId(1),
        index: 1,
        sub: 0,
    };
    let authority = bus.authority();
    authority.apply_snapshot(Snapshot {
        revision,
        peers: vec![Arc::new(descriptor)],
    });
    authority.open();
}

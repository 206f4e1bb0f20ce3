//! A network of this process alone, with an authority of its own.

use std::error::Error;
use std::sync::Arc;

use quibus::transport::Transport;
use quibus::{Builder, Bus, Identity, PeerId};
use quibus_certs::issue::{DevelopmentCa, Validity};
use quibus_directory::{Directory, DirectoryConfig, embed};
use quibus_quic::Quic;

use crate::complaint::Complaint;

/// The environment in the certificates' names.
const ENVIRONMENT: &str = "demo";
/// A free port, reachable from this machine only.
const ADDRESS: &str = "127.0.0.1:0";
/// What may be done if the machine does not give what the demo needs.
const HELP: &str = "the demo needs UDP on 127.0.0.1 and a right clock; see if something forbids it";

/// QUIC on loopback, every peer with a certificate made on the spot, and a directory in the middle.
/// The authority's key never leaves the process and ends with it.
#[derive(Debug)]
pub struct Loopback {
    ca: DevelopmentCa,
    directory: Directory,
}

impl Loopback {
    /// Makes the authority and starts the directory.
    pub async fn start() -> Result<Self, Complaint> {
        let name = "Directory.0";
        let failed = |cause: &(dyn Error + 'static)| unstartable(name, cause);
        let ca = DevelopmentCa::create(ENVIRONMENT, DevelopmentCa::VALID_FOR)
            .map_err(|cause| failed(&cause))?;
        let peer = PeerId::new(name).map_err(|cause| failed(&cause))?;
        let wire = wire(&ca, &Identity::Directory(peer))?;
        let config = DirectoryConfig::new(name, Arc::new(wire));
        let directory = embed(config).await.map_err(|cause| failed(&cause))?;
        Ok(Self { ca, directory })
    }

    /// The settings of a bus on this network.
    pub fn bus(&self, name: &str) -> Result<Builder, Complaint> {
        let peer = PeerId::new(name).map_err(|cause| unstartable(name, &cause))?;
        let wire = wire(&self.ca, &Identity::Peer(peer))?;
        let builder = Bus::builder(name).transport(wire);
        Ok(builder.directory(self.directory.address()))
    }

    /// The directory, to be stopped last.
    pub fn into_directory(self) -> Directory {
        self.directory
    }
}

/// Starts a bus, or says which one did not start and why.
pub async fn started(name: &str, builder: Builder) -> Result<Bus, Complaint> {
    builder
        .start()
        .await
        .map_err(|cause| unstartable(name, &cause))
}

fn wire(ca: &DevelopmentCa, identity: &Identity) -> Result<impl Transport + use<>, Complaint> {
    let failed = |cause: &(dyn Error + 'static)| {
        Complaint::new(format!("cannot make a certificate for {identity}"), HELP).because(cause)
    };
    let issued = ca
        .issue(identity, Validity::default())
        .map_err(|cause| failed(&cause))?;
    let credentials = issued.credentials().map_err(|cause| failed(&cause))?;
    Ok(Quic::with(credentials).listen(ADDRESS))
}

fn unstartable(name: &str, cause: &(dyn Error + 'static)) -> Complaint {
    Complaint::new(format!("cannot start {name}"), HELP).because(cause)
}

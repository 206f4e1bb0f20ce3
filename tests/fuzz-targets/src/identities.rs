//! Certificates and keys that attackers show.
//!
//! They are checked in, and valid for a century: what a fuzzer found with them it finds again.
//! Nobody trusts their CAs.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use quibus::Identity;
use quibus::id::PeerId;
use quibus_certs::issue::{DevelopmentCa, Validity};

/// A certificate with its key and its CA, in PEM.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) certificate: &'static [u8],
    pub(crate) key: &'static [u8],
    pub(crate) ca: &'static [u8],
}

/// Of the victim's CA.
pub(crate) const PEER: Shown = Shown {
    certificate: include_bytes!("../identities/peer.pem"),
    key: include_bytes!("../identities/peer.key"),
    ca: include_bytes!("../identities/ca.pem"),
};

/// Of another CA of the same name.
pub(crate) const STRANGER: Shown = Shown {
    certificate: include_bytes!("../identities/stranger.pem"),
    key: include_bytes!("../identities/stranger.key"),
    ca: include_bytes!("../identities/stranger-ca.pem"),
};

const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Makes all of them anew, with new keys. Corpora of certificates have to be written anew then.
pub fn renew_identities() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("identities");
    for (name, ca_name) in [("peer", "ca"), ("stranger", "stranger-ca")] {
        let ca = DevelopmentCa::create("fuzz", CENTURY)?;
        let identity = Identity::Peer(PeerId::new("Shop.0")?);
        let issued = ca.issue(&identity, Validity::For(CENTURY - Duration::from_secs(60)))?;
        let file = |name: &str| folder.join(name);
        fs::write(file(&format!("{name}.pem")), issued.certificate_pem())?;
        fs::write(file(&format!("{name}.key")), issued.key_pem())?;
        fs::write(file(&format!("{ca_name}.pem")), issued.ca_pem())?;
    }
    Ok(())
}

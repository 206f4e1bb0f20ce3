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
use quibus_certs::Credentials;
use quibus_certs::issue::{DevelopmentCa, Validity};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate with its key and its CA, in PEM.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) certificate: &'static [u8],
    pub(crate) key: &'static [u8],
    pub(crate) ca: &'static [u8],
}

/// The victim's.
pub(crate) const VICTIM: Shown = Shown {
    certificate: include_bytes!("../identities/victim.pem"),
    key: include_bytes!("../identities/victim.key"),
    ca: include_bytes!("../identities/ca.pem"),
};

/// An attacker's, of the victim's CA.
pub(crate) const TRUSTED: Shown = Shown {
    certificate: include_bytes!("../identities/trusted.pem"),
    key: include_bytes!("../identities/trusted.key"),
    ca: include_bytes!("../identities/ca.pem"),
};

/// An attacker's, of another CA of the same name.
pub(crate) const STRANGER: Shown = Shown {
    certificate: include_bytes!("../identities/stranger.pem"),
    key: include_bytes!("../identities/stranger.key"),
    ca: include_bytes!("../identities/stranger-ca.pem"),
};

/// Whom the victim expects where it dials: the attacker.
pub(crate) const ATTACKER: &str = "Mallory.0";

const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Makes all of them anew, with new keys. Corpora of certificates have to be written anew then.
pub fn renew_identities() -> Result<(), Box<dyn Error>> {
    let (ca, other) = (
        DevelopmentCa::create("fuzz", CENTURY)?,
        DevelopmentCa::create("fuzz", CENTURY)?,
    );
    issue(&ca, "victim", "Shop.0")?;
    issue(&ca, "trusted", ATTACKER)?;
    issue(&other, "stranger", ATTACKER)?;
    write("ca.pem", ca.certificate_pem())?;
    write("stranger-ca.pem", other.certificate_pem())
}

fn issue(ca: &DevelopmentCa, file: &str, peer: &str) -> Result<(), Box<dyn Error>> {
    let identity = Identity::Peer(PeerId::new(peer)?);
    let validity = Validity::For(CENTURY - Duration::from_secs(60));
    let issued = ca.issue(&identity, validity)?;
    write(&format!("{file}.pem"), issued.certificate_pem())?;
    write(&format!("{file}.key"), issued.key_pem())
}

fn write(file: &str, pem: &str) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("identities");
    Ok(fs::write(folder.join(file), pem)?)
}

impl Shown {
    /// As a side of a handshake takes it, trusting the victim's CA whoever signed it.
    pub(crate) fn credentials(self) -> Result<Credentials, Box<dyn Error>> {
        let chain = CertificateDer::pem_slice_iter(self.certificate).collect::<Result<_, _>>()?;
        let roots = CertificateDer::pem_slice_iter(VICTIM.ca).collect::<Result<_, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(self.key)?;
        Ok(Credentials::new(chain, key, roots)?)
    }
}

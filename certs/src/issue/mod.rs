//! A development CA: makes certificates for a laptop, a test, a small installation.
//!
//! [`DevelopmentCa`] holds the key of an environment and issues identities with it, each as an
//! [`Issued`] certificate with a key of its own. Its private key lies in a file, so whoever reads
//! that file is everybody: larger installations let their own PKI issue the same kind of
//! certificates.
//!
//! ```
//! use quibus_certs::issue::{DevelopmentCa, Validity};
//! use quibus::{Identity, PeerId};
//!
//! let ca = DevelopmentCa::create("dev", DevelopmentCa::VALID_FOR)?;
//! let shop = Identity::Peer(PeerId::new("Shop.0")?);
//! let credentials = ca.issue(&shop, Validity::default())?.credentials()?;
//! assert_eq!(credentials.id().to_string(), "spiffe://dev/peer/Shop.0");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod development_ca;
mod issue_error;
mod issued;
mod issuer_name;
mod key_pair;
mod new_file;
mod randomness;
#[cfg(test)]
mod saved_ca;
mod validity;

pub use development_ca::DevelopmentCa;
pub use issue_error::IssueError;
pub use issued::{Issued, IssuedFiles};
pub use key_pair::KeyPair;
pub use quibus_quic_crypto::KeyKind;
pub use validity::Validity;

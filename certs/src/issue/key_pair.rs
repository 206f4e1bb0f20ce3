//! A private key and its public key, as rcgen signs with them.

use pem::{EncodeConfig, LineEnding, Pem};
use quibus_quic_crypto::{KeyKind, PrivateKey, Provider, ProviderError};
use rcgen::{
    KeyIdMethod, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PublicKeyData,
    SigningKey,
};
use rustls_pki_types::PrivateKeyDer;
use sha2::{Digest, Sha256};

use super::issue_error::IssueError;

/// A private key with its public key. `Debug` never shows the private one.
///
/// Signs for rcgen, whose own keys need a cryptographic provider in C: for certificates that
/// [`DevelopmentCa`](super::DevelopmentCa) does not issue. There is no provider behind rcgen here,
/// so whoever fills in `CertificateParams` has to give a serial number, and
/// [`identifier`](Self::identifier) where a key identifier is wanted.
#[derive(Debug)]
pub struct KeyPair {
    private: PrivateKey,
    algorithm: &'static rcgen::SignatureAlgorithm,
}

impl KeyPair {
    /// Makes a new key of Ed25519, which everything here issues by habit.
    pub fn generate() -> Result<Self, IssueError> {
        Self::generate_for(KeyKind::Ed25519)
    }

    /// Makes a new key of a kind.
    pub fn generate_for(kind: KeyKind) -> Result<Self, IssueError> {
        PrivateKey::generate(Provider::best(), kind)
            .map_err(unusable)
            .and_then(Self::of)
    }

    /// Takes a key that was read from a file.
    pub fn from_der(der: PrivateKeyDer<'static>) -> Result<Self, IssueError> {
        PrivateKey::from_der(Provider::best(), der)
            .map_err(unusable)
            .and_then(Self::of)
    }

    /// The private key.
    pub fn private_key(&self) -> &PrivateKeyDer<'static> {
        self.private.der()
    }

    /// The private key in PEM: PKCS #8, unless it was read in another form.
    pub fn to_pem(&self) -> String {
        let (label, der) = match self.private.der() {
            PrivateKeyDer::Sec1(der) => ("EC PRIVATE KEY", der.secret_sec1_der()),
            other => ("PRIVATE KEY", other.secret_der()),
        };
        let lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
        pem::encode_config(&Pem::new(label, der), lines)
    }

    /// How the key is named in the certificates made with it: the first 20 bytes of the SHA-256 of
    /// the public key's bits (RFC 7093 §2, method 1).
    pub fn identifier(&self) -> KeyIdMethod {
        let hash = Sha256::digest(self.private.public_bits());
        KeyIdMethod::PreSpecified(hash.iter().copied().take(20).collect())
    }

    fn of(private: PrivateKey) -> Result<Self, IssueError> {
        let algorithm = match private.kind() {
            KeyKind::Ed25519 => &PKCS_ED25519,
            KeyKind::P256 => &PKCS_ECDSA_P256_SHA256,
            KeyKind::P384 => &PKCS_ECDSA_P384_SHA384,
            other => {
                return Err(IssueError::Signer {
                    reason: format!("no certificates are made with keys of {other:?}"),
                });
            }
        };
        Ok(Self { private, algorithm })
    }
}

impl PublicKeyData for KeyPair {
    fn der_bytes(&self) -> &[u8] {
        self.private.public_bits()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        self.algorithm
    }
}

impl SigningKey for KeyPair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signed = self.private.sign(message);
        signed.map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// Neither shows key material.
fn unusable(fault: ProviderError) -> IssueError {
    IssueError::Signer {
        reason: fault.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_pem() {
        for kind in [KeyKind::Ed25519, KeyKind::P256] {
            let key = KeyPair::generate_for(kind).unwrap();
            let pem = key.to_pem();
            assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{kind:?}");
            let again = KeyPair::from_der(key.private_key().clone_key()).unwrap();
            assert_eq!(again.der_bytes(), key.der_bytes());
            assert_eq!(again.to_pem(), pem);
        }
    }
}

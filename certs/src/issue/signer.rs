//! The one place where private keys are made and used to sign.

use rcgen::{KeyIdMethod, KeyPair, PKCS_ED25519, PublicKeyData, SerialNumber, SigningKey};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::issue_error::IssueError;
use crate::provider::provider;

/// A private key that signs. Deliberately not `Debug`.
///
/// Everything else speaks rcgen's traits, so that the provider below can be exchanged here alone.
pub(super) struct Signer(KeyPair);

impl Signer {
    /// Makes a new Ed25519 key.
    pub(super) fn generate() -> Result<Self, IssueError> {
        let key = KeyPair::generate_for(&PKCS_ED25519).map_err(failed)?;
        let der = without_public_key(key.serialized_der())?;
        Self::of(&PrivatePkcs8KeyDer::from(der).into())
    }

    /// Takes a key that was read from a file.
    pub(super) fn of(key: &PrivateKeyDer<'_>) -> Result<Self, IssueError> {
        let key = KeyPair::try_from(key).map_err(failed)?;
        Ok(Self(key))
    }

    /// The private key, in PEM of PKCS #8.
    pub(super) fn to_pem(&self) -> String {
        self.0.serialize_pem()
    }
}

impl PublicKeyData for Signer {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        PublicKeyData::algorithm(&self.0)
    }
}

impl SigningKey for Signer {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        SigningKey::sign(&self.0, message)
    }
}

/// Writes an Ed25519 key as the short, first version of PKCS #8 (RFC 8410 §7).
///
/// ring appends the public key and tags it differently from RFC 5958, so that OpenSSL 3.0 and
/// strict parsers refuse the file. The long form holds the same seed at the same place.
fn without_public_key(long: &[u8]) -> Result<Vec<u8>, IssueError> {
    const ALGORITHM_AND_SEED: [u8; 11] = [
        0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ];
    const SEED: usize = 5 + ALGORITHM_AND_SEED.len();
    match (long.get(5..SEED), long.get(SEED..SEED + 32)) {
        (Some(head), Some(seed)) if head == ALGORITHM_AND_SEED => {
            let mut short = vec![0x30, 0x2e, 0x02, 0x01, 0x00];
            short.extend(ALGORITHM_AND_SEED);
            short.extend(seed);
            Ok(short)
        }
        _ => Err(IssueError::Signer {
            reason: "the provider made a key in an unknown format".into(),
        }),
    }
}

/// How a key is named in the certificates made with it (RFC 7093, method 1).
pub(super) fn key_identifier_method() -> KeyIdMethod {
    KeyIdMethod::Sha256
}

/// 126 random bits in 16 bytes: positive, and never shortened by leading zeros.
pub(super) fn random_serial() -> Result<SerialNumber, IssueError> {
    let [first, rest @ ..] = random()?;
    let mut bytes = vec![first & 0x3f | 0x40];
    bytes.extend(rest);
    Ok(SerialNumber::from(bytes))
}

/// Bytes that nobody can guess.
pub(super) fn random() -> Result<[u8; 16], IssueError> {
    let mut bytes = [0; 16];
    provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| IssueError::Signer {
            reason: "the system gave no random bytes".into(),
        })?;
    Ok(bytes)
}

/// Turns an error of the library below into ours; none of them shows key material.
pub(super) fn failed(fault: rcgen::Error) -> IssueError {
    IssueError::Signer {
        reason: fault.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_written_in_the_form_that_every_tool_reads() {
        let signer = Signer::generate().unwrap();
        let der = signer.0.serialized_der();
        assert_eq!(der.len(), 48);
        assert_eq!(der[..5], [0x30, 0x2e, 0x02, 0x01, 0x00]);
        let again = Signer::of(&PrivatePkcs8KeyDer::from(der).into()).unwrap();
        assert_eq!(again.der_bytes(), signer.der_bytes());
    }

    #[test]
    fn the_short_form_of_a_known_key_is_the_one_of_rfc_8410() {
        // The key of RFC 8410 §10.3, whose long form also has attributes.
        let seed = "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";
        let key = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
        let head = "300506032b657004220420";
        let long = bytes(&format!("3051020101{head}{seed}812100{key}"));
        let short = bytes(&format!("302e020100{head}{seed}"));
        assert_eq!(without_public_key(&long).unwrap(), short);
        let signer = Signer::of(&PrivatePkcs8KeyDer::from(short).into()).unwrap();
        assert_eq!(signer.der_bytes(), bytes(key));
        assert!(without_public_key(&long[..40]).is_err());
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        digits
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }
}

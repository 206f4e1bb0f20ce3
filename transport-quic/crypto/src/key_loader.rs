//! RustCrypto's private keys, which say what their public keys are.
//!
//! rustls-pure's don't, and then nobody notices that a key and a certificate don't belong
//! together, and nobody can issue a certificate with such a key.

use std::fmt;
use std::sync::Arc;

use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePublicKey};
use rustls::crypto::KeyProvider;
use rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};

/// Loads private keys of Ed25519, P-256 and P-384.
#[derive(Debug)]
pub(crate) struct KeyLoader;

impl KeyProvider for KeyLoader {
    fn load_private_key(
        &self,
        key_der: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        let public = public_key(&key_der);
        let provider = rustls_pure::provider();
        let private = provider.key_provider.load_private_key(key_der)?;
        Ok(Arc::new(KnownKey { private, public }))
    }
}

/// The public key of a private one, where the latter is understood.
fn public_key(key: &PrivateKeyDer<'_>) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let spki = match key {
        PrivateKeyDer::Pkcs8(key) => of_pkcs8(key.secret_pkcs8_der())?,
        PrivateKeyDer::Sec1(key) => of_sec1(key.secret_sec1_der())?,
        _ => return None,
    };
    Some(SubjectPublicKeyInfoDer::from(spki))
}

fn of_pkcs8(der: &[u8]) -> Option<Vec<u8>> {
    let ed25519 = || {
        let key = ed25519_dalek::SigningKey::from_pkcs8_der(der).ok()?;
        key.verifying_key().to_public_key_der().ok()
    };
    let p256 = || {
        let key = p256::SecretKey::from_pkcs8_der(der).ok()?;
        key.public_key().to_public_key_der().ok()
    };
    let p384 = || {
        let key = p384::SecretKey::from_pkcs8_der(der).ok()?;
        key.public_key().to_public_key_der().ok()
    };
    let spki = ed25519().or_else(p256).or_else(p384)?;
    Some(spki.into_vec())
}

fn of_sec1(der: &[u8]) -> Option<Vec<u8>> {
    let p256 = || {
        let key = p256::SecretKey::from_sec1_der(der).ok()?;
        key.public_key().to_public_key_der().ok()
    };
    let p384 = || {
        let key = p384::SecretKey::from_sec1_der(der).ok()?;
        key.public_key().to_public_key_der().ok()
    };
    let spki = p256().or_else(p384)?;
    Some(spki.into_vec())
}

/// A private key with its public one.
struct KnownKey {
    private: Arc<dyn SigningKey>,
    public: Option<SubjectPublicKeyInfoDer<'static>>,
}

impl SigningKey for KnownKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        self.private.choose_scheme(offered)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        let public = self.public.as_ref()?;
        Some(SubjectPublicKeyInfoDer::from(public.as_ref()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.private.algorithm()
    }
}

impl fmt::Debug for KnownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.private.fmt(f)
    }
}

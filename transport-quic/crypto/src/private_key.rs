//! Private keys: made, loaded, signing.

use std::fmt;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;
use zeroize::{Zeroize, Zeroizing};

use crate::key_exchange::KeyExchange;
use crate::provider::Provider;
use crate::provider_error::ProviderError;
#[cfg(feature = "rustcrypto")]
use crate::suites;

/// The kind of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// Ed25519 (RFC 8032): small, and fast with every provider.
    Ed25519,
    /// ECDSA on P-256 with SHA-256: what hardware and older tools know.
    P256,
    /// ECDSA on P-384 with SHA-384. Loaded, never made here.
    P384,
}

/// A private key that signs, for those who issue certificates. `Debug` never shows it.
pub struct PrivateKey {
    kind: KeyKind,
    signing: Arc<dyn SigningKey>,
    public: Vec<u8>,
    der: Wiped,
}

impl PrivateKey {
    /// Makes a new one, of Ed25519 or P-256, from random bytes of the operating system.
    pub fn generate(provider: Provider, kind: KeyKind) -> Result<Self, ProviderError> {
        let rustls = provider.rustls(KeyExchange::X25519)?;
        match kind {
            KeyKind::Ed25519 => Self::load(&rustls, ed25519_pkcs8(&*secret(&rustls)?)),
            // One in 2^32 secrets is none for this curve, so the second try is the last.
            KeyKind::P256 => Self::generate_p256(&rustls).or_else(|_| Self::generate_p256(&rustls)),
            KeyKind::P384 => Err(ProviderError::Key {
                reason: "keys of P-384 are loaded, not made; make one of Ed25519 or P-256".into(),
            }),
        }
    }

    /// Takes a key that somebody has: PKCS #8 of any of the kinds, or SEC 1 of the curves.
    pub fn from_der(
        provider: Provider,
        der: PrivateKeyDer<'static>,
    ) -> Result<Self, ProviderError> {
        let rustls = provider.rustls(KeyExchange::X25519)?;
        Self::load(&rustls, der)
    }

    /// What kind it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Its public key, as the bits inside a certificate's `subjectPublicKey`: 32 bytes of Ed25519,
    /// or an uncompressed point of 65 or 97 bytes.
    pub fn public_bits(&self) -> &[u8] {
        &self.public
    }

    /// The private key as it was given, or PKCS #8 if it was made here.
    pub fn der(&self) -> &PrivateKeyDer<'static> {
        &self.der.0
    }

    /// Signs a message, in the form that certificates have signatures in.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let signer = self.signing.choose_scheme(&[self.kind.scheme()]);
        let signer = signer.ok_or_else(|| refused("it does not sign as its kind does"))?;
        signer.sign(message).map_err(refused)
    }

    fn load(rustls: &CryptoProvider, der: PrivateKeyDer<'static>) -> Result<Self, ProviderError> {
        let der = Wiped(der);
        let loaded = rustls.key_provider.load_private_key(der.0.clone_key());
        let signing = loaded.map_err(refused)?;
        let (kind, public) = signing
            .public_key()
            .and_then(|spki| KeyKind::of_public_key(spki.as_ref()))
            .ok_or_else(|| refused("it is not of Ed25519, P-256 or P-384"))?;
        Ok(Self {
            kind,
            signing,
            public,
            der,
        })
    }

    /// RFC 5915 makes the public key optional and ring insists on it, so RustCrypto finds it first.
    #[cfg(feature = "rustcrypto")]
    fn generate_p256(rustls: &CryptoProvider) -> Result<Self, ProviderError> {
        let secret = secret(rustls)?;
        let key = Self::load(&suites::rustcrypto(), p256_pkcs8(&secret, &[]))?;
        Self::load(rustls, p256_pkcs8(&secret, &key.public))
    }

    #[cfg(not(feature = "rustcrypto"))]
    fn generate_p256(_: &CryptoProvider) -> Result<Self, ProviderError> {
        let reason = "keys of P-256 are made with the feature `rustcrypto`; make one of Ed25519";
        Err(refused(reason))
    }
}

impl KeyKind {
    /// In which scheme its signatures are made.
    fn scheme(self) -> SignatureScheme {
        match self {
            Self::Ed25519 => SignatureScheme::ED25519,
            Self::P256 => SignatureScheme::ECDSA_NISTP256_SHA256,
            Self::P384 => SignatureScheme::ECDSA_NISTP384_SHA384,
        }
    }

    /// Takes a SubjectPublicKeyInfo apart. Of each kind there is one form, so its head is a
    /// constant (RFC 8410 §4, RFC 5480 §2).
    fn of_public_key(spki: &[u8]) -> Option<(Self, Vec<u8>)> {
        const ED25519: &[u8] = &[
            0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
        ];
        const P256: &[u8] = &[
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        const P384: &[u8] = &[
            0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
        ];
        let forms = [
            (ED25519, Self::Ed25519),
            (P256, Self::P256),
            (P384, Self::P384),
        ];
        forms.into_iter().find_map(|(head, kind)| {
            let bits = spki.strip_prefix(head)?;
            Some((kind, bits.to_vec()))
        })
    }
}

/// A private key whose memory is wiped when it is dropped; rustls's type leaves that to others.
struct Wiped(PrivateKeyDer<'static>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn secret(rustls: &CryptoProvider) -> Result<Zeroizing<[u8; 32]>, ProviderError> {
    let mut secret = Zeroizing::new([0; 32]);
    let filled = rustls.secure_random.fill(&mut *secret);
    filled.map_err(|_| ProviderError::NoRandomness)?;
    Ok(secret)
}

/// The short, first version of PKCS #8 (RFC 8410 §7), which every tool reads: the one that also
/// holds the public key is refused by OpenSSL 3.0.
fn ed25519_pkcs8(secret: &[u8; 32]) -> PrivateKeyDer<'static> {
    const HEAD: &[u8] = &[
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    PrivatePkcs8KeyDer::from([HEAD, secret].concat()).into()
}

/// PKCS #8 around RFC 5915, with the public key (an uncompressed point) or without. Everything in
/// it has a fixed length, so it is written in one go and leaves no copy of the secret behind.
#[cfg(any(test, feature = "rustcrypto"))]
fn p256_pkcs8(secret: &[u8; 32], public: &[u8]) -> PrivateKeyDer<'static> {
    // Version, id-ecPublicKey, secp256r1.
    const ALGORITHM: &[u8] = &[
        0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
        0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
    ];
    // Version, and the head of the secret.
    const KEY: &[u8] = &[0x02, 0x01, 0x01, 0x04, 0x20];
    let parts: &[&[u8]] = match public {
        [] => &[
            &[0x30, 0x41],
            ALGORITHM,
            &[0x04, 0x27, 0x30, 0x25],
            KEY,
            secret,
        ],
        point => &[
            &[0x30, 0x81, 0x87],
            ALGORITHM,
            &[0x04, 0x6d, 0x30, 0x6b],
            KEY,
            secret,
            &[0xa1, 0x44, 0x03, 0x42, 0x00],
            point,
        ],
    };
    PrivatePkcs8KeyDer::from(parts.concat()).into()
}

fn refused(reason: impl fmt::Display) -> ProviderError {
    ProviderError::Key {
        reason: reason.to_string(),
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::hex;

    #[test]
    fn a_made_key_is_read_back_by_every_provider_and_is_the_same() {
        for kind in [KeyKind::Ed25519, KeyKind::P256] {
            for &maker in Provider::ALL {
                let made = PrivateKey::generate(maker, kind).unwrap();
                assert_eq!(made.kind(), kind);
                for &reader in Provider::ALL {
                    let read = PrivateKey::from_der(reader, made.der().clone_key()).unwrap();
                    assert_eq!(
                        read.public_bits(),
                        made.public_bits(),
                        "{maker} to {reader}"
                    );
                    assert_eq!(read.kind(), kind);
                }
            }
        }
    }

    #[test]
    fn a_known_key_has_its_known_public_key() {
        // RFC 8410 §10.3, and RFC 6979 §A.2.5.
        let ed25519 = "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";
        let ed25519_public = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
        let p256 = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
        let p256_public = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
                           7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
        for &provider in Provider::ALL {
            let key = ed25519_pkcs8(&secret_of(ed25519));
            let key = PrivateKey::from_der(provider, key).unwrap();
            assert_eq!(key.public_bits(), hex(ed25519_public), "{provider}");
            let key = p256_pkcs8(&secret_of(p256), &hex(p256_public));
            assert_eq!(key.secret_der().len(), 138);
            let key = PrivateKey::from_der(provider, key).unwrap();
            assert_eq!(key.public_bits(), hex(p256_public), "{provider}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_a_reason() {
        for &provider in Provider::ALL {
            let nonsense = PrivatePkcs8KeyDer::from(vec![0x30, 0x00]).into();
            let error = PrivateKey::from_der(provider, nonsense).unwrap_err();
            assert!(
                matches!(error, ProviderError::Key { .. }),
                "{provider}: {error}"
            );
        }
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let key = PrivateKey::generate(Provider::best(), KeyKind::Ed25519).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey { kind: Ed25519, .. }");
    }

    fn secret_of(digits: &str) -> [u8; 32] {
        hex(digits).try_into().unwrap()
    }
}

//! The key of address tokens.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use hkdf::Hkdf;
use quinn_proto::crypto::{AeadKey, CryptoError, HandshakeTokenKey};
use sha2::Sha256;

const TAG: usize = 16;

/// A key from which quinn derives another for each token with which a dialler proves its address
/// (RFC 9000 §8.1): HKDF-SHA256, then AES-256-GCM.
pub struct TokenKey(Hkdf<Sha256>);

impl TokenKey {
    /// Takes a secret of 64 bytes, which must not be used for anything else. Tokens can be read
    /// by whoever has the same secret, a restarted process for instance.
    pub fn new(secret: &[u8; 64]) -> Self {
        Self(Hkdf::new(None, secret))
    }
}

impl HandshakeTokenKey for TokenKey {
    fn aead_from_hkdf(&self, random_bytes: &[u8]) -> Box<dyn AeadKey> {
        let mut key = [0; 32];
        self.0
            .expand(random_bytes, &mut key)
            .expect("HKDF-SHA256 gives up to 8,160 bytes");
        Box::new(OneTokenKey(Aes256Gcm::new(&key.into())))
    }
}

/// Seals one token, which is why its nonce may be a constant.
struct OneTokenKey(Aes256Gcm);

const ONLY_NONCE: [u8; 12] = [0; 12];

impl AeadKey for OneTokenKey {
    fn seal(&self, data: &mut Vec<u8>, additional_data: &[u8]) -> Result<(), CryptoError> {
        let tag = self
            .0
            .encrypt_inout_detached(
                &ONLY_NONCE.into(),
                additional_data,
                data[..].as_mut().into(),
            )
            .map_err(|_| CryptoError)?;
        data.extend_from_slice(&tag);
        Ok(())
    }

    fn open<'a>(
        &self,
        data: &'a mut [u8],
        additional_data: &[u8],
    ) -> Result<&'a mut [u8], CryptoError> {
        let (text, tag) = data.split_last_chunk_mut::<TAG>().ok_or(CryptoError)?;
        self.0
            .decrypt_inout_detached(
                &ONLY_NONCE.into(),
                additional_data,
                text[..].as_mut().into(),
                (&*tag).into(),
            )
            .map_err(|_| CryptoError)?;
        Ok(text)
    }
}

//! The key of address tokens.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use hkdf::Hkdf;
use quinn_proto::crypto::{AeadKey, CryptoError, HandshakeTokenKey};
use sha2::Sha256;
use zeroize::Zeroizing;

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
        let mut key = Zeroizing::new([0; 32]);
        self.0
            .expand(random_bytes, &mut *key)
            .expect("HKDF-SHA256 gives up to 8,160 bytes");
        Box::new(OneTokenKey(Aes256Gcm::new((&*key).into())))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::hex;

    fn secret() -> [u8; 64] {
        std::array::from_fn(|i| i as u8)
    }

    fn sealed(key: &TokenKey) -> Vec<u8> {
        let mut token = b"an address".to_vec();
        key.aead_from_hkdf(b"random bytes")
            .seal(&mut token, b"aad")
            .unwrap();
        token
    }

    fn open(key: &TokenKey, random: &[u8], aad: &[u8], token: &[u8]) -> Option<Vec<u8>> {
        let mut token = token.to_vec();
        let opened = key.aead_from_hkdf(random).open(&mut token, aad);
        opened.ok().map(|text| text.to_vec())
    }

    #[test]
    fn a_token_is_sealed_by_a_key_that_hkdf_makes_of_secret_and_random_bytes() {
        // HMAC by HMAC as RFC 5869 §2 has it, with no salt.
        let key = hex("ad37e4fce013bf3a1eca1731013e127e 51e549484e1988685e36adbc558cb868");
        let mut text = b"an address".to_vec();
        let tag = Aes256Gcm::new_from_slice(&key)
            .unwrap()
            .encrypt_inout_detached(&ONLY_NONCE.into(), b"aad", text[..].as_mut().into())
            .unwrap();
        let expected = [&text[..], &tag].concat();
        assert_eq!(sealed(&TokenKey::new(&secret())), expected);
    }

    #[test]
    fn two_processes_with_one_secret_read_each_others_tokens_and_nobody_elses() {
        let token = sealed(&TokenKey::new(&secret()));
        let same = TokenKey::new(&secret());
        let opened = open(&same, b"random bytes", b"aad", &token);
        assert_eq!(opened.as_deref(), Some(&b"an address"[..]));
        assert_eq!(open(&same, b"random byte5", b"aad", &token), None);
        assert_eq!(open(&same, b"random bytes", b"aae", &token), None);
        let mut secret = secret();
        secret[63] ^= 1;
        let other = TokenKey::new(&secret);
        assert_eq!(open(&other, b"random bytes", b"aad", &token), None);
    }

    #[test]
    fn a_token_that_was_changed_or_cut_off_is_refused() {
        let key = TokenKey::new(&secret());
        let token = sealed(&key);
        assert_eq!(token.len(), 10 + TAG);
        for bit in 0..token.len() * 8 {
            let mut changed = token.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let opened = open(&key, b"random bytes", b"aad", &changed);
            assert_eq!(opened, None, "{bit}");
        }
        for length in 0..token.len() {
            let opened = open(&key, b"random bytes", b"aad", &token[..length]);
            assert_eq!(opened, None, "{length}");
        }
    }

    #[test]
    fn an_empty_token_can_be_sealed() {
        let key = TokenKey::new(&secret());
        let mut token = Vec::new();
        key.aead_from_hkdf(b"").seal(&mut token, b"").unwrap();
        assert_eq!(open(&key, b"", b"", &token), Some(Vec::new()));
    }
}

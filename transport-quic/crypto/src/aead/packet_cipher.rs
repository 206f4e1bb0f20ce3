//! Sealing and opening payloads.

use rustls::Error;
use rustls::crypto::cipher::{Iv, Nonce};
use rustls::quic::{PacketKey, Tag};

use super::protection::Limits;

/// Bytes of a tag, of every AEAD there is for QUIC.
pub(super) const TAG: usize = 16;

/// An AEAD under one key, wiped when dropped.
pub(super) trait PacketCipher: Send + Sync + Sized + 'static {
    /// Takes a key of the length that its [`Protection`](super::protection::Protection) names.
    fn new(key: &[u8]) -> Self;

    /// Encrypts in place. The nonce must be new for this key.
    fn seal(&self, nonce: &[u8; 12], header: &[u8], payload: &mut [u8])
    -> Result<[u8; TAG], Error>;

    /// Decrypts in place; an error says that somebody else made it or changed it.
    fn open(
        &self,
        nonce: &[u8; 12],
        header: &[u8],
        payload: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), Error>;
}

/// A cipher with the secret part of its nonces.
pub(super) struct CipherKey<C> {
    cipher: C,
    iv: Iv,
    limits: Limits,
}

impl<C: PacketCipher> CipherKey<C> {
    pub(super) fn new(cipher: C, iv: Iv, limits: Limits) -> Self {
        Self { cipher, iv, limits }
    }
}

impl<C: PacketCipher> PacketKey for CipherKey<C> {
    fn encrypt_in_place(
        &self,
        packet_number: u64,
        header: &[u8],
        payload: &mut [u8],
    ) -> Result<Tag, Error> {
        let nonce = Nonce::new(&self.iv, packet_number).0;
        let tag = self.cipher.seal(&nonce, header, payload)?;
        Ok(Tag::from(&tag[..]))
    }

    fn decrypt_in_place<'a>(
        &self,
        packet_number: u64,
        header: &[u8],
        payload: &'a mut [u8],
    ) -> Result<&'a [u8], Error> {
        let nonce = Nonce::new(&self.iv, packet_number).0;
        let (payload, tag) = payload
            .split_last_chunk_mut::<TAG>()
            .ok_or(Error::DecryptError)?;
        self.cipher.open(&nonce, header, payload, tag)?;
        Ok(payload)
    }

    fn tag_len(&self) -> usize {
        TAG
    }

    fn confidentiality_limit(&self) -> u64 {
        self.limits.confidentiality
    }

    fn integrity_limit(&self) -> u64 {
        self.limits.integrity
    }
}

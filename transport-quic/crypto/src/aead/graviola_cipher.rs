//! graviola's AEADs.

use graviola::aead::{AesGcm, ChaCha20Poly1305};
use rustls::Error;

use super::packet_cipher::{PacketCipher, TAG};

/// AES-GCM; the length of the key says which.
pub(super) struct GraviolaAes(AesGcm);

impl PacketCipher for GraviolaAes {
    fn new(key: &[u8]) -> Self {
        Self(AesGcm::new(key))
    }

    fn seal(
        &self,
        nonce: &[u8; 12],
        header: &[u8],
        payload: &mut [u8],
    ) -> Result<[u8; TAG], Error> {
        let mut tag = [0; TAG];
        self.0.encrypt(nonce, header, payload, &mut tag);
        Ok(tag)
    }

    fn open(
        &self,
        nonce: &[u8; 12],
        header: &[u8],
        payload: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), Error> {
        let opened = self.0.decrypt(nonce, header, payload, tag);
        opened.map_err(|_| Error::DecryptError)
    }
}

/// ChaCha20-Poly1305.
pub(super) struct GraviolaChaCha20(ChaCha20Poly1305);

impl PacketCipher for GraviolaChaCha20 {
    fn new(key: &[u8]) -> Self {
        let mut copy = [0; 32];
        copy.copy_from_slice(key);
        Self(ChaCha20Poly1305::new(copy))
    }

    fn seal(
        &self,
        nonce: &[u8; 12],
        header: &[u8],
        payload: &mut [u8],
    ) -> Result<[u8; TAG], Error> {
        let mut tag = [0; TAG];
        self.0.encrypt(nonce, header, payload, &mut tag);
        Ok(tag)
    }

    fn open(
        &self,
        nonce: &[u8; 12],
        header: &[u8],
        payload: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), Error> {
        let opened = self.0.decrypt(nonce, header, payload, tag);
        opened.map_err(|_| Error::DecryptError)
    }
}

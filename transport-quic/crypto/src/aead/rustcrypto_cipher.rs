//! RustCrypto's AEADs.

use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;
use rustls::Error;

use super::packet_cipher::{PacketCipher, TAG};

pub(super) type RustCryptoAes128 = RustCryptoCipher<Aes128Gcm>;
pub(super) type RustCryptoAes256 = RustCryptoCipher<Aes256Gcm>;
pub(super) type RustCryptoChaCha20 = RustCryptoCipher<ChaCha20Poly1305>;

/// Any AEAD of RustCrypto whose nonces and tags are those of QUIC.
pub(super) struct RustCryptoCipher<A>(A);

impl<A> PacketCipher for RustCryptoCipher<A>
where
    A: AeadInOut<NonceSize = U12, TagSize = U16> + KeyInit + Send + Sync + 'static,
{
    fn new(key: &[u8]) -> Self {
        Self(A::new_from_slice(key).expect("a key of the length that was asked for"))
    }

    fn seal(
        &self,
        nonce: &[u8; 12],
        header: &[u8],
        payload: &mut [u8],
    ) -> Result<[u8; TAG], Error> {
        let sealed = self
            .0
            .encrypt_inout_detached(nonce.into(), header, payload.into());
        sealed.map(Into::into).map_err(|_| Error::EncryptError)
    }

    fn open(
        &self,
        nonce: &[u8; 12],
        header: &[u8],
        payload: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), Error> {
        let opened =
            self.0
                .decrypt_inout_detached(nonce.into(), header, payload.into(), tag.into());
        opened.map_err(|_| Error::DecryptError)
    }
}

//! The mask of the ChaCha20 suite: the start of a key stream (RFC 9001 §5.4.4).

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use rustls::crypto::cipher::AeadKey;

use super::header_mask::{HeaderMask, MASK, SAMPLE};

/// Bytes that the counter of the key stream moves on by.
const BLOCK: u64 = 64;

/// A key from which a stream is begun anew for every packet.
pub(super) struct ChaCha20Mask(AeadKey);

impl HeaderMask for ChaCha20Mask {
    fn new(key: &[u8]) -> Self {
        let mut copy = [0; 32];
        copy.copy_from_slice(key);
        // rustls's type, because it is wiped when dropped.
        Self(AeadKey::from(copy))
    }

    fn mask(&self, sample: &[u8; SAMPLE]) -> [u8; MASK] {
        let [a, b, c, d, nonce @ ..] = sample;
        let counter = u32::from_le_bytes([*a, *b, *c, *d]);
        let mut stream = ChaCha20::new_from_slices(self.0.as_ref(), nonce)
            .expect("32 bytes of key and 12 of nonce");
        stream.seek(u64::from(counter) * BLOCK);
        let mut mask = [0; MASK];
        stream.apply_keystream(&mut mask);
        mask
    }
}

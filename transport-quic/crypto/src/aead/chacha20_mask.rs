//! The mask of the ChaCha20 suite: the start of a key stream (RFC 9001 §5.4.4).

use chacha20::cipher::{KeyIvInit, StreamCipherCore};
use chacha20::variants::Ietf;
use chacha20::{ChaChaCore, R20};
use rustls::crypto::cipher::AeadKey;

use super::header_mask::{HeaderMask, MASK, SAMPLE};

/// A key of which one block of stream is taken for every packet.
///
/// Not through [`chacha20::ChaCha20`], which panics where a stream ends: the sender of a packet
/// chooses the counter, so one forged packet with the highest would be enough.
pub(super) struct ChaCha20Mask(AeadKey);

impl HeaderMask for ChaCha20Mask {
    fn new(key: AeadKey) -> Self {
        Self(key)
    }

    fn mask(&self, sample: &[u8; SAMPLE]) -> [u8; MASK] {
        let [a, b, c, d, nonce @ ..] = sample;
        let mut stream = ChaChaCore::<R20, Ietf>::new_from_slices(self.0.as_ref(), nonce)
            .expect("32 bytes of key and 12 of nonce");
        stream.set_block_pos(u32::from_le_bytes([*a, *b, *c, *d]));
        let mut block = [0; 64].into();
        stream.write_keystream_block(&mut block);
        let [a, b, c, d, e, ..]: [u8; 64] = block.into();
        [a, b, c, d, e]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::hex;

    /// The first is RFC 9001 §A.5's; the others were computed from RFC 8439 §2.3 by itself.
    #[test]
    fn every_counter_has_its_mask_even_the_highest() {
        let key = hex("25a282b9e82f06f21f488917a4fc8f1b 73573685608597d0efcb076b0ab7a7a4");
        let mask = ChaCha20Mask::new(AeadKey::from(<[u8; 32]>::try_from(key).unwrap()));
        for (sample, expected) in [
            ("5e5cd55c41f69080575d7999c25a5bfb", "aefefe7d03"),
            ("feffffff41f69080575d7999c25a5bfb", "4701fefaaf"),
            ("ffffffff41f69080575d7999c25a5bfb", "4db433a80a"),
        ] {
            let made = mask.mask(&hex(sample).try_into().unwrap());
            assert_eq!(made, hex(expected)[..], "{sample}");
        }
    }
}

//! The mask of both AES suites: one block, encrypted (RFC 9001 §5.4.3).

use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherEncrypt, BlockSizeUser, KeyInit};
use aes::{Aes128Enc, Aes256Enc};
use rustls::crypto::cipher::AeadKey;

use super::header_mask::{HeaderMask, MASK, SAMPLE};

pub(super) type Aes128Mask = AesMask<Aes128Enc>;
pub(super) type Aes256Mask = AesMask<Aes256Enc>;

/// A block cipher as a source of masks.
pub(super) struct AesMask<C>(C);

impl<C> HeaderMask for AesMask<C>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + KeyInit + Send + Sync + 'static,
{
    fn new(key: AeadKey) -> Self {
        Self(C::new_from_slice(key.as_ref()).expect("a key of the length that was asked for"))
    }

    fn mask(&self, sample: &[u8; SAMPLE]) -> [u8; MASK] {
        let mut block = (*sample).into();
        self.0.encrypt_block(&mut block);
        let [a, b, c, d, e, ..]: [u8; SAMPLE] = block.into();
        [a, b, c, d, e]
    }
}

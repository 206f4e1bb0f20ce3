//! Masking and unmasking packet numbers.

use rustls::Error;
use rustls::crypto::cipher::AeadKey;
use rustls::quic::HeaderProtectionKey;

/// Bytes of sealed payload from which a mask is made (RFC 9001 §5.4.3 and §5.4.4).
pub(super) const SAMPLE: usize = 16;

/// Bytes of a mask: one for the first byte of the packet, four for its number.
pub(super) const MASK: usize = 5;

/// A keyed function from samples to masks, its key wiped when dropped.
pub(super) trait HeaderMask: Send + Sync + Sized + 'static {
    /// Takes a key of the length that its [`Protection`](super::protection::Protection) names.
    fn new(key: AeadKey) -> Self;

    fn mask(&self, sample: &[u8; SAMPLE]) -> [u8; MASK];
}

/// A mask as rustls uses it.
pub(super) struct MaskKey<M>(pub(super) M);

impl<M: HeaderMask> MaskKey<M> {
    /// Flips the masked bits (RFC 9001 §5.4.1). How many bytes the number has stands in the first
    /// byte as it is without its mask: the one before, when masking, or the one after.
    fn flip(
        &self,
        sample: &[u8],
        first: &mut u8,
        packet_number: &mut [u8],
        unmasked: impl Fn(u8, u8) -> u8,
    ) -> Result<(), Error> {
        let sample = sample
            .try_into()
            .map_err(|_| Error::General(format!("a sample has {SAMPLE} bytes")))?;
        if packet_number.len() >= MASK {
            return Err(Error::General("a packet number has 1 to 4 bytes".into()));
        }
        let [first_mask, number_mask @ ..] = self.0.mask(sample);
        let masked = *first ^ (first_mask & masked_bits(*first));
        let length = usize::from(unmasked(*first, masked) & 0x03) + 1;
        *first = masked;
        for (byte, mask) in packet_number.iter_mut().zip(number_mask).take(length) {
            *byte ^= mask;
        }
        Ok(())
    }
}

/// Which bits of the first byte are masked; the highest one, which is not, tells long headers from
/// short ones.
fn masked_bits(first: u8) -> u8 {
    if first & 0x80 == 0 { 0x1f } else { 0x0f }
}

impl<M: HeaderMask> HeaderProtectionKey for MaskKey<M> {
    fn encrypt_in_place(
        &self,
        sample: &[u8],
        first: &mut u8,
        packet_number: &mut [u8],
    ) -> Result<(), Error> {
        self.flip(sample, first, packet_number, |before, _| before)
    }

    fn decrypt_in_place(
        &self,
        sample: &[u8],
        first: &mut u8,
        packet_number: &mut [u8],
    ) -> Result<(), Error> {
        self.flip(sample, first, packet_number, |_, after| after)
    }

    fn sample_len(&self) -> usize {
        SAMPLE
    }
}

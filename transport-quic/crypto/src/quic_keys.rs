//! Keys of rustls as quinn takes them.
//!
//! quinn trusts itself to pass packets that are long enough. Here nothing is trusted: what cannot
//! be masked stays as it is and fails to open, and what cannot be sealed is wiped, so that it does
//! not leave as plain text.

use bytes::BytesMut;
use quinn_proto::crypto::{CryptoError, HeaderKey, KeyPair, Keys, PacketKey};
use rustls::quic;

/// The longest packet number.
const NUMBER: usize = 4;

/// Both directions of one encryption level.
pub(crate) fn keys(keys: quic::Keys) -> Keys {
    Keys {
        header: KeyPair {
            local: header_key(keys.local.header),
            remote: header_key(keys.remote.header),
        },
        packet: KeyPair {
            local: packet_key(keys.local.packet),
            remote: packet_key(keys.remote.packet),
        },
    }
}

pub(crate) fn header_key(key: Box<dyn quic::HeaderProtectionKey>) -> Box<dyn HeaderKey> {
    Box::new(QuicHeaderKey(key))
}

pub(crate) fn packet_key(key: Box<dyn quic::PacketKey>) -> Box<dyn PacketKey> {
    Box::new(QuicPacketKey(key))
}

/// Masks and unmasks packet numbers.
struct QuicHeaderKey(Box<dyn quic::HeaderProtectionKey>);

impl QuicHeaderKey {
    /// First byte, packet number and sample of a packet whose number begins at `offset`.
    fn parts<'a>(
        &self,
        offset: usize,
        packet: &'a mut [u8],
    ) -> Option<(&'a mut u8, &'a mut [u8], &'a [u8])> {
        let (header, rest) = packet.split_at_mut_checked(offset.checked_add(NUMBER)?)?;
        let (first, header) = header.split_first_mut()?;
        let number = header.get_mut(offset.checked_sub(1)?..)?;
        Some((first, number, rest.get(..self.sample_size())?))
    }
}

impl HeaderKey for QuicHeaderKey {
    fn decrypt(&self, pn_offset: usize, packet: &mut [u8]) {
        if let Some((first, number, sample)) = self.parts(pn_offset, packet) {
            // An error leaves the packet masked, so that it is no packet.
            let _ = self.0.decrypt_in_place(sample, first, number);
        }
    }

    fn encrypt(&self, pn_offset: usize, packet: &mut [u8]) {
        if let Some((first, number, sample)) = self.parts(pn_offset, packet) {
            let masked = self.0.encrypt_in_place(sample, first, number);
            if let Err(error) = masked {
                tracing::error!(%error, "a packet number could not be masked");
            }
        }
    }

    fn sample_size(&self) -> usize {
        self.0.sample_len()
    }
}

/// Seals and opens payloads.
struct QuicPacketKey(Box<dyn quic::PacketKey>);

impl QuicPacketKey {
    fn seal(&self, number: u64, packet: &mut [u8], header_length: usize) -> Option<()> {
        let (header, sealed) = packet.split_at_mut_checked(header_length)?;
        let payload_length = sealed.len().checked_sub(self.tag_len())?;
        let (payload, tag) = sealed.split_at_mut_checked(payload_length)?;
        let made = self.0.encrypt_in_place(number, header, payload).ok()?;
        tag.copy_from_slice(made.as_ref());
        Some(())
    }
}

impl PacketKey for QuicPacketKey {
    fn encrypt(&self, packet: u64, buf: &mut [u8], header_len: usize) {
        if self.seal(packet, buf, header_len).is_none() {
            tracing::error!(packet, bytes = buf.len(), "a packet could not be sealed");
            buf.iter_mut().skip(header_len).for_each(|byte| *byte = 0);
        }
    }

    fn decrypt(
        &self,
        packet: u64,
        header: &[u8],
        payload: &mut BytesMut,
    ) -> Result<(), CryptoError> {
        let opened = self.0.decrypt_in_place(packet, header, payload);
        let length = opened.map_err(|_| CryptoError)?.len();
        payload.truncate(length);
        Ok(())
    }

    fn tag_len(&self) -> usize {
        self.0.tag_len()
    }

    fn confidentiality_limit(&self) -> u64 {
        self.0.confidentiality_limit()
    }

    fn integrity_limit(&self) -> u64 {
        self.0.integrity_limit()
    }
}

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
        let masked = self
            .parts(pn_offset, packet)
            .map(|(first, number, sample)| self.0.encrypt_in_place(sample, first, number));
        if !matches!(masked, Some(Ok(()))) {
            let bytes = packet.len();
            tracing::error!(pn_offset, bytes, "a packet number could not be masked");
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rustls::Side;
    use rustls::quic::Version;

    use super::*;
    use crate::vectors::every_suite;

    fn all_keys() -> Vec<(String, Keys)> {
        let suites = every_suite().into_iter();
        suites
            .map(|(provider, name, suite)| {
                let own = suite.keys(b"somebody", Side::Client, Version::V1);
                (format!("{provider} {name:?}"), keys(own))
            })
            .collect()
    }

    #[test]
    fn a_packet_too_short_for_a_sample_is_left_as_it_is() {
        for (who, keys) in all_keys() {
            for length in 0..(5 + NUMBER + 16) {
                let mut packet = vec![0x43; length];
                keys.header.local.encrypt(5, &mut packet);
                keys.header.remote.decrypt(5, &mut packet);
                assert_eq!(packet, vec![0x43; length], "{who}");
            }
            let mut packet = vec![0x43; 5 + NUMBER + 16];
            keys.header.local.encrypt(5, &mut packet);
            assert_ne!(packet, vec![0x43; 5 + NUMBER + 16], "{who}");
        }
    }

    #[test]
    fn a_packet_that_cannot_be_sealed_leaves_without_its_text() {
        for (who, keys) in all_keys() {
            // No room for the tag.
            for length in 0..16 {
                let mut packet = [&b"header"[..], &vec![0x43; length]].concat();
                keys.packet.local.encrypt(1, &mut packet, 6);
                let expected = [&b"header"[..], &vec![0; length]].concat();
                assert_eq!(packet, expected, "{who}");
            }
        }
    }

    #[test]
    fn there_are_other_keys_in_the_other_direction() {
        for (who, keys) in all_keys() {
            let mut packet = *b"header and payload and a tag    ";
            keys.packet.local.encrypt(1, &mut packet, 6);
            let mut payload = packet[6..].into();
            let opened = keys.packet.remote.decrypt(1, b"header", &mut payload);
            assert!(opened.is_err(), "{who}");
        }
    }

    proptest! {
        #[test]
        fn no_packet_of_a_stranger_is_opened_and_none_makes_it_panic(
            packet in proptest::collection::vec(any::<u8>(), 0..96),
            offset in prop_oneof![0_usize..100, Just(usize::MAX), Just(usize::MAX - 3)],
            number in any::<u64>(),
        ) {
            for (who, keys) in all_keys() {
                let mut masked = packet.clone();
                keys.header.remote.decrypt(offset, &mut masked);
                keys.header.local.encrypt(offset, &mut masked);
                let mut sealed = packet.clone();
                keys.packet.local.encrypt(number, &mut sealed, offset);
                let (header, payload) = packet.split_at(offset.min(packet.len()));
                let mut payload = BytesMut::from(payload);
                let opened = keys.packet.remote.decrypt(number, header, &mut payload);
                prop_assert!(opened.is_err(), "{}", who);
            }
        }
    }
}

//! The tag of Retry packets (RFC 9001 §5.8).
//!
//! Its key is printed in the RFC, so it proves only that a Retry was not damaged and that its
//! sender saw the packet it answers. Made with RustCrypto whatever the provider: once per
//! handshake at most.

use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};

const TAG: usize = 16;

const KEY: [u8; 16] = [
    0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54, 0xe3, 0x68, 0xc8, 0x4e,
];

const NONCE: [u8; 12] = [
    0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb,
];

/// The tag of a Retry packet that answers a packet to `original`.
pub(crate) fn of(original: &[u8], packet: &[u8]) -> [u8; TAG] {
    let sealed = Aes128Gcm::new(&KEY.into()).encrypt_inout_detached(
        &NONCE.into(),
        &pseudo_packet(original, &[packet]),
        (&mut [][..]).into(),
    );
    // Only more than 2^36 bytes could be refused, and a packet has 64 KiB at most.
    sealed.map(Into::into).unwrap_or_default()
}

/// Whether `payload` ends with the tag of the packet that it and `header` are.
pub(crate) fn is_valid(original: &[u8], header: &[u8], payload: &[u8]) -> bool {
    let Some((payload, tag)) = payload.split_last_chunk::<TAG>() else {
        return false;
    };
    let opened = Aes128Gcm::new(&KEY.into()).decrypt_inout_detached(
        &NONCE.into(),
        &pseudo_packet(original, &[header, payload]),
        (&mut [][..]).into(),
        tag.into(),
    );
    opened.is_ok()
}

/// What is authenticated: the packet behind the connection id that it answers.
fn pseudo_packet(original: &[u8], packet: &[&[u8]]) -> Vec<u8> {
    let mut bytes =
        Vec::with_capacity(1 + original.len() + packet.iter().map(|p| p.len()).sum::<usize>());
    // A connection id has 20 bytes at most (RFC 9000 §17.2).
    bytes.push(original.len() as u8);
    bytes.extend_from_slice(original);
    packet.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{CONNECTION_ID, RETRY_PACKET, hex};

    #[test]
    fn the_tag_is_that_of_rfc_9001() {
        let (original, retry) = (hex(CONNECTION_ID), hex(RETRY_PACKET));
        let (packet, tag) = retry.split_last_chunk::<TAG>().unwrap();
        assert_eq!(of(&original, packet), *tag);
        // Wherever the header ends.
        for end in 0..=packet.len() {
            let (header, payload) = retry.split_at(end);
            assert!(is_valid(&original, header, payload), "{end}");
        }
    }

    #[test]
    fn a_retry_that_was_changed_or_answers_another_packet_is_invalid() {
        let (original, retry) = (hex(CONNECTION_ID), hex(RETRY_PACKET));
        for bit in 0..retry.len() * 8 {
            let mut changed = retry.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let (header, payload) = changed.split_at(15);
            assert!(!is_valid(&original, header, payload), "{bit}");
        }
        let (header, payload) = retry.split_at(15);
        for bit in 0..original.len() * 8 {
            let mut other = original.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_valid(&other, header, payload), "{bit}");
        }
        for length in 0..payload.len() {
            assert!(!is_valid(&original, header, &payload[..length]), "{length}");
        }
    }

    #[test]
    fn the_longest_and_the_empty_connection_id_have_a_tag() {
        for original in [&[][..], &[7; 20]] {
            let tag = of(original, b"a packet");
            assert!(is_valid(original, b"a pack", &[&b"et"[..], &tag].concat()));
        }
    }
}

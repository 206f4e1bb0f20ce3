//! The protection of one suite's packets.

use std::marker::PhantomData;

use rustls::crypto::cipher::{AeadKey, Iv};
use rustls::quic::{Algorithm, HeaderProtectionKey, PacketKey};

use super::header_mask::{HeaderMask, MaskKey};
use super::packet_cipher::{CipherKey, PacketCipher};

/// A cipher, the mask that goes with it, and how long one key may serve.
pub(super) struct Protection<C, M> {
    key_length: usize,
    limits: Limits,
    parts: PhantomData<fn() -> (C, M)>,
}

impl<C, M> Protection<C, M> {
    pub(super) const fn aes(key_length: usize) -> Self {
        Self::new(key_length, Limits::AES_GCM)
    }

    pub(super) const fn chacha20() -> Self {
        Self::new(32, Limits::CHACHA20_POLY1305)
    }

    const fn new(key_length: usize, limits: Limits) -> Self {
        Self {
            key_length,
            limits,
            parts: PhantomData,
        }
    }
}

impl<C: PacketCipher, M: HeaderMask> Algorithm for Protection<C, M> {
    fn packet_key(&self, key: AeadKey, iv: Iv) -> Box<dyn PacketKey> {
        Box::new(CipherKey::new(C::new(key.as_ref()), iv, self.limits))
    }

    fn header_protection_key(&self, key: AeadKey) -> Box<dyn HeaderProtectionKey> {
        Box::new(MaskKey(M::new(key)))
    }

    fn aead_key_len(&self) -> usize {
        self.key_length
    }
}

/// How long one key may serve (RFC 9001 §6.6). quinn takes the next key before the first limit,
/// and ends the connection at the second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Packets sealed.
    pub(super) confidentiality: u64,
    /// Packets that were no packets.
    pub(super) integrity: u64,
}

impl Limits {
    /// RFC 9001 §6.6 and appendix B.1: for packets of any size, so that it need not be watched how
    /// large they are.
    pub(super) const AES_GCM: Self = Self {
        confidentiality: 1 << 23,
        integrity: 1 << 52,
    };

    /// RFC 9001 §6.6: more packets than a connection can number, and appendix B.2.
    const CHACHA20_POLY1305: Self = Self {
        confidentiality: u64::MAX,
        integrity: 1 << 36,
    };
}

#[cfg(test)]
mod tests {
    use rustls::quic::Version;
    use rustls::{CipherSuite, Side};

    use crate::vectors::every_suite;

    /// > For AEAD_AES_128_GCM and AEAD_AES_256_GCM, the confidentiality limit is 2^23 encrypted
    /// > packets. For AEAD_CHACHA20_POLY1305, the confidentiality limit is greater than the number
    /// > of possible packets (2^62) and so can be disregarded. […] For AEAD_AES_128_GCM and
    /// > AEAD_AES_256_GCM, the integrity limit is 2^52 invalid packets. For
    /// > AEAD_CHACHA20_POLY1305, the integrity limit is 2^36 invalid packets.
    #[test]
    fn keys_serve_as_long_as_section_6_6_of_rfc_9001_lets_them() {
        for (provider, name, suite) in every_suite() {
            let key = suite.keys(b"id", Side::Client, Version::V1).local.packet;
            let (confidentiality, integrity) = match name {
                CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => ((1 << 62)..=u64::MAX, 1 << 36),
                _ => ((1 << 23)..=(1 << 23), 1 << 52),
            };
            let limit = key.confidentiality_limit();
            assert!(confidentiality.contains(&limit), "{provider} {name:?}");
            assert_eq!(key.integrity_limit(), integrity, "{provider} {name:?}");
            assert_eq!(key.tag_len(), 16, "{provider} {name:?}");
        }
    }
}

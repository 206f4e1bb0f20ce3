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
        Box::new(MaskKey(M::new(key.as_ref())))
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
    const AES_GCM: Self = Self {
        confidentiality: 1 << 23,
        integrity: 1 << 52,
    };

    /// RFC 9001 §6.6: more packets than a connection can number, and appendix B.2.
    const CHACHA20_POLY1305: Self = Self {
        confidentiality: u64::MAX,
        integrity: 1 << 36,
    };
}

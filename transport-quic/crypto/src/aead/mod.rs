//! Packet protection and header protection (RFC 9001 §5.3 and §5.4).
//!
//! A packet's payload is sealed by an AEAD under a nonce made of its number; afterwards the number
//! itself and some bits of the first byte are masked with a mask taken from the sealed payload.
//! rustls derives the keys and asks an [`Algorithm`] to make use of them.
//!
//! | file | what it settles |
//! | --- | --- |
//! | `protection` | the algorithm: a cipher, a mask, and the limits of one key |
//! | `packet_cipher` | what a cipher has to do, and the key rustls gets of it |
//! | `header_mask` | what a mask has to do, and the key rustls gets of it |
//! | `graviola_cipher`, `rustcrypto_cipher` | the ciphers |
//! | `aes_mask`, `chacha20_mask` | the masks |
//! | `wycheproof` | tests only: the ciphers, by hundreds of cases that broke others |

mod aes_mask;
mod chacha20_mask;
mod graviola_cipher;
mod header_mask;
mod packet_cipher;
mod protection;
#[cfg(feature = "rustcrypto")]
mod rustcrypto_cipher;
#[cfg(all(test, feature = "rustcrypto"))]
mod wycheproof;

use rustls::CipherSuite;
use rustls::quic::Algorithm;

use aes_mask::{Aes128Mask, Aes256Mask};
use chacha20_mask::ChaCha20Mask;
use graviola_cipher::{GraviolaAes, GraviolaChaCha20};
use protection::Protection;
#[cfg(feature = "rustcrypto")]
use rustcrypto_cipher::{RustCryptoAes128, RustCryptoAes256, RustCryptoChaCha20};

/// How graviola protects the packets of a suite. The masks are RustCrypto's: graviola gives
/// nobody its single blocks.
pub(crate) fn graviola(suite: CipherSuite) -> Option<&'static dyn Algorithm> {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => {
            Some(&const { Protection::<GraviolaAes, Aes128Mask>::aes(16) })
        }
        CipherSuite::TLS13_AES_256_GCM_SHA384 => {
            Some(&const { Protection::<GraviolaAes, Aes256Mask>::aes(32) })
        }
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => {
            Some(&const { Protection::<GraviolaChaCha20, ChaCha20Mask>::chacha20() })
        }
        _ => None,
    }
}

/// How RustCrypto protects the packets of a suite.
#[cfg(feature = "rustcrypto")]
pub(crate) fn rustcrypto(suite: CipherSuite) -> Option<&'static dyn Algorithm> {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => {
            Some(&const { Protection::<RustCryptoAes128, Aes128Mask>::aes(16) })
        }
        CipherSuite::TLS13_AES_256_GCM_SHA384 => {
            Some(&const { Protection::<RustCryptoAes256, Aes256Mask>::aes(32) })
        }
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => {
            Some(&const { Protection::<RustCryptoChaCha20, ChaCha20Mask>::chacha20() })
        }
        _ => None,
    }
}

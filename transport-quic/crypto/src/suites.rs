//! TLS 1.3 suites that can protect QUIC packets.
//!
//! Neither rustls-graviola nor rustls-pure has QUIC (their suites carry none), so each of their
//! suites is made again with the packet protection of [`aead`](crate::aead) beside it.

use std::sync::LazyLock;

use rustls::crypto::{CipherSuiteCommon, CryptoProvider};
use rustls::quic::Algorithm;
use rustls::{CipherSuite, SupportedCipherSuite, Tls13CipherSuite};

use crate::aead;
#[cfg(feature = "rustcrypto")]
use crate::key_loader;
use crate::provider_error::ProviderError;

/// In this order they are offered and chosen.
pub(crate) const PREFERENCE: [CipherSuite; 3] = [
    CipherSuite::TLS13_AES_128_GCM_SHA256,
    CipherSuite::TLS13_AES_256_GCM_SHA384,
    CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
];

/// Everything that graviola has, with QUIC. Panics at its first use on a processor that
/// graviola refuses.
pub(crate) fn graviola() -> CryptoProvider {
    static SUITES: LazyLock<Vec<Tls13CipherSuite>> = LazyLock::new(|| {
        let tls = rustls_graviola::default_provider();
        with_quic(&tls.cipher_suites, aead::graviola)
    });
    CryptoProvider {
        cipher_suites: SUITES.iter().map(SupportedCipherSuite::Tls13).collect(),
        ..rustls_graviola::default_provider()
    }
}

/// Everything that RustCrypto has, with QUIC.
#[cfg(feature = "rustcrypto")]
pub(crate) fn rustcrypto() -> CryptoProvider {
    static SUITES: LazyLock<Vec<Tls13CipherSuite>> = LazyLock::new(|| {
        let tls = rustls_pure::provider();
        with_quic(&tls.cipher_suites, aead::rustcrypto)
    });
    CryptoProvider {
        cipher_suites: SUITES.iter().map(SupportedCipherSuite::Tls13).collect(),
        key_provider: &key_loader::KeyLoader,
        ..rustls_pure::provider()
    }
}

fn with_quic(
    suites: &[SupportedCipherSuite],
    protection: fn(CipherSuite) -> Option<&'static dyn Algorithm>,
) -> Vec<Tls13CipherSuite> {
    let tls13 = suites.iter().filter_map(SupportedCipherSuite::tls13);
    tls13
        .filter_map(|suite| {
            let quic = protection(suite.common.suite)?;
            Some(Tls13CipherSuite {
                common: CipherSuiteCommon {
                    suite: suite.common.suite,
                    hash_provider: suite.common.hash_provider,
                    confidentiality_limit: suite.common.confidentiality_limit,
                },
                hkdf_provider: suite.hkdf_provider,
                aead_alg: suite.aead_alg,
                quic: Some(quic),
            })
        })
        .collect()
}

/// The suite with which a connection's first packets are protected, whatever it negotiates
/// afterwards (RFC 9001 §5.2).
pub(crate) fn initial(provider: &CryptoProvider) -> Option<rustls::quic::Suite> {
    let mut suites = provider.cipher_suites.iter();
    suites
        .find(|suite| suite.suite() == CipherSuite::TLS13_AES_128_GCM_SHA256)?
        .tls13()?
        .quic_suite()
}

/// What a provider lacks that has no such suite.
pub(crate) fn no_initial() -> ProviderError {
    ProviderError::Unfit {
        reason: "its provider has no TLS_AES_128_GCM_SHA256 that can protect QUIC packets".into(),
    }
}

/// What rustls has against a configuration.
pub(crate) fn unfit(error: rustls::Error) -> ProviderError {
    ProviderError::Unfit {
        reason: error.to_string(),
    }
}

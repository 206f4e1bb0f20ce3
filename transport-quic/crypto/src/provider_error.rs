//! Why a provider can't be used.

use crate::provider::Provider;

/// Why a provider can't be used, here or for what it is asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// It would panic at its first use on this processor.
    #[error("{provider} needs a processor with {needs}, which this one lacks; {cure}")]
    Processor {
        /// Whom the processor does not suit.
        provider: Provider,
        /// What it would need.
        needs: &'static str,
        /// What works everywhere, and how to get it.
        cure: &'static str,
    },
    /// It has no X25519MLKEM768.
    #[error("{provider} has no X25519MLKEM768; choose another provider, or KeyExchange::X25519")]
    NoPostQuantum {
        /// Who lacks it.
        provider: Provider,
    },
    /// TLS refuses a configuration for QUIC: it lacks TLS 1.3, or its provider the suite
    /// TLS_AES_128_GCM_SHA256 with QUIC, which protects every connection's first packets (RFC 9001
    /// §5.2), or its limit of early data is neither 0 nor 2³²−1 (§4.6.1).
    #[error("this TLS configuration is unfit for QUIC: {reason}")]
    Unfit {
        /// What is missing.
        reason: String,
    },
    /// There is no provider of this name, or not in this build.
    #[error("there is no cryptographic provider `{name}` here; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names of those there are.
        known: String,
    },
    /// A private key can't be made, loaded or used.
    #[error("the private key cannot be used: {reason}")]
    Key {
        /// What is wrong with it; never the key.
        reason: String,
    },
    /// The operating system gave no random bytes, so that no key can be made.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
}

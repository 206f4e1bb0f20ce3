//! With what this crate checks and makes signatures.

use std::sync::Arc;

use quibus_quic_crypto::{KeyExchange, Provider};
use rustls::crypto::CryptoProvider;

/// The best provider of this machine. Passed on explicitly: a process-wide default would let
/// another library's choice decide what a peer trusts.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Provider::best()
        .rustls(KeyExchange::X25519)
        .expect("the best provider suits this processor, and each has X25519")
}

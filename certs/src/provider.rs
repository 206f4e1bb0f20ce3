//! The one place of this crate that names a cryptographic provider.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// What signatures are checked and made with. Passed on explicitly: a process-wide default would
/// let another library's choice decide what a peer trusts.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

//! The key of stateless resets.

use hmac::{Hmac, KeyInit, Mac};
use quinn_proto::crypto::{CryptoError, HmacKey};
use sha2::Sha256;

/// A key with which an endpoint can prove that it once knew a connection (RFC 9000 §10.3.2):
/// HMAC-SHA256 over the connection id.
///
/// Where it outlives the process, an endpoint that restarts can end the connections of its
/// predecessor at once, instead of leaving the other side to its time-out.
#[derive(Clone)]
pub struct ResetKey(Hmac<Sha256>);

impl ResetKey {
    /// Takes a secret of 64 bytes, which must not be used for anything else.
    pub fn new(secret: &[u8; 64]) -> Self {
        Self(Hmac::new(secret.into()))
    }
}

impl HmacKey for ResetKey {
    fn sign(&self, data: &[u8], signature_out: &mut [u8]) {
        let signature = self.0.clone().chain_update(data).finalize().into_bytes();
        let wanted = signature_out.iter_mut();
        wanted.zip(signature).for_each(|(to, from)| *to = from);
    }

    fn signature_len(&self) -> usize {
        32
    }

    fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let signed = self.0.clone().chain_update(data);
        signed.verify_slice(signature).map_err(|_| CryptoError)
    }
}

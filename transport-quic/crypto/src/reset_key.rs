//! The key of stateless resets.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use quinn_proto::crypto::{CryptoError, HmacKey};
use quinn_proto::{EndpointConfig, HashedConnectionIdGenerator};
use sha2::Sha256;

use crate::provider::QUIC_V1;

/// A key with which an endpoint can prove that it once knew a connection (RFC 9000 §10.3.2):
/// HMAC-SHA256 over the connection id.
///
/// Where it outlives the process, an endpoint that restarts can end the connections of its
/// predecessor at once, instead of leaving the other side to its time-out. For that, it must also
/// know its predecessor's connection ids: take [`endpoint_config`](Self::endpoint_config).
#[derive(Clone)]
pub struct ResetKey(Hmac<Sha256>);

impl ResetKey {
    /// Takes a secret of 64 bytes, which must not be used for anything else.
    pub fn new(secret: &[u8; 64]) -> Self {
        Self(Hmac::new(secret.into()))
    }

    /// quinn's configuration of an endpoint (QUIC version 1) that resets the connections of all
    /// endpoints with the same secret, if packets of theirs reach it.
    ///
    /// quinn answers only to connection ids that it recognises as its own, by a key that it draws
    /// anew for every process: with this key alone in its configuration, an endpoint that was
    /// restarted says nothing. So that key comes out of this one here. It protects nothing;
    /// whoever sees enough connection ids can compute it.
    pub fn endpoint_config(&self) -> EndpointConfig {
        let mut id_key = [0; 8];
        self.sign(ID_LABEL, &mut id_key);
        let id_key = u64::from_le_bytes(id_key);
        let mut endpoint = EndpointConfig::new(Arc::new(self.clone()));
        endpoint
            .cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(id_key)))
            // quinn would also answer to drafts of version 1, whose keys differ.
            .supported_versions(vec![QUIC_V1]);
        endpoint
    }
}

/// Longer than any connection id, so that the signature of none is given away with the key of ids.
const ID_LABEL: &[u8] = b"the key by which connection ids are recognised";

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::hex;

    fn signed(key: &ResetKey, data: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; key.signature_len()];
        key.sign(data, &mut signature);
        signature
    }

    #[test]
    fn it_is_hmac_sha256() {
        // RFC 4231 §4.2 and §4.3; shorter keys are filled up with zeros (RFC 2104 §2).
        let long = |key: &[u8]| {
            let mut secret = [0; 64];
            secret[..key.len()].copy_from_slice(key);
            ResetKey::new(&secret)
        };
        let first = "b0344c61d8db38535ca8afceaf0bf12b 881dc200c9833da726e9376c2e32cff7";
        assert_eq!(signed(&long(&[0x0b; 20]), b"Hi There"), hex(first));
        let second = "5bdcc146bf60754e6a042426089575c7 5a003f089d2739839dec58b964ec3843";
        let data = b"what do ya want for nothing?";
        assert_eq!(signed(&long(b"Jefe"), data), hex(second));
    }

    #[test]
    fn two_processes_with_one_secret_know_each_others_signatures_and_nobody_elses() {
        let (one, same) = (ResetKey::new(&[7; 64]), ResetKey::new(&[7; 64]));
        let mut secret = [7; 64];
        secret[63] ^= 1;
        let other = ResetKey::new(&secret);
        let signature = signed(&one, b"a connection");
        assert_eq!(signature.len(), 32);
        assert!(same.verify(b"a connection", &signature).is_ok());
        assert!(same.verify(b"a connectiom", &signature).is_err());
        assert!(other.verify(b"a connection", &signature).is_err());
    }

    #[test]
    fn a_signature_that_was_changed_or_has_another_length_is_refused() {
        let key = ResetKey::new(&[7; 64]);
        let signature = signed(&key, b"a connection");
        for bit in 0..256 {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key.verify(b"a connection", &changed).is_err(), "{bit}");
        }
        for length in 0..32 {
            let part = &signature[..length];
            assert!(key.verify(b"a connection", part).is_err(), "{length}");
        }
        let more = [&signature[..], &[0]].concat();
        assert!(key.verify(b"a connection", &more).is_err());
    }
}

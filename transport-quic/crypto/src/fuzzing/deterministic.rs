//! A provider whose handshakes are the same in each run.

use std::cell::Cell;
use std::sync::Arc;

use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, SecureRandom, SharedSecret,
    SupportedKxGroup,
};
use rustls::ffdhe_groups::FfdheGroup;
use rustls::{Error, NamedGroup};

use crate::{KeyExchange, Provider, ProviderError};

/// `provider` without secrets: all of its ciphers, hashes and signatures, but numbers that are
/// counted instead of drawn, and a key exchange whose outcome is known. What a fuzzer found once it
/// finds again.
pub fn deterministic(provider: Provider) -> Result<Arc<CryptoProvider>, ProviderError> {
    let real = provider.rustls(KeyExchange::X25519)?;
    Ok(Arc::new(CryptoProvider {
        secure_random: &Counted,
        kx_groups: vec![&Open],
        ..(*real).clone()
    }))
}

/// "Random" bytes out of a counter of this thread: never the same twice, the same after a restart.
#[derive(Debug)]
struct Counted;

thread_local! {
    static COUNTER: Cell<u64> = const { Cell::new(0) };
}

/// Lets this thread's numbers begin anew.
pub fn restart() {
    COUNTER.set(0);
}

impl SecureRandom for Counted {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        for chunk in bytes.chunks_mut(8) {
            COUNTER.set(COUNTER.get().wrapping_add(1));
            // Spread by the golden ratio, so that numbers that follow each other look different.
            let drawn = COUNTER.get().wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let drawn = drawn.to_le_bytes();
            chunk
                .iter_mut()
                .zip(drawn)
                .for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

/// Calls itself X25519, and always arrives at the same secret.
#[derive(Debug)]
struct Open;

/// What both sides show, and what comes out of it.
const SHARE: [u8; 32] = [0x42; 32];

impl SupportedKxGroup for Open {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        Ok(Box::new(Self))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

impl ActiveKeyExchange for Open {
    fn complete(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, Error> {
        match share.len() {
            32 => Ok(SharedSecret::from(&SHARE[..])),
            _ => Err(rustls::PeerMisbehaved::InvalidKeyShare.into()),
        }
    }

    fn pub_key(&self) -> &[u8] {
        &SHARE
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

//! What is tried.

use std::sync::Arc;

use rustls::CipherSuite;
use rustls::crypto::CryptoProvider;
use rustls::quic::Suite;

use crate::key_exchange::KeyExchange;
use crate::provider::Provider;
use crate::suites;

/// Every provider of this build that works here, with what rustls gets of it.
pub(crate) fn every_provider() -> impl Iterator<Item = (Provider, Arc<CryptoProvider>)> {
    let working = Provider::ALL.iter().filter(|one| one.is_supported());
    working.map(|one| (*one, one.rustls(KeyExchange::X25519).unwrap()))
}

/// Every suite of each of them.
pub(crate) fn every_suite() -> Vec<(Provider, CipherSuite, Suite)> {
    let all = every_provider().flat_map(|(provider, rustls)| {
        let suites = rustls.cipher_suites.clone().into_iter();
        suites.map(move |suite| {
            let quic = suite.tls13().unwrap().quic_suite().unwrap();
            (provider, suite.suite(), quic)
        })
    });
    let all: Vec<_> = all.collect();
    assert!(all.len() >= 3, "no provider works here");
    all
}

/// The suite of a provider's first packets.
pub(crate) fn initial_suite(rustls: &CryptoProvider) -> Suite {
    suites::initial(rustls).unwrap()
}

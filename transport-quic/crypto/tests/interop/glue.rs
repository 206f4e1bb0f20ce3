//! Whose cryptography, and through whose glue quinn gets it.

use std::fmt;
use std::sync::Arc;

use quibus_quic_crypto::{KeyExchange, Provider, TlsClient, TlsServer};
use quinn_proto::crypto::{ClientConfig, ServerConfig};
use rustls::CipherSuite;
use rustls::crypto::CryptoProvider;

/// Whose cryptography, and through whose glue quinn gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glue {
    /// This crate's.
    Ours(Provider),
    /// quinn's own, to ring.
    #[cfg(feature = "ring")]
    Quinns,
}

impl Glue {
    /// Whether [`quibus_quic_crypto::HandshakeData`] comes out of it.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Ours(_))
    }

    pub(crate) fn provider(self) -> Provider {
        match self {
            Self::Ours(provider) => provider,
            #[cfg(feature = "ring")]
            Self::Quinns => Provider::Ring,
        }
    }

    /// Its provider, with one suite before the others: rustls lets the dialler's order decide.
    pub(crate) fn rustls(self, exchange: KeyExchange, first: CipherSuite) -> Arc<CryptoProvider> {
        let rustls = self.provider().rustls(exchange).unwrap();
        let mut rustls = Arc::unwrap_or_clone(rustls);
        rustls
            .cipher_suites
            .sort_by_key(|suite| suite.suite() != first);
        Arc::new(rustls)
    }

    pub(crate) fn client(self, tls: rustls::ClientConfig) -> Arc<dyn ClientConfig> {
        match self {
            Self::Ours(_) => Arc::new(TlsClient::new(Arc::new(tls)).unwrap()),
            #[cfg(feature = "ring")]
            Self::Quinns => {
                let tls = quinn_proto::crypto::rustls::QuicClientConfig::try_from(tls);
                Arc::new(tls.unwrap())
            }
        }
    }

    pub(crate) fn server(self, tls: rustls::ServerConfig) -> Arc<dyn ServerConfig> {
        match self {
            Self::Ours(_) => Arc::new(TlsServer::new(Arc::new(tls)).unwrap()),
            #[cfg(feature = "ring")]
            Self::Quinns => {
                let tls = quinn_proto::crypto::rustls::QuicServerConfig::try_from(tls);
                Arc::new(tls.unwrap())
            }
        }
    }
}

impl fmt::Display for Glue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(provider) => write!(f, "{provider}"),
            #[cfg(feature = "ring")]
            Self::Quinns => f.write_str("ring by quinn's glue"),
        }
    }
}

/// Who is to understand whom, both ways. Whoever does not work on this processor is left out, which
/// is said.
pub(crate) fn pairs() -> Vec<(Glue, Glue)> {
    let pairs = [
        (
            Glue::Ours(Provider::Graviola),
            Glue::Ours(Provider::RustCrypto),
        ),
        #[cfg(feature = "ring")]
        (Glue::Ours(Provider::Graviola), Glue::Quinns),
        #[cfg(feature = "ring")]
        (Glue::Ours(Provider::RustCrypto), Glue::Quinns),
        #[cfg(feature = "ring")]
        (Glue::Ours(Provider::Ring), Glue::Quinns),
    ];
    let works = |glue: Glue| {
        let works = glue.provider().is_supported();
        if !works {
            eprintln!("SKIPPED: {glue} does not work on this processor");
        }
        works
    };
    let both = pairs.into_iter().filter(|(a, b)| works(*a) && works(*b));
    let both: Vec<_> = both.flat_map(|(a, b)| [(a, b), (b, a)]).collect();
    if both.is_empty() {
        let alone = Glue::Ours(Provider::RustCrypto);
        return vec![(alone, alone)];
    }
    both
}

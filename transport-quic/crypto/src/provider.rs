//! Which implementation of the cryptography.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::SupportedKxGroup;
use rustls::{NamedGroup, SupportedCipherSuite};
use zeroize::Zeroizing;

use crate::key_exchange::KeyExchange;
use crate::provider_error::ProviderError;
use crate::reset_key::ResetKey;
use crate::suites;
use crate::tls_client::TlsClient;
use crate::tls_server::TlsServer;
use crate::token_key::TokenKey;

/// An implementation of the cryptography. They understand each other; which one is used shows in
/// speed and trust only.
///
/// All of them offer TLS 1.3 alone, AES-128-GCM before AES-256-GCM before ChaCha20-Poly1305.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// [graviola](https://docs.rs/graviola): as fast as ring, its elliptic curves formally
    /// verified assembly inside Rust. Young, and by few hands. Not for every processor.
    Graviola,
    /// [RustCrypto](https://github.com/RustCrypto), by way of
    /// [rustls-pure](https://docs.rs/rustls-pure): runs wherever Rust does. Has no RSA, neither
    /// for keys nor for checking certificates. The feature of its name, on by default.
    #[cfg(feature = "rustcrypto")]
    RustCrypto,
    /// [ring](https://docs.rs/ring), through quinn's own glue. C and assembly, long in use.
    #[cfg(feature = "ring")]
    Ring,
}

impl Provider {
    /// All of this build.
    pub const ALL: &[Self] = &[
        Self::Graviola,
        #[cfg(feature = "rustcrypto")]
        Self::RustCrypto,
        #[cfg(feature = "ring")]
        Self::Ring,
    ];

    /// graviola where the processor suits it, RustCrypto elsewhere: a build without the feature
    /// `rustcrypto` has nothing for such a processor, and [`rustls`](Self::rustls) says so. Never
    /// ring, which is for those who ask for it.
    pub fn best() -> Self {
        #[cfg(feature = "rustcrypto")]
        if !Self::Graviola.is_supported() {
            return Self::RustCrypto;
        }
        Self::Graviola
    }

    /// Whether it works on this processor.
    pub fn is_supported(self) -> bool {
        match self {
            Self::Graviola => graviola::util::is_cpu_supported(),
            #[cfg(feature = "rustcrypto")]
            Self::RustCrypto => true,
            #[cfg(feature = "ring")]
            Self::Ring => true,
        }
    }

    /// Its name in lower case, which [`FromStr`] takes back.
    pub fn name(self) -> &'static str {
        match self {
            Self::Graviola => "graviola",
            #[cfg(feature = "rustcrypto")]
            Self::RustCrypto => "rustcrypto",
            #[cfg(feature = "ring")]
            Self::Ring => "ring",
        }
    }

    /// It as rustls takes it, to hand to `builder_with_provider`. Give it to every builder: one
    /// that is left to the process's default panics where several providers are linked in.
    pub fn rustls(self, key_exchange: KeyExchange) -> Result<Arc<CryptoProvider>, ProviderError> {
        self.check_processor()?;
        let everything = match self {
            Self::Graviola => suites::graviola(),
            #[cfg(feature = "rustcrypto")]
            Self::RustCrypto => suites::rustcrypto(),
            #[cfg(feature = "ring")]
            Self::Ring => rustls::crypto::ring::default_provider(),
        };
        Ok(Arc::new(CryptoProvider {
            cipher_suites: in_order(&everything.cipher_suites),
            kx_groups: self.groups(&everything.kx_groups, key_exchange)?,
            ..everything
        }))
    }

    /// quinn's configuration for what dials, around one of rustls made with
    /// [this provider](Self::rustls).
    pub fn client_config(
        self,
        tls: Arc<rustls::ClientConfig>,
    ) -> Result<quinn_proto::ClientConfig, ProviderError> {
        #[cfg(feature = "ring")]
        if self == Self::Ring {
            // quinn's glue panics at the first handshake over what ours refuses now.
            TlsClient::new(tls.clone())?;
            let tls =
                quinn_proto::crypto::rustls::QuicClientConfig::try_from(tls).map_err(unfit)?;
            return Ok(quinn_proto::ClientConfig::new(Arc::new(tls)));
        }
        let tls = TlsClient::new(tls)?;
        Ok(quinn_proto::ClientConfig::new(Arc::new(tls)))
    }

    /// quinn's configuration for what accepts, around one of rustls made with
    /// [this provider](Self::rustls). Tokens that prove an address (RFC 9000 §8.1.1) are sealed
    /// with a new random key; [`TokenKey`] takes one that outlives the process.
    pub fn server_config(
        self,
        tls: Arc<rustls::ServerConfig>,
    ) -> Result<quinn_proto::ServerConfig, ProviderError> {
        #[cfg(feature = "ring")]
        if self == Self::Ring {
            TlsServer::new(tls.clone())?;
            let tls =
                quinn_proto::crypto::rustls::QuicServerConfig::try_from(tls).map_err(unfit)?;
            return Ok(quinn_proto::ServerConfig::with_crypto(Arc::new(tls)));
        }
        let key = TokenKey::new(&*self.random()?);
        let tls = TlsServer::new(tls)?;
        Ok(quinn_proto::ServerConfig::new(Arc::new(tls), Arc::new(key)))
    }

    /// quinn's configuration of an endpoint: QUIC version 1, and a new random key for stateless
    /// resets (RFC 9000 §10.3); [`ResetKey::endpoint_config`] has one that outlives the process.
    pub fn endpoint_config(self) -> Result<quinn_proto::EndpointConfig, ProviderError> {
        #[cfg(feature = "ring")]
        if self == Self::Ring {
            let mut endpoint = quinn_proto::EndpointConfig::default();
            endpoint.supported_versions(vec![QUIC_V1]);
            return Ok(endpoint);
        }
        Ok(ResetKey::new(&*self.random()?).endpoint_config())
    }

    fn check_processor(self) -> Result<(), ProviderError> {
        if self.is_supported() {
            return Ok(());
        }
        let needs = if cfg!(target_arch = "aarch64") {
            "NEON, AES, PMULL and SHA-256"
        } else {
            "AES, PCLMULQDQ, AVX2, BMI1 and ADX (Intel since Broadwell, AMD since Zen)"
        };
        Err(ProviderError::Processor {
            provider: self,
            needs,
            cure: if cfg!(feature = "rustcrypto") {
                "use rustcrypto, as Provider::best() does"
            } else {
                "build with the feature `rustcrypto`, which runs on any"
            },
        })
    }

    fn groups(
        self,
        offered: &[&'static dyn SupportedKxGroup],
        key_exchange: KeyExchange,
    ) -> Result<Vec<&'static dyn SupportedKxGroup>, ProviderError> {
        let find = |name| offered.iter().copied().find(|group| group.name() == name);
        let x25519 = find(NamedGroup::X25519).into_iter();
        match key_exchange {
            KeyExchange::X25519 => Ok(x25519.collect()),
            KeyExchange::PostQuantum => {
                let hybrid = find(NamedGroup::X25519MLKEM768);
                let hybrid = hybrid.ok_or(ProviderError::NoPostQuantum { provider: self })?;
                Ok(std::iter::once(hybrid).chain(x25519).collect())
            }
        }
    }

    fn random(self) -> Result<Zeroizing<[u8; 64]>, ProviderError> {
        let mut bytes = Zeroizing::new([0; 64]);
        self.rustls(KeyExchange::X25519)?
            .secure_random
            .fill(&mut *bytes)
            .map_err(|_| ProviderError::NoRandomness)?;
        Ok(bytes)
    }
}

/// QUIC version 1 (RFC 9000 §15), the only one that quinn implements and that is no draft.
pub(crate) const QUIC_V1: u32 = 1;

/// The suites of TLS 1.3, AES-128-GCM first: 128 bits are enough (also against a quantum
/// computer's square root, see the README), and where AES is not in hardware four rounds fewer
/// count.
fn in_order(offered: &[SupportedCipherSuite]) -> Vec<SupportedCipherSuite> {
    suites::PREFERENCE
        .iter()
        .filter_map(|wanted| offered.iter().find(|suite| suite.suite() == *wanted))
        .copied()
        .collect()
}

#[cfg(feature = "ring")]
fn unfit(error: quinn_proto::crypto::rustls::NoInitialCipherSuite) -> ProviderError {
    ProviderError::Unfit {
        reason: error.to_string(),
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = ProviderError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.iter();
        all.find(|provider| provider.name() == name)
            .copied()
            .ok_or_else(|| ProviderError::Unknown {
                name: name.to_owned(),
                known: Self::ALL
                    .iter()
                    .map(|p| p.name())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

#[cfg(test)]
mod tests {
    use rustls::CipherSuite;

    use super::*;

    fn working() -> impl Iterator<Item = Provider> {
        let all = Provider::ALL.iter().copied();
        all.filter(|provider| provider.is_supported())
    }

    #[test]
    fn every_provider_offers_the_three_suites_of_tls_1_3_in_one_order() {
        for provider in working() {
            let rustls = provider.rustls(KeyExchange::X25519).unwrap();
            let suites: Vec<_> = rustls.cipher_suites.iter().map(|s| s.suite()).collect();
            let expected = [
                CipherSuite::TLS13_AES_128_GCM_SHA256,
                CipherSuite::TLS13_AES_256_GCM_SHA384,
                CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
            ];
            assert_eq!(suites, expected, "{provider}");
            let fit = |suite: &SupportedCipherSuite| suite.tls13().unwrap().quic_suite().is_some();
            assert!(rustls.cipher_suites.iter().all(fit), "{provider}");
        }
    }

    #[test]
    fn every_provider_offers_the_groups_that_were_asked_for_and_no_others() {
        let groups = |provider: Provider, wanted| {
            let groups = provider.rustls(wanted).map(|rustls| {
                let groups = rustls.kx_groups.iter();
                groups.map(|group| group.name()).collect::<Vec<_>>()
            });
            groups.unwrap()
        };
        for provider in working() {
            let plain = groups(provider, KeyExchange::X25519);
            assert_eq!(plain, [NamedGroup::X25519], "{provider}");
            #[cfg(feature = "ring")]
            if provider == Provider::Ring {
                continue;
            }
            let hybrid = groups(provider, KeyExchange::PostQuantum);
            let expected = [NamedGroup::X25519MLKEM768, NamedGroup::X25519];
            assert_eq!(hybrid, expected, "{provider}");
        }
    }

    #[cfg(feature = "ring")]
    #[test]
    fn ring_has_no_post_quantum_key_exchange_and_says_so() {
        let error = Provider::Ring.rustls(KeyExchange::PostQuantum).unwrap_err();
        assert!(
            matches!(error, ProviderError::NoPostQuantum { provider } if provider == Provider::Ring),
            "{error}"
        );
    }

    #[test]
    fn every_name_is_read_back_and_others_are_refused_with_those_there_are() {
        for &provider in Provider::ALL {
            assert_eq!(provider.to_string().parse::<Provider>().unwrap(), provider);
        }
        for name in ["Graviola", "openssl", ""] {
            let error = name.parse::<Provider>().unwrap_err().to_string();
            assert!(error.contains("graviola, rustcrypto"), "{error}");
            assert!(error.contains(&format!("`{name}`")), "{error}");
        }
    }

    #[test]
    fn the_best_provider_works_here_and_needs_no_c() {
        let best = Provider::best();
        assert!(best.is_supported());
        assert!([Provider::Graviola, Provider::RustCrypto].contains(&best));
        best.rustls(KeyExchange::PostQuantum).unwrap();
    }

    #[test]
    fn what_is_unfit_is_refused_for_every_provider_when_it_is_configured() {
        use rustls::server::ResolvesServerCertUsingSni;

        for provider in working() {
            let mut tls = rustls::ServerConfig::builder_with_provider(
                provider.rustls(KeyExchange::X25519).unwrap(),
            )
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
            for fit in [0, u32::MAX] {
                tls.max_early_data_size = fit;
                let made = provider.server_config(Arc::new(tls.clone()));
                assert!(made.is_ok(), "{provider} {fit}");
            }
            tls.max_early_data_size = 1024;
            let error = provider.server_config(Arc::new(tls)).unwrap_err();
            assert!(
                matches!(&error, ProviderError::Unfit { reason } if reason.contains("early data")),
                "{provider}: {error}"
            );
        }
    }
}

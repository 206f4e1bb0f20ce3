//! The two rustls configurations of one process: one to accept with, one for each dial.

use std::sync::Arc;

use quibus::transport::{BindError, Expected};
use rustls::client::Resumption;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::cryptography::Cryptography;
use super::dialled_verifier::{DialledVerifier, Verdict};
use super::dialler_verifier::DiallerVerifier;
use crate::quic_config::QuicConfig;

/// The protocol that both sides must speak; another major version would be another name.
pub(super) const ALPN: &[u8] = b"quibus/1";

/// Everything of the credentials that handshakes need, parsed and checked once.
#[derive(Debug)]
pub(crate) struct TlsConfiguration {
    cryptography: Cryptography,
    roots: Arc<RootCertStore>,
    key: Arc<SingleCertAndKey>,
    environment: String,
}

impl TlsConfiguration {
    /// Checks that the certificate, its key and the roots can be used together.
    pub(crate) fn new(config: &QuicConfig) -> Result<Self, BindError> {
        let cryptography = Cryptography::new(config.provider, config.key_exchange)?;
        Self::with_cryptography(config, cryptography)
    }

    /// Like [`new`](Self::new), but every handshake is the same in each run.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn deterministic(config: &QuicConfig) -> Result<Self, BindError> {
        let cryptography = Cryptography::deterministic(config.provider)?;
        Self::with_cryptography(config, cryptography)
    }

    fn with_cryptography(
        config: &QuicConfig,
        cryptography: Cryptography,
    ) -> Result<Self, BindError> {
        let credentials = &config.credentials;
        let mut roots = RootCertStore::empty();
        for root in credentials.roots() {
            roots
                .add(root.clone())
                .map_err(|error| unusable("a CA certificate", &error))?;
        }
        let key = CertifiedKey::from_der(
            credentials.chain().to_vec(),
            credentials.clone_key(),
            &cryptography.rustls,
        )
        .map_err(|error| unusable("the certificate or its private key", &error))?;
        Ok(Self {
            cryptography,
            roots: Arc::new(roots),
            key: Arc::new(SingleCertAndKey::from(key)),
            environment: credentials.id().environment().to_owned(),
        })
    }

    /// The configuration to accept with.
    pub(crate) fn accepting(&self) -> Result<quinn::ServerConfig, BindError> {
        self.cryptography.accepting(self.accepting_tls()?)
    }

    /// The part of it that is TLS.
    pub(crate) fn accepting_tls(&self) -> Result<ServerConfig, BindError> {
        let chain = WebPkiClientVerifier::builder_with_provider(
            self.roots.clone(),
            self.cryptography.rustls.clone(),
        )
        .build()
        .map_err(|error| unusable("the CA certificates", &error))?;
        let verifier = DiallerVerifier {
            chain,
            environment: self.environment.clone(),
        };
        let mut tls = ServerConfig::builder_with_provider(self.cryptography.rustls.clone())
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| unusable("TLS 1.3", &error))?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_cert_resolver(self.key.clone());
        tls.alpn_protocols = vec![ALPN.to_vec()];
        tls.send_tls13_tickets = 0;
        tls.session_storage = Arc::new(NoServerSessionStorage {});
        tls.max_early_data_size = 0;
        Ok(tls)
    }

    /// The configuration for one dial that must meet `expected`; why it was refused here is left
    /// in `verdict`.
    pub(crate) fn dialling(
        &self,
        expected: &Expected,
        verdict: Verdict,
    ) -> Result<quinn::ClientConfig, rustls::Error> {
        let tls = self.dialling_tls(expected, verdict)?;
        let wrapped = self.cryptography.dialling(tls);
        wrapped.map_err(|error| rustls::Error::General(error.to_string()))
    }

    /// The part of it that is TLS.
    pub(crate) fn dialling_tls(
        &self,
        expected: &Expected,
        verdict: Verdict,
    ) -> Result<ClientConfig, rustls::Error> {
        let verifier = DialledVerifier {
            roots: self.roots.clone(),
            algorithms: self.cryptography.rustls.signature_verification_algorithms,
            environment: self.environment.clone(),
            expected: expected.clone(),
            verdict,
        };
        // "Dangerous" because the verifier is ours: chain and signatures are still webpki's.
        let mut tls = ClientConfig::builder_with_provider(self.cryptography.rustls.clone())
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(self.key.clone());
        tls.alpn_protocols = vec![ALPN.to_vec()];
        tls.resumption = Resumption::disabled();
        tls.enable_early_data = false;
        Ok(tls)
    }

    /// The configuration of the endpoint that does both.
    pub(crate) fn endpoint(&self) -> Result<quinn::EndpointConfig, BindError> {
        self.cryptography.endpoint()
    }

    /// The environment that both certificates of a link must name.
    pub(crate) fn environment(&self) -> &str {
        &self.environment
    }
}

fn unusable(what: &str, error: &dyn std::error::Error) -> BindError {
    BindError::Identity {
        reason: format!("{what} cannot be used: {error}"),
    }
}

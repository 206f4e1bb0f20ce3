//! Sees what a server presents, and trusts nobody.

use std::sync::{Arc, Mutex, PoisonError};

use quibus_quic_crypto::{KeyExchange, Provider};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use super::configuration::ALPN;

/// Keeps the certificates of a server that has proved to hold the key of the first, then ends the
/// handshake: in TLS 1.3 a server shows them before it asks for ours, and nothing is said to a
/// server that nobody has judged.
#[derive(Debug)]
pub(crate) struct Witness {
    algorithms: WebPkiSupportedAlgorithms,
    shown: Mutex<Vec<CertificateDer<'static>>>,
    proved: Mutex<bool>,
}

impl Witness {
    /// A witness with the configuration of its one dial.
    pub(crate) fn dialling() -> Result<(Arc<Self>, quinn::ClientConfig), String> {
        let provider = Provider::best();
        let failed = |error: &dyn std::error::Error| error.to_string();
        let rustls = provider
            .rustls(KeyExchange::default())
            .map_err(|error| failed(&error))?;
        let witness = Arc::new(Self {
            algorithms: rustls.signature_verification_algorithms,
            shown: Mutex::default(),
            proved: Mutex::default(),
        });
        let mut tls = ClientConfig::builder_with_provider(rustls)
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| failed(&error))?
            .dangerous()
            .with_custom_certificate_verifier(witness.clone())
            .with_no_client_auth();
        tls.alpn_protocols = vec![ALPN.to_vec()];
        tls.resumption = Resumption::disabled();
        let wrapped = provider.client_config(Arc::new(tls));
        Ok((witness, wrapped.map_err(|error| failed(&error))?))
    }

    /// What was shown, if its holder has proved to have the key.
    pub(crate) fn testimony(&self) -> Option<Vec<CertificateDer<'static>>> {
        let proved = *self.proved.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        proved.then(|| shown.clone())
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(certificate).chain(intermediates);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = chain.map(|der| der.clone().into_owned()).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(enough())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)?;
        *self.proved.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Err(enough())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn enough() -> Error {
    Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
}

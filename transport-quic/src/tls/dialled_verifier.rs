//! What the dialler demands of the side it dialled.

use std::sync::{Arc, OnceLock};

use quibus::transport::Expected;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::complaint::complaint;

/// Why the verifier of one dial refused, kept because quinn only passes on an alert number.
pub(crate) type Verdict = Arc<OnceLock<String>>;

/// Verifies chain, time, name, environment, and that it is whom this one dial expects.
///
/// The server name of TLS plays no part: peer ids are not legal DNS names, so it is a constant and
/// the expectation sits here.
#[derive(Debug)]
pub(super) struct DialledVerifier {
    pub(super) roots: Arc<RootCertStore>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    pub(super) environment: String,
    pub(super) expected: Expected,
    pub(super) verdict: Verdict,
}

impl ServerCertVerifier for DialledVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = self.verify_chain(certificate, intermediates, now);
        chain.inspect_err(|error| self.record(complaint(error)))?;
        self.verify_name(certificate)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
            .inspect_err(|error| self.record(complaint(error)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl DialledVerifier {
    fn verify_chain(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let algorithms = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.roots,
            intermediates,
            now,
            algorithms,
        )
    }

    fn verify_name(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        let id = quibus_certs::check_peer(certificate, &self.environment).map_err(|error| {
            self.record(error.to_string());
            Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
        })?;
        if self.expected.is_met_by(id.identity()) {
            return Ok(());
        }
        self.record(format!(
            "its certificate proves {}; correct the address, or issue it the right certificate",
            id.identity()
        ));
        Err(Error::InvalidCertificate(
            CertificateError::ApplicationVerificationFailure,
        ))
    }

    fn record(&self, reason: String) {
        // The first complaint is the cause; later ones follow from it.
        let _ = self.verdict.set(reason);
    }
}

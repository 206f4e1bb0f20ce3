//! What the accepting side demands of a dialler.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};

/// Verifies chain and time as webpki does, then the name and the environment.
///
/// A certificate is mandatory. Who exactly the dialler is stays open here: every peer of our
/// environment may link, and what it may do is decided above.
#[derive(Debug)]
pub(super) struct DiallerVerifier {
    pub(super) chain: Arc<dyn ClientCertVerifier>,
    pub(super) environment: String,
}

impl ClientCertVerifier for DiallerVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // A dialler has one certificate to show; telling strangers the names of our CAs helps
        // nobody else.
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self
            .chain
            .verify_client_cert(certificate, intermediates, now)?;
        quibus_certs::check_peer(certificate, &self.environment)
            .map(|_| verified)
            .map_err(|error| Error::InvalidCertificate(as_alert(error)))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Chooses the error by the alert that rustls makes of it, as that number is all the dialler
/// learns; `alert_text` translates it back.
fn as_alert(error: quibus_certs::CertificateError) -> CertificateError {
    match error {
        quibus_certs::CertificateError::WrongEnvironment { .. } => {
            CertificateError::ApplicationVerificationFailure
        }
        quibus_certs::CertificateError::MissingUsage { .. } => CertificateError::InvalidPurpose,
        other => CertificateError::Other(OtherError(Arc::new(other))),
    }
}

//! A CA for tests that signs whatever it is told, right or wrong.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyUsagePurpose, SanType,
};
use rustls_pki_types::CertificateDer;

use crate::issue::KeyPair;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) struct TestCa {
    pub(crate) der: CertificateDer<'static>,
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl TestCa {
    pub(crate) fn new() -> Self {
        Self::valid_between(SystemTime::now() - HOUR, SystemTime::now() + 24 * HOUR)
    }

    pub(crate) fn valid_between(not_before: SystemTime, not_after: SystemTime) -> Self {
        let key = new_key();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "test CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.not_before = not_before.into();
        params.not_after = not_after.into();
        params.serial_number = Some(1.into());
        params.key_identifier_method = key.identifier();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            der: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn sign(&self, params: &CertificateParams) -> CertificateDer<'static> {
        self.sign_key(params, &new_key())
    }

    pub(crate) fn sign_key(
        &self,
        params: &CertificateParams,
        key: &KeyPair,
    ) -> CertificateDer<'static> {
        let certificate = params.signed_by(key, &self.issuer).unwrap();
        certificate.der().clone()
    }

    /// A certificate and its key, both in PEM.
    pub(crate) fn issue_pem(&self, params: &CertificateParams) -> (String, String) {
        let key = new_key();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.to_pem())
    }

    /// One good certificate, made once: making one takes far longer than reading it.
    pub(crate) fn fixed() -> &'static CertificateDer<'static> {
        static FIXED: LazyLock<CertificateDer<'static>> =
            LazyLock::new(|| TestCa::new().sign(&leaf(&["spiffe://test/peer/Shop.0"])));
        &FIXED
    }
}

/// What a good leaf certificate asks for, with these URIs.
pub(crate) fn leaf(uris: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.subject_alt_names = uris
        .iter()
        .map(|&uri| SanType::URI(uri.try_into().unwrap()))
        .collect();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    params.not_before = (SystemTime::now() - HOUR).into();
    params.not_after = (SystemTime::now() + HOUR).into();
    params.serial_number = Some(2.into());
    params
}

pub(crate) fn new_key() -> KeyPair {
    KeyPair::generate().unwrap()
}

//! A CA whose certificates are right, or wrong in just the way a test asks for.

use std::time::{Duration, SystemTime};

use quibus::Identity;
use quibus_certs::Credentials;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ED25519, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The environment of every certificate, unless a test asks for another.
pub(crate) const ENVIRONMENT: &str = "test";

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A CA of its own, valid for a day around now.
pub(crate) struct Authority {
    root: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = key();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.not_before = (SystemTime::now() - DAY).into();
        params.not_after = (SystemTime::now() + DAY).into();
        let root = params.self_signed(&key).unwrap().der().clone();
        Self {
            root,
            issuer: Issuer::new(params, key),
        }
    }

    /// What a process with this identity is configured with.
    pub(crate) fn credentials(&self, identity: &Identity) -> Credentials {
        self.issue(&leaf(ENVIRONMENT, identity))
    }

    /// Credentials with a certificate of these fields, trusting this CA.
    pub(crate) fn issue(&self, params: &CertificateParams) -> Credentials {
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Credentials::new(vec![certificate], key, vec![self.root.clone()]).unwrap()
    }
}

/// The fields of a proper certificate for `identity`.
pub(crate) fn leaf(environment: &str, identity: &Identity) -> CertificateParams {
    let uri = format!("spiffe://{environment}{identity}");
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    params.not_before = (SystemTime::now() - DAY).into();
    params.not_after = (SystemTime::now() + DAY).into();
    params
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ED25519).unwrap()
}

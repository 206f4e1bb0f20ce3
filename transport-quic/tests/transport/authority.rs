//! A CA whose certificates are right, or wrong in just the way a test asks for.

use std::time::{Duration, SystemTime};

use quibus::{Identity, PeerId};
use quibus_certs::Credentials;
use quibus_certs::issue::KeyPair;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose, SanType,
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
        Self::named("test CA")
    }

    /// One of another name, by which a TLS library looks for the CA of a certificate.
    pub(crate) fn named(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.not_before = (SystemTime::now() - DAY).into();
        params.not_after = (SystemTime::now() + DAY).into();
        params.serial_number = Some(1.into());
        params.key_identifier_method = key.identifier();
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
        self.issue_trusting(self, params)
    }

    /// Credentials with a certificate of this CA that trust another one.
    pub(crate) fn issue_trusting(&self, trusted: &Self, params: &CertificateParams) -> Credentials {
        let (certificate, key) = self.sign(params);
        Credentials::new(vec![certificate], key, vec![trusted.root.clone()]).unwrap()
    }

    /// A certificate of these fields, however wrong, and its key.
    pub(crate) fn sign(
        &self,
        params: &CertificateParams,
    ) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        (certificate, key.private_key().clone_key())
    }

    /// The CA's own certificate.
    pub(crate) fn root(&self) -> CertificateDer<'static> {
        self.root.clone()
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
    params.serial_number = Some(2.into());
    params
}

/// One more URI name.
pub(crate) fn with_second_name(mut params: CertificateParams) -> CertificateParams {
    let uri = format!("spiffe://{ENVIRONMENT}/peer/Second.0");
    params
        .subject_alt_names
        .push(SanType::URI(uri.try_into().unwrap()));
    params
}

/// Its time was over an hour ago.
pub(crate) fn expired(mut params: CertificateParams) -> CertificateParams {
    params.not_after = (SystemTime::now() - DAY / 24).into();
    params
}

/// Its time is over soon.
pub(crate) fn valid_for(time: Duration, mut params: CertificateParams) -> CertificateParams {
    params.not_after = (SystemTime::now() + time).into();
    params
}

/// The DNS name that plain TLS libraries insist on, which quibus neither needs nor minds.
pub(crate) fn with_server_name(mut params: CertificateParams) -> CertificateParams {
    params
        .subject_alt_names
        .push(SanType::DnsName("quibus".try_into().unwrap()));
    params
}

/// The identity of a peer.
pub(crate) fn peer(name: &str) -> Identity {
    Identity::Peer(PeerId::new(name).unwrap())
}

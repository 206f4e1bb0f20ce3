//! Certificates of both kinds.

use std::sync::Arc;

use quibus_certs::issue::{KeyKind, KeyPair};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose, PublicKeyData, SerialNumber,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

/// The name of what accepts.
pub(crate) const ACCEPTOR: &str = "acceptor.test";

/// One certificate with its key.
pub(crate) struct Leaf {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Leaf {
    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }
}

/// A CA and a certificate for each side, all with keys of one kind.
pub(crate) struct Certificates {
    pub(crate) roots: Arc<RootCertStore>,
    pub(crate) dialler: Leaf,
    pub(crate) acceptor: Leaf,
}

impl Certificates {
    pub(crate) fn of(kind: KeyKind) -> Self {
        let key = KeyPair::generate_for(kind).unwrap();
        let mut params = params(&key, 1, "ca.test");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        // No two have one name, so that one is unknown to who trusts another.
        let name = key.der_bytes().iter().rev().take(16);
        let name: String = name.map(|byte| format!("{byte:02x}")).collect();
        let names = &mut params.distinguished_name;
        names.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let mut roots = RootCertStore::empty();
        let own = params.self_signed(&key).unwrap();
        roots.add(own.der().clone()).unwrap();
        let ca = Issuer::new(params, key);
        Self {
            roots: Arc::new(roots),
            dialler: leaf(kind, &ca, 2, "dialler.test"),
            acceptor: leaf(kind, &ca, 3, ACCEPTOR),
        }
    }
}

fn leaf(kind: KeyKind, ca: &Issuer<'_, KeyPair>, serial: u64, name: &str) -> Leaf {
    let key = KeyPair::generate_for(kind).unwrap();
    let mut params = params(&key, serial, name);
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::ServerAuth,
    ];
    let certificate = params.signed_by(&key, ca).unwrap();
    Leaf {
        chain: vec![certificate.der().clone()],
        key: key.private_key().clone_key(),
    }
}

fn params(key: &KeyPair, serial: u64, name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.serial_number = Some(SerialNumber::from(serial));
    params.key_identifier_method = key.identifier();
    params.not_before = OffsetDateTime::now_utc() - Duration::DAY;
    params.not_after = OffsetDateTime::now_utc() + Duration::DAY;
    params
}

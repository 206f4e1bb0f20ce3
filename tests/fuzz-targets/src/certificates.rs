//! Certificates, identities and PEM files.

use bytes::Bytes;
use quibus::fuzzing::{Decoder, Format};
use quibus_certs::{Credentials, PeerCertificate, SpiffeId};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::identities::{STRANGER, VICTIM};

pub(crate) fn decoders() -> Vec<Decoder> {
    vec![
        Decoder {
            name: "certificates/peer",
            factor: 16,
            decode: |der| PeerCertificate::read(&CertificateDer::from(&der[..])).is_ok(),
            verify: verify_certificate,
            samples: certificates,
            densest: Vec::new,
        },
        Decoder::of::<Identity>(),
        Decoder {
            name: "certificates/pem",
            factor: 16,
            decode: |pem| Credentials::from_pem(pem, VICTIM.key, VICTIM.ca).is_ok(),
            verify: verify_pem,
            samples: || vec![VICTIM.certificate.into()],
            densest: Vec::new,
        },
    ]
}

fn certificates() -> Vec<Vec<u8>> {
    let certificates = [VICTIM, STRANGER].into_iter();
    let ders = certificates.filter_map(|one| CertificateDer::from_pem_slice(one.certificate).ok());
    ders.map(|der| der.to_vec()).collect()
}

/// Whatever is read says one identity that survives its text, and nothing may follow.
fn verify_certificate(der: &Bytes) {
    let Ok(read) = PeerCertificate::read(&CertificateDer::from(&der[..])) else {
        return;
    };
    let again = read.id().to_string().parse::<SpiffeId>();
    assert_eq!(again.as_ref(), Ok(read.id()));
    let longer = [der, &[0][..]].concat();
    let refused = PeerCertificate::read(&CertificateDer::from(&longer[..])).is_err();
    assert!(refused, "a byte behind a certificate was not refused");
}

/// Of all certificates in a file, one with our key is taken, and no other.
fn verify_pem(pem: &Bytes) {
    if let Ok(read) = Credentials::from_pem(pem, VICTIM.key, VICTIM.ca) {
        let own = CertificateDer::from_pem_slice(VICTIM.certificate).ok();
        assert_eq!(read.chain().first(), own.as_ref());
    }
}

/// The one name in a certificate.
struct Identity;

impl Format for Identity {
    type Value = SpiffeId;
    const NAME: &'static str = "certificates/spiffe-id";

    fn decode(bytes: &Bytes) -> Option<SpiffeId> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }

    fn encode(id: &SpiffeId) -> Vec<u8> {
        id.to_string().into()
    }

    fn samples() -> Vec<Vec<u8>> {
        let ids = [
            "spiffe://prod/peer/Shop.0",
            "spiffe://prod/service/Shop",
            "spiffe://a.b-c_d/directory/Directory.0",
            "spiffe://prod/operator/ann",
            "spiffe://prod/admin/ann",
        ];
        ids.map(|text| text.into()).to_vec()
    }
}

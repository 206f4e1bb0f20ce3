//! Certificates, identities and PEM files.

use quibus::fuzzing::{Decoder, Format};
use quibus_certs::{Credentials, PeerCertificate, SpiffeId};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::identities::{PEER, STRANGER};

pub(crate) fn decoders() -> Vec<Decoder> {
    vec![
        Decoder {
            name: "certificates/peer",
            decode: |der| PeerCertificate::read(&CertificateDer::from(der)).is_ok(),
            verify: verify_certificate,
            samples: certificates,
            densest: Vec::new,
        },
        Decoder::of::<Identity>(),
        Decoder {
            name: "certificates/pem",
            decode: |pem| Credentials::from_pem(pem, PEER.key, PEER.ca).is_ok(),
            verify: verify_pem,
            samples: || vec![PEER.certificate.into()],
            densest: Vec::new,
        },
    ]
}

fn certificates() -> Vec<Vec<u8>> {
    let certificates = [PEER, STRANGER].into_iter();
    let ders = certificates.filter_map(|one| CertificateDer::from_pem_slice(one.certificate).ok());
    ders.map(|der| der.to_vec()).collect()
}

/// Whatever is read says one identity that survives its text, and nothing may follow.
fn verify_certificate(der: &[u8]) {
    let Ok(read) = PeerCertificate::read(&CertificateDer::from(der)) else {
        return;
    };
    let again = read.id().to_string().parse::<SpiffeId>();
    assert_eq!(again.as_ref(), Ok(read.id()));
    let longer = [der, &[0]].concat();
    let refused = PeerCertificate::read(&CertificateDer::from(&longer[..])).is_err();
    assert!(refused, "a byte behind a certificate was not refused");
}

/// Of all certificates in a file, one with our key is taken, and no other.
fn verify_pem(pem: &[u8]) {
    if let Ok(read) = Credentials::from_pem(pem, PEER.key, PEER.ca) {
        let own = CertificateDer::from_pem_slice(PEER.certificate).ok();
        assert_eq!(read.chain().first(), own.as_ref());
    }
}

/// The one name in a certificate.
struct Identity;

impl Format for Identity {
    type Value = SpiffeId;
    const NAME: &'static str = "certificates/spiffe-id";

    fn decode(bytes: &[u8]) -> Option<SpiffeId> {
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

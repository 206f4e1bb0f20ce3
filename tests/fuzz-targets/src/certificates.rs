//! Certificates, identities and PEM files.

use bytes::Bytes;
use quibus::fuzzing::{Decoder, Format};
use quibus_certs::{Credentials, PeerCertificate, SpiffeId};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::identities::{STRANGER, VICTIM};

/// What X.509 may take: it is not our format, its parser is x509-parser's, and a certificate is no
/// longer than 16 KiB.
const X509: u64 = 64;

pub(crate) fn decoders() -> Vec<Decoder> {
    vec![
        Decoder {
            name: "certificates/peer",
            factor: X509,
            decode: |der| PeerCertificate::read(&CertificateDer::from(&der[..])).is_ok(),
            verify: verify_certificate,
            samples: certificates,
            densest: crowded_certificates,
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

/// Certificates that are full of the smallest names, and of the smallest extensions.
fn crowded_certificates() -> Vec<Vec<u8>> {
    let names = der(0x30, &[0x86, 0].repeat(CROWD));
    let alternative_names = [&der(0x06, &[0x55, 0x1d, 0x11])[..], &der(0x04, &names)].concat();
    let extension = der(0x30, &[&der(0x06, &[0x2a])[..], &der(0x04, &[])].concat());
    [der(0x30, &alternative_names), extension.repeat(CROWD / 4)]
        .iter()
        .map(|extensions| certificate(extensions))
        .collect()
}

/// How many names: as many as fit into a certificate of 16 KiB.
const CROWD: usize = 8_000;

fn certificate(extensions: &[u8]) -> Vec<u8> {
    let ed25519 = der(0x30, &der(0x06, &[0x2b, 0x65, 0x70]));
    let nobody = der(0x30, &[]);
    let time = der(0x17, b"260101000000Z");
    let key = der(0x03, &[0; 33]);
    let fields = [
        der(0xa0, &der(0x02, &[2])),
        der(0x02, &[1]),
        ed25519.clone(),
        nobody.clone(),
        der(0x30, &time.repeat(2)),
        nobody,
        der(0x30, &[&ed25519[..], &key].concat()),
        der(0xa3, &der(0x30, extensions)),
    ];
    let signature = der(0x03, &[0; 65]);
    der(
        0x30,
        &[der(0x30, &fields.concat()), ed25519, signature].concat(),
    )
}

/// A value of DER behind its tag and its length, which must be below 16 MiB.
fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let [_, high, middle, low] = (value.len() as u32).to_be_bytes();
    let length = match value.len() {
        0..0x80 => vec![low],
        0x80..0x100 => vec![0x81, low],
        0x100..0x1_0000 => vec![0x82, middle, low],
        _ => vec![0x83, high, middle, low],
    };
    [&[tag], &length[..], value].concat()
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

//! What one certificate says, parsed once and kept as plain values.

use std::time::SystemTime;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION,
    OID_SIG_ED25519,
};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::certificate_error::CertificateError;
use crate::spiffe_id::{SpiffeId, escaped};
use crate::utc::{Utc, from_seconds_since_1970};

/// The parts of a certificate that this crate judges or prints. Nothing is trusted yet: chain and
/// signature are the verifier's.
pub(crate) struct CertificateFields {
    /// URIs among the subject alternative names, as they stand in the certificate.
    pub(crate) uris: Vec<String>,
    pub(crate) not_before: SystemTime,
    pub(crate) not_after: SystemTime,
    /// May sign certificates, by its basic constraints or by its key usage.
    pub(crate) is_authority: bool,
    pub(crate) server_auth: bool,
    pub(crate) client_auth: bool,
    /// `digitalSignature`, or no key usage at all (which restricts nothing).
    pub(crate) may_sign: bool,
    pub(crate) key: KeyType,
    /// The whole SubjectPublicKeyInfo, in DER.
    #[cfg(feature = "issue")]
    pub(crate) public_key: Vec<u8>,
    /// Escaped.
    pub(crate) issuer: String,
    /// Escaped.
    pub(crate) subject: String,
    /// Lower-case hex, two digits a byte, joined by colons.
    pub(crate) serial: String,
}

/// The kind of key a certificate holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyType {
    Ed25519,
    P256,
    Other(String),
}

/// Longest certificate that is looked into, in bytes. In memory the smallest names and extensions
/// take over fifty times their bytes, and TLS alone would let 64 KiB of them come.
const MAX_LEN: usize = 16 << 10;

impl CertificateFields {
    /// Reads DER, to its last byte.
    pub(crate) fn read(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_LEN {
            return Err(unreadable("it has more than 16 KiB, where one or two do"));
        }
        let (rest, x509) = X509Certificate::from_der(der)
            .map_err(|_| unreadable("it is not an X.509 certificate in DER"))?;
        if !rest.is_empty() {
            return Err(unreadable("bytes follow its end"));
        }
        let (may_sign, signs_certificates) = key_usage(&x509)?;
        let (server_auth, client_auth) = extended_key_usage(&x509)?;
        let validity = x509.validity();
        Ok(Self {
            uris: uris(&x509)?,
            not_before: time(validity.not_before.timestamp())?,
            not_after: time(validity.not_after.timestamp())?,
            is_authority: is_ca(&x509)? || signs_certificates,
            server_auth,
            client_auth,
            may_sign,
            key: key_type(x509.public_key()),
            #[cfg(feature = "issue")]
            public_key: x509.public_key().raw.to_vec(),
            issuer: escaped(&x509.issuer().to_string()),
            subject: escaped(&x509.subject().to_string()),
            serial: hex(x509.raw_serial()),
        })
    }

    /// The one identity in it.
    pub(crate) fn identity(&self) -> Result<SpiffeId, CertificateError> {
        match self.uris.as_slice() {
            [] => Err(CertificateError::NoIdentity),
            [uri] => Ok(uri.parse()?),
            several => Err(CertificateError::SeveralIdentities {
                uris: several.iter().take(4).map(|uri| escaped(uri)).collect(),
            }),
        }
    }

    /// Everything but the identity that keeps it from being a peer's, the gravest first.
    pub(crate) fn faults(&self) -> Vec<CertificateError> {
        let mut faults = Vec::new();
        if self.is_authority {
            faults.push(CertificateError::Authority);
        }
        // A missing extended key usage allows everything in RFC 5280 and in webpki; here a
        // certificate made for something else must not open the bus.
        for (usage, present) in [
            ("serverAuth", self.server_auth),
            ("clientAuth", self.client_auth),
        ] {
            if !present {
                faults.push(CertificateError::MissingUsage { usage });
            }
        }
        if !self.may_sign {
            faults.push(CertificateError::NoSignatures);
        }
        if let KeyType::Other(found) = &self.key {
            let found = found.clone();
            faults.push(CertificateError::KeyType { found });
        }
        faults
    }

    /// Whether it is valid at `now`, both ends included.
    pub(crate) fn check_time(&self, now: SystemTime) -> Result<(), CertificateError> {
        check_time(self.not_before, self.not_after, now)
    }
}

/// Whether `now` lies within a validity, both ends included.
pub(crate) fn check_time(
    not_before: SystemTime,
    not_after: SystemTime,
    now: SystemTime,
) -> Result<(), CertificateError> {
    if now > not_after {
        return Err(CertificateError::Expired {
            not_after: Utc(not_after).to_string(),
            now: Utc(now).to_string(),
        });
    }
    if now < not_before {
        return Err(CertificateError::NotYetValid {
            not_before: Utc(not_before).to_string(),
            now: Utc(now).to_string(),
        });
    }
    Ok(())
}

fn uris(x509: &X509Certificate<'_>) -> Result<Vec<String>, CertificateError> {
    let names = x509
        .subject_alternative_name()
        .map_err(|_| unreadable("its subject alternative name is malformed or doubled"))?;
    let mut uris = Vec::new();
    for name in names.iter().flat_map(|names| &names.value.general_names) {
        match name {
            GeneralName::URI(uri) => uris.push((*uri).to_owned()),
            // It may have been a second URI.
            GeneralName::Invalid(..) => {
                return Err(unreadable(
                    "one of its subject alternative names is malformed",
                ));
            }
            _ => {}
        }
    }
    Ok(uris)
}

fn is_ca(x509: &X509Certificate<'_>) -> Result<bool, CertificateError> {
    let malformed = || unreadable("its basic constraints are malformed or doubled");
    let constraints = x509.basic_constraints().map_err(|_| malformed())?;
    // The parser answers "absent" for constraints that it could not parse.
    let present = x509
        .get_extension_unique(&x509_parser::oid_registry::OID_X509_EXT_BASIC_CONSTRAINTS)
        .map_err(|_| malformed())?
        .is_some();
    match constraints {
        Some(constraints) => Ok(constraints.value.ca),
        None if present => Err(malformed()),
        None => Ok(false),
    }
}

/// (may sign handshakes, may sign certificates or revocation lists)
fn key_usage(x509: &X509Certificate<'_>) -> Result<(bool, bool), CertificateError> {
    let usage = x509
        .key_usage()
        .map_err(|_| unreadable("its key usage is malformed or doubled"))?;
    Ok(match usage {
        None => (true, false),
        Some(usage) => (
            usage.value.digital_signature(),
            usage.value.key_cert_sign() || usage.value.crl_sign(),
        ),
    })
}

/// (serverAuth, clientAuth); `anyExtendedKeyUsage` counts as neither, as in webpki.
fn extended_key_usage(x509: &X509Certificate<'_>) -> Result<(bool, bool), CertificateError> {
    let usage = x509
        .extended_key_usage()
        .map_err(|_| unreadable("its extended key usage is malformed or doubled"))?;
    Ok(usage.map_or((false, false), |usage| {
        (usage.value.server_auth, usage.value.client_auth)
    }))
}

fn key_type(key: &SubjectPublicKeyInfo<'_>) -> KeyType {
    let algorithm = &key.algorithm.algorithm;
    let curve = key.algorithm.parameters.as_ref();
    let curve = curve.and_then(|parameters| parameters.as_oid().ok());
    if *algorithm == OID_SIG_ED25519 {
        KeyType::Ed25519
    } else if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve == Some(OID_EC_P256) {
        KeyType::P256
    } else if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve == Some(OID_NIST_EC_P384) {
        KeyType::Other("P-384".into())
    } else if *algorithm == OID_PKCS1_RSAENCRYPTION {
        KeyType::Other("RSA".into())
    } else {
        KeyType::Other(escaped(&format!("of algorithm {algorithm}")))
    }
}

fn time(seconds: i64) -> Result<SystemTime, CertificateError> {
    from_seconds_since_1970(seconds)
        .ok_or_else(|| unreadable("its validity is beyond what this system's clock can say"))
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(":")
}

fn unreadable(reason: &str) -> CertificateError {
    CertificateError::Unreadable {
        reason: reason.into(),
    }
}

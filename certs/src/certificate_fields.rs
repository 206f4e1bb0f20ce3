//! What one certificate says, parsed once and kept as plain values.

use std::time::SystemTime;

use x509_cert::Certificate;
use x509_cert::certificate::TbsCertificate;
#[cfg(feature = "issue")]
use x509_cert::der::Encode;
use x509_cert::der::asn1::{ObjectIdentifier, SequenceRef};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use x509_cert::der::oid::db::rfc5912::{
    ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1,
};
use x509_cert::der::oid::db::rfc8410::ID_ED_25519;
use x509_cert::der::{self, Decode, Reader, SliceReader};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::certificate_error::CertificateError;
use crate::spiffe_id::{SpiffeId, escaped};
use crate::utc::Utc;

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
        let x509 = Certificate::from_der(der).map_err(|fault| match fault.kind() {
            der::ErrorKind::TrailingData { .. } => unreadable("bytes follow its end"),
            _ => unreadable("it is not an X.509 certificate in DER"),
        })?;
        let x509 = x509.tbs_certificate();
        let (may_sign, signs_certificates) = key_usage(x509)?;
        let (server_auth, client_auth) = extended_key_usage(x509)?;
        let validity = x509.validity();
        Ok(Self {
            uris: uris(x509)?,
            not_before: validity.not_before.to_system_time(),
            not_after: validity.not_after.to_system_time(),
            is_authority: is_ca(x509)? || signs_certificates,
            server_auth,
            client_auth,
            may_sign,
            key: key_type(x509.subject_public_key_info()),
            #[cfg(feature = "issue")]
            public_key: public_key(x509)?,
            issuer: escaped(&x509.issuer().to_string()),
            subject: escaped(&x509.subject().to_string()),
            serial: hex(x509.serial_number().as_bytes()),
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

/// The value of an extension that may occur once; the reason where it does more often.
fn extension<'a, T: AssociatedOid>(
    x509: &'a TbsCertificate,
    reason: &str,
) -> Result<Option<&'a [u8]>, CertificateError> {
    let all = x509.extensions().map_or(&[][..], Vec::as_slice);
    let mut those = all.iter().filter(|extension| extension.extn_id == T::OID);
    match (those.next(), those.next()) {
        (found, None) => Ok(found.map(|extension| extension.extn_value.as_bytes())),
        (_, Some(_)) => Err(unreadable(reason)),
    }
}

/// An extension that may occur once, read.
fn read_extension<'a, T: AssociatedOid + Decode<'a>>(
    x509: &'a TbsCertificate,
    reason: &str,
) -> Result<Option<T>, CertificateError> {
    let found = extension::<T>(x509, reason)?;
    let read = found.map(T::from_der).transpose();
    read.map_err(|_| unreadable(reason))
}

/// Name by name: a list of all would take a hundred times the bytes of its smallest names.
fn uris(x509: &TbsCertificate) -> Result<Vec<String>, CertificateError> {
    let reason = "its subject alternative name is malformed or doubled";
    let Some(value) = extension::<SubjectAltName>(x509, reason)? else {
        return Ok(Vec::new());
    };
    let names = <&SequenceRef>::from_der(value).map_err(|_| unreadable(reason))?;
    let mut names = SliceReader::new(names.as_bytes()).map_err(|_| unreadable(reason))?;
    let mut uris = Vec::new();
    while !names.is_finished() {
        // One that is malformed may have been a second URI.
        let malformed = |_| unreadable("one of its subject alternative names is malformed");
        if let GeneralName::UniformResourceIdentifier(uri) =
            GeneralName::decode(&mut names).map_err(malformed)?
        {
            uris.push(uri.as_str().to_owned());
        }
    }
    Ok(uris)
}

fn is_ca(x509: &TbsCertificate) -> Result<bool, CertificateError> {
    let reason = "its basic constraints are malformed or doubled";
    let constraints = read_extension::<BasicConstraints>(x509, reason)?;
    Ok(constraints.is_some_and(|constraints| constraints.ca))
}

/// (may sign handshakes, may sign certificates or revocation lists)
fn key_usage(x509: &TbsCertificate) -> Result<(bool, bool), CertificateError> {
    let usage = read_extension::<KeyUsage>(x509, "its key usage is malformed or doubled")?;
    Ok(usage.map_or((true, false), |usage| {
        let signs_certificates = usage.key_cert_sign() || usage.crl_sign();
        (usage.digital_signature(), signs_certificates)
    }))
}

/// (serverAuth, clientAuth); `anyExtendedKeyUsage` counts as neither, as in webpki.
fn extended_key_usage(x509: &TbsCertificate) -> Result<(bool, bool), CertificateError> {
    let reason = "its extended key usage is malformed or doubled";
    let usage = read_extension::<ExtendedKeyUsage>(x509, reason)?;
    Ok(usage.map_or((false, false), |ExtendedKeyUsage(purposes)| {
        let is_for = |purpose| purposes.contains(&purpose);
        (is_for(ID_KP_SERVER_AUTH), is_for(ID_KP_CLIENT_AUTH))
    }))
}

fn key_type(key: &SubjectPublicKeyInfoOwned) -> KeyType {
    let algorithm = key.algorithm.oid;
    let curve = key.algorithm.parameters.as_ref();
    let curve = curve.and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
    match (algorithm, curve) {
        (ID_ED_25519, _) => KeyType::Ed25519,
        (ID_EC_PUBLIC_KEY, Some(SECP_256_R_1)) => KeyType::P256,
        (ID_EC_PUBLIC_KEY, Some(SECP_384_R_1)) => KeyType::Other("P-384".into()),
        (RSA_ENCRYPTION, _) => KeyType::Other("RSA".into()),
        _ => KeyType::Other(escaped(&format!("of algorithm {algorithm}"))),
    }
}

#[cfg(feature = "issue")]
fn public_key(x509: &TbsCertificate) -> Result<Vec<u8>, CertificateError> {
    let key = x509.subject_public_key_info().to_der();
    key.map_err(|_| unreadable("its public key is malformed"))
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

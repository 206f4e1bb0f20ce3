//! The certificate of one peer, judged by itself.

use std::time::SystemTime;

use rustls_pki_types::CertificateDer;

use crate::certificate_error::CertificateError;
use crate::certificate_fields::{CertificateFields, check_time};
use crate::spiffe_id::{SpiffeId, escaped};

/// A leaf certificate that carries one identity and is made for a peer.
///
/// Reading one proves nothing by itself: that a trusted CA signed it, and that the other side
/// holds its key, is for the TLS verifier to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    id: SpiffeId,
    not_before: SystemTime,
    not_after: SystemTime,
}

impl PeerCertificate {
    /// Reads a certificate and refuses what is not exactly a peer's.
    ///
    /// Taken is a leaf (no CA by basic constraints or key usage) with exactly one URI subject
    /// alternative name, a [`SpiffeId`]; other kinds of alternative names and the subject are
    /// ignored. Its extended key usage must name serverAuth and clientAuth, its key usage, if
    /// there is one, digitalSignature, and its key must be Ed25519 or P-256.
    pub fn read(der: &CertificateDer<'_>) -> Result<Self, CertificateError> {
        let fields = CertificateFields::read(der)?;
        if fields.is_authority {
            return Err(CertificateError::Authority);
        }
        let id = fields.identity()?;
        match fields.faults().into_iter().next() {
            Some(fault) => Err(fault),
            None => Ok(Self {
                id,
                not_before: fields.not_before,
                not_after: fields.not_after,
            }),
        }
    }

    /// Whom it names.
    pub fn id(&self) -> &SpiffeId {
        &self.id
    }

    /// The first moment at which it is valid.
    pub fn not_before(&self) -> SystemTime {
        self.not_before
    }

    /// The last moment at which it is valid.
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// Whether it is valid at `now`, both ends included.
    pub fn check_time(&self, now: SystemTime) -> Result<(), CertificateError> {
        check_time(self.not_before, self.not_after, now)
    }
}

/// What a verifier asks of the other side's certificate beyond chain and time: that it is a
/// [`PeerCertificate`] of `environment`, compared byte for byte.
pub fn check_peer(
    end_entity: &CertificateDer<'_>,
    environment: &str,
) -> Result<SpiffeId, CertificateError> {
    let id = PeerCertificate::read(end_entity)?.id;
    if id.environment() != environment {
        let expected = escaped(environment);
        return Err(CertificateError::WrongEnvironment { id, expected });
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use rcgen::{CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};

    use rustls_pki_types::PrivateSec1KeyDer;

    use super::*;
    use crate::issue::{KeyKind, KeyPair};
    use crate::test_ca::{TestCa, leaf};

    const SHOP: &str = "spiffe://test/peer/Shop.0";

    fn refused(change: impl FnOnce(&mut rcgen::CertificateParams)) -> CertificateError {
        let mut params = leaf(&[SHOP]);
        change(&mut params);
        PeerCertificate::read(&TestCa::new().sign(&params)).expect_err("was taken")
    }

    fn uri(text: &str) -> SanType {
        SanType::URI(text.try_into().unwrap())
    }

    #[test]
    fn a_peers_certificate_says_who_and_how_long() {
        let certificate = PeerCertificate::read(&TestCa::new().sign(&leaf(&[SHOP]))).unwrap();
        assert_eq!(certificate.id().to_string(), SHOP);
        let (begin, end) = (certificate.not_before(), certificate.not_after());
        let second = Duration::from_secs(1);
        assert!(certificate.check_time(begin).is_ok() && certificate.check_time(end).is_ok());
        let late = certificate.check_time(end + second).unwrap_err();
        assert!(matches!(late, CertificateError::Expired { .. }), "{late}");
        let early = certificate.check_time(begin - second).unwrap_err();
        assert!(
            matches!(early, CertificateError::NotYetValid { .. }),
            "{early}"
        );
    }

    #[test]
    fn names_other_than_the_uri_are_no_identity_and_do_no_harm() {
        let mut params = leaf(&[SHOP]);
        params.subject_alt_names.extend([
            SanType::DnsName("admin.test".try_into().unwrap()),
            SanType::IpAddress("127.0.0.1".parse().unwrap()),
            SanType::Rfc822Name("root@test".try_into().unwrap()),
        ]);
        let der = TestCa::new().sign(&params);
        assert_eq!(check_peer(&der, "test").unwrap().to_string(), SHOP);
        let without_uri = refused(|p| p.subject_alt_names = params.subject_alt_names.split_off(1));
        assert_eq!(without_uri, CertificateError::NoIdentity);
    }

    #[test]
    fn a_certificate_of_more_than_16_kib_is_not_looked_into() {
        let long = CertificateDer::from(vec![0x30; (16 << 10) + 1]);
        let refused = PeerCertificate::read(&long).unwrap_err().to_string();
        assert!(refused.contains("16 KiB"), "{refused}");
    }

    #[test]
    fn two_uris_or_none_are_refused() {
        let none = refused(|p| p.subject_alt_names.clear());
        assert_eq!(none, CertificateError::NoIdentity);
        let two = refused(|p| p.subject_alt_names.push(uri("spiffe://test/admin/ann")));
        assert!(matches!(&two, CertificateError::SeveralIdentities { uris } if uris.len() == 2));
        assert!(two.to_string().contains("spiffe://test/admin/ann"), "{two}");
        let twice_the_same = refused(|p| p.subject_alt_names.push(uri(SHOP)));
        assert!(matches!(
            twice_the_same,
            CertificateError::SeveralIdentities { .. }
        ));
    }

    #[test]
    fn a_uri_that_is_no_spiffe_id_is_refused_with_its_fault() {
        let error = refused(|p| p.subject_alt_names = vec![uri("spiffe://Test/peer/Shop.0")]);
        assert!(matches!(error, CertificateError::InvalidIdentity(_)));
        assert!(error.to_string().contains("lower case"), "{error}");
    }

    #[test]
    fn a_certificate_must_be_made_for_both_ends_of_a_link() {
        use ExtendedKeyUsagePurpose as Purpose;
        for (usages, missing) in [
            (vec![], "serverAuth"),
            (vec![Purpose::Any], "serverAuth"),
            (vec![Purpose::ClientAuth], "serverAuth"),
            (vec![Purpose::ServerAuth], "clientAuth"),
        ] {
            let error = refused(|p| p.extended_key_usages = usages);
            assert_eq!(error, CertificateError::MissingUsage { usage: missing });
        }
    }

    #[test]
    fn a_ca_is_nobody() {
        use rcgen::BasicConstraints::Unconstrained;
        let by_constraints = refused(|p| p.is_ca = IsCa::Ca(Unconstrained));
        assert_eq!(by_constraints, CertificateError::Authority);
        let by_usage = refused(|p| p.key_usages.push(KeyUsagePurpose::KeyCertSign));
        assert_eq!(by_usage, CertificateError::Authority);
    }

    #[test]
    fn a_key_that_may_not_sign_or_is_of_another_kind_is_refused() {
        let error = refused(|p| p.key_usages = vec![KeyUsagePurpose::KeyEncipherment]);
        assert_eq!(error, CertificateError::NoSignatures);
        let der = TestCa::new().sign_key(&leaf(&[SHOP]), &p384_key());
        let error = PeerCertificate::read(&der).unwrap_err();
        assert!(error.to_string().contains("P-384"), "{error}");
        let key = KeyPair::generate_for(KeyKind::P256).unwrap();
        let der = TestCa::new().sign_key(&leaf(&[SHOP]), &key);
        assert!(PeerCertificate::read(&der).is_ok());
    }

    /// The key of RFC 6979 §A.2.6 in the form of RFC 5915.
    fn p384_key() -> KeyPair {
        let secret = [
            0x6b, 0x9d, 0x3d, 0xad, 0x2e, 0x1b, 0x8c, 0x1c, 0x05, 0xb1, 0x98, 0x75, 0xb6, 0x65,
            0x9f, 0x4d, 0xe2, 0x3c, 0x3b, 0x66, 0x7b, 0xf2, 0x97, 0xba, 0x9a, 0xa4, 0x77, 0x40,
            0x78, 0x71, 0x37, 0xd8, 0x96, 0xd5, 0x72, 0x4e, 0x4c, 0x70, 0xa8, 0x25, 0xf8, 0x72,
            0xc9, 0xea, 0x60, 0xd2, 0xed, 0xf5,
        ];
        let head = [0x30, 0x3e, 0x02, 0x01, 0x01, 0x04, 0x30];
        let curve = [0xa0, 0x07, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
        let der = [&head[..], &secret, &curve].concat();
        KeyPair::from_der(PrivateSec1KeyDer::from(der).into()).unwrap()
    }

    #[test]
    fn malformed_constraints_do_not_pass_for_absent_ones() {
        let garbage = CustomExtension::from_oid_content(&[2, 5, 29, 19], vec![0x30, 0x05, 0x01]);
        let error = refused(|p| p.custom_extensions.push(garbage));
        assert!(
            matches!(error, CertificateError::Unreadable { .. }),
            "{error}"
        );
    }

    #[test]
    fn another_environment_is_refused_by_both_names() {
        let der = TestCa::new().sign(&leaf(&[SHOP]));
        let error = check_peer(&der, "prod").unwrap_err().to_string();
        assert!(
            error.contains("\"test\"") && error.contains("\"prod\""),
            "{error}"
        );
        assert!(check_peer(&der, "Test").is_err());
    }

    #[test]
    fn bytes_after_the_certificate_are_refused() {
        let mut der = TestCa::new().sign(&leaf(&[SHOP])).to_vec();
        der.push(0);
        let error = PeerCertificate::read(&der.into()).unwrap_err();
        assert!(error.to_string().contains("bytes follow"), "{error}");
    }

    proptest! {
        #[test]
        fn damaged_certificates_are_judged_without_panic_and_never_gain_a_name(
            at in any::<prop::sample::Index>(), bit in 0..8_u8, cut in any::<bool>()
        ) {
            let mut der = TestCa::fixed().to_vec();
            let at = at.index(der.len());
            der[at] ^= 1 << bit;
            if cut {
                der.truncate(at);
            }
            // A flipped bit may change the name (the signature then fails, which is not judged
            // here), but what is taken is always one legal identity.
            if let Ok(certificate) = PeerCertificate::read(&der.into()) {
                let text = certificate.id().to_string();
                prop_assert_eq!(&text.parse::<SpiffeId>().unwrap(), certificate.id());
            }
        }

        #[test]
        fn random_bytes_are_no_certificate(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(PeerCertificate::read(&bytes.into()).is_err());
        }
    }
}

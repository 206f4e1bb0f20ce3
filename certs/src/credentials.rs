//! What a process shows to others, and whom it trusts.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::InconsistentKeys;
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::certificate_error::CertificateError;
use crate::certificate_fields::CertificateFields;
use crate::chain::check_chain;
use crate::credentials_error::CredentialsError;
use crate::peer_certificate::PeerCertificate;
use crate::pem_text::PemText;
use crate::provider::provider;
use crate::spiffe_id::SpiffeId;
use crate::utc::Utc;

/// A certificate with its private key, and the CAs whose certificates are believed.
///
/// Cloning shares the private key. `Debug` never shows it.
#[derive(Clone)]
pub struct Credentials {
    certificate: PeerCertificate,
    chain: Vec<CertificateDer<'static>>,
    key: Arc<PrivateKeyDer<'static>>,
    roots: Vec<CertificateDer<'static>>,
    origins: Origins,
}

impl Credentials {
    /// Reads three PEM files: the certificate (followed by intermediates, if any), its private
    /// key, and the CA bundle, which holds several CAs while they are being rotated.
    ///
    /// Checked is what [`new`](Self::new) and [`check`](Self::check) check, against this
    /// machine's clock, and that only its owner may read the key (on Unix). CAs that are not valid
    /// now are dropped, as the TLS verifier doesn't look at the dates of a root; one must remain.
    pub fn load(
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
        ca: impl AsRef<Path>,
    ) -> Result<Self, CredentialsError> {
        let (certificate, key, ca) = (certificate.as_ref(), key.as_ref(), ca.as_ref());
        let origins = Origins {
            certificate: certificate.display().to_string(),
            key: key.display().to_string(),
            ca: ca.display().to_string(),
        };
        Self::read(
            &PemText::read(certificate)?,
            &PemText::read_secret(key)?,
            &PemText::read(ca)?,
            origins,
        )
    }

    /// Like [`load`](Self::load), from PEM text that is already in memory.
    pub fn from_pem(
        certificate: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
        ca: impl AsRef<[u8]>,
    ) -> Result<Self, CredentialsError> {
        let origins = Origins::in_memory();
        Self::read(
            &PemText::given(&origins.certificate, certificate.as_ref()),
            &PemText::given(&origins.key, key.as_ref()),
            &PemText::given(&origins.ca, ca.as_ref()),
            origins,
        )
    }

    /// Puts credentials together: `chain` is the certificate and its intermediates, `roots` are
    /// the trusted CAs.
    ///
    /// Checked is what no clock and no other certificate decides: that the first certificate is a
    /// [`PeerCertificate`], that the key is its key, that every root is a CA and that there is one.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        roots: Vec<CertificateDer<'static>>,
    ) -> Result<Self, CredentialsError> {
        Self::assemble(chain, key, roots, Origins::in_memory())
    }

    /// Whether the certificate is valid at `now` and one of the roots vouches for it, so that
    /// peers which trust the same roots will accept it.
    pub fn check(&self, now: SystemTime) -> Result<(), CredentialsError> {
        let dated = self.certificate.check_time(now);
        dated.map_err(|fault| refused(&self.origins.certificate, fault))?;
        check_chain(&self.chain, &self.roots, now).map_err(|reason| CredentialsError::Untrusted {
            certificate: self.origins.certificate.clone(),
            ca: self.origins.ca.clone(),
            issuer: self.issuer(),
            reason,
        })
    }

    /// Who we are.
    pub fn id(&self) -> &SpiffeId {
        self.certificate.id()
    }

    /// Our certificate's identity and validity.
    pub fn certificate(&self) -> &PeerCertificate {
        &self.certificate
    }

    /// Our certificate, followed by intermediates; never empty.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// A copy of the private key.
    pub fn clone_key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }

    /// The trusted CAs; never empty.
    pub fn roots(&self) -> &[CertificateDer<'static>] {
        &self.roots
    }

    fn read(
        certificate: &PemText,
        key: &PemText,
        ca: &PemText,
        origins: Origins,
    ) -> Result<Self, CredentialsError> {
        let now = SystemTime::now();
        let (chain, key) = (certificate.certificates()?, key.private_key()?);
        let mut credentials = Self::assemble(chain, key, ca.certificates()?, origins)?;
        credentials.drop_expired_roots(now)?;
        credentials.check(now)?;
        Ok(credentials)
    }

    fn assemble(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        roots: Vec<CertificateDer<'static>>,
        origins: Origins,
    ) -> Result<Self, CredentialsError> {
        let Some(leaf) = chain.first() else {
            return Err(nothing(&origins.certificate, "certificate"));
        };
        let certificate =
            PeerCertificate::read(leaf).map_err(|fault| refused(&origins.certificate, fault))?;
        if roots.is_empty() {
            return Err(nothing(&origins.ca, "CA certificate"));
        }
        for root in &roots {
            check_root(root, &origins.ca)?;
        }
        check_key(&chain, &key, &origins)?;
        Ok(Self {
            certificate,
            chain,
            key: Arc::new(key),
            roots,
            origins,
        })
    }

    fn drop_expired_roots(&mut self, now: SystemTime) -> Result<(), CredentialsError> {
        let mut last_end = SystemTime::UNIX_EPOCH;
        self.roots.retain(|root| {
            let fields = CertificateFields::read(root).ok();
            fields.is_some_and(|fields| {
                last_end = last_end.max(fields.not_after);
                fields.check_time(now).is_ok()
            })
        });
        if self.roots.is_empty() {
            return Err(CredentialsError::AuthoritiesExpired {
                origin: self.origins.ca.clone(),
                not_after: Utc(last_end).to_string(),
                now: Utc(now).to_string(),
            });
        }
        Ok(())
    }

    fn issuer(&self) -> String {
        let fields = self.chain.first().map(|leaf| CertificateFields::read(leaf));
        match fields {
            Some(Ok(fields)) => fields.issuer,
            _ => "nobody".into(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("id", self.id())
            .field("certificates", &self.chain.len())
            .field("roots", &self.roots.len())
            .finish_non_exhaustive()
    }
}

/// Where the parts came from, for errors.
#[derive(Clone)]
struct Origins {
    certificate: String,
    key: String,
    ca: String,
}

impl Origins {
    fn in_memory() -> Self {
        Self {
            certificate: "the certificate given in memory".into(),
            key: "the key given in memory".into(),
            ca: "the CA bundle given in memory".into(),
        }
    }
}

fn check_root(root: &CertificateDer<'_>, origin: &str) -> Result<(), CredentialsError> {
    let fields = CertificateFields::read(root).map_err(|fault| refused(origin, fault))?;
    if fields.is_authority {
        return Ok(());
    }
    Err(CredentialsError::NotAuthority {
        origin: origin.into(),
        subject: match fields.identity() {
            Ok(id) => id.to_string(),
            Err(_) => fields.subject,
        },
        serial: fields.serial,
    })
}

fn check_key(
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
    origins: &Origins,
) -> Result<(), CredentialsError> {
    let unusable = || CredentialsError::UnusableKey {
        origin: origins.key.clone(),
    };
    let signer = provider()
        .key_provider
        .load_private_key(key.clone_key())
        .map_err(|_| unusable())?;
    match CertifiedKey::new(chain.to_vec(), signer).keys_match() {
        Ok(()) => Ok(()),
        Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(CredentialsError::KeyMismatch {
                key: origins.key.clone(),
                certificate: origins.certificate.clone(),
            })
        }
        Err(_) => Err(unusable()),
    }
}

fn refused(origin: &str, fault: CertificateError) -> CredentialsError {
    CredentialsError::Certificate {
        origin: origin.into(),
        fault,
    }
}

fn nothing(origin: &str, wanted: &'static str) -> CredentialsError {
    CredentialsError::Nothing {
        origin: origin.into(),
        wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_ca::{HOUR, TestCa, leaf, new_key};

    const SHOP: &str = "spiffe://test/peer/Shop.0";

    fn message(result: Result<Credentials, CredentialsError>) -> String {
        result.expect_err("was taken").to_string()
    }

    #[test]
    fn good_pem_makes_credentials_that_say_who_we_are() {
        let ca = TestCa::new();
        let (certificate, key) = ca.issue_pem(&leaf(&[SHOP]));
        let credentials = Credentials::from_pem(&certificate, &key, &ca.pem).unwrap();
        assert_eq!(credentials.id().to_string(), SHOP);
        assert_eq!(
            (credentials.chain().len(), credentials.roots()),
            (1, &[ca.der][..])
        );
        assert!(credentials.certificate().not_after() > SystemTime::now());
        let again = Credentials::new(
            credentials.chain().to_vec(),
            credentials.clone_key(),
            credentials.roots().to_vec(),
        );
        assert_eq!(again.unwrap().id(), credentials.id());
    }

    #[test]
    fn debug_output_shows_nothing_of_the_key() {
        let ca = TestCa::new();
        let (certificate, key) = ca.issue_pem(&leaf(&[SHOP]));
        let credentials = Credentials::from_pem(certificate, key, &ca.pem).unwrap();
        let text = format!("{credentials:?}");
        assert_eq!(
            text,
            "Credentials { id: spiffe://test/peer/Shop.0, certificates: 1, roots: 1, .. }"
        );
    }

    #[test]
    fn any_ca_of_the_bundle_may_vouch_while_it_is_rotated() {
        let (old, new) = (TestCa::new(), TestCa::new());
        let both = format!("{}{}", old.pem, new.pem);
        for ca in [&old, &new] {
            let (certificate, key) = ca.issue_pem(&leaf(&[SHOP]));
            let credentials = Credentials::from_pem(certificate, key, &both).unwrap();
            assert_eq!(credentials.roots().len(), 2);
        }
    }

    #[test]
    fn a_certificate_of_another_ca_is_refused_by_load_and_by_check_but_not_by_new() {
        let (ours, other) = (TestCa::new(), TestCa::new());
        let key = new_key();
        let chain = vec![other.sign_key(&leaf(&[SHOP]), &key)];
        let der = key.private_key().clone_key();
        let built = Credentials::new(chain, der, vec![ours.der.clone()]).unwrap();
        assert!(matches!(
            built.check(SystemTime::now()),
            Err(CredentialsError::Untrusted { .. })
        ));
        let (certificate, key) = other.issue_pem(&leaf(&[SHOP]));
        let text = message(Credentials::from_pem(certificate, key, &ours.pem));
        assert!(
            text.contains("no CA in the CA bundle") && text.contains("test CA"),
            "{text}"
        );
    }

    #[test]
    fn expired_and_not_yet_valid_certificates_are_refused_with_both_times() {
        let ca = TestCa::new();
        let now = SystemTime::now();
        let mut params = leaf(&[SHOP]);
        params.not_after = (now - HOUR / 2).into();
        let (certificate, key) = ca.issue_pem(&params);
        let text = message(Credentials::from_pem(certificate, key, &ca.pem));
        assert!(
            text.contains("expired at") && text.contains("renew it"),
            "{text}"
        );
        params.not_before = (now + HOUR).into();
        params.not_after = (now + 2 * HOUR).into();
        let (certificate, key) = ca.issue_pem(&params);
        let text = message(Credentials::from_pem(certificate, key, &ca.pem));
        assert!(text.contains("check the clock"), "{text}");
    }

    #[test]
    fn an_expired_ca_is_dropped_and_the_last_one_is_missed() {
        let now = SystemTime::now();
        let old = TestCa::valid_between(now - 2 * HOUR, now - HOUR);
        let new = TestCa::new();
        let (certificate, key) = new.issue_pem(&leaf(&[SHOP]));
        let both = format!("{}{}", old.pem, new.pem);
        let credentials = Credentials::from_pem(&certificate, &key, both).unwrap();
        assert_eq!(credentials.roots(), [new.der]);
        let text = message(Credentials::from_pem(certificate, key, &old.pem));
        assert!(text.contains("is valid now"), "{text}");
    }

    #[test]
    fn the_key_of_another_certificate_is_refused() {
        let ca = TestCa::new();
        let (certificate, _) = ca.issue_pem(&leaf(&[SHOP]));
        let (_, key) = ca.issue_pem(&leaf(&[SHOP]));
        let error = Credentials::from_pem(certificate, key, &ca.pem).unwrap_err();
        assert!(
            matches!(error, CredentialsError::KeyMismatch { .. }),
            "{error}"
        );
    }

    #[test]
    fn a_key_that_is_no_key_is_refused() {
        let ca = TestCa::new();
        let (certificate, _) = ca.issue_pem(&leaf(&[SHOP]));
        let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
        let error = Credentials::from_pem(certificate, key, &ca.pem).unwrap_err();
        assert!(
            matches!(error, CredentialsError::UnusableKey { .. }),
            "{error}"
        );
    }

    #[test]
    fn a_leaf_among_the_cas_is_refused_by_its_name() {
        let ca = TestCa::new();
        let (certificate, key) = ca.issue_pem(&leaf(&[SHOP]));
        let text = message(Credentials::from_pem(&certificate, key, &certificate));
        assert!(
            text.contains("is no CA (spiffe://test/peer/Shop.0"),
            "{text}"
        );
    }

    #[test]
    fn nothing_is_put_together_from_nothing() {
        let ca = TestCa::new();
        let key = new_key();
        let der = || key.private_key().clone_key();
        let leaf = ca.sign_key(&leaf(&[SHOP]), &key);
        let no_chain = Credentials::new(vec![], der(), vec![ca.der.clone()]);
        assert!(message(no_chain).contains("holds no certificate"));
        let no_roots = Credentials::new(vec![leaf], der(), vec![]);
        assert!(message(no_roots).contains("holds no CA certificate"));
    }
}

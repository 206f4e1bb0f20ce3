//! The CA of an environment, held in two files.

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use quibus::Identity;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyUsagePurpose, PublicKeyData, SanType,
};
use rustls_pki_types::CertificateDer;

use super::issue_error::IssueError;
use super::issued::Issued;
use super::issuer_name::issuer_params;
use super::key_pair::KeyPair;
use super::new_file::{Existing, NewFile};
use super::randomness::random_serial;
use super::validity::{Period, Validity};
use crate::certificate_fields::CertificateFields;
use crate::credentials_error::CredentialsError;
use crate::pem_text::PemText;
use crate::spiffe_id::{SpiffeId, authority_name, environment_of_authority};
use crate::utc::Utc;

/// A CA for development: one environment, one Ed25519 key. `Debug` never shows the key.
///
/// Its certificate may sign peers' certificates and no further CA (path length 0). It carries the
/// environment as `spiffe://<environment>`, so that its files are all there is to remember.
pub struct DevelopmentCa {
    environment: String,
    not_after: SystemTime,
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, and others that stand beside it while CAs are rotated.
    bundle: Vec<CertificateDer<'static>>,
    bundle_pem: String,
}

impl DevelopmentCa {
    /// What a development CA gets by habit: a year.
    pub const VALID_FOR: Duration = Duration::from_secs(365 * 24 * 3600);

    /// Where [`save`](Self::save) puts the certificate.
    pub const CERTIFICATE_FILE: &str = "ca.pem";

    /// Where [`save`](Self::save) puts the private key.
    pub const KEY_FILE: &str = "ca.key";

    /// Makes a CA with a new key, valid from 5 minutes ago until `valid_for` from now. Nothing is
    /// written yet.
    pub fn create(environment: &str, valid_for: Duration) -> Result<Self, IssueError> {
        let name = authority_name(environment)?;
        let period = Validity::For(valid_for).resolve(SystemTime::now())?;
        let key = KeyPair::generate()?;
        let params = authority_params(environment, name, period, &key)?;
        let certificate = params.self_signed(&key).map_err(failed)?;
        let bundle = vec![certificate.der().clone()];
        Self::assemble(key, bundle, certificate.pem(), "the new CA")
    }

    /// Reads `ca.pem` and `ca.key` back. `ca.pem` may hold further CAs: which one is ours is said
    /// by the key.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, IssueError> {
        let certificate = folder.as_ref().join(Self::CERTIFICATE_FILE);
        let key = PemText::read_secret(&folder.as_ref().join(Self::KEY_FILE))?.private_key()?;
        let pem = PemText::read(&certificate)?;
        let origin = certificate.display().to_string();
        Self::assemble(
            KeyPair::from_der(key)?,
            pem.certificates()?,
            pem.to_text(),
            &origin,
        )
    }

    /// The environment whose identities it issues.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// The last moment at which it is valid; nothing it issues may outlive it.
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// The CA bundle in PEM: what every peer of the environment must trust.
    pub fn certificate_pem(&self) -> &str {
        &self.bundle_pem
    }

    /// Writes `ca.key` (mode 0600) and `ca.pem` (mode 0644) into a folder, made if need be.
    ///
    /// A CA that is already there is not overwritten ([`IssueError::Exists`]).
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), IssueError> {
        self.write(folder.as_ref(), Existing::Refuse)
    }

    /// Like [`save`](Self::save), over a CA that is there. Whatever that one issued is no longer
    /// trusted by those who read the new file.
    pub fn replace(&self, folder: impl AsRef<Path>) -> Result<(), IssueError> {
        self.write(folder.as_ref(), Existing::Replace)
    }

    /// Issues a certificate with a new key of Ed25519 to `identity` in this environment.
    pub fn issue(&self, identity: &Identity, validity: Validity) -> Result<Issued, IssueError> {
        self.issue_for(identity, validity, &KeyPair::generate()?)
    }

    /// Issues a certificate for a key that is there already, or of another kind. Peers take keys of
    /// Ed25519 and P-256.
    pub fn issue_for(
        &self,
        identity: &Identity,
        validity: Validity,
        key: &KeyPair,
    ) -> Result<Issued, IssueError> {
        let id = SpiffeId::new(&self.environment, identity.clone())?;
        let period = validity.resolve(SystemTime::now())?;
        if SystemTime::from(period.not_after) > self.not_after {
            return Err(IssueError::OutlivesAuthority {
                not_after: Utc(period.not_after.into()).to_string(),
                authority_not_after: Utc(self.not_after).to_string(),
            });
        }
        let certificate = self.sign(&id, period, key)?;
        let (pem, roots) = (self.bundle_pem.clone(), self.bundle.clone());
        Ok(Issued::new(id, &certificate, key, pem, roots))
    }

    fn sign(
        &self,
        id: &SpiffeId,
        period: Period,
        key: &KeyPair,
    ) -> Result<Certificate, IssueError> {
        let mut params = params(id.to_string(), period, key)?;
        // Says "no CA" aloud, and makes rcgen write the subject key identifier.
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        params.signed_by(key, &self.issuer).map_err(failed)
    }

    fn assemble(
        key: KeyPair,
        bundle: Vec<CertificateDer<'static>>,
        bundle_pem: String,
        origin: &str,
    ) -> Result<Self, IssueError> {
        let refused = |reason: String| IssueError::NotDevelopmentCa {
            file: origin.into(),
            reason,
        };
        let (own, fields) = own_certificate(&bundle, &key, origin)?;
        let [name] = fields.uris.as_slice() else {
            return Err(refused("it does not name its environment".into()));
        };
        if !fields.is_authority {
            return Err(refused("its certificate is no CA certificate".into()));
        }
        let environment = environment_of_authority(name).map_err(|e| refused(e.to_string()))?;
        Ok(Self {
            environment: environment.into(),
            not_after: fields.not_after,
            issuer: Issuer::new(issuer_params(own, &key).map_err(refused)?, key),
            bundle,
            bundle_pem,
        })
    }

    fn write(&self, folder: &Path, existing: Existing) -> Result<(), IssueError> {
        let key_pem = self.issuer.key().to_pem();
        let files = [
            NewFile::secret(folder.join(Self::KEY_FILE), &key_pem),
            NewFile::public(folder.join(Self::CERTIFICATE_FILE), &self.bundle_pem),
        ];
        NewFile::write_all(folder, &files, existing)
    }
}

impl fmt::Debug for DevelopmentCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevelopmentCa")
            .field("environment", &self.environment)
            .field("not_after", &Utc(self.not_after).to_string())
            .finish_non_exhaustive()
    }
}

/// What every certificate of this CA has: one URI, both ends of its validity, a random serial.
fn params(uri: String, period: Period, key: &KeyPair) -> Result<CertificateParams, IssueError> {
    let mut params = CertificateParams::default();
    // The default would be a common name that says nothing, and is no identity here anyway.
    params.distinguished_name = DistinguishedName::new();
    params.subject_alt_names = vec![SanType::URI(uri.try_into().map_err(failed)?)];
    params.not_before = period.not_before;
    params.not_after = period.not_after;
    params.serial_number = Some(random_serial()?);
    params.key_identifier_method = key.identifier();
    Ok(params)
}

fn authority_params(
    environment: &str,
    name: String,
    period: Period,
    key: &KeyPair,
) -> Result<CertificateParams, IssueError> {
    let mut params = params(name, period, key)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // Part of the serial tells two CAs of one environment apart while they are rotated. X.520
    // allows 64 characters.
    let serial = params.serial_number.iter().flat_map(|s| s.to_bytes());
    let tag: String = serial.take(4).map(|byte| format!("{byte:02x}")).collect();
    let common_name = format!("{environment:.32} development CA {tag}");
    let names = &mut params.distinguished_name;
    names.push(DnType::CommonName, common_name);
    Ok(params)
}

fn own_certificate<'a>(
    bundle: &'a [CertificateDer<'static>],
    key: &KeyPair,
    origin: &str,
) -> Result<(&'a CertificateDer<'static>, CertificateFields), IssueError> {
    let public_key = key.subject_public_key_info();
    for der in bundle {
        let fields =
            CertificateFields::read(der).map_err(|fault| CredentialsError::Certificate {
                origin: origin.into(),
                fault,
            })?;
        if fields.public_key == public_key {
            return Ok((der, fields));
        }
    }
    Err(IssueError::Load(CredentialsError::KeyMismatch {
        key: DevelopmentCa::KEY_FILE.into(),
        certificate: origin.into(),
    }))
}

/// Turns an error of the library below into ours; none of them shows key material.
fn failed(fault: rcgen::Error) -> IssueError {
    IssueError::Signer {
        reason: fault.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use quibus::PeerId;
    use quibus::id::Name;

    use super::*;
    use crate::inspection::{Role, inspect};
    use crate::issue::KeyKind;
    use crate::peer_certificate::PeerCertificate;
    use crate::test_ca::{HOUR, TestCa};

    fn ca() -> DevelopmentCa {
        DevelopmentCa::create("test", DevelopmentCa::VALID_FOR).unwrap()
    }

    fn peer(text: &str) -> Identity {
        Identity::Peer(PeerId::new(text).unwrap())
    }

    #[test]
    fn every_kind_of_identity_is_issued_and_vouched_for() {
        let ca = ca();
        let (id, name) = (PeerId::new("Shop.0").unwrap(), Name::new("Shop").unwrap());
        for identity in [
            Identity::Peer(id.clone()),
            Identity::Service(name.clone()),
            Identity::Directory(id),
            Identity::Operator(name.clone()),
            Identity::Admin(name),
        ] {
            let issued = ca.issue(&identity, Validity::default()).unwrap();
            let credentials = issued.credentials().unwrap();
            credentials.check(SystemTime::now()).unwrap();
            assert_eq!(credentials.id().identity(), &identity);
            assert_eq!(credentials.id().environment(), "test");
        }
    }

    #[test]
    fn a_key_of_p_256_is_vouched_for_too() {
        let key = KeyPair::generate_for(KeyKind::P256).unwrap();
        let issued = ca().issue_for(&peer("Shop.0"), Validity::default(), &key);
        let issued = issued.unwrap();
        issued
            .credentials()
            .unwrap()
            .check(SystemTime::now())
            .unwrap();
        assert_eq!(issued.key_pem(), key.to_pem());
    }

    #[test]
    fn both_ends_of_every_validity_are_what_was_asked_for() {
        let before = SystemTime::now();
        let ca = ca();
        let issued = ca.issue(&peer("Shop.0"), Validity::default()).unwrap();
        let after = SystemTime::now();
        let shown = inspect(
            issued.certificate_pem().to_owned() + issued.ca_pem(),
            before,
        )
        .unwrap();
        // Certificates count whole seconds.
        let earliest = before - Duration::from_secs(1);
        for (shown, span) in shown.iter().zip([Validity::LEAF, DevelopmentCa::VALID_FOR]) {
            let begin = shown.not_before + Validity::CLOCK_SKEW;
            assert!((earliest..=after).contains(&begin), "{shown}");
            let end = shown.not_after - span;
            assert!((earliest..=after).contains(&end), "{shown}");
            assert!(
                shown.problems.is_empty() && shown.key_type == "Ed25519",
                "{shown}"
            );
        }
        assert_eq!(
            (shown[0].role, shown[1].role),
            (Role::Peer, Role::Authority)
        );
        assert_eq!(shown[1].environment.as_deref(), Some("test"));
    }

    #[test]
    fn nothing_outlives_its_ca() {
        let ca = DevelopmentCa::create("test", HOUR).unwrap();
        assert!(ca.issue(&peer("Shop.0"), Validity::For(HOUR / 2)).is_ok());
        let error = ca.issue(&peer("Shop.0"), Validity::default()).unwrap_err();
        assert!(
            matches!(error, IssueError::OutlivesAuthority { .. }),
            "{error}"
        );
    }

    #[test]
    fn a_certificate_for_another_time_can_be_issued_and_is_then_refused() {
        let now = SystemTime::now();
        let past = Validity::Between {
            not_before: now - 2 * HOUR,
            not_after: now - HOUR,
        };
        let credentials = ca().issue(&peer("Shop.0"), past).unwrap().credentials();
        let error = credentials.unwrap().check(now).unwrap_err();
        assert!(error.to_string().contains("expired"), "{error}");
    }

    #[test]
    fn serials_and_keys_are_never_the_same_twice() {
        let ca = ca();
        let mut seen = HashSet::new();
        for _ in 0..50 {
            let issued = ca.issue(&peer("Shop.0"), Validity::default()).unwrap();
            let pem = issued.certificate_pem();
            let serial = inspect(pem, SystemTime::now()).unwrap().remove(0).serial;
            assert_eq!(serial.len(), 16 * 3 - 1, "{serial}");
            assert!(seen.insert(serial) && seen.insert(issued.key_pem().to_owned()));
        }
    }

    #[test]
    fn extensions_are_those_of_a_leaf_and_of_a_ca_that_signs_only_leaves() {
        use x509_parser::extensions::ParsedExtension as Extension;
        let ca = ca();
        let issued = ca.issue(&peer("Shop.0"), Validity::default()).unwrap();
        let chain = issued.credentials().unwrap().chain().to_vec();
        let (_, leaf) = x509_parser::parse_x509_certificate(&chain[0]).unwrap();
        let (_, authority) = x509_parser::parse_x509_certificate(&ca.bundle[0]).unwrap();
        let constraints = authority.basic_constraints().unwrap().unwrap();
        assert!(constraints.critical && constraints.value.ca);
        assert_eq!(constraints.value.path_len_constraint, Some(0));
        let usage = authority.key_usage().unwrap().unwrap();
        assert_eq!(usage.value.flags, 1 << 5, "keyCertSign alone");
        let usage = leaf.key_usage().unwrap().unwrap();
        assert_eq!(usage.value.flags, 1, "digitalSignature alone");
        let own = leaf
            .iter_extensions()
            .find_map(|ext| match ext.parsed_extension() {
                Extension::AuthorityKeyIdentifier(id) => id.key_identifier.clone(),
                _ => None,
            });
        let id_of = |certificate: &x509_parser::certificate::X509Certificate<'_>| {
            certificate
                .iter_extensions()
                .find_map(|ext| match ext.parsed_extension() {
                    Extension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
                    _ => None,
                })
        };
        assert_eq!(own.map(|id| id.0.to_vec()), id_of(&authority));
        assert!(id_of(&leaf).is_some_and(|id| id.len() == 20));
    }

    #[test]
    fn files_that_are_no_development_ca_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let load = || DevelopmentCa::load(&folder).unwrap_err().to_string();
        assert!(load().contains("ca.key"));
        ca().save(&folder).unwrap();
        std::fs::write(folder.path().join("ca.pem"), TestCa::new().pem).unwrap();
        assert!(load().contains("does not belong to"), "{}", load());
        let key = crate::test_ca::new_key();
        let foreign = TestCa::new().sign_key(&crate::test_ca::leaf(&["spiffe://test"]), &key);
        let error = DevelopmentCa::assemble(key, vec![foreign], String::new(), "ca.pem");
        let text = error.unwrap_err().to_string();
        assert!(text.contains("no CA certificate"), "{text}");
    }

    #[test]
    fn an_illegal_environment_is_refused_and_the_longest_is_not() {
        let error = DevelopmentCa::create("Prod", HOUR).unwrap_err();
        assert!(error.to_string().contains("lower case"), "{error}");
        let longest = "e".repeat(255);
        let ca = DevelopmentCa::create(&longest, HOUR).unwrap();
        let issued = ca.issue(&peer("Shop.0"), Validity::For(HOUR / 2)).unwrap();
        let credentials = issued.credentials().unwrap();
        credentials.check(SystemTime::now()).unwrap();
        let certificate = PeerCertificate::read(&credentials.chain()[0]).unwrap();
        assert_eq!(certificate.id().environment(), longest);
    }

    #[test]
    fn debug_output_shows_no_key() {
        let ca = ca();
        let issued = ca.issue(&peer("Shop.0"), Validity::default()).unwrap();
        let text = format!("{ca:?} {issued:?}");
        for secret in [ca.issuer.key().to_pem().as_str(), issued.key_pem()] {
            let line = secret.lines().nth(1).unwrap();
            assert!(!text.contains(line) && !text.contains("PRIVATE"), "{text}");
        }
    }
}

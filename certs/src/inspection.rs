//! A certificate laid open for people.

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use quibus::Identity;
use rustls_pki_types::CertificateDer;

use crate::certificate_fields::{CertificateFields, KeyType};
use crate::credentials_error::CredentialsError;
use crate::pem_text::PemText;
use crate::spiffe_id::{SpiffeId, environment_of_authority};
use crate::utc::{Span, Utc};

/// What one certificate says, and everything that is wrong with it at a given moment.
///
/// Every text in it is escaped; printing it can't disturb a terminal. `Display` prints aligned
/// lines, one fact each.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// Whom it names, if it names exactly one.
    pub id: Option<SpiffeId>,
    /// The environment of its identity, or the one that a CA issues for.
    pub environment: Option<String>,
    /// What it allows its holder to be.
    pub role: Role,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The subject's distinguished name; not an identity, often empty.
    pub subject: String,
    /// The serial number in lower-case hex, bytes joined by colons.
    pub serial: String,
    /// The first moment at which it is valid.
    pub not_before: SystemTime,
    /// The last moment at which it is valid.
    pub not_after: SystemTime,
    /// How long it stays valid; zero once it has expired.
    pub remaining: Duration,
    /// `Ed25519`, `P-256`, or another kind, which no peer may have.
    pub key_type: String,
    /// Why it can't be used now, a sentence each; empty if nothing speaks against it. Whether a
    /// trusted CA issued it is not looked at.
    pub problems: Vec<String>,
}

/// What the holder of a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Issues certificates to others.
    Authority,
    /// One peer.
    Peer,
    /// Any instance of a service.
    Service,
    /// A directory server.
    Directory,
    /// Watches.
    Operator,
    /// Watches and changes membership and policy.
    Admin,
    /// Nobody: it has no identity of this bus.
    Nobody,
}

/// Lays open every certificate in a PEM text, as of `now`.
///
/// A certificate with problems is a result, not an error; an error is a text without
/// certificates, or one that is no X.509 certificate at all.
pub fn inspect(
    pem: impl AsRef<[u8]>,
    now: SystemTime,
) -> Result<Vec<Inspection>, CredentialsError> {
    let origin = "the certificate given in memory";
    let chain = PemText::given(origin, pem.as_ref()).certificates()?;
    inspect_chain(&chain, origin, now)
}

/// Lays open every certificate in a PEM file, like [`inspect`].
pub fn inspect_file(
    path: impl AsRef<Path>,
    now: SystemTime,
) -> Result<Vec<Inspection>, CredentialsError> {
    inspect_chain(&certificates_in(&path)?, path.as_ref().display(), now)
}

/// Lays open certificates that somebody has shown; `origin` says who, for errors.
pub fn inspect_chain(
    chain: &[CertificateDer<'_>],
    origin: impl fmt::Display,
    now: SystemTime,
) -> Result<Vec<Inspection>, CredentialsError> {
    let open = |der: &CertificateDer<'_>| match CertificateFields::read(der) {
        Ok(fields) => Ok(Inspection::of(fields, now)),
        Err(fault) => Err(CredentialsError::Certificate {
            origin: origin.to_string(),
            fault,
        }),
    };
    chain.iter().map(open).collect()
}

/// The certificates in a PEM file, in order; at least one.
pub fn certificates_in(
    path: impl AsRef<Path>,
) -> Result<Vec<CertificateDer<'static>>, CredentialsError> {
    PemText::read(path.as_ref())?.certificates()
}

impl Inspection {
    fn of(fields: CertificateFields, now: SystemTime) -> Self {
        let identity = fields.identity();
        let mut problems = Vec::new();
        let role = match &identity {
            _ if fields.is_authority => Role::Authority,
            Ok(id) => Role::of(id.identity()),
            Err(_) => Role::Nobody,
        };
        if role != Role::Authority {
            problems.extend(identity.as_ref().err().map(ToString::to_string));
            problems.extend(fields.faults().iter().map(ToString::to_string));
        }
        let environment = match (&identity, fields.uris.as_slice()) {
            (Ok(id), _) => Some(id.environment().to_owned()),
            (Err(_), [uri]) if fields.is_authority => {
                environment_of_authority(uri).ok().map(ToOwned::to_owned)
            }
            _ => None,
        };
        problems.extend(fields.check_time(now).err().map(|fault| fault.to_string()));
        Self {
            id: identity.ok(),
            environment,
            role,
            remaining: fields.not_after.duration_since(now).unwrap_or_default(),
            issuer: fields.issuer,
            subject: fields.subject,
            serial: fields.serial,
            not_before: fields.not_before,
            not_after: fields.not_after,
            key_type: match fields.key {
                KeyType::Ed25519 => "Ed25519".into(),
                KeyType::P256 => "P-256".into(),
                KeyType::Other(other) => other,
            },
            problems,
        }
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: &dyn fmt::Display| writeln!(f, "{name:<12}{value}");
        match &self.id {
            Some(id) => line("identity", id)?,
            None => line("identity", &"none")?,
        }
        if let Some(environment) = &self.environment {
            line("environment", environment)?;
        }
        line("role", &self.role)?;
        if !self.subject.is_empty() {
            line("subject", &self.subject)?;
        }
        line("issuer", &self.issuer)?;
        line("serial", &self.serial)?;
        line("key", &self.key_type)?;
        line("valid from", &Utc(self.not_before))?;
        line("valid until", &Utc(self.not_after))?;
        line("remaining", &Span(self.remaining))?;
        if self.problems.is_empty() {
            line("problems", &"none")?;
        }
        for problem in &self.problems {
            line("problem", problem)?;
        }
        Ok(())
    }
}

impl Role {
    fn of(identity: &Identity) -> Self {
        match identity {
            Identity::Peer(_) => Self::Peer,
            Identity::Service(_) => Self::Service,
            Identity::Directory(_) => Self::Directory,
            Identity::Operator(_) => Self::Operator,
            Identity::Admin(_) => Self::Admin,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authority => "CA: issues certificates to others",
            Self::Peer => "peer",
            Self::Service => "any instance of the service",
            Self::Directory => "directory server",
            Self::Operator => "operator: watches",
            Self::Admin => "administrator: changes membership and policy",
            Self::Nobody => "none on this bus",
        })
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType};

    use super::*;
    use crate::test_ca::{HOUR, TestCa, leaf};

    fn open(params: &CertificateParams, now: SystemTime) -> Inspection {
        let (pem, _) = TestCa::new().issue_pem(params);
        inspect(pem, now).unwrap().remove(0)
    }

    #[test]
    fn a_good_certificate_is_laid_open_line_by_line() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let mut params = leaf(&["spiffe://test/peer/Shop.0"]);
        params.not_before = (now - HOUR).into();
        params.not_after = (now + 30 * HOUR).into();
        params.serial_number = Some(vec![0x0a, 0xff].into());
        let frozen = "\
identity    spiffe://test/peer/Shop.0
environment test
role        peer
issuer      CN=test CA
serial      0a:ff
key         Ed25519
valid from  2027-01-15 07:00:00 UTC
valid until 2027-01-16 14:00:00 UTC
remaining   1 d 6 h
problems    none
";
        assert_eq!(open(&params, now).to_string(), frozen);
    }

    #[test]
    fn every_problem_is_listed_not_only_the_first() {
        let mut params = leaf(&[]);
        params.extended_key_usages.clear();
        let inspection = open(&params, SystemTime::now() + 2 * HOUR);
        assert_eq!(
            (inspection.role, inspection.id.as_ref()),
            (Role::Nobody, None)
        );
        assert_eq!(inspection.remaining, Duration::ZERO);
        let expected = ["no identity", "serverAuth", "clientAuth", "expired"];
        assert_eq!(inspection.problems.len(), expected.len(), "{inspection}");
        for (problem, word) in inspection.problems.iter().zip(expected) {
            assert!(problem.contains(word), "{problem}");
        }
    }

    #[test]
    fn a_bundle_shows_each_certificate_and_a_ca_needs_no_identity() {
        let ca = TestCa::new();
        let (admin, _) = ca.issue_pem(&leaf(&["spiffe://test/admin/ann"]));
        let shown = inspect(admin + &ca.pem, SystemTime::now()).unwrap();
        let roles: Vec<_> = shown.iter().map(|one| one.role).collect();
        assert_eq!(roles, [Role::Admin, Role::Authority]);
        assert!(shown.iter().all(|one| one.problems.is_empty()), "{shown:?}");
    }

    #[test]
    fn text_out_of_a_certificate_cannot_fake_lines_or_colours() {
        let mut params = leaf(&["spiffe://test/peer/Shop.0\nproblems    none"]);
        let evil = "\u{1b}[2J\nidentity    spiffe://test/admin/root\u{202e}";
        params.distinguished_name.push(DnType::CommonName, evil);
        let text = open(&params, SystemTime::now()).to_string();
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
        let identities = text.lines().filter(|line| line.starts_with("identity"));
        assert_eq!(identities.collect::<Vec<_>>(), ["identity    none"]);
        assert!(
            !text.lines().any(|line| line.starts_with("problems")),
            "{text}"
        );
    }

    #[test]
    fn a_file_without_certificates_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty.pem");
        std::fs::write(&path, "").unwrap();
        let error = inspect_file(&path, SystemTime::now()).unwrap_err();
        assert!(error.to_string().contains("empty.pem holds no certificate"));
        std::fs::write(&path, &TestCa::new().pem).unwrap();
        assert_eq!(inspect_file(&path, SystemTime::now()).unwrap().len(), 1);
    }
}

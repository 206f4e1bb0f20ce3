//! Tests of a development CA that was written to its folder and read back.

use quibus::{Identity, PeerId};

use super::{DevelopmentCa, IssueError, Validity};
use crate::credentials::Credentials;

fn ca() -> DevelopmentCa {
    DevelopmentCa::create("test", DevelopmentCa::VALID_FOR).unwrap()
}

fn peer(text: &str) -> Identity {
    Identity::Peer(PeerId::new(text).unwrap())
}

#[test]
fn a_saved_ca_goes_on_issuing_after_it_was_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let ca = ca();
    ca.save(&folder).unwrap();
    let old = ca.issue(&peer("Shop.0"), Validity::default()).unwrap();
    let loaded = DevelopmentCa::load(&folder).unwrap();
    assert_eq!(loaded.environment(), "test");
    assert_eq!(loaded.not_after(), ca.not_after());
    let new = loaded.issue(&peer("Shop.1"), Validity::default()).unwrap();
    for (issued, trusted) in [(&old, &loaded), (&new, &ca)] {
        Credentials::from_pem(
            issued.certificate_pem(),
            issued.key_pem(),
            trusted.certificate_pem(),
        )
        .unwrap();
    }
}

#[test]
fn a_ca_is_never_overwritten_without_being_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (ca(), ca());
    first.save(&folder).unwrap();
    let error = second.save(&folder).unwrap_err();
    assert!(matches!(error, IssueError::Exists { .. }), "{error}");
    let loaded = DevelopmentCa::load(&folder).unwrap();
    assert_eq!(loaded.certificate_pem(), first.certificate_pem());
    second.replace(&folder).unwrap();
    let loaded = DevelopmentCa::load(&folder).unwrap();
    assert_eq!(loaded.certificate_pem(), second.certificate_pem());
}

#[test]
fn issued_files_load_as_credentials_and_a_renewal_must_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let ca = ca();
    let issue = || ca.issue(&peer("Shop.0"), Validity::default()).unwrap();
    let files = issue().save(&folder).unwrap();
    assert!(files.certificate.ends_with("peer-Shop.0.pem"));
    let load = || Credentials::load(&files.certificate, &files.key, &files.ca).unwrap();
    let first = load();
    assert_eq!(first.id().to_string(), "spiffe://test/peer/Shop.0");
    assert!(matches!(
        issue().save(&folder),
        Err(IssueError::Exists { .. })
    ));
    assert_eq!(load().chain(), first.chain());
    assert_eq!(issue().replace(&folder).unwrap(), files);
    assert_ne!(load().chain(), first.chain());
}

#[test]
fn in_a_rotated_bundle_the_key_says_which_ca_is_ours() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (ca(), ca());
    new.save(&folder).unwrap();
    let both = format!("{}{}", old.certificate_pem(), new.certificate_pem());
    std::fs::write(folder.path().join("ca.pem"), both).unwrap();
    let loaded = DevelopmentCa::load(&folder).unwrap();
    let issued = loaded.issue(&peer("Shop.0"), Validity::default()).unwrap();
    assert_eq!(issued.credentials().unwrap().roots().len(), 2);
    let (certificate, key) = (issued.certificate_pem(), issued.key_pem());
    Credentials::from_pem(certificate, key, new.certificate_pem()).unwrap();
    Credentials::from_pem(certificate, key, old.certificate_pem()).unwrap_err();
}

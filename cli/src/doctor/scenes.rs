//! Faults that are sown, and whether the doctor finds each with its cure.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use quibus::id::Name;
use quibus::{Identity, PeerId};
use quibus_certs::Credentials;
use quibus_certs::issue::{DevelopmentCa, IssuedFiles, Validity};
use quibus_directory::{Directory, DirectoryConfig, embed};
use quibus_quic::Quic;

use super::finding::{Finding, Gravity};
use super::machine;
use super::run::Doctor;
use crate::complaint::Complaint;
use crate::output_form::OutputForm;
use crate::watching::Viewpoint;

const DAY: Duration = Duration::from_secs(24 * 3600);
const SOON: Duration = Duration::from_secs(20);

/// A directory that runs, and somebody who may look at it.
struct Ward {
    folder: tempfile::TempDir,
    ca: DevelopmentCa,
    directory: Directory,
    ann: IssuedFiles,
}

impl Ward {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca = DevelopmentCa::create("dev", DevelopmentCa::VALID_FOR).unwrap();
        ca.save(folder.path()).unwrap();
        let server = Identity::Directory(PeerId::new("Directory.0").unwrap());
        let directory = serve(&ca, &server).await;
        let ann = ca.issue(&operator(), Validity::default()).unwrap();
        let ann = ann.save(folder.path()).unwrap();
        Self {
            folder,
            ca,
            directory,
            ann,
        }
    }

    fn viewpoint(&self) -> Viewpoint {
        Viewpoint {
            directories: vec![self.directory.address().into()],
            certificate: self.ann.certificate.clone(),
            key: self.ann.key.clone(),
            ca: self.ann.ca.clone(),
            timeout: SOON,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn operator() -> Identity {
    Identity::Operator(Name::new("ann").unwrap())
}

async fn serve(ca: &DevelopmentCa, identity: &Identity) -> Directory {
    let credentials = ca.issue(identity, Validity::default()).unwrap();
    let wire = Quic::with(credentials.credentials().unwrap()).listen("127.0.0.1:0");
    let config = DirectoryConfig::new("Directory.0", Arc::new(wire));
    embed(config).await.unwrap()
}

/// All that is not well, looked at from there.
async fn found(viewpoint: Result<Viewpoint, Complaint>, now: SystemTime) -> Vec<Finding> {
    let doctor = Doctor {
        viewpoint,
        output: OutputForm::Text,
    };
    let diagnosis = doctor.examine(now).await;
    let unwell = diagnosis.findings.into_iter();
    // What this machine grants is not the test's to say.
    let unwell = unwell.filter(|it| it.gravity != Gravity::Ok && it.check != "UDP buffers");
    unwell.collect()
}

fn assert_found(findings: &[Finding], gravity: Gravity, words: &str) {
    let such = findings.iter().find(|it| it.found.contains(words));
    let such = such.unwrap_or_else(|| panic!("nothing about {words:?} in {findings:?}"));
    assert_eq!(such.gravity, gravity, "{such:?}");
    assert!(!such.cure.is_empty(), "{such:?}");
}

#[tokio::test]
async fn a_healthy_bus_has_nothing_and_a_fault_of_each_kind_is_found_with_its_cure() {
    let ward = Ward::open().await;
    let now = SystemTime::now();
    let healthy = found(Ok(ward.viewpoint()), now).await;
    assert!(healthy.is_empty(), "{healthy:?}");

    let problem = Gravity::Problem;
    let seen = |change: fn(&Ward, &mut Viewpoint)| {
        let mut viewpoint = ward.viewpoint();
        change(&ward, &mut viewpoint);
        found(Ok(viewpoint), now)
    };
    let nowhere = seen(|_, from| {
        from.directories = vec!["127.0.0.1:9".into()];
        from.timeout = Duration::from_millis(300);
    });
    assert_found(&nowhere.await, problem, "127.0.0.1:9 answered");
    let no_port = seen(|_, from| from.directories = vec!["localhost".into()]);
    assert_found(&no_port.await, problem, "host:port");
    let no_file = seen(|ward, from| from.certificate = ward.file("none.pem"));
    assert_found(&no_file.await, problem, "none.pem");
    let no_ca = seen(|ward, from| from.ca = ward.file("none.pem"));
    assert_found(&no_ca.await, problem, "none.pem");
    let key_as_certificate = seen(|ward, from| from.certificate = ward.ann.key.clone());
    assert_found(&key_as_certificate.await, problem, "PRIVATE KEY");

    let complaint = Complaint::new("no context is selected", "start `quibus up`");
    let lost = found(Err(complaint), now).await;
    assert_found(&lost, problem, "no context");
    ward.directory.stop(SOON).await.unwrap();
}

#[tokio::test]
async fn certificates_that_do_not_belong_are_told_from_those_that_end() {
    let ward = Ward::open().await;
    let now = SystemTime::now();
    let other = ward.file("other");
    let stranger = DevelopmentCa::create("dev", DevelopmentCa::VALID_FOR).unwrap();
    stranger.save(&other).unwrap();
    let ann = stranger.issue(&operator(), Validity::default()).unwrap();
    let ann = ann.save(&other).unwrap();

    let from = |certificate: &Path, key: &Path, ca: &Path| Viewpoint {
        certificate: certificate.into(),
        key: key.into(),
        ca: ca.into(),
        ..ward.viewpoint()
    };
    let foreign_ca = from(&ann.certificate, &ann.key, &ann.ca);
    let foreign_ca = found(Ok(foreign_ca), now).await;
    assert_found(
        &foreign_ca,
        Gravity::Problem,
        "our CA does not vouch for it",
    );
    let mismatch = from(&ward.ann.certificate, &ann.key, &ward.ann.ca);
    let mismatch = found(Ok(mismatch), now).await;
    assert_found(&mismatch, Gravity::Problem, "does not belong to");
    let unvouched = from(&ann.certificate, &ann.key, &ward.ann.ca);
    let unvouched = found(Ok(unvouched), now).await;
    assert_found(&unvouched, Gravity::Problem, "vouches for");

    let day = Validity::For(DAY);
    let ending = ward.ca.issue(&operator(), day).unwrap();
    let ending = ending.save(ward.file("ending")).unwrap();
    let ending = from(&ending.certificate, &ending.key, &ending.ca);
    assert_found(&found(Ok(ending), now).await, Gravity::Warning, "ends in");
    let past = Validity::Between {
        not_before: now - 2 * DAY,
        not_after: now - DAY,
    };
    let past = ward.ca.issue(&operator(), past).unwrap();
    let past = past.save(ward.file("past")).unwrap();
    let past = from(&past.certificate, &past.key, &past.ca);
    assert_found(&found(Ok(past), now).await, Gravity::Problem, "expired");

    let peer = Identity::Peer(PeerId::new("Shop.0").unwrap());
    let peer = ward.ca.issue(&peer, Validity::default()).unwrap();
    let peer = peer.save(ward.folder.path()).unwrap();
    let peer = from(&peer.certificate, &peer.key, &peer.ca);
    let text = found(Ok(peer), now).await;
    assert_found(&text, Gravity::Problem, "takes part in the bus");
    ward.directory.stop(SOON).await.unwrap();
}

#[tokio::test]
async fn a_ca_that_ends_and_a_clock_that_is_wrong_are_found() {
    let ward = Ward::open().await;
    let ending = DevelopmentCa::VALID_FOR - 5 * DAY;
    let late = SystemTime::now() + ending;
    let findings = found(Ok(ward.viewpoint()), late).await;
    assert_found(&findings, Gravity::Warning, "ends in");
    let findings = found(Ok(ward.viewpoint()), late + 6 * DAY).await;
    assert_found(&findings, Gravity::Problem, "has ended");
    let fine = Credentials::load(&ward.ann.certificate, &ward.ann.key, &ward.ann.ca);
    assert!(fine.is_ok());
    ward.directory.stop(SOON).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_others_may_read_is_found() {
    use std::os::unix::fs::PermissionsExt;
    let ward = Ward::open().await;
    fs::set_permissions(&ward.ann.key, fs::Permissions::from_mode(0o644)).unwrap();
    let findings = found(Ok(ward.viewpoint()), SystemTime::now()).await;
    assert_found(&findings, Gravity::Problem, "run chmod 600");
    ward.directory.stop(SOON).await.unwrap();
}

#[test]
fn small_buffers_are_a_warning_and_no_socket_is_a_problem() {
    assert_eq!(machine::look(Ok((8 << 20, 8 << 20))).gravity, Gravity::Ok);
    let small = machine::look(Ok((425_984, 8 << 20)));
    assert_eq!(small.gravity, Gravity::Warning);
    assert!(
        small.found.contains("416 KiB") && small.cure.contains("sysctl"),
        "{small:?}"
    );
    let none = machine::look(Err(std::io::Error::other("too many open files")));
    assert_eq!(none.gravity, Gravity::Problem);
}

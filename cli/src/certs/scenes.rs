//! Tests of `quibus certs` on real files: what people read, what scripts read, and the codes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anstream::adapter::strip_str;

use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::scene::{Scene, shape};

#[tokio::test]
async fn a_newcomer_makes_a_ca_and_a_certificate_and_is_told_what_is_secret() {
    let scene = Scene::new();
    insta::assert_snapshot!(scene.shown("quibus certs issue peer Shop.0").await, @r#"
    error: cannot issue a certificate to /peer/Shop.0
      cause: the CA cannot be used: cannot read DATA/quibus/dev/ca.key: No such file or directory (os error 2)
      help: make the CA first: quibus certs init
    [exit 1]
    "#);
    insta::assert_snapshot!(scene.shown("quibus certs init").await, @r#"
    made a CA for the environment dev, valid until 2026-..-.. ..:..:.. UTC (365 d 0 h from now)

    FILE  HOLDS  WHO MAY HAVE IT
    DATA/quibus/dev/ca.pem  the CA's certificate  public
    DATA/quibus/dev/ca.key  the CA's private key  SECRET: whoever has it can be anybody in dev

    Every peer of dev needs ca.pem. Leave ca.key where it is: it goes to no server and into no repository.
    Next: quibus certs issue peer Shop.0
    [exit 0]
    "#);
    insta::assert_snapshot!(scene.shown("quibus certs issue peer Shop.0").await, @r#"
    issued spiffe://dev/peer/Shop.0, valid until 2026-..-.. ..:..:.. UTC (7 d 0 h from now)

    FILE  HOLDS  WHO MAY HAVE IT
    DATA/quibus/dev/peer-Shop.0.pem  the certificate       public
    DATA/quibus/dev/peer-Shop.0.key  its private key       SECRET: whoever has it is Shop.0
    DATA/quibus/dev/ca.pem           the CA's certificate  public

    Shop.0 needs these three files and no others. To bring them to another machine, use something that
    nobody else can read and that keeps the key closed, such as: scp -p
    Before it ends: quibus certs issue peer Shop.0 --replace
    [exit 0]
    "#);
    insta::assert_snapshot!(scene.shown("quibus certs inspect DATA/quibus/dev/peer-Shop.0.pem").await, @r#"
    identity    spiffe://dev/peer/Shop.0
    environment dev
    role        peer
    issuer      ..
    serial      ..
    key         Ed25519
    valid       ..
    valid       ..
    remaining   6 d 23 h
    problems    none
    trust       vouched for by DATA/quibus/dev/ca.pem
    [exit 0]
    "#);
    insta::assert_snapshot!(scene.shown("quibus certs check").await, @r#"
        IDENTITY                  VALID UNTIL              LEFT        FILE
    ok  CA of dev                 2026-..-.. ..:..:.. UTC  364 d 23 h  DATA/quibus/dev/ca.pem
    ok  spiffe://dev/peer/Shop.0  2026-..-.. ..:..:.. UTC  6 d 23 h    DATA/quibus/dev/peer-Shop.0.pem

    ok 2 certificates hold for at least 2 d 0 h
    [exit 0]
    "#);
}

#[tokio::test]
async fn nothing_is_overwritten_unless_that_is_said() {
    let scene = Scene::new();
    scene.typed("quibus certs init").await.unwrap();
    scene
        .typed("quibus certs issue service Shop")
        .await
        .unwrap();
    let files = || {
        let read = |name: &str| fs::read(scene.dev().join(name)).unwrap();
        ["ca.key", "service-Shop.key", "ca.pem", "service-Shop.pem"].map(read)
    };
    let before = files();
    insta::assert_snapshot!(scene.shown("quibus certs init").await, @r#"
    error: cannot make a CA in DATA/quibus/dev
      cause: DATA/quibus/dev/ca.key already exists and was left as it is: choose another folder, or replace it
      help: keep it, or replace it with: quibus certs init --replace
    [exit 7]
    "#);
    insta::assert_snapshot!(scene.shown("quibus certs issue service Shop").await, @r#"
    error: cannot issue a certificate to /service/Shop
      cause: DATA/quibus/dev/service-Shop.key already exists and was left as it is: choose another folder, or replace it
      help: keep it, or replace it with: quibus certs issue service Shop --replace
    [exit 7]
    "#);
    assert_eq!(files(), before);

    let renewed = scene
        .typed("quibus certs issue service Shop --replace")
        .await;
    assert_eq!(renewed.unwrap().status, ExitStatus::Done);
    let after = files();
    assert!(after[0] == before[0] && after[1] != before[1] && after[3] != before[3]);
    scene.typed("quibus certs init --replace").await.unwrap();
    assert_ne!(files()[0], before[0]);
}

#[tokio::test]
async fn a_ca_of_another_time_in_the_folder_of_a_peer_is_noticed_at_once() {
    let scene = Scene::new();
    scene.typed("quibus certs init").await.unwrap();
    let first = "quibus certs issue peer Shop.0 --into DATA/shop";
    scene.typed(first).await.unwrap();
    scene.typed("quibus certs init --replace").await.unwrap();
    let again = scene
        .typed(&format!("{first} --replace"))
        .await
        .unwrap_err();
    let text = again.render(OutputForm::Text);
    assert!(text.contains("cannot be used"), "{text}");
    assert!(text.contains("in place of"), "{text}");
    assert_eq!(again.status(), ExitStatus::Failed);
}

#[tokio::test]
async fn scripts_read_stable_shapes() {
    let scene = Scene::new();
    insta::assert_snapshot!(scene.shown("quibus certs init -o json").await, @r#"
    {"apiVersion":"quibus/v1","environment":"dev","files":[{"holds":"the CA's certificate","path":"DATA/quibus/dev/ca.pem","secret":false},{"holds":"the CA's private key","path":"DATA/quibus/dev/ca.key","secret":true}],"kind":"CertificateAuthority","notAfter":"2026-..-..T..:..:..Z"}
    [exit 0]
    "#);
    insta::assert_snapshot!(scene.shown("quibus certs issue peer Shop.0 -o json").await, @r#"
    {"apiVersion":"quibus/v1","files":[{"holds":"the certificate","path":"DATA/quibus/dev/peer-Shop.0.pem","secret":false},{"holds":"its private key","path":"DATA/quibus/dev/peer-Shop.0.key","secret":true},{"holds":"the CA's certificate","path":"DATA/quibus/dev/ca.pem","secret":false}],"identity":"spiffe://dev/peer/Shop.0","kind":"IssuedCertificate","notAfter":"2026-..-..T..:..:..Z"}
    [exit 0]
    "#);
    let fields = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        shape(&json)
    };
    let inspect = "quibus certs inspect DATA/quibus/dev/peer-Shop.0.pem -o json";
    let inspection = scene.typed(inspect).await.unwrap();
    insta::assert_snapshot!(fields(&inspection.text), @r#"{ apiVersion: text, items: [{ environment: text, identity: text, issuer: text, keyType: text, notAfter: text, notBefore: text, problems: [], remainingSeconds: number, role: text, serial: text, subject: text }], kind: text, origin: text, trust: { ca: text, vouched: bool } }"#);
    let check = scene.typed("quibus certs check -o json").await.unwrap();
    insta::assert_snapshot!(fields(&check.text), @r#"{ apiVersion: text, expiresInSeconds: number, holds: bool, items: [{ certificate: { environment: text, identity: null, issuer: text, keyType: text, notAfter: text, notBefore: text, problems: [], remainingSeconds: number, role: text, serial: text, subject: text }, file: text, holds: bool, problems: [] }], kind: text }"#);
}

#[tokio::test]
async fn a_check_finds_what_ends_soon_what_is_open_to_others_and_what_is_broken() {
    let scene = Scene::new();
    scene.typed("quibus certs init").await.unwrap();
    let hour = "quibus certs issue operator ann --valid-for 1h";
    scene.typed(hour).await.unwrap();
    scene.typed("quibus certs issue peer Shop.0").await.unwrap();
    fs::write(scene.dev().join("x.pem"), "nothing").unwrap();
    let sound = "quibus certs check DATA/quibus/dev/operator-ann.pem --expires-in 30m";
    assert_eq!(scene.typed(sound).await.unwrap().status, ExitStatus::Done);
    open_to_others(&scene.dev().join("peer-Shop.0.key"));
    let checked = scene.typed("quibus certs check").await.unwrap();
    assert_eq!(checked.status, ExitStatus::Failed);
    let text = strip_str(&checked.text).to_string();
    let renew = "renew: quibus certs issue operator ann --folder";
    for word in ["it ends in 59 min", renew, "x.pem holds no certificate"] {
        assert!(text.contains(word), "no {word} in {text}");
    }
    #[cfg(unix)]
    assert!(text.contains("run chmod 600"), "{text}");
}

#[cfg(unix)]
fn open_to_others(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) {}

#[tokio::test]
async fn every_kind_of_failure_has_its_code() {
    let scene = Scene::new();
    for (line, code) in [
        ("quibus certs check", 3),
        ("quibus certs check DATA", 3),
        ("quibus certs inspect DATA/none.pem", 3),
        ("quibus certs inspect localhost:notaport", 3),
        ("quibus certs init Prod", 2),
        ("quibus certs init Prod --folder DATA/x", 2),
        ("quibus certs init --valid-for 0s", 2),
        ("quibus certs issue peer Shop", 2),
        ("quibus certs issue peer Shop.0 --environment ../dev", 2),
        ("quibus certs issue peer Shop.0 --environment none", 1),
        ("quibus certs inspect no.such.host.invalid:7000", 4),
    ] {
        let complaint = scene.typed(line).await.unwrap_err();
        assert_eq!(complaint.status().code(), code, "{line}: {complaint:?}");
        let text = complaint.render(OutputForm::Text);
        assert!(text.contains("help:"), "{text}");
    }
    scene
        .typed("quibus certs init --valid-for 1d")
        .await
        .unwrap();
    insta::assert_snapshot!(scene.shown("quibus certs issue peer Shop.0").await, @r#"
    error: cannot issue a certificate to /peer/Shop.0
      cause: the CA ends at 2026-..-.. ..:..:.. UTC, before the certificate would (2026-..-.. ..:..:.. UTC): create a new CA, or ask for less time
      help: ask for less with --valid-for, or replace the CA with: quibus certs init --replace
    [exit 1]
    "#);
    insta::assert_snapshot!(scene.shown("quibus certs inspect DATA/quibus/dev/ca.key").await, @r#"
    error: cannot inspect DATA/quibus/dev/ca.key
      cause: DATA/quibus/dev/ca.key holds a PRIVATE KEY where a certificate belongs: keep the private key in a file of its own, readable by its owner only
      help: name the file with the certificate, mostly the one that ends in .pem
    [exit 1]
    "#);
}

#[tokio::test]
async fn a_running_directory_is_inspected_without_a_certificate_of_ones_own() {
    let network = crate::demo::Loopback::start().await.unwrap();
    let directory = network.into_directory();
    let scene = Scene::new();
    let line = format!("quibus certs inspect {}", directory.address());
    insta::assert_snapshot!(scene.shown(&line).await, @r#"
    identity    spiffe://demo/directory/Directory.0
    environment demo
    role        directory server
    issuer      ..
    serial      ..
    key         Ed25519
    valid       ..
    valid       ..
    remaining   6 d 23 h
    problems    none
    trust       not looked at: name a CA with --ca
    [exit 0]
    "#);
    // The CA of somebody else does not vouch for it.
    scene.typed("quibus certs init").await.unwrap();
    let shown = scene.shown(&line).await;
    assert!(
        shown.contains("NOT vouched for by DATA/quibus/dev/ca.pem"),
        "{shown}"
    );
    directory.stop(Duration::from_secs(20)).await.unwrap();
}

//! Certificates that are wrong in one way each, on either side.

use std::time::Duration;

use quibus::bus::StartError;
use quibus::{Bus, Identity};
use quibus_certs::Credentials;
use quibus_certs::issue::DevelopmentCa;
use quibus_certs::issue::KeyPair;
use quibus_directory::Directory;
use quibus_quic::Quic;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType};
use tempfile::TempDir;

use super::authorities::{
    ca, directory, directory_identity, directory_with, expired, free_port, issued, local, peer,
    shop, shop_credentials,
};
use super::failed_start::{FailedStart, says};

const STOP: Duration = Duration::from_secs(10);

/// The shop's start with these credentials, which fails and is not noticed by the directory; with
/// the right ones the same settings start.
async fn failed_until_right(
    ca: &DevelopmentCa,
    directory: &Directory,
    wrong: &Credentials,
) -> FailedStart {
    let port = free_port();
    let address = directory.address();
    let failed = FailedStart::on(port, |port| shop(wrong, port, address)).await;
    assert_eq!(directory.peers().len(), 1, "somebody was registered");
    let right = shop(&shop_credentials(ca), port, address);
    let bus = right.start().await.unwrap();
    bus.stop(STOP).await.unwrap();
    failed
}

#[tokio::test]
async fn a_directory_of_another_ca_is_named_with_the_advice_to_use_one_ca() {
    let (ours, theirs) = (ca(), ca());
    let directory = directory(&theirs).await;
    let failed = failed_until_right(&theirs, &directory, &shop_credentials(&ours)).await;
    let words = ["another CA than ours", "add its CA to our roots"];
    failed.lacks_a_directory(directory.address(), &words);
    directory.stop(STOP).await.unwrap();
}

#[tokio::test]
async fn a_directory_that_does_not_know_our_ca_is_named_with_the_advice_to_add_it() {
    let (ours, theirs) = (ca(), ca());
    let directory = directory(&theirs).await;
    let (foreign, trusting) = (shop_credentials(&ours), shop_credentials(&theirs));
    let (chain, roots) = (foreign.chain().to_vec(), trusting.roots().to_vec());
    let mixed = Credentials::new(chain, foreign.clone_key(), roots).unwrap();
    let failed = failed_until_right(&theirs, &directory, &mixed).await;
    let words = ["refused", "our certificate", "CA it does not know", "roots"];
    failed.lacks_a_directory(directory.address(), &words);
    directory.stop(STOP).await.unwrap();
}

#[tokio::test]
async fn an_expired_certificate_of_ours_is_named_with_the_advice_to_renew_it() {
    let ca = ca();
    let directory = directory(&ca).await;
    let old = expired(&ca, &peer("Shop.0"));
    let failed = failed_until_right(&ca, &directory, &old.credentials().unwrap()).await;
    let words = ["refused", "our certificate has expired", "issue a new one"];
    failed.lacks_a_directory(directory.address(), &words);
    directory.stop(STOP).await.unwrap();

    // Read from files it is found before anybody is dialled.
    let folder = TempDir::new().unwrap();
    let files = old.save(folder.path()).unwrap();
    let error = Credentials::load(&files.certificate, &files.key, &files.ca).unwrap_err();
    says(&error, &["peer-Shop.0.pem", "expired at", "renew it"]);
}

#[tokio::test]
async fn an_expired_certificate_of_the_directory_is_named_with_the_advice_to_renew_it() {
    let ca = ca();
    let old = expired(&ca, &directory_identity()).credentials().unwrap();
    let directory = directory_with(old, free_port()).await.unwrap();
    let address = directory.address();
    let failed = FailedStart::of(|port| shop(&shop_credentials(&ca), port, address)).await;
    let words = [
        "a directory server",
        "its certificate has expired",
        "new one",
    ];
    failed.lacks_a_directory(address, &words);
    directory.stop(STOP).await.unwrap();
}

#[tokio::test]
async fn a_bus_with_the_certificate_of_another_peer_is_told_both_names_before_it_dials() {
    let ca = ca();
    let directory = directory(&ca).await;
    let other = issued(&ca, &peer("Stock.0")).credentials().unwrap();
    let failed = failed_until_right(&ca, &directory, &other).await;
    let words = [
        "/peer/Stock.0",
        "not peer Shop.0",
        "configure that peer's certificate",
    ];
    failed.cannot_be_itself(&words);
    directory.stop(STOP).await.unwrap();
}

#[tokio::test]
async fn an_ordinary_peer_where_a_directory_is_expected_is_named() {
    let ca = ca();
    let directory = directory(&ca).await;
    let stock = Bus::builder("Stock.0")
        .transport(Quic::with(
            issued(&ca, &peer("Stock.0")).credentials().unwrap(),
        ))
        .directory(directory.address());
    let stock = stock.start().await.unwrap();
    let port = stock.address().rsplit(':').next().unwrap();
    let address = format!("127.0.0.1:{port}");
    let failed = FailedStart::of(|port| shop(&shop_credentials(&ca), port, &address)).await;
    failed.lacks_a_directory(&address, &["is not a directory server", "/peer/Stock.0"]);
    assert_eq!(directory.peers().len(), 2, "somebody else was registered");
    stock.stop(STOP).await.unwrap();
    directory.stop(STOP).await.unwrap();
}

#[tokio::test]
async fn a_directory_with_the_certificate_of_an_ordinary_peer_does_not_start() {
    let ca = ca();
    let port = free_port();
    let plain = issued(&ca, &peer("Directory.0")).credentials().unwrap();
    let error = directory_with(plain, port).await.unwrap_err();
    assert!(matches!(error, StartError::Settings { .. }), "{error:?}");
    says(&error, &["Directory.0", "/peer/Directory.0", "/directory/"]);

    let right = issued(&ca, &directory_identity()).credentials().unwrap();
    let directory = directory_with(right, port).await.unwrap();
    assert_eq!(directory.address(), local(port));
    directory.stop(STOP).await.unwrap();
}

#[test]
fn without_a_certificate_there_are_no_credentials_to_start_with_and_the_file_is_named() {
    let folder = TempDir::new().unwrap();
    let files = issued(&ca(), &peer("Shop.0")).save(folder.path()).unwrap();
    let load = || Credentials::load(&files.certificate, &files.key, &files.ca).unwrap_err();
    std::fs::write(&files.certificate, "").unwrap();
    says(&load(), &["peer-Shop.0.pem", "certificate"]);
    std::fs::remove_file(&files.certificate).unwrap();
    says(&load(), &["cannot read", "peer-Shop.0.pem"]);
}

#[test]
fn a_certificate_with_two_uri_names_is_refused_before_any_start_and_its_file_is_named() {
    let folder = TempDir::new().unwrap();
    let files = issued(&ca(), &peer("Shop.0")).save(folder.path()).unwrap();
    let (certificate, key) = with_names(&[peer("Shop.0"), peer("Stock.0")]);
    std::fs::write(&files.certificate, certificate).unwrap();
    std::fs::write(&files.key, key).unwrap();
    let error = Credentials::load(&files.certificate, &files.key, &files.ca).unwrap_err();
    let names = ["spiffe://test/peer/Shop.0", "spiffe://test/peer/Stock.0"];
    says(&error, &["peer-Shop.0.pem", "2 URI", "exactly one"]);
    says(&error, &names);
}

/// A certificate and its key in PEM; nobody looks at who signed it before its names.
fn with_names(identities: &[Identity]) -> (String, String) {
    let uri = |identity| format!("spiffe://test{identity}").try_into().unwrap();
    let mut params = CertificateParams::default();
    params.serial_number = Some(1.into());
    params.subject_alt_names = identities.iter().map(|id| SanType::URI(uri(id))).collect();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), key.to_pem())
}

//! No provider is installed for the process, and one that is does no harm.

use std::process::Command;

use quibus_certs::issue::KeyKind;
use quibus_quic_crypto::{KeyExchange, PrivateKey, Provider};
use rustls::crypto::CryptoProvider;

use crate::certificates::Certificates;
use crate::glue::pairs;
use crate::pair::{Pair, Side, run};

async fn connect_everybody() {
    for (dialler, acceptor) in pairs() {
        let certificates = Certificates::of(KeyKind::Ed25519);
        let pair = Pair::connect(Side::new(dialler), Side::new(acceptor), &certificates).await;
        drop(pair);
    }
}

#[test]
fn nothing_installs_a_provider_for_the_process() {
    run(connect_everybody());
    for &provider in Provider::ALL {
        provider.endpoint_config().unwrap();
        PrivateKey::generate(provider, KeyKind::P256).unwrap();
    }
    assert!(CryptoProvider::get_default().is_none());
}

/// A process has one default, so another process is needed.
#[test]
fn a_default_that_somebody_else_installed_does_no_harm() {
    let child = "process_default::in_a_process_with_another_default";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", child])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "installs a provider for its whole process; another test runs it in one of its own"]
fn in_a_process_with_another_default() {
    let mut useless =
        CryptoProvider::clone(&Provider::RustCrypto.rustls(KeyExchange::X25519).unwrap());
    useless.cipher_suites.clear();
    useless.kx_groups.clear();
    useless.install_default().unwrap();
    run(connect_everybody());
}

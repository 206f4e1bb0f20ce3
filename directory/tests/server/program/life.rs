//! Beginning, serving, leaving, and coming back.

use std::sync::Arc;
use std::time::Duration;

use quibus::Bus;
use quibus::directory::PeerState;
use quibus::{Identity, PeerId};
use quibus_quic::{Presented, Quic};
use tokio::net::UnixDatagram;
use tokio::time::timeout;

use super::installation::CONFIGURATION;
use super::{Installation, LIMIT, Process};

/// A service that knows its configuration file and nothing else.
async fn service(installed: &Installation, name: &str, directory: &str) -> Bus {
    let config = installed.service(name, directory);
    let starting = Bus::builder(name)
        .transport(Quic::new())
        .start_with(&config);
    starting.await.expect("the service starts")
}

#[tokio::test]
async fn a_service_registers_and_sigterm_ends_the_server_cleanly() {
    let installed = Installation::new();
    let mut server = Process::start(&installed, &[]).await;
    let address = server.serving().await;
    assert_eq!(server.get("/readyz").await.status, 200);
    server
        .shows("quibus_directory_peers{state=\"up\"}", "1")
        .await;

    let shop = service(&installed, "Shop.0", &address).await;
    server
        .shows("quibus_directory_peers{state=\"up\"}", "2")
        .await;
    server.signal("-TERM").await;
    server.logged("leaving").await;
    server.logged("left").await;
    let (status, said) = server.end().await;
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
    // Peers go on by what they know.
    assert_eq!(shop.peers().len(), 2);
    let _ = shop.stop(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn services_find_a_server_again_that_was_killed_and_started_anew() {
    let installed = Installation::new();
    let mut first = Process::start(&installed, &[]).await;
    let address = first.serving().await;
    let shop = service(&installed, "Shop.0", &address).await;
    let web = service(&installed, "Web.0", &address).await;
    let number = "quibus_directory_incarnation";
    let before: u64 = first.metric(number).await.unwrap().parse().unwrap();
    first.signal("-KILL").await;
    first.end().await;

    let mut second = Process::start(&installed, &["--listen", &address]).await;
    assert_eq!(second.serving().await, address);
    second
        .shows("quibus_directory_peers{state=\"up\"}", "3")
        .await;
    let after: u64 = second.metric(number).await.unwrap().parse().unwrap();
    assert!(after > before, "{after} is not above {before}");
    let up = |bus: &Bus| {
        let peers = bus.peers();
        peers
            .iter()
            .filter(|peer| peer.state == PeerState::Up)
            .count()
    };
    let all = async {
        while up(&shop) < 3 || up(&web) < 3 {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, all).await.expect("somebody is missed");
    shop.stop(LIMIT).await.unwrap();
    web.stop(LIMIT).await.unwrap();
    second.signal("-TERM").await;
    assert_eq!(second.end().await.0.code(), Some(0));
}

/// The certificate that is shown at an address.
async fn shown_at(address: &str) -> Vec<u8> {
    let presented = Presented::by(address, LIMIT).await.unwrap();
    presented.chain[0].to_vec()
}

#[tokio::test]
async fn certificates_are_renewed_while_both_run_and_a_broken_file_changes_nothing() {
    let installed = Installation::new();
    let mut server = Process::start(&installed, &[]).await;
    let address = server.serving().await;
    let config = installed.service("Shop.0", &address);
    let quic = Arc::new(Quic::new());
    let shop = Bus::builder("Shop.0").shared_transport(quic.clone());
    let shop = shop.start_with(&config).await.unwrap();
    let before = [shown_at(&address).await, shown_at(shop.address()).await];

    for file in ["directory-Directory.0", "peer-Shop.0"] {
        for ending in ["pem", "key"] {
            std::fs::remove_file(installed.file(&format!("{file}.{ending}"))).unwrap();
        }
    }
    installed.issue(&Identity::Directory(PeerId::new("Directory.0").unwrap()));
    installed.issue(&Identity::Peer(PeerId::new("Shop.0").unwrap()));
    server.signal("-HUP").await;
    server.logged("the certificate is renewed").await;
    quic.reload().unwrap();
    let after = [shown_at(&address).await, shown_at(shop.address()).await];
    assert_ne!(before[0], after[0]);
    assert_ne!(before[1], after[1]);

    for file in ["directory-Directory.0.pem", "peer-Shop.0.pem"] {
        std::fs::write(installed.file(file), "-----BEGIN NONSENSE-----\n").unwrap();
    }
    server.signal("-HUP").await;
    server.logged("the certificate stays the old one").await;
    let error = quic.reload().unwrap_err().to_string();
    assert!(error.contains("peer-Shop.0.pem"), "{error}");
    assert_eq!(
        [shown_at(&address).await, shown_at(shop.address()).await],
        after
    );
    // Nobody was interrupted.
    assert_eq!(server.get("/readyz").await.status, 200);
    shop.stop(LIMIT).await.unwrap();
    server.signal("-TERM").await;
    assert_eq!(server.end().await.0.code(), Some(0));
}

#[tokio::test]
async fn numbers_of_runs_grow_even_if_the_clock_has_gone_back() {
    let installed = Installation::new();
    std::fs::create_dir(installed.file("data")).unwrap();
    let ahead = 9_000_000_000_000_000_u64;
    let boot = format!("quibus-directory 1\npeer Directory.0\nincarnation {ahead}\n");
    std::fs::write(installed.file("data/boot"), boot).unwrap();
    let mut server = Process::start(&installed, &[]).await;
    server.serving().await;
    let number = server.metric("quibus_directory_incarnation").await;
    assert_eq!(number, Some((ahead + 1).to_string()));
    server.signal("-INT").await;
    assert_eq!(server.end().await.0.code(), Some(0));
}

/// A peer that does not answer is waited for; here so long that only a second signal ends it.
#[tokio::test]
async fn a_second_signal_ends_the_server_at_once() {
    let installed = Installation::new();
    let patient = [
        "--set",
        "bus.broken_after=1h",
        "--set",
        "directory.stop_within=1h",
    ];
    let mut server = Process::start(&installed, &patient).await;
    let address = server.serving().await;
    let config = installed.service("Shop.0", &address);
    let (freeze, frozen) = std::sync::mpsc::channel::<()>();
    let (there, waiting) = tokio::sync::oneshot::channel();
    let shop = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async {
            let starting = Bus::builder("Shop.0").transport(Quic::new());
            let shop = starting.start_with(&config).await.unwrap();
            there.send(()).unwrap();
            // Blocks the only thread that this peer has.
            let _ = frozen.recv();
            drop(shop);
        });
    });
    waiting.await.unwrap();
    server.signal("-TERM").await;
    server.logged("leaving").await;
    assert_eq!(server.get("/readyz").await.body, "stopping\n");
    server.signal("-TERM").await;
    let (status, said) = server.end().await;
    drop(freeze);
    shop.join().unwrap();
    assert_eq!(status.code(), Some(1));
    let expected = "error: left at once on a second SIGTERM; peers were perhaps not told\n";
    assert_eq!(said, expected);
}

#[tokio::test]
async fn systemd_is_told_when_it_is_ready_and_when_it_stops() {
    let installed = Installation::new();
    let socket = installed.file("notify");
    let told = UnixDatagram::bind(&socket).unwrap();
    let mut command = installed.command(&[]);
    command.env("NOTIFY_SOCKET", &socket);
    let mut server = Process::spawn(command).await;
    let next = async || {
        let mut buffer = [0; 512];
        let received = timeout(LIMIT, told.recv(&mut buffer)).await;
        let length = received.expect("nothing is told").unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    let address = server.serving().await;
    let ready = next().await;
    let status = format!("STATUS=Directory.0 serves at {address}");
    let lines: Vec<_> = ready.lines().collect();
    assert_eq!(lines, ["READY=1", status.as_str()]);
    server.signal("-TERM").await;
    assert_eq!(next().await.trim(), "STOPPING=1");
    assert_eq!(server.end().await.0.code(), Some(0));
}

#[tokio::test]
async fn everything_may_come_from_the_environment() {
    let installed = Installation::new();
    installed.configure("");
    let mut command = installed.command(&[]);
    for line in CONFIGURATION.lines().filter(|line| line.contains('=')) {
        let (key, value) = line.split_once(" = ").unwrap();
        let section = match key {
            "data" | "admin" => "DIRECTORY",
            "format" => "LOG",
            _ => "QUIC",
        };
        let name = format!("QUIBUS_{section}__{}", key.to_uppercase());
        command.env(name, value.trim_matches('"'));
    }
    let mut server = Process::spawn(command).await;
    server.serving().await;
    server.signal("-TERM").await;
    assert_eq!(server.end().await.0.code(), Some(0));
}

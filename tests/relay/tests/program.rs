//! The program `relay` as a process: what it prints, and that it ends when it is told to.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const RELAY: &str = env!("CARGO_BIN_EXE_relay");

fn relay(arguments: &[&str]) -> Output {
    Command::new(RELAY).args(arguments).output().unwrap()
}

#[test]
fn it_relays_until_it_is_terminated_and_prints_what_it_did() {
    let target = UdpSocket::bind("127.0.0.1:0").unwrap();
    target
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let to = target.local_addr().unwrap().to_string();
    let mut process = Command::new(RELAY)
        .args([
            "--to",
            &to,
            "--seed",
            "7",
            "--duplicate",
            "100%",
            "--every",
            "0s",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(process.stdout.take().unwrap());
    let mut line = || {
        let mut line = String::new();
        printed.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    assert_eq!(line(), "seed 7");
    let route = line();
    let (listens, target_named) = route.split_once(" -> ").unwrap();
    assert_eq!(target_named, to);

    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    let listens: SocketAddr = listens.parse().unwrap();
    client.send_to(b"hello", listens).unwrap();
    let mut datagram = [0; 16];
    for _ in 0..2 {
        let (len, _) = target.recv_from(&mut datagram).unwrap();
        assert_eq!(&datagram[..len], b"hello");
    }

    let told = Command::new("kill").arg(process.id().to_string()).status();
    assert!(told.unwrap().success());
    assert!(process.wait().unwrap().success());
    let mut table = String::new();
    printed.read_to_string(&mut table).unwrap();
    let row = |name: &str| {
        let row = table.lines().find(|line| line.trim().starts_with(name));
        let numbers = row.unwrap().trim().trim_start_matches(name);
        numbers.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("received"), "1 0", "{table}");
    assert_eq!(row("duplicated"), "1 0", "{table}");
}

#[test]
fn mistakes_end_it_with_what_to_do() {
    let nothing = relay(&[]);
    let told = String::from_utf8(nothing.stderr).unwrap();
    assert_eq!(nothing.status.code(), Some(2));
    assert!(told.contains("--to <ADDRESS>"), "{told}");

    let holder = UdpSocket::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let refused = relay(&["--to", "127.0.0.1:9", "--listen", &taken]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        told.contains(&taken) && told.contains("choose a free address"),
        "{told}"
    );
}

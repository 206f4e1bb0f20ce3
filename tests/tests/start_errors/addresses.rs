//! Addresses at which nobody answers, and one that somebody else has.

use std::net::UdpSocket;
use std::time::Duration;

use quibus_directory::Directory;

use super::authorities::{
    ca, directory, directory_identity, directory_with, free_port, issued, local, shop,
    shop_credentials,
};
use super::failed_start::FailedStart;

const STOP: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_directory_behind_a_closed_port_is_named_and_the_same_settings_start_once_it_is_there() {
    let ca = ca();
    let (credentials, port) = (shop_credentials(&ca), free_port());
    let directory_port = free_port();
    let address = local(directory_port);
    let failed = FailedStart::on(port, |port| shop(&credentials, port, &address)).await;
    failed.lacks_a_directory(&address, &["no answer", "check the address", "UDP"]);

    let theirs = issued(&ca, &directory_identity()).credentials().unwrap();
    let directory = directory_with(theirs, directory_port).await.unwrap();
    let bus = shop(&credentials, port, &address).start().await.unwrap();
    assert_eq!(bus.address(), local(port));
    assert_eq!(names(&directory), ["Directory.0", "Shop.0"]);
    bus.stop(STOP).await.unwrap();
    directory.stop(STOP).await.unwrap();
}

#[tokio::test]
async fn a_directory_address_that_swallows_every_packet_is_named_and_does_not_hang_the_start() {
    let ca = ca();
    let credentials = shop_credentials(&ca);
    let black_hole = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = black_hole.local_addr().unwrap().to_string();
    let failed = FailedStart::of(|port| shop(&credentials, port, &address)).await;
    failed.lacks_a_directory(&address, &["no answer", "check the address", "firewall"]);
    // It was dialled, and is not just any address that failed.
    black_hole.set_nonblocking(true).unwrap();
    assert!(black_hole.recv(&mut [0; 2048]).is_ok());
}

#[tokio::test]
async fn a_silent_first_directory_leaves_time_for_the_second() {
    let ca = ca();
    let directory = directory(&ca).await;
    let black_hole = UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = black_hole.local_addr().unwrap().to_string();
    let settings = shop(&shop_credentials(&ca), free_port(), &silent);
    let bus = settings.directory(directory.address()).start().await;
    let bus = bus.unwrap();
    assert_eq!(names(&directory), ["Directory.0", "Shop.0"]);
    bus.stop(STOP).await.unwrap();
    directory.stop(STOP).await.unwrap();
}

#[tokio::test]
async fn an_occupied_port_is_named_and_the_same_settings_start_once_it_is_free() {
    let ca = ca();
    let directory = directory(&ca).await;
    let (credentials, port) = (shop_credentials(&ca), free_port());
    let holder = UdpSocket::bind(local(port)).unwrap();
    let settings = || shop(&credentials, port, directory.address());
    let failed = FailedStart::within_time(settings()).await;
    failed.cannot_listen(&[&local(port), "choose another port", "stop it"]);
    assert_eq!(names(&directory), ["Directory.0"]);

    drop(holder);
    let bus = settings().start().await.unwrap();
    assert_eq!(bus.address(), local(port));
    bus.stop(STOP).await.unwrap();
    directory.stop(STOP).await.unwrap();
}

fn names(directory: &Directory) -> Vec<String> {
    let peers = directory.peers();
    peers.iter().map(|peer| peer.peer.to_string()).collect()
}

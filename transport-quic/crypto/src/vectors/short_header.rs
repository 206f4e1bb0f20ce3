//! RFC 9001 §A.5, and the derivations of §A.1 and §A.5 by each provider's own HKDF.

use rustls::CipherSuite;
use rustls::crypto::cipher::{AeadKey, Iv};
use rustls::crypto::tls13::{HkdfExpander, OkmBlock};
use rustls::quic::{DirectionalKeys, Suite};

use super::every_suite::every_suite;
use super::hex::hex;
use super::sealed_packet::QuinnKeys;
use crate::provider::Provider;

const SECRET: &str = "9ac312a7f877468ebe69422748ad00a1 5443f18203a07d6060f688f30f21632b";
const KEY: &str = "c6d98ff3441c3fe1b2182094f69caa2e d4b716b65488960a7a984979fb23e1c8";
const IV: &str = "e0459b3474bdd0e44a41c144";
const HEADER_KEY: &str = "25a282b9e82f06f21f488917a4fc8f1b 73573685608597d0efcb076b0ab7a7a4";
const UPDATED: &str = "1223504755036d556342ee9361d25342 1a826c9ecdf3c7148684b36b714881f9";

const NUMBER: u64 = 654_360_564;
const HEADER: &str = "4200bff4";
const PING: &str = "01";
const PACKET: &str = "4cfe4189655e5cd55c41f69080575d7999c25a5bfb";

/// The keys of §A.5 with whoever has ChaCha20-Poly1305.
fn every_chacha20() -> impl Iterator<Item = (Provider, Suite)> {
    let suites = every_suite().into_iter();
    suites
        .filter(|(_, suite, _)| *suite == CipherSuite::TLS13_CHACHA20_POLY1305_SHA256)
        .map(|(provider, _, suite)| (provider, suite))
}

fn keys(suite: &Suite) -> DirectionalKeys {
    let key = |digits| AeadKey::from(<[u8; 32]>::try_from(hex(digits)).unwrap());
    let iv: [u8; 12] = hex(IV).try_into().unwrap();
    DirectionalKeys {
        header: suite.quic.header_protection_key(key(HEADER_KEY)),
        packet: suite.quic.packet_key(key(KEY), Iv::from(iv)),
    }
}

#[test]
fn quinn_seals_the_short_packet_of_rfc_9001_bit_by_bit_and_opens_it() {
    for (provider, suite) in every_chacha20() {
        let keys = QuinnKeys::new(keys(&suite));
        let sealed = keys.seal(NUMBER, &hex(HEADER), &hex(PING));
        assert_eq!(sealed, hex(PACKET), "{provider}");
        // The number is cut to three bytes, so it is not read from the packet.
        let mut packet = hex(PACKET);
        keys.header.decrypt(1, &mut packet);
        assert_eq!(packet[..4], hex(HEADER), "{provider}");
        let mut payload = packet[4..].into();
        let opened = keys.packet.decrypt(NUMBER, &hex(HEADER), &mut payload);
        assert!(opened.is_ok(), "{provider}");
        assert_eq!(payload[..], hex(PING), "{provider}");
    }
}

#[test]
fn rustls_seals_the_short_packet_of_rfc_9001_bit_by_bit_and_opens_it() {
    for (provider, suite) in every_chacha20() {
        let keys = keys(&suite);
        let mut sealed = hex(PING);
        let tag = keys
            .packet
            .encrypt_in_place(NUMBER, &hex(HEADER), &mut sealed);
        sealed.extend_from_slice(tag.unwrap().as_ref());
        assert_eq!(sealed, hex(PACKET)[4..], "{provider}");
        let opened = keys
            .packet
            .decrypt_in_place(NUMBER, &hex(HEADER), &mut sealed);
        assert_eq!(opened.unwrap(), hex(PING), "{provider}");
    }
}

#[test]
fn secrets_become_the_keys_of_rfc_9001_in_every_suite_with_sha256() {
    let initial = "7db5df06e7a69e432496adedb0085192 3595221596ae2ae9fb8115c1e9ed0a44";
    let client = "c00cf151ca5be075ed0ebfb5c80323c4 2d6b7db67881289af4008f1f6c357aea";
    let server = "3c199828fd139efd216c155ad844cc81 fb82fa8d7446fa7d78be803acdda951b";
    let derivations = [
        (initial, "client in", client),
        (initial, "server in", server),
        (client, "quic key", "1f369613dd76d5467730efcbe3b1a22d"),
        (client, "quic iv", "fa044b2f42a3fd3b46fb255c"),
        (client, "quic hp", "9f50449e04a0e810283a1e9933adedd2"),
        (server, "quic key", "cf3a5331653c364c88f0f379b6067e37"),
        (server, "quic iv", "0ac1493ca1905853b0bba03e"),
        (server, "quic hp", "c206b8d9b9f0f37644430b490eeaa314"),
        (SECRET, "quic key", KEY),
        (SECRET, "quic iv", IV),
        (SECRET, "quic hp", HEADER_KEY),
        (SECRET, "quic ku", UPDATED),
    ];
    for (provider, name, suite) in every_suite() {
        if name == CipherSuite::TLS13_AES_256_GCM_SHA384 {
            continue;
        }
        for (secret, label, expected) in derivations {
            let hkdf = suite.suite.hkdf_provider;
            let expander = hkdf.expander_for_okm(&OkmBlock::new(&hex(secret)));
            let derived = expand_label(expander.as_ref(), label, hex(expected).len());
            assert_eq!(derived, hex(expected), "{provider} {label}");
        }
    }
}

/// HKDF-Expand-Label without context (RFC 8446 §7.1).
fn expand_label(expander: &dyn HkdfExpander, label: &str, length: usize) -> Vec<u8> {
    let label = format!("tls13 {label}");
    let mut output = vec![0; length];
    let info: [&[u8]; 4] = [
        &(length as u16).to_be_bytes(),
        &[label.len() as u8],
        label.as_bytes(),
        &[0],
    ];
    expander.expand_slice(&info, &mut output).unwrap();
    output
}

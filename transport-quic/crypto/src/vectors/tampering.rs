//! What is no packet: changed by one bit, cut off, under another number, by another key.

use bytes::BytesMut;
use rustls::Side;
use rustls::quic::Version;

use super::every_suite::every_suite;
use super::sealed_packet::{QuinnKeys, number_offset};

const PAYLOAD: &[u8] = b"thirty-two bytes of a stream's data";

/// A packet, and whose keys opened it.
struct Sealed {
    who: String,
    receiver: QuinnKeys,
    number: u64,
    header: Vec<u8>,
    packet: Vec<u8>,
}

impl Sealed {
    fn open(&self, packet: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        self.receiver.open(number_offset(&self.header), packet)
    }

    /// With the header as it was before it was masked.
    fn open_as(&self, number: u64) -> bool {
        let mut payload = BytesMut::from(&self.packet[self.header.len()..]);
        let packet = &self.receiver.packet;
        packet.decrypt(number, &self.header, &mut payload).is_ok()
    }
}

/// Packets of both forms, with numbers of all lengths, by every suite of every provider.
fn every_packet() -> Vec<Sealed> {
    let mut all = Vec::new();
    for (provider, name, suite) in every_suite() {
        for form in [0x40, 0xe0] {
            for length in 1..=4_u8 {
                let keys = |side| suite.keys(b"somebody", side, Version::V1);
                let sender = QuinnKeys::new(keys(Side::Client).local);
                let receiver = QuinnKeys::new(keys(Side::Server).remote);
                let number = (1 << (8 * length - 1)) + 5;
                let bytes = (number as u32).to_be_bytes();
                let bytes = &bytes[4 - usize::from(length)..];
                let header = [&[form | (length - 1)], &b"connection id"[..], bytes].concat();
                let packet = sender.seal(number, &header, PAYLOAD);
                let sealed = Sealed {
                    who: format!("{provider} {name:?} {form:#x} {length}"),
                    receiver,
                    number,
                    header,
                    packet,
                };
                let opened = sealed.open(&sealed.packet);
                let expected = (sealed.header.clone(), PAYLOAD.to_vec());
                assert_eq!(opened, Some(expected), "{}", sealed.who);
                all.push(sealed);
            }
        }
    }
    all
}

#[test]
fn a_packet_with_any_bit_changed_is_refused() {
    let mut tried = 0;
    for sealed in every_packet() {
        for bit in 0..sealed.packet.len() * 8 {
            let mut changed = sealed.packet.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(sealed.open(&changed), None, "{} bit {bit}", sealed.who);
            tried += 1;
        }
    }
    // Eight packets of at least 66 bytes by each suite.
    assert!(tried >= every_suite().len() * 8 * 66 * 8, "{tried}");
}

#[test]
fn a_packet_that_was_cut_off_anywhere_is_refused() {
    for sealed in every_packet() {
        for length in 0..sealed.packet.len() {
            let rest = &sealed.packet[..length];
            assert_eq!(sealed.open(rest), None, "{} {length}", sealed.who);
        }
        let more = [&sealed.packet[..], &[0]].concat();
        assert_eq!(sealed.open(&more), None, "{}", sealed.who);
    }
}

#[test]
fn a_packet_under_another_number_is_refused() {
    for sealed in every_packet() {
        assert!(sealed.open_as(sealed.number), "{}", sealed.who);
        for bit in 0..64 {
            let other = sealed.number ^ (1 << bit);
            assert!(!sealed.open_as(other), "{} bit {bit}", sealed.who);
        }
    }
}

#[test]
fn a_packet_for_another_connection_or_in_the_other_direction_is_refused() {
    let sealed = every_packet();
    let suites = every_suite();
    for (packets, (_, _, suite)) in sealed.chunks(8).zip(&suites) {
        let other = suite.keys(b"somebodx", Side::Server, Version::V1);
        let own = suite.keys(b"somebody", Side::Server, Version::V1);
        for keys in [QuinnKeys::new(other.remote), QuinnKeys::new(own.local)] {
            for sealed in packets {
                let opened = keys.open(number_offset(&sealed.header), &sealed.packet);
                assert_eq!(opened, None, "{}", sealed.who);
            }
        }
    }
}

#[test]
fn what_one_provider_seals_the_others_open() {
    let sealed = every_packet();
    let suites = every_suite();
    let mut tried = 0;
    for (packets, (_, by, _)) in sealed.chunks(8).zip(&suites) {
        for (_, _, suite) in suites.iter().filter(|(_, name, _)| name == by) {
            let keys = suite.keys(b"somebody", Side::Server, Version::V1);
            let keys = QuinnKeys::new(keys.remote);
            for sealed in packets {
                let opened = keys.open(number_offset(&sealed.header), &sealed.packet);
                assert!(opened.is_some(), "{}", sealed.who);
                tried += 1;
            }
        }
    }
    assert!(tried >= suites.len() * 8);
}

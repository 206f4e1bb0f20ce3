//! RFC 9001 §A.1 to §A.3.

use rustls::Side;
use rustls::quic::{Keys, Version};

use super::every_suite::{every_provider, initial_suite};
use super::hex::hex;
use super::rfc9001::{
    CLIENT_CRYPTO_FRAME, CLIENT_HEADER, CLIENT_PACKET, CONNECTION_ID, SERVER_HEADER, SERVER_PACKET,
    SERVER_PAYLOAD,
};
use super::sealed_packet::{QuinnKeys, number_offset};

/// One of the appendix's packets.
struct Sample {
    sender: Side,
    number: u64,
    header: Vec<u8>,
    payload: Vec<u8>,
    packet: Vec<u8>,
}

fn samples() -> [Sample; 2] {
    let mut padded = hex(CLIENT_CRYPTO_FRAME);
    padded.resize(1162, 0);
    let client = Sample {
        sender: Side::Client,
        number: 2,
        header: hex(CLIENT_HEADER),
        payload: padded,
        packet: hex(CLIENT_PACKET),
    };
    let server = Sample {
        sender: Side::Server,
        number: 1,
        header: hex(SERVER_HEADER),
        payload: hex(SERVER_PAYLOAD),
        packet: hex(SERVER_PACKET),
    };
    assert_eq!((client.packet.len(), server.packet.len()), (1200, 135));
    [client, server]
}

fn other(side: Side) -> Side {
    match side {
        Side::Client => Side::Server,
        Side::Server => Side::Client,
    }
}

/// The keys of both sides, for every provider.
fn each_provider(prove: impl Fn(&str, &Sample, Keys, Keys)) {
    for (provider, rustls) in every_provider() {
        let suite = initial_suite(&rustls);
        for sample in samples() {
            let keys = |side| suite.keys(&hex(CONNECTION_ID), side, Version::V1);
            let (sender, receiver) = (keys(sample.sender), keys(other(sample.sender)));
            prove(provider.name(), &sample, sender, receiver);
        }
    }
}

#[test]
fn quinn_seals_the_initials_of_rfc_9001_bit_by_bit_and_opens_them() {
    each_provider(|provider, sample, sender, receiver| {
        let (sender, receiver) = (
            QuinnKeys::new(sender.local),
            QuinnKeys::new(receiver.remote),
        );
        let sealed = sender.seal(sample.number, &sample.header, &sample.payload);
        assert_eq!(sealed, sample.packet, "{provider}");
        let opened = receiver.open(number_offset(&sample.header), &sample.packet);
        let (header, payload) = opened.unwrap();
        assert_eq!(header, sample.header, "{provider}");
        assert_eq!(payload, sample.payload, "{provider}");
    });
}

#[test]
fn rustls_seals_the_initials_of_rfc_9001_bit_by_bit_and_opens_them() {
    each_provider(|provider, sample, sender, receiver| {
        let (mut header, mut payload) = (sample.header.clone(), sample.payload.clone());
        let tag = sender
            .local
            .packet
            .encrypt_in_place(sample.number, &header, &mut payload)
            .unwrap();
        payload.extend_from_slice(tag.as_ref());
        let offset = number_offset(&header);
        // The number has four bytes where the sample is looked for.
        let skipped = 4 - (header.len() - offset);
        let sampled = payload[skipped..skipped + 16].to_vec();
        let (first, rest) = header.split_first_mut().unwrap();
        let number = &mut rest[offset - 1..];
        let mask = sender.local.header;
        mask.encrypt_in_place(&sampled, first, number).unwrap();
        assert_eq!(
            [&header[..], &payload].concat(),
            sample.packet,
            "{provider}"
        );

        let (first, rest) = header.split_first_mut().unwrap();
        let number = &mut rest[offset - 1..];
        let mask = receiver.remote.header;
        mask.decrypt_in_place(&sampled, first, number).unwrap();
        assert_eq!(header, sample.header, "{provider}");
        let packet = receiver.remote.packet;
        let opened = packet
            .decrypt_in_place(sample.number, &header, &mut payload)
            .unwrap();
        assert_eq!(opened, sample.payload, "{provider}");
    });
}

#[test]
fn a_side_does_not_take_its_own_initials_for_the_others() {
    each_provider(|provider, sample, sender, _| {
        let sender = QuinnKeys::new(sender.remote);
        let opened = sender.open(number_offset(&sample.header), &sample.packet);
        assert_eq!(opened, None, "{provider}");
    });
}

#[test]
fn the_keys_of_a_session_and_of_an_acceptor_are_those_of_rfc_9001() {
    use quinn_proto::ConnectionId;

    for (provider, rustls) in every_provider() {
        let suite = initial_suite(&rustls);
        let id = ConnectionId::new(&hex(CONNECTION_ID));
        let [client, server] = samples();
        let keys = crate::tls_session::initial_keys(&suite, &id, quinn_proto::Side::Server);
        let received = QuinnKeys {
            header: keys.header.remote,
            packet: keys.packet.remote,
        };
        let opened = received.open(number_offset(&client.header), &client.packet);
        assert_eq!(opened, Some((client.header, client.payload)), "{provider}");
        let sent = QuinnKeys {
            header: keys.header.local,
            packet: keys.packet.local,
        };
        let sealed = sent.seal(server.number, &server.header, &server.payload);
        assert_eq!(sealed, server.packet, "{provider}");
    }
}

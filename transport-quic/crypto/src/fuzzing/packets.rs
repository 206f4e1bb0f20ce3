//! Bytes off the wire, through every key that an endpoint meets them with.
//!
//! An input's first byte says which: `provider × 3 + suite` for packets, 0xf0 for Retries, 0xf1 for
//! address tokens, 0xf2 for stateless resets. Keys are fixed, so that valid packets can stand in a
//! corpus and be damaged.

use bytes::BytesMut;
use quinn_proto::crypto::{HandshakeTokenKey, HmacKey, Keys};
use rustls::Side;
use rustls::quic::Version;
use std::sync::LazyLock;

use crate::quic_keys;
use crate::suites::PREFERENCE;
use crate::{KeyExchange, Provider, ResetKey, TokenKey, retry_tag};

const RETRY: u8 = 0xf0;
const TOKEN: u8 = 0xf1;
const RESET: u8 = 0xf2;

const PROVIDERS: [Provider; 2] = [Provider::Graviola, Provider::RustCrypto];

/// Tries the bytes of one input. Panics if something is opened that its own key would not have
/// sealed so.
pub fn packet_decrypt(input: &[u8]) {
    let Some((which, rest)) = input.split_first() else {
        return;
    };
    match *which {
        RETRY => retry(rest),
        TOKEN => token(rest),
        RESET => reset(rest),
        which => packet(which.into(), rest),
    }
}

/// Valid inputs of each kind.
pub fn packet_samples() -> Vec<Vec<u8>> {
    let packets = (0..KEYS.len()).filter_map(|which| sealed(which, b"\x01a frame or two\0\0\0\0"));
    let key = TokenKey::new(&SECRET).aead_from_hkdf(NONCE);
    let mut token = b"an address and a time".to_vec();
    let sealed = key.seal(&mut token, b"");
    let mut samples: Vec<_> = packets.collect();
    if sealed.is_ok() {
        samples.push([&[TOKEN], NONCE, &token[..]].concat());
    }
    let retry = [&[0xf0, 0, 0, 0, 1, 0, 4][..], b"scid", b"a token"].concat();
    let tag = retry_tag::of(b"original", &retry);
    samples.push([&[RETRY, 8], &b"original"[..], &[11], &retry[..], &tag].concat());
    let mut signature = [0; 32];
    ResetKey::new(&SECRET).sign(b"a connection id", &mut signature);
    samples.push([&[RESET][..], &signature, b"a connection id"].concat());
    samples
}

const SECRET: [u8; 64] = [7; 64];
const NONCE: &[u8] = b"0123456789abcdef0123456789abcdef";

/// Both sides' first keys, per provider and suite; `None` where the processor has no such.
static KEYS: LazyLock<Vec<Option<(Keys, Keys)>>> = LazyLock::new(|| {
    let all = PROVIDERS
        .iter()
        .flat_map(|provider| PREFERENCE.map(|suite| (*provider, suite)));
    all.map(|(provider, wanted)| {
        let rustls = provider.rustls(KeyExchange::X25519).ok()?;
        let mut suites = rustls.cipher_suites.iter();
        let suite = suites.find(|suite| suite.suite() == wanted)?;
        let suite = suite.tls13()?.quic_suite()?;
        let of = |side| quic_keys::keys(suite.keys(b"fuzzing!", side, Version::V1));
        Some((of(Side::Client), of(Side::Server)))
    })
    .collect()
});

fn keys(which: usize) -> Option<&'static (Keys, Keys)> {
    KEYS.get(which)?.as_ref()
}

/// The input: where the packet number begins (1 byte), its upper part (8 bytes), the packet.
fn packet(which: usize, input: &[u8]) {
    let Some((client, server)) = keys(which) else {
        return;
    };
    let Some((&offset, rest)) = input.split_first() else {
        return;
    };
    let Some((upper, packet)) = rest.split_first_chunk() else {
        return;
    };
    let offset = usize::from(offset);
    let mut opened = BytesMut::from(packet);
    server.header.remote.decrypt(offset, &mut opened);
    let Some((header_len, number)) = number(&opened, offset, u64::from_be_bytes(*upper)) else {
        return;
    };
    let header = opened.split_to(header_len);
    if server
        .packet
        .remote
        .decrypt(number, &header, &mut opened)
        .is_err()
    {
        return;
    }
    let again = seal(client, number, offset, &header, &opened);
    assert_eq!(
        again, packet,
        "a packet was opened that was sealed otherwise"
    );
}

/// The length of the header, and the whole packet number, as quinn finds them.
fn number(packet: &[u8], offset: usize, upper: u64) -> Option<(usize, u64)> {
    let length = usize::from(packet.first()? & 3) + 1;
    let bytes = packet.get(offset..offset + length)?;
    let lower = bytes
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let bits = 8 * length as u32;
    Some((offset + length, upper >> bits << bits | lower))
}

fn seal(client: &Keys, number: u64, offset: usize, header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut packet = [header, payload, &[0; 16]].concat();
    client
        .packet
        .local
        .encrypt(number, &mut packet, header.len());
    client.header.local.encrypt(offset, &mut packet);
    packet
}

fn sealed(which: usize, payload: &[u8]) -> Option<Vec<u8>> {
    let (client, _) = keys(which)?;
    let header = [&[0x43][..], b"8 bytes!", &[0, 0, 1, 0x2c]].concat();
    let packet = seal(client, 300, 9, &header, payload);
    Some([&[which as u8, 9][..], &[0; 8], &packet].concat())
}

/// The input: a connection id behind its length, the length of the header, header and payload.
fn retry(input: &[u8]) {
    let Some((&length, rest)) = input.split_first() else {
        return;
    };
    let Some((original, rest)) = rest.split_at_checked(length.into()) else {
        return;
    };
    let Some((&length, packet)) = rest.split_first() else {
        return;
    };
    let Some((header, payload)) = packet.split_at_checked(length.into()) else {
        return;
    };
    let valid = retry_tag::is_valid(original, header, payload);
    let tagged = packet
        .split_last_chunk::<16>()
        .filter(|_| payload.len() >= 16);
    let same = tagged.is_some_and(|(body, tag)| retry_tag::of(original, body) == *tag);
    assert_eq!(
        valid, same,
        "the tag of a Retry is valid, or is not, but made otherwise"
    );
}

/// The input: the nonce of a token, the token.
fn token(input: &[u8]) {
    let Some((nonce, token)) = input.split_at_checked(NONCE.len()) else {
        return;
    };
    let key = TokenKey::new(&SECRET).aead_from_hkdf(nonce);
    let mut bytes = token.to_vec();
    let Ok(opened) = key.open(&mut bytes, b"") else {
        return;
    };
    let mut again = opened.to_vec();
    let sealed = key.seal(&mut again, b"");
    assert!(
        sealed.is_ok() && again == token,
        "a token was opened that was sealed otherwise"
    );
}

/// The input: a signature, what is signed.
fn reset(input: &[u8]) {
    let (signature, id) = input.split_at(input.len().min(32));
    let key = ResetKey::new(&SECRET);
    let mut made = [0; 32];
    key.sign(id, &mut made);
    let verified = key.verify(id, signature).is_ok();
    assert_eq!(
        verified,
        signature == made,
        "a signature is good, or is not, but made otherwise"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_opened_and_no_damaged_one() {
        let samples = packet_samples();
        assert!(samples.len() >= 6, "{}", samples.len());
        for sample in samples {
            packet_decrypt(&sample);
            for at in 0..sample.len() {
                let mut damaged = sample.clone();
                damaged[at] ^= 1;
                packet_decrypt(&damaged);
            }
            packet_decrypt(&sample[..sample.len() - 1]);
        }
    }

    #[test]
    fn the_sample_packets_are_what_the_other_side_opens() {
        for which in 0..KEYS.len() {
            let (Some(sample), Some((_, server))) = (sealed(which, b"text"), keys(which)) else {
                continue;
            };
            let mut packet = BytesMut::from(&sample[10..]);
            server.header.remote.decrypt(9, &mut packet);
            let header = packet.split_to(13);
            let opened = server.packet.remote.decrypt(300, &header, &mut packet);
            assert!(opened.is_ok() && &packet[..] == b"text", "{which}");
        }
    }
}

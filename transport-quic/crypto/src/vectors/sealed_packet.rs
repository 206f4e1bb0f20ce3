//! A packet as quinn seals and opens it.

use bytes::BytesMut;
use quinn_proto::crypto::{HeaderKey, PacketKey};
use rustls::quic;

use crate::quic_keys::{header_key, packet_key};

/// One direction's keys, as quinn gets them.
pub(super) struct QuinnKeys {
    pub(super) header: Box<dyn HeaderKey>,
    pub(super) packet: Box<dyn PacketKey>,
}

impl QuinnKeys {
    pub(super) fn new(keys: quic::DirectionalKeys) -> Self {
        Self {
            header: header_key(keys.header),
            packet: packet_key(keys.packet),
        }
    }

    /// `header` ends with the packet number, in as many bytes as its first one says.
    pub(super) fn seal(&self, number: u64, header: &[u8], payload: &[u8]) -> Vec<u8> {
        let mut packet = [header, payload, &[0; 16]].concat();
        self.packet.encrypt(number, &mut packet, header.len());
        self.header.encrypt(number_offset(header), &mut packet);
        packet
    }

    /// Header and payload, if it is a packet. Numbers are small enough to be whole.
    pub(super) fn open(&self, number_offset: usize, packet: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut packet = packet.to_vec();
        self.header.decrypt(number_offset, &mut packet);
        let header_length = number_offset + number_length(*packet.first()?);
        let (header, sealed) = packet.split_at_checked(header_length)?;
        let number = &header[number_offset..];
        let number = number.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        let mut payload = BytesMut::from(sealed);
        self.packet.decrypt(number, header, &mut payload).ok()?;
        Some((header.to_vec(), payload.to_vec()))
    }
}

pub(super) fn number_offset(header: &[u8]) -> usize {
    header.len() - number_length(header[0])
}

fn number_length(first: u8) -> usize {
    usize::from(first & 0x03) + 1
}

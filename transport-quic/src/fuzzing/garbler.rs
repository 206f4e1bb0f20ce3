//! What an attacker does to its own handshake and packets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quibus_quic_crypto::fuzzing::GarblesTls;

use super::script::{Script, Verb};

/// Place of transport parameters that are replaced as a whole.
const ALL_OF_IT: u16 = u16::MAX;
/// Bit of a place behind which a packet is padding.
const PADDED: u16 = 1 << 15;

/// Garbles by a script, and remembers whether that made a difference.
pub(super) struct Garbler {
    script: Arc<Script>,
    done: Mutex<Done>,
}

#[derive(Default)]
struct Done {
    flights: usize,
    packets: usize,
    lied: bool,
}

impl Garbler {
    pub(super) fn new(script: Arc<Script>) -> Self {
        Self {
            script,
            done: Mutex::default(),
        }
    }

    /// Whether the other side was told another handshake than this side believes in. What was
    /// only appended to a flight does not count: it may be the beginning of a message that never
    /// comes whole.
    pub(super) fn lied(&self) -> bool {
        self.done().lied
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GarblesTls for Garbler {
    fn parameters(&self, bytes: &mut Vec<u8>) {
        for deed in self.script.at(Verb::Parameters, 0) {
            if deed.at == ALL_OF_IT {
                bytes.clone_from(&deed.bytes);
            } else {
                let at = usize::from(deed.at).min(bytes.len());
                let end = bytes.len().min(at + deed.bytes.len());
                bytes.splice(at..end, deed.bytes.iter().copied());
            }
        }
    }

    fn flight(&self, bytes: &mut Vec<u8>) {
        let mut done = self.done();
        let (index, honest) = (done.flights, bytes.clone());
        done.flights += 1;
        for deed in self.script.at(Verb::FlipFlight, index) {
            flip(bytes, deed.at.into(), &deed.bytes);
        }
        for deed in self.script.at(Verb::InsertIntoFlight, index) {
            let at = usize::from(deed.at).min(bytes.len());
            bytes.splice(at..at, deed.bytes.iter().copied());
        }
        for deed in self.script.at(Verb::CutFlight, index) {
            let at = usize::from(deed.at).min(bytes.len());
            bytes.drain(at..bytes.len().min(at + deed.bytes.len()));
        }
        done.lied |= !bytes.starts_with(&honest);
    }

    fn frames(&self, bytes: &mut [u8]) {
        let mut done = self.done();
        let index = done.packets;
        done.packets += 1;
        for deed in self.script.at(Verb::Frames, index) {
            let at = usize::from(deed.at & !PADDED).min(bytes.len());
            let (_, place) = bytes.split_at_mut(at);
            let written = place.len().min(deed.bytes.len());
            place[..written].copy_from_slice(&deed.bytes[..written]);
            if deed.at & PADDED != 0 {
                place[written..].fill(0);
            }
        }
    }
}

/// Flips bits of `bytes` from `at` on.
pub(super) fn flip(bytes: &mut [u8], at: usize, with: &[u8]) {
    let place = bytes.iter_mut().skip(at);
    place.zip(with).for_each(|(byte, with)| *byte ^= with);
}

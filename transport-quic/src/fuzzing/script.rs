//! What an attacker does, as bytes.

/// What an attacker does: who it is, and its deeds.
///
/// As bytes: 1 byte of settings, then the deeds, each a verb (1 byte), an index (1 byte), a place
/// (2 bytes, little-endian), a length (2 bytes, little-endian) and as many bytes. What is cut off
/// at the end is as long as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// See the constants of this type.
    pub settings: u8,
    /// In any order; each names when it is done.
    pub deeds: Vec<Deed>,
}

/// One thing that an attacker does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// What.
    pub verb: Verb,
    /// In or before which flight, packet, datagram or round of its own, from 0.
    pub index: u8,
    /// Where in it, or which way.
    pub at: u16,
    /// With what.
    pub bytes: Vec<u8>,
}

/// What an attacker can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Flips bits of a flight of its handshake.
    FlipFlight,
    /// Inserts into a flight.
    InsertIntoFlight,
    /// Cuts as many bytes out of a flight.
    CutFlight,
    /// Writes over its transport parameters; place 65,535: these are all of them.
    Parameters,
    /// Writes over the frames of a packet before it is sealed; with the highest bit of the place,
    /// padding follows.
    Frames,
    /// Flips bits of a sealed datagram.
    FlipDatagram,
    /// Sends a datagram of its own; with the highest bit of the place, filled up to 1,200 bytes.
    Invent,
    /// The datagram is lost, doubled, or held back until the next (place modulo 3).
    Fate,
    /// Lets time pass: as many times 10 ms as the place says.
    Wait,
    /// Does with its connection what the place says: opens streams and writes, resets, changes
    /// keys, pings, closes.
    Act,
}

impl Verb {
    const ALL: [Self; 10] = [
        Self::FlipFlight,
        Self::InsertIntoFlight,
        Self::CutFlight,
        Self::Parameters,
        Self::Frames,
        Self::FlipDatagram,
        Self::Invent,
        Self::Fate,
        Self::Wait,
        Self::Act,
    ];
}

impl Script {
    /// The attacker is dialled instead of dialling.
    pub const IS_DIALLED: u8 = 1;
    /// Both sides use the fallback provider.
    pub const RUSTCRYPTO: u8 = 2;
    /// The dialled victim first asks for a Retry.
    pub const RETRY: u8 = 4;
    /// It refuses, or ignores with [`RETRY`](Self::RETRY), what it is dialled by second.
    pub const REFUSES_SECOND: u8 = 8;
    /// An attacker without a trusted certificate shows none at all instead of a stranger's.
    pub const SHOWS_NOTHING: u8 = 16;
    /// The attacker dials twice.
    pub const TWICE: u8 = 32;

    /// Most deeds of a script.
    const MAX_DEEDS: usize = 64;

    /// Reads a script; every sequence of bytes is one.
    pub fn read(bytes: &[u8]) -> Self {
        let Some((&settings, mut rest)) = bytes.split_first() else {
            return Self::default();
        };
        let mut deeds = Vec::new();
        while let Some((head, behind)) = rest.split_first_chunk::<6>()
            && deeds.len() < Self::MAX_DEEDS
        {
            let length = usize::from(u16::from_le_bytes([head[4], head[5]]));
            let (bytes, behind) = behind.split_at(length.min(behind.len()));
            rest = behind;
            deeds.push(Deed {
                verb: Verb::ALL[usize::from(head[0]) % Verb::ALL.len()],
                index: head[1],
                at: u16::from_le_bytes([head[2], head[3]]),
                bytes: bytes.to_vec(),
            });
        }
        Self { settings, deeds }
    }

    /// Its bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = vec![self.settings];
        for deed in &self.deeds {
            let length = u16::try_from(deed.bytes.len()).unwrap_or(u16::MAX);
            bytes.push(deed.verb as u8);
            bytes.push(deed.index);
            bytes.extend(deed.at.to_le_bytes());
            bytes.extend(length.to_le_bytes());
            bytes.extend(deed.bytes.iter().take(length.into()));
        }
        bytes
    }

    pub(super) fn is(&self, setting: u8) -> bool {
        self.settings & setting != 0
    }

    /// The deeds of one kind at one index.
    pub(super) fn at(&self, verb: Verb, index: usize) -> impl Iterator<Item = &Deed> {
        let deeds = self.deeds.iter();
        deeds.filter(move |deed| deed.verb == verb && usize::from(deed.index) == index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_survives_its_bytes() {
        let deeds = Verb::ALL.map(|verb| Deed {
            verb,
            index: 3,
            at: 0x8007,
            bytes: b"any".to_vec(),
        });
        let script = Script {
            settings: Script::RETRY,
            deeds: deeds.to_vec(),
        };
        assert_eq!(Script::read(&script.write()), script);
        let cut = Script::read(&script.write()[..10]);
        assert_eq!((cut.deeds.len(), &cut.deeds[0].bytes[..]), (1, &b"any"[..]));
    }
}

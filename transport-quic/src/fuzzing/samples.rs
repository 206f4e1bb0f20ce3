//! Scripts to begin from: everything that an attacker can do, once.

use super::script::{Deed, Script, Verb};

/// Scripts for attackers with and without a trusted certificate.
pub fn handshake_samples() -> Vec<Vec<u8>> {
    let mut scripts: Vec<Script> = HONEST.map(honest).to_vec();
    let dialler = 0;
    scripts.extend(deeds().into_iter().map(|deed| with(dialler, vec![deed])));
    let dialled = Script::IS_DIALLED;
    scripts.extend(lies().into_iter().map(|deed| with(dialled, vec![deed])));
    scripts.push(with(Script::RETRY, vec![deed(Verb::Fate, 1, 1, &[])]));
    let churn = Script::TWICE | Script::RETRY | Script::REFUSES_SECOND;
    scripts.push(with(churn, vec![deed(Verb::Wait, 1, 100, &[])]));
    scripts.iter().map(Script::write).collect()
}

/// Settings of attackers that do what they should: each setting alone, and some together.
const HONEST: [u8; 12] = [0, 1, 2, 3, 4, 8, 12, 16, 32, 36, 40, 44];

fn honest(settings: u8) -> Script {
    with(settings, Vec::new())
}

fn with(settings: u8, deeds: Vec<Deed>) -> Script {
    Script { settings, deeds }
}

fn deed(verb: Verb, index: u8, at: u16, bytes: &[u8]) -> Deed {
    let bytes = bytes.to_vec();
    Deed {
        verb,
        index,
        at,
        bytes,
    }
}

/// Lies in the handshake.
fn lies() -> Vec<Deed> {
    vec![
        deed(Verb::FlipFlight, 0, 60, &[1]),
        deed(Verb::FlipFlight, 1, 20, &[1]),
        deed(Verb::InsertIntoFlight, 1, 0, &[8, 0, 0, 2, 0, 0]),
        deed(Verb::CutFlight, 1, 10, &[0; 5]),
        deed(Verb::Parameters, 0, u16::MAX, &[]),
        // max_udp_payload_size of 0, ack_delay_exponent of 63, an unknown one cut short.
        deed(Verb::Parameters, 0, u16::MAX, &[3, 1, 0]),
        deed(Verb::Parameters, 0, u16::MAX, &[10, 1, 63, 0x1b, 9]),
    ]
}

fn deeds() -> Vec<Deed> {
    const PADDED: u16 = 1 << 15;
    let mut deeds = lies();
    deeds.extend([
        // CRYPTO frames with a gap, an ACK of what was never sent, a reserved kind of frame.
        deed(Verb::Frames, 0, PADDED, &[6, 0x40, 0xff, 1, 0]),
        deed(Verb::Frames, 1, PADDED, &[2, 9, 0, 0, 9]),
        deed(Verb::Frames, 3, PADDED, &[0x40, 0x52, 7]),
        // After the handshake: STREAM with a gap, RETIRE_CONNECTION_ID, NEW_CONNECTION_ID,
        // MAX_STREAMS, PATH_CHALLENGE, HANDSHAKE_DONE from a dialler, CONNECTION_CLOSE.
        deed(Verb::Frames, 4, PADDED, &[0x0e, 2, 9, 1, 0]),
        deed(Verb::Frames, 4, PADDED, &[0x19, 0]),
        deed(
            Verb::Frames,
            5,
            PADDED,
            &[0x18, 9, 9, 8, 1, 2, 3, 4, 5, 6, 7, 8],
        ),
        deed(
            Verb::Frames,
            5,
            PADDED,
            &[0x13, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ),
        deed(Verb::Frames, 5, PADDED, &[0x1a, 1, 2, 3, 4, 5, 6, 7, 8]),
        deed(Verb::Frames, 4, PADDED, &[0x1e]),
        deed(Verb::Frames, 4, PADDED, &[0x1d, 7, 3, b'b', b'y', b'e']),
        deed(Verb::FlipDatagram, 0, 0, &[0x80]),
        deed(Verb::FlipDatagram, 1, 30, &[1]),
        // A packet of another version, a short header for nobody.
        deed(
            Verb::Invent,
            0,
            PADDED,
            &[0xc0, 0x0a, 0x0a, 0x0a, 0x0a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0],
        ),
        deed(Verb::Invent, 2, 0, &[0x43; 60]),
        deed(Verb::Fate, 0, 0, &[]),
        deed(Verb::Fate, 1, 1, &[]),
        deed(Verb::Fate, 1, 2, &[]),
        deed(Verb::Wait, 1, 600, &[]),
    ]);
    let acts = (0..7).map(|act| deed(Verb::Act, 6, act, b"a stream's bytes"));
    deeds.extend(acts);
    deeds
}

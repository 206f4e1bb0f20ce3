//! A victim and an attacker, the datagrams in between, the time, and what is asserted.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use quibus::transport::BindError;
use quibus_quic_crypto::Provider;
use quibus_quic_crypto::fuzzing::restart;
use quinn_proto::{ClientConfig, Connection, Dir, Endpoint, StreamId, VarInt};

use super::garbler::{Garbler, flip};
use super::script::{Deed, Script, Verb};
use super::side::{Admission, Side};
use super::stock::{Identities, Stock};

/// Rounds in which both sides may speak; after that the attacker falls silent.
const ROUNDS: usize = 48;
/// Time-outs that a victim may need until it has given up an attacker that fell silent.
const PATIENCE: usize = 500;
/// The shortest datagram in which a dialler's first packet may come.
const FIRST: usize = 1_200;

/// When everything begins. Never read again: time is only added to it.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Two sides that can be set against each other any number of times.
pub struct Duel {
    /// By provider: the best, the fallback.
    stocks: [Stock; 2],
    trusted: Vec<u8>,
}

/// How a duel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Connections that the victim took for established.
    pub connected: usize,
    /// Whether the attacker lied in its handshake.
    pub lied: bool,
}

impl Duel {
    /// Prepares both sides.
    pub fn new(identities: &Identities) -> Result<Self, BindError> {
        let trusted = identities.trusted.chain().first();
        Ok(Self {
            stocks: [
                Stock::new(Provider::best(), identities)?,
                Stock::new(Provider::RustCrypto, identities)?,
            ],
            trusted: trusted.map(|leaf| leaf.to_vec()).unwrap_or_default(),
        })
    }

    /// Lets an attacker, with a trusted certificate or without, do what `script` says.
    ///
    /// # Panics
    ///
    /// If the victim lets somebody in who has no trusted certificate or has lied in the handshake,
    /// takes it for somebody else, or still holds a connection after the attacker has fallen
    /// silent. And if the victim panics.
    pub fn fight(&self, trusted: bool, script: Script) -> Outcome {
        restart();
        let script = Arc::new(script);
        let stock = &self.stocks[usize::from(script.is(Script::RUSTCRYPTO))];
        let mut fight = Fight::new(stock, trusted, script).expect("both sides were tried before");
        for round in 0..ROUNDS {
            fight.round(round);
        }
        fight.wait_for_the_end();
        let liars = fight.garblers.iter().filter(|one| one.lied()).count();
        let outcome = Outcome {
            connected: fight.victim.connected,
            lied: liars > 0,
        };
        assert!(trusted || outcome.connected == 0, "a stranger was let in");
        let honest = fight.garblers.len() - liars;
        assert!(outcome.connected <= honest, "a liar was let in");
        for identity in &fight.victim.identities {
            let known = identity.as_deref() == Some(&self.trusted[..]);
            assert!(known, "an attacker was taken for somebody else");
        }
        outcome
    }
}

struct Fight {
    now: Instant,
    victim: Side,
    attacker: Side,
    /// Of each handshake.
    garblers: Vec<Arc<Garbler>>,
    script: Arc<Script>,
    /// How many datagrams the attacker has sent.
    datagrams: usize,
    held: Option<Vec<u8>>,
    streams: Vec<StreamId>,
}

impl Fight {
    fn new(stock: &Stock, trusted: bool, script: Arc<Script>) -> Result<Self, BindError> {
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let garbler = || Arc::new(Garbler::new(script.clone()));
        let endpoint = |server| Endpoint::new(stock.endpoint.clone(), server, true, Some([7; 32]));
        let dialled = garbler();
        let attacker = stock.attacker_accepting(trusted, &dialled)?;
        let mut fight = Self {
            now: *EPOCH,
            victim: Side::new(endpoint(Some(stock.accepting.clone())), address(2)),
            attacker: Side::new(endpoint(Some(Arc::new(attacker))), address(1)),
            garblers: Vec::new(),
            script: script.clone(),
            datagrams: 0,
            held: None,
            streams: Vec::new(),
        };
        fight.victim.admissions = admissions(&script);
        if script.is(Script::IS_DIALLED) {
            fight.garblers.push(dialled);
            dial(&mut fight.victim, fight.now, stock.dialling()?, address(2));
        } else {
            for number in 0..=u8::from(script.is(Script::TWICE)) {
                let dialling = garbler();
                let config = stock.attacker_dialling(trusted, &script, &dialling, number)?;
                fight.garblers.push(dialling);
                dial(&mut fight.attacker, fight.now, config, address(1));
            }
        }
        Ok(fight)
    }

    fn round(&mut self, round: usize) {
        let script = self.script.clone();
        for deed in script.at(Verb::Act, round) {
            self.act(deed);
        }
        self.attacker.drive(self.now);
        let sent = self.attacker.take_sent();
        let quiet = sent.is_empty();
        for datagram in sent {
            self.carry(datagram);
        }
        self.victim.drive(self.now);
        let answers = self.victim.take_sent();
        let quiet = quiet && answers.is_empty();
        for answer in answers {
            self.attacker.receive(self.now, &answer);
        }
        if quiet {
            if let Some(held) = self.held.take() {
                self.victim.receive(self.now, &held);
            }
            let due = [self.attacker.next_timeout(), self.victim.next_timeout()];
            if let Some(due) = due.into_iter().flatten().min() {
                self.now = self.now.max(due);
            }
        }
    }

    /// Brings one of the attacker's datagrams to the victim, or not.
    fn carry(&mut self, mut datagram: Vec<u8>) {
        let (script, index) = (self.script.clone(), self.datagrams);
        self.datagrams += 1;
        for deed in script.at(Verb::Wait, index) {
            self.now += 10 * Duration::from_millis(deed.at.into());
        }
        for deed in script.at(Verb::Invent, index) {
            let mut invented = deed.bytes.clone();
            if deed.at >> 15 == 1 {
                invented.resize(invented.len().max(FIRST), 0);
            }
            self.victim.receive(self.now, &invented);
        }
        for deed in script.at(Verb::FlipDatagram, index) {
            flip(&mut datagram, deed.at.into(), &deed.bytes);
        }
        match script.at(Verb::Fate, index).next().map(|deed| deed.at % 3) {
            Some(0) => {}
            Some(1) => {
                self.victim.receive(self.now, &datagram);
                self.victim.receive(self.now, &datagram);
            }
            Some(_) => self.held = Some(datagram),
            None => {
                self.victim.receive(self.now, &datagram);
                if let Some(held) = self.held.take() {
                    self.victim.receive(self.now, &held);
                }
            }
        }
    }

    /// Does something with the attacker's first connection.
    fn act(&mut self, deed: &Deed) {
        let Some(connection) = self.attacker.connections.values_mut().next() else {
            return;
        };
        match deed.at % 7 {
            0 => write(connection, Dir::Uni, &deed.bytes, &mut self.streams),
            1 => write(connection, Dir::Bi, &deed.bytes, &mut self.streams),
            2 => {
                if let Some(stream) = self.streams.pop() {
                    let _ = connection.send_stream(stream).reset(VarInt::from_u32(7));
                }
            }
            3 => {
                if let Some(stream) = self.streams.pop() {
                    let _ = connection.send_stream(stream).finish();
                }
            }
            4 if !connection.is_handshaking() => connection.force_key_update(),
            5 => connection.ping(),
            6 => {
                let reason = Bytes::copy_from_slice(&deed.bytes);
                connection.close(self.now, VarInt::from_u32(7), reason);
            }
            _ => {}
        }
    }

    /// From now on nothing comes any more: a victim has to forget its attacker by itself.
    fn wait_for_the_end(&mut self) {
        for _ in 0..PATIENCE {
            self.victim.drive(self.now);
            self.victim.take_sent();
            let Some(due) = self.victim.next_timeout() else {
                break;
            };
            self.now = self.now.max(due);
        }
        let open = self.victim.endpoint.open_connections();
        assert_eq!(open, 0, "connections of an attacker that fell silent");
        assert_eq!(self.victim.endpoint.incoming_buffer_bytes(), 0);
    }
}

fn admissions(script: &Script) -> Vec<Admission> {
    let retry = script.is(Script::RETRY);
    match script.is(Script::REFUSES_SECOND) {
        true if retry => vec![Admission::Retry, Admission::Ignore],
        true => vec![Admission::Accept, Admission::Refuse],
        false if retry => vec![Admission::Retry; 2],
        false => Vec::new(),
    }
}

fn dial(side: &mut Side, now: Instant, config: ClientConfig, address: SocketAddr) {
    // An attacker may have made its own TLS refuse: then it does not dial.
    if let Ok((handle, connection)) = side.endpoint.connect(now, config, address, "peer.quibus") {
        side.connections.insert(handle, connection);
    }
}

fn write(connection: &mut Connection, dir: Dir, bytes: &[u8], streams: &mut Vec<StreamId>) {
    if let Some(stream) = connection.streams().open(dir) {
        let _ = connection.send_stream(stream).write(bytes);
        streams.push(stream);
    }
}

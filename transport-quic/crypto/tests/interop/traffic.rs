//! Data in both directions, while keys change.

use quinn::{Connection, RecvStream, SendStream};

use crate::counted_keys::KeyCount;
use crate::pair::Pair;

const MEBIBYTE: usize = 1 << 20;
const CHUNK: usize = 32 << 10;

/// Key updates that each side has to begin.
const UPDATES: usize = 4;

/// Sends a mebibyte each way and as much more as it takes until both sides have changed the keys
/// several times, and compares every byte.
pub(crate) async fn exchange(pair: &Pair) {
    let (mut dialled, mut accepted) = open(pair).await;
    let mut dialler = Updater::new(&pair.dialler, &pair.dialler_keys);
    let mut acceptor = Updater::new(&pair.acceptor, &pair.acceptor_keys);
    let mut sent = 0;
    while sent < MEBIBYTE || acceptor.begun < UPDATES {
        let length = if sent < MEBIBYTE { CHUNK } else { 256 };
        // In turn: quinn lets neither begin one before the last is acknowledged and its keys gone.
        if dialler.begun == acceptor.begun {
            dialler.update();
        } else {
            acceptor.update();
        }
        let there = pattern(sent, length, 1);
        let back = pattern(sent, length, 2);
        let (mut got_there, mut got_back) = (vec![0; length], vec![0; length]);
        let (to_acceptor, to_dialler, at_acceptor, at_dialler) = tokio::join!(
            dialled.0.write_all(&there),
            accepted.0.write_all(&back),
            accepted.1.read_exact(&mut got_there),
            dialled.1.read_exact(&mut got_back),
        );
        to_acceptor.unwrap();
        to_dialler.unwrap();
        at_acceptor.unwrap();
        at_dialler.unwrap();
        // No assert_eq: nobody reads 32 KiB.
        assert!(got_there == there, "to the acceptor, at byte {sent}");
        assert!(got_back == back, "to the dialler, at byte {sent}");
        sent += length;
    }
    assert!(dialler.begun >= UPDATES && acceptor.begun >= UPDATES);
    // Each began some, and followed the others'. The first generation is no update.
    let begun = dialler.begun + acceptor.begun;
    assert_eq!(pair.dialler_keys.get(), begun + 1);
    assert_eq!(pair.acceptor_keys.get(), begun + 1);
}

type Stream = (SendStream, RecvStream);

async fn open(pair: &Pair) -> (Stream, Stream) {
    let mut dialled = pair.dialler.open_bi().await.unwrap();
    // quinn tells the other side of a stream with its first byte.
    dialled.0.write_all(b"!").await.unwrap();
    let mut accepted = pair.acceptor.accept_bi().await.unwrap();
    accepted.1.read_exact(&mut [0]).await.unwrap();
    (dialled, accepted)
}

/// One side's attempts to change the keys.
struct Updater<'a> {
    connection: &'a Connection,
    keys: &'a KeyCount,
    begun: usize,
}

impl<'a> Updater<'a> {
    fn new(connection: &'a Connection, keys: &'a KeyCount) -> Self {
        Self {
            connection,
            keys,
            begun: 0,
        }
    }

    /// Everything runs on one thread, so nobody else takes keys between the two counts.
    fn update(&mut self) {
        let before = self.keys.get();
        self.connection.force_key_update();
        self.begun += self.keys.get() - before;
    }
}

/// No two places look alike, and the directions don't either.
fn pattern(from: usize, length: usize, direction: u64) -> Vec<u8> {
    let at = |place: usize| {
        let mixed = (place as u64 ^ direction << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 56) as u8
    };
    (from..from + length).map(at).collect()
}

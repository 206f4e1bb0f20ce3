//! A state in 32 bytes.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::record::{Presence, Record};
use crate::state::State;

/// A state in 32 bytes: two servers that applied the same commands have the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateHash([u8; 32]);

impl State {
    /// The state in 32 bytes; reads all of it.
    pub fn hash(&self) -> StateHash {
        let mut hasher = Sha256::new();
        number(&mut hasher, self.index);
        number(&mut hasher, self.revision.index);
        number(&mut hasher, u64::from(self.revision.sub));
        hasher.update(self.revision.cluster.0.to_le_bytes());
        number(&mut hasher, self.forgotten.0);
        number(&mut hasher, self.latest_ms);
        for (peer, record) in &self.records {
            bytes(&mut hasher, peer.as_str().as_bytes());
            hash_record(&mut hasher, record);
        }
        for (hash, _) in self.library.descriptions() {
            hasher.update(hash.0);
        }
        StateHash(hasher.finalize().into())
    }
}

fn hash_record(hasher: &mut Sha256, record: &Record) {
    number(hasher, record.incarnation.0);
    hasher.update(record.start_id.to_le_bytes());
    match &record.presence {
        Presence::Here(member) => {
            hasher.update([0, member.condition as u8, u8::from(member.draining)]);
            number(hasher, member.epoch);
            number(hasher, member.seq);
            number(hasher, member.updated_at.index);
            number(hasher, u64::from(member.updated_at.sub));
            bytes(hasher, &member.descriptor.encode());
            bytes(hasher, &member.types.encode());
        }
        Presence::Removed(index) => {
            hasher.update([1]);
            number(hasher, *index);
        }
        Presence::Left(index) => {
            hasher.update([2]);
            number(hasher, *index);
        }
    }
}

fn number(hasher: &mut Sha256, value: u64) {
    hasher.update(value.to_le_bytes());
}

/// Behind their length, so that no two lists of texts look alike.
fn bytes(hasher: &mut Sha256, value: &[u8]) {
    number(hasher, value.len() as u64);
    hasher.update(value);
}

/// In hexadecimal digits.
impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

//! How the state learns what types look like.

use bytes::Bytes;
use quibus::directory::TypeList;
use quibus::directory::contract::KnownType;
use quibus::message::schema::{TypeDescription, TypeHash};
use quibus::{Incarnation, PeerId};

use crate::outcome::{Outcome, Refusal};
use crate::state::State;

impl State {
    /// A run knows these types and no others.
    pub(crate) fn describe(
        &mut self,
        peer: &PeerId,
        incarnation: Incarnation,
        types: &TypeList,
    ) -> Result<Outcome, Refusal> {
        let (entries, most) = (self.library.entries(), self.quotas.described_types);
        let member = self.run(peer, incarnation)?;
        let now = entries - member.types.len() + types.len();
        if now > most {
            let text = format!("the directory knows {entries} types of peers and takes {most}");
            return Err(Refusal::Quota(text));
        }
        let former = std::mem::replace(&mut member.types, types.clone());
        // Entered first: what is in both lists keeps its description.
        self.library.enter(types);
        self.library.leave(&former);
        Ok(Outcome::Wanted(self.library.lacking(types)))
    }

    /// A run hands over descriptions of types that it has named.
    pub(crate) fn supply(
        &mut self,
        peer: &PeerId,
        incarnation: Incarnation,
        descriptions: &[Bytes],
    ) -> Result<Outcome, Refusal> {
        let member = self.run(peer, incarnation)?;
        let mut supplied = Vec::with_capacity(descriptions.len());
        for bytes in descriptions {
            let hash = TypeHash::of(bytes);
            let described = TypeDescription::decode(bytes);
            let described = described.map_err(|error| Refusal::NotAllowed(error.to_string()))?;
            if member.types.get(&described.name) != Some(&hash) {
                let text = format!("{} was not announced with this hash", described.name);
                return Err(Refusal::NotAllowed(text));
            }
            supplied.push((hash, bytes));
        }
        let types = member.types.clone();
        let known = types.iter().filter_map(|(_, hash)| self.library.get(hash));
        let known: usize = known.map(Bytes::len).sum();
        let new = supplied
            .iter()
            .filter(|(hash, _)| self.library.get(hash).is_none());
        let new: usize = new.map(|(_, bytes)| bytes.len()).sum();
        let all = self.library.bytes();
        for (whose, held, most) in [
            ("this peer's", known, TypeList::MAX_BYTES),
            ("all peers'", all, self.quotas.description_bytes),
        ] {
            let grown = held + new;
            if grown > most {
                let text = format!(
                    "descriptions of {whose} types would have {grown} bytes, at most {most}"
                );
                return Err(Refusal::Quota(text));
            }
        }
        for (hash, bytes) in supplied {
            self.library.supply(hash, bytes.clone());
        }
        Ok(Outcome::Done)
    }

    /// The types whose names follow on this one, of those that have been described.
    pub fn types_after(&self, name: &str) -> impl Iterator<Item = KnownType> {
        self.library.after(name)
    }

    /// The description of a type, encoded, by its hash.
    pub fn type_description(&self, hash: &TypeHash) -> Option<&Bytes> {
        self.library.get(hash)
    }
}

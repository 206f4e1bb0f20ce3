//! Telling what message types look like.

use bytes::{BufMut, Bytes, BytesMut};

use super::request_error::RequestError;
use crate::directory::type_list::{TypeList, read_hash};
use crate::directory::unreadable::Unreadable;
use crate::id::Incarnation;
use crate::message::schema::{TypeDescription, TypeHash};
use crate::wire::{Reader, put_bytes};

/// Says which message types a registered run knows, all of them: what it said before counts no
/// more. Of the descriptions only the hashes; the directory asks for those it lacks.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Wanted, error = RequestError)]
pub struct Describe {
    #[prost(uint64, tag = "1")]
    incarnation: u64,
    #[prost(bytes = "bytes", tag = "2")]
    types: Bytes,
}

impl Describe {
    /// This run knows these types.
    pub fn new(incarnation: Incarnation, types: &TypeList) -> Self {
        Self {
            incarnation: incarnation.0,
            types: types.encode(),
        }
    }

    /// The asking run.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation)
    }

    /// Reads and checks the types.
    pub fn read(&self) -> Result<TypeList, Unreadable> {
        TypeList::decode(&self.types)
    }
}

/// The answer to [`Describe`]: the descriptions that the directory has not got yet.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Wanted {
    /// Hashes, one after the other.
    #[prost(bytes = "bytes", tag = "1")]
    hashes: Bytes,
}

impl Wanted {
    /// These are wanted.
    pub fn new(hashes: &[TypeHash]) -> Self {
        let mut out = BytesMut::with_capacity(hashes.len() * 32);
        hashes.iter().for_each(|hash| out.put_slice(&hash.0));
        Self {
            hashes: out.freeze(),
        }
    }

    /// Reads the hashes.
    pub fn read(&self) -> Result<Vec<TypeHash>, Unreadable> {
        const WHAT: &str = "a list of wanted types";
        if self.hashes.len() > TypeList::MAX * 32 {
            return Err(Unreadable::new(WHAT, "more than a peer can have"));
        }
        let mut reader = Reader::new(&self.hashes);
        let mut hashes = Vec::new();
        while reader.remaining() > 0 {
            hashes.push(read_hash(WHAT, &mut reader)?);
        }
        Ok(hashes)
    }
}

/// Hands over descriptions that the run has named by their hashes before.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Supplied, error = RequestError)]
pub struct Supply {
    #[prost(uint64, tag = "1")]
    incarnation: u64,
    /// Descriptions, each behind its length.
    #[prost(bytes = "bytes", tag = "2")]
    descriptions: Bytes,
}

impl Supply {
    /// So many bytes of descriptions fit one message, or a single one.
    pub const BATCH: usize = 256 * 1024;

    /// Hands these over; each of them encoded.
    pub fn new<'a>(
        incarnation: Incarnation,
        descriptions: impl IntoIterator<Item = &'a Bytes>,
    ) -> Self {
        let mut out = BytesMut::new();
        for description in descriptions {
            put_bytes(&mut out, description);
        }
        Self {
            incarnation: incarnation.0,
            descriptions: out.freeze(),
        }
    }

    /// The asking run.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation)
    }

    /// Reads the descriptions, as they are encoded; each of them could be read.
    pub fn read(&self) -> Result<Vec<Bytes>, Unreadable> {
        const WHAT: &str = "descriptions of types";
        let mut reader = Reader::new(&self.descriptions);
        let mut descriptions = Vec::new();
        while reader.remaining() > 0 {
            if descriptions.len() == TypeList::MAX {
                return Err(Unreadable::new(WHAT, "more than a peer can have"));
            }
            let bytes = reader
                .bytes("a description", TypeDescription::MAX_BYTES)
                .map_err(Unreadable::blame(WHAT))?;
            let bytes = self.descriptions.slice_ref(bytes);
            TypeDescription::decode(&bytes).map_err(Unreadable::blame(WHAT))?;
            descriptions.push(bytes);
        }
        Ok(descriptions)
    }
}

/// The answer to [`Supply`]: they are kept for as long as somebody knows the types.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Supplied {}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::message::Message as _;

    fn supply(descriptions: &[Bytes]) -> Supply {
        let supply = Supply::new(Incarnation(4), descriptions);
        Supply::decode(&supply.encode_to_vec()[..]).unwrap()
    }

    #[test]
    fn what_a_run_knows_survives_the_wire() {
        let types: TypeList = [("A.B", TypeHash([7; 32]))].into_iter().collect();
        let bytes = Describe::new(Incarnation(4), &types).encode_to_vec();
        let read = Describe::decode(&bytes[..]).unwrap();
        assert_eq!(
            (read.incarnation(), read.read()),
            (Incarnation(4), Ok(types))
        );
        let hashes = vec![TypeHash([1; 32]), TypeHash([2; 32])];
        let bytes = Wanted::new(&hashes).encode_to_vec();
        let wanted = Wanted::decode(&bytes[..]).unwrap();
        assert_eq!(wanted.read(), Ok(hashes));
        let cut = Wanted {
            hashes: wanted.hashes.slice(1..),
        };
        assert!(cut.read().is_err());
    }

    #[test]
    fn descriptions_survive_the_wire_and_what_is_none_is_refused() {
        let descriptions = [Describe::describe(), Supply::describe()];
        let bytes = descriptions.each_ref().map(TypeDescription::encode);
        let read = supply(&bytes);
        assert_eq!(
            (read.incarnation(), read.read()),
            (Incarnation(4), Ok(bytes.to_vec()))
        );
        let nonsense = supply(&[bytes[0].clone(), Bytes::from_static(b"\x01")]);
        assert!(nonsense.read().is_err());
    }
}

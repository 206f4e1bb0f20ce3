//! Asking what message types look like.

use bytes::{BufMut, Bytes, BytesMut};

use super::request_error::RequestError;
use crate::directory::key_lists::type_name;
use crate::directory::type_list::read_hash;
use crate::directory::unreadable::Unreadable;
use crate::message::schema::{TypeDescription, TypeHash};
use crate::wire::{Reader, put_str, put_varint};

/// Asks which types have been described. A peer may ask, and an operator or an administrator, in
/// the bootstrap lane.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = ListedTypes, error = RequestError)]
pub struct ListTypes {
    #[prost(string, tag = "1")]
    after: String,
}

impl ListTypes {
    /// Those whose names follow on this one; all, if it is empty.
    pub fn after(name: impl Into<String>) -> Self {
        Self { after: name.into() }
    }

    /// The name behind which the list begins.
    pub fn name(&self) -> &str {
        &self.after
    }
}

/// A description of a type, and how many know it. There are several of one name where peers were
/// built from different code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownType {
    /// The type's stable name.
    pub name: String,
    /// The hash of the description.
    pub hash: TypeHash,
    /// How many peers know the type so.
    pub peers: u32,
}

/// The answer to [`ListTypes`]: types in the order of their names, those of one name together.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListedTypes {
    #[prost(bytes = "bytes", tag = "1")]
    types: Bytes,
    #[prost(bool, tag = "2")]
    more: bool,
}

impl ListedTypes {
    /// So many bytes are in one answer, about.
    const BATCH: usize = 256 * 1024;

    /// As many of these as fit one answer.
    pub fn new(types: impl IntoIterator<Item = KnownType>) -> Self {
        let mut out = BytesMut::new();
        let mut last = String::new();
        let mut more = false;
        for known in types {
            more = out.len() >= Self::BATCH && known.name != last;
            if more {
                break;
            }
            put_str(&mut out, &known.name);
            out.put_slice(&known.hash.0);
            put_varint(&mut out, known.peers.into());
            last = known.name;
        }
        Self {
            types: out.freeze(),
            more,
        }
    }

    /// Whether others follow on the last of these.
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// Reads them.
    pub fn read(&self) -> Result<Vec<KnownType>, Unreadable> {
        const WHAT: &str = "a list of known types";
        let mut reader = Reader::new(&self.types);
        let mut types = Vec::new();
        while reader.remaining() > 0 {
            let name = type_name(WHAT, &mut reader)?;
            let hash = read_hash(WHAT, &mut reader)?;
            let peers = reader
                .varint_to("number of peers", u32::MAX.into())
                .map_err(Unreadable::blame(WHAT))?;
            types.push(KnownType {
                name: name.as_ref().into(),
                hash,
                peers: peers as u32,
            });
        }
        Ok(types)
    }
}

/// All that [`ListTypes`] tells, put together from its answers.
#[derive(Debug, Default)]
pub struct TypesAssembly {
    types: Vec<KnownType>,
}

impl TypesAssembly {
    /// What to ask next.
    pub fn next(&self) -> ListTypes {
        ListTypes::after(self.types.last().map_or("", |last| &last.name))
    }

    /// Takes an answer; gives all types when it was the last.
    pub fn add(&mut self, listed: &ListedTypes) -> Result<Option<Vec<KnownType>>, Unreadable> {
        let read = listed.read()?;
        let more = listed.has_more() && !read.is_empty();
        self.types.extend(read);
        Ok((!more).then(|| std::mem::take(&mut self.types)))
    }
}

/// Asks for a description by its hash; who may ask is who may [`ListTypes`].
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = GotType, error = RequestError)]
pub struct GetType {
    #[prost(bytes = "bytes", tag = "1")]
    hash: Bytes,
}

impl GetType {
    /// The one with this hash.
    pub fn new(hash: TypeHash) -> Self {
        Self {
            hash: Bytes::copy_from_slice(&hash.0),
        }
    }

    /// Reads the hash.
    pub fn hash(&self) -> Result<TypeHash, Unreadable> {
        let hash = <[u8; 32]>::try_from(&self.hash[..]);
        hash.map(TypeHash)
            .map_err(|_| Unreadable::new("a request for a type", "a hash has 32 bytes"))
    }
}

/// The answer to [`GetType`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct GotType {
    #[prost(bytes = "bytes", optional, tag = "1")]
    description: Option<Bytes>,
}

impl GotType {
    /// This is it, encoded; `None`: nobody knows such a type any more.
    pub fn new(description: Option<Bytes>) -> Self {
        Self { description }
    }

    /// The hash of what came.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn hash(&self) -> Option<TypeHash> {
        self.description.as_deref().map(TypeHash::of)
    }

    /// Reads it, if it is there and has this hash.
    pub fn read(&self, hash: TypeHash) -> Result<Option<TypeDescription>, Unreadable> {
        const WHAT: &str = "the description of a type";
        let Some(bytes) = &self.description else {
            return Ok(None);
        };
        if TypeHash::of(bytes) != hash {
            return Err(Unreadable::new(WHAT, "it is another than was asked for"));
        }
        let read = TypeDescription::decode(bytes);
        read.map(Some).map_err(Unreadable::blame(WHAT))
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::message::Message as _;

    fn known(name: String, of: u8) -> KnownType {
        KnownType {
            name,
            hash: TypeHash([of; 32]),
            peers: 3,
        }
    }

    #[test]
    fn a_long_list_is_cut_between_two_names() {
        let all: Vec<_> = (0..3 * ListedTypes::BATCH / 84)
            .map(|at| known(format!("T.{:06}", at / 2), (at % 2) as u8))
            .collect();
        let mut assembly = TypesAssembly::default();
        let mut answer = || {
            let asked = assembly.next();
            let left = all
                .iter()
                .filter(|known| known.name.as_str() > asked.name());
            let bytes = ListedTypes::new(left.cloned()).encode_to_vec();
            let listed = ListedTypes::decode(&bytes[..]).unwrap();
            assembly.add(&listed).unwrap()
        };
        assert_eq!(answer(), None);
        assert_eq!(answer(), Some(all.clone()));
    }

    #[test]
    fn a_description_is_what_was_asked_for_or_refused() {
        let described = GetType::describe();
        let hash = described.hash();
        let bytes = GetType::new(hash).encode_to_vec();
        assert_eq!(GetType::decode(&bytes[..]).unwrap().hash(), Ok(hash));
        assert!(GetType::default().hash().is_err());
        let got = GotType::new(Some(described.encode()));
        assert_eq!(got.read(hash), Ok(Some(described)));
        assert!(got.read(TypeHash([0; 32])).is_err());
        assert_eq!(GotType::new(None).read(hash), Ok(None));
    }
}

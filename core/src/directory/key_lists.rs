//! The wire form of "these types, each with these keys", and the rules for a type's name.
//!
//! It is written by hand and not as repeated protobuf fields: an empty element of those costs two
//! bytes on the wire and dozens in memory, which would break promise 4's bound on allocation.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::unreadable::Unreadable;
use crate::binding::BindingKey;
use crate::wire::{Reader, put_str, put_varint, varint_len};

/// Sorted types, each with its sorted keys.
pub(super) type KeyLists = BTreeMap<Arc<str>, Arc<[BindingKey]>>;

/// Longest name of a message type, in bytes.
pub(super) const MAX_TYPE_NAME: usize = 256;
/// Most types in one message.
pub(super) const MAX_TYPES: usize = 4_096;
/// Most keys of one peer, over all types.
pub(super) const MAX_KEYS: usize = 10_000;
/// Longest wire form of one peer's subscriptions: with its descriptor around it, it still fits a
/// frame of 1 MiB.
pub(super) const MAX_BYTES: usize = 768 * 1024;

/// Sorts the keys and drops doubles.
pub(super) fn sorted(keys: impl IntoIterator<Item = BindingKey>) -> Arc<[BindingKey]> {
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into()
}

/// The wire form.
pub(super) fn encode(lists: &KeyLists) -> Bytes {
    let mut out = BytesMut::with_capacity(encoded_len(lists));
    put_varint(&mut out, lists.len() as u64);
    for (name, keys) in lists {
        put_str(&mut out, name);
        put_varint(&mut out, keys.len() as u64);
        for key in keys.iter() {
            key.encode(&mut out);
        }
    }
    out.freeze()
}

/// How long the wire form is, in bytes.
pub(super) fn encoded_len(lists: &KeyLists) -> usize {
    let of_type = |(name, keys): (&Arc<str>, &Arc<[BindingKey]>)| {
        let heads = varint_len(name.len() as u64) + varint_len(keys.len() as u64);
        heads + name.len() + keys.iter().map(BindingKey::encoded_len).sum::<usize>()
    };
    varint_len(lists.len() as u64) + lists.iter().map(of_type).sum::<usize>()
}

/// Reads the wire form. Names and keys have to ascend, so that no double costs memory before it is
/// dropped, and equal lists have equal bytes.
pub(super) fn decode(what: &'static str, bytes: &[u8]) -> Result<KeyLists, Unreadable> {
    let blame = Unreadable::blame(what);
    if bytes.len() > MAX_BYTES {
        let reason = format!("{} bytes, at most {MAX_BYTES} are allowed", bytes.len());
        return Err(Unreadable::new(what, reason));
    }
    let mut reader = Reader::new(bytes);
    let types = reader
        .varint_to("number of types", MAX_TYPES as u64)
        .map_err(&blame)?;
    let mut left = MAX_KEYS as u64;
    let mut lists = KeyLists::new();
    for _ in 0..types {
        let name = type_name(what, &mut reader)?;
        if lists
            .last_key_value()
            .is_some_and(|(last, _)| *last >= name)
        {
            return Err(Unreadable::new(what, format!("{name} is not in order")));
        }
        let count = reader.varint_to("number of keys", left).map_err(&blame)?;
        left -= count;
        let keys = read_keys(what, &mut reader, count)?;
        lists.insert(name, keys);
    }
    reader.finish().map_err(&blame)?;
    Ok(lists)
}

/// Reads the name of a message type.
pub(super) fn type_name(what: &'static str, reader: &mut Reader) -> Result<Arc<str>, Unreadable> {
    let name = reader
        .text("name of a type", MAX_TYPE_NAME)
        .map_err(Unreadable::blame(what))?;
    if name.is_empty() || name.chars().any(char::is_control) {
        let reason = format!("\"{}\" is not the name of a type", name.escape_debug());
        return Err(Unreadable::new(what, reason));
    }
    Ok(name.into())
}

fn read_keys(
    what: &'static str,
    reader: &mut Reader,
    count: u64,
) -> Result<Arc<[BindingKey]>, Unreadable> {
    if count == 0 {
        // Shared by all, where `Vec::new().into()` would allocate for each.
        return Ok(Arc::default());
    }
    // Nothing is reserved for `count`: it is only a claim until the bytes have been read.
    let mut keys: Vec<BindingKey> = Vec::new();
    for _ in 0..count {
        let key = BindingKey::read(reader).map_err(Unreadable::blame(what))?;
        if keys.last().is_some_and(|last| *last >= key) {
            return Err(Unreadable::new(what, format!("key {key} is not in order")));
        }
        keys.push(key);
    }
    Ok(keys.into())
}

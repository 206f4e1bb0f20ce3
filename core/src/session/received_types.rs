//! The message types that one stream has announced.
//!
//! Parked messages point into it while the stream's reader adds to it. A copy for every read that
//! brings an announcement would let 80 KB of small reads hold 200 MB.

use std::sync::{Arc, OnceLock};

use super::kind;

/// A message type as its sender announced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedType {
    /// `namespace.Name`.
    pub name: Arc<str>,
    /// The codec's number.
    pub codec: u8,
}

/// Blocks of 1, 2, 4 … types: 13 of them hold 8,191.
const BLOCKS: usize = 13;
const _: () = assert!((1 << BLOCKS) > kind::MAX_TYPES);

/// The types of one stream by their numbers; grows while it is shared, never changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReceivedTypes {
    /// The stream's lane, as its sender calls it.
    lane: OnceLock<Arc<str>>,
    blocks: [OnceLock<Box<[OnceLock<ReceivedType>]>>; BLOCKS],
}

impl ReceivedTypes {
    /// The stream says which lane it carries; the first word stays.
    pub(crate) fn name_lane(&self, name: &str) {
        self.lane.get_or_init(|| name.into());
    }

    /// The stream's lane, as its sender calls it; empty before it was said.
    pub(crate) fn lane(&self) -> Arc<str> {
        self.lane.get().cloned().unwrap_or_else(|| "".into())
    }

    /// The type with this number, if it was announced.
    pub(crate) fn get(&self, number: usize) -> Option<&ReceivedType> {
        let (block, at) = place(number);
        self.blocks.get(block)?.get()?.get(at)?.get()
    }

    /// Enters the type with this number, below [`MAX_TYPES`](kind::MAX_TYPES); the first entry
    /// stays.
    pub(crate) fn enter(&self, number: usize, entered: ReceivedType) {
        let (block, at) = place(number);
        let Some(slots) = self.blocks.get(block) else {
            return;
        };
        let slots = slots.get_or_init(|| (0..1 << block).map(|_| OnceLock::new()).collect());
        if let Some(slot) = slots.get(at) {
            slot.get_or_init(|| entered);
        }
    }
}

fn place(number: usize) -> (usize, usize) {
    let block = number.saturating_add(1).ilog2() as usize;
    (block, number.saturating_add(1) - (1 << block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_up_to_the_limit_has_a_place_of_its_own() {
        let types = ReceivedTypes::default();
        let named = |number: usize| ReceivedType {
            name: number.to_string().into(),
            codec: number as u8,
        };
        for number in 0..kind::MAX_TYPES {
            assert_eq!(types.get(number), None);
            types.enter(number, named(number));
        }
        for number in 0..kind::MAX_TYPES {
            assert_eq!(types.get(number), Some(&named(number)));
        }
        assert_eq!(types.get(usize::MAX), None);
    }
}

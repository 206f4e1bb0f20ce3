//! The message types that one stream has announced, or those of messages that were put together.
//!
//! Parked messages point into it while the stream's reader adds to it. A copy for every read that
//! brings an announcement would let 80 KB of small reads hold 200 MB. And what waits must not keep
//! all that was ever announced on its stream: so a read points to what there is as it comes, and
//! what is copied out of its parcel takes along only the types that it names.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::kind;

/// A message type as its sender announced it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReceivedType {
    /// `namespace.Name`.
    pub name: Arc<str>,
    /// The codec's number.
    pub codec: u8,
}

/// Blocks of 1, 2, 4 … types: 13 of them hold 8,191.
const BLOCKS: usize = 13;
const _: () = assert!((1 << BLOCKS) > kind::MAX_TYPES);

/// What an allocation takes beside what was asked of it, and a shared one beside what it holds.
const ALLOCATION: usize = 16;
const SHARED: usize = 16 + ALLOCATION;
/// Bytes of a table of types without these.
pub(super) const TABLE_BYTES: usize = size_of::<ReceivedTypes>() + SHARED + ALLOCATION;
/// Bytes of one type, of as many as its sender can make it.
pub(super) const TYPE_BYTES: usize = size_of::<Slot>() + SHARED + kind::MAX_TYPE_NAME;

type Slot = OnceLock<ReceivedType>;
type Block = Arc<[Slot]>;

/// Types by their numbers.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedTypes {
    kept: Kept,
    /// Bytes that it takes at the most, whatever is still entered into it.
    memory: usize,
}

#[derive(Debug, Clone)]
enum Kept {
    /// The stream's lane, as its sender calls it, and what its sender has announced: that grows
    /// while it is shared, and never changes.
    Announced(OnceLock<Arc<str>>, Vec<Block>),
    /// What some messages name.
    Named(Box<[ReceivedType]>),
}

impl Default for ReceivedTypes {
    /// A stream's, on which nothing was announced yet.
    fn default() -> Self {
        Self::announced(OnceLock::new(), Vec::new())
    }
}

impl ReceivedTypes {
    fn announced(lane: OnceLock<Arc<str>>, blocks: Vec<Block>) -> Self {
        let types = blocks.iter().flat_map(|block| block.iter());
        let types: usize = types.map(memory_of).sum();
        let lists = blocks.capacity() * (size_of::<Block>() + SHARED);
        Self {
            kept: Kept::Announced(lane, blocks),
            memory: TABLE_BYTES + SHARED + kind::MAX_TYPE_NAME + lists + types,
        }
    }

    /// That of messages which name this only.
    pub(crate) fn of_one(named: ReceivedType) -> Self {
        let mut naming = Naming::default();
        naming.number(&named);
        naming.named()
    }

    /// Bytes that it takes at the most. Blocks and names that others have as well are counted.
    #[inline]
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    /// The stream says which lane it carries; the first word stays.
    pub(crate) fn name_lane(&self, name: &str) {
        if let Kept::Announced(lane, _) = &self.kept {
            lane.get_or_init(|| name.into());
        }
    }

    /// The stream's lane, as its sender calls it. `None`: it is no stream's, or was not said yet.
    pub(crate) fn lane(&self) -> Option<&Arc<str>> {
        match &self.kept {
            Kept::Announced(lane, _) => lane.get(),
            Kept::Named(_) => None,
        }
    }

    /// The type with this number, if there is one.
    #[inline]
    pub(crate) fn get(&self, number: usize) -> Option<&ReceivedType> {
        match &self.kept {
            Kept::Announced(_, blocks) => {
                let (block, at) = place(number);
                blocks.get(block)?.get(at)?.get()
            }
            Kept::Named(types) => types.get(number),
        }
    }

    /// The table that has a place for the type with this number too, below
    /// [`MAX_TYPES`](kind::MAX_TYPES), if this has none: whoever has this one keeps no more by that.
    pub(crate) fn grown_for(&self, number: usize) -> Option<Self> {
        let Kept::Announced(lane, blocks) = &self.kept else {
            return None;
        };
        let wanted = place(number).0 + 1;
        if wanted <= blocks.len() || wanted > BLOCKS {
            return None;
        }
        let block = |at| (0..1 << at).map(|_| Slot::new()).collect();
        let more = (blocks.len()..wanted).map(block);
        let blocks = blocks.iter().cloned().chain(more).collect();
        Some(Self::announced(lane.clone(), blocks))
    }

    /// Enters the type with this number, if there is a place for it; the first entry stays.
    pub(crate) fn enter(&self, number: usize, entered: ReceivedType) {
        let Kept::Announced(_, blocks) = &self.kept else {
            return;
        };
        let (block, at) = place(number);
        if let Some(slot) = blocks.get(block).and_then(|block| block.get(at)) {
            slot.get_or_init(|| entered);
        }
    }
}

fn memory_of(slot: &Slot) -> usize {
    let free = kind::MAX_TYPE_NAME;
    let name = slot.get().map_or(free, |known| known.name.len());
    size_of::<Slot>() + SHARED + name
}

fn place(number: usize) -> (usize, usize) {
    let block = number.saturating_add(1).ilog2() as usize;
    (block, number.saturating_add(1) - (1 << block))
}

/// The types of messages that are put together, in whatever streams they came: those of one stream,
/// or of few messages.
#[derive(Debug, Default)]
pub(super) struct Naming {
    numbers: HashMap<ReceivedType, u16>,
    types: Vec<ReceivedType>,
}

impl Naming {
    /// The number of a type from now on.
    pub(super) fn number(&mut self, named: &ReceivedType) -> u16 {
        // Nearly always all are of one.
        if let Some(last) = self.types.last()
            && last == named
        {
            return (self.types.len() - 1) as u16;
        }
        let Self { numbers, types } = self;
        *numbers.entry(named.clone()).or_insert_with(|| {
            types.push(named.clone());
            (types.len() - 1) as u16
        })
    }

    /// All of them.
    pub(super) fn named(self) -> ReceivedTypes {
        let bytes = |named: &ReceivedType| size_of::<ReceivedType>() + SHARED + named.name.len();
        let memory = TABLE_BYTES + self.types.iter().map(bytes).sum::<usize>();
        ReceivedTypes {
            kept: Kept::Named(self.types.into()),
            memory,
        }
    }
}

#[cfg(test)]
impl ReceivedTypes {
    /// A copy that shares nothing, for exploring what could happen.
    pub(super) fn fork(&self) -> Self {
        let kept = match &self.kept {
            Kept::Announced(lane, blocks) => {
                let copy = |block: &Block| block.iter().cloned().collect();
                Kept::Announced(lane.clone(), blocks.iter().map(copy).collect())
            }
            Kept::Named(types) => Kept::Named(types.clone()),
        };
        let memory = self.memory;
        Self { kept, memory }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(number: usize) -> ReceivedType {
        ReceivedType {
            name: number.to_string().into(),
            codec: number as u8,
        }
    }

    fn enter(types: &mut ReceivedTypes, number: usize) -> bool {
        let grown = types.grown_for(number);
        let has_grown = grown.is_some();
        *types = grown.unwrap_or_else(|| types.clone());
        types.enter(number, named(number));
        has_grown
    }

    #[test]
    fn every_number_up_to_the_limit_has_a_place_of_its_own() {
        let mut types = ReceivedTypes::default();
        for number in 0..kind::MAX_TYPES {
            assert_eq!(types.get(number), None);
            enter(&mut types, number);
        }
        for number in 0..kind::MAX_TYPES {
            assert_eq!(types.get(number), Some(&named(number)));
        }
        assert_eq!(types.get(usize::MAX), None);
    }

    #[test]
    fn whoever_has_a_table_keeps_little_of_what_is_announced_after_it() {
        let mut types = ReceivedTypes::default();
        let before = [1, 3, 40].map(|count| {
            (0..count).for_each(|number| _ = enter(&mut types, number));
            (count, types.clone())
        });
        let grown = (40..kind::MAX_TYPES).filter(|number| enter(&mut types, *number));
        assert_eq!(
            grown.count(),
            7,
            "63, 127, 255, 511, 1023, 2047 and 4095 fill it"
        );
        for (count, table) in before {
            let entered = (0..kind::MAX_TYPES).filter(|number| table.get(*number).is_some());
            let entered = entered.count();
            assert!(
                (count..2 * count).contains(&entered),
                "{entered} of {count}"
            );
            assert!(table.memory() <= TABLE_BYTES + 400 + 2 * count * TYPE_BYTES);
        }
        assert!(types.memory() > 100 * (4096 + 2048));
    }

    #[test]
    fn messages_of_one_type_name_it_once_in_whatever_streams_they_came() {
        let mut naming = Naming::default();
        let numbers = [5, 5, 9, 5, 9].map(|number| naming.number(&named(number)));
        assert_eq!(numbers, [0, 0, 1, 0, 1]);
        let types = naming.named();
        let all: Vec<_> = (0..3).map(|number| types.get(number).cloned()).collect();
        assert_eq!(all, [Some(named(5)), Some(named(9)), None]);
        assert!(types.memory() < TABLE_BYTES + 2 * TYPE_BYTES);
    }
}

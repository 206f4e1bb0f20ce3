//! The items of a parcel, and what they come to.
//!
//! Whoever parks, queues or takes a parcel wants its numbers and its cost. Nearly always it is all
//! of it, and often all of one type: so both are summed up while the frames are in hand, and nobody
//! goes through the list for them again.

use std::ops::Deref;

use bytes::Bytes;

use super::kind;
use super::log::cost_of;
use super::parcel::Item;
use super::plain_events::PlainEvents;

/// From so many items of a read on, those that follow are counted if there is no room for them.
const MANY_ITEMS: usize = 512;
/// Most items for which there is room at first, whatever was sent to make it usual: twice what a
/// read of messages of 128 bytes brings.
const MOST_AT_FIRST: usize = 2048;
/// Items for which there is room at least.
const FEW_ITEMS: usize = 4;
/// Bytes of the shortest frame that becomes an item.
const LEAST_FRAME: usize = 3;
// Whatever is sent, a list with room for all that its bytes may hold takes eight times as much as
// these; while it is copied into a longer one, both take sixteen times as much at most.
const _: () = assert!(size_of::<Item>() <= 8 * LEAST_FRAME);

/// The items of a parcel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Items {
    list: Vec<Item>,
    sums: Sums,
}

/// What some items come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sums {
    /// How many numbers of the lane they take up.
    numbers: u64,
    /// What they cost in a queue.
    cost: u64,
    /// Whether all of them are messages of one type.
    alike: bool,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            numbers: 0,
            cost: 0,
            alike: true,
        }
    }
}

impl Items {
    /// None yet, and room for so many.
    pub(super) fn with_room(count: usize) -> Self {
        Self {
            list: Vec::with_capacity(count),
            sums: Sums::default(),
        }
    }

    /// Bytes that the list takes.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        self.list.capacity() * size_of::<Item>()
    }

    /// How many numbers of the lane they take up.
    pub(crate) fn numbers(&self) -> u64 {
        self.sums.numbers
    }

    /// What they cost in a queue.
    pub(crate) fn cost(&self) -> u64 {
        self.sums.cost
    }

    /// Whether all of them are messages of one type, commands or events.
    pub(crate) fn are_alike(&self) -> bool {
        self.sums.alike
    }

    /// Keeps one more.
    #[inline]
    pub(super) fn push(&mut self, item: Item) {
        self.sums.numbers += item.numbers();
        self.sums.cost += cost_of(item.len());
        self.sums.alike &= self.list.first().is_none_or(|first| first.is_like(&item));
        self.list.push(item);
    }

    /// Keeps the events of a chunk, as far as there is room for them. Returns how many that are.
    #[inline]
    pub(super) fn push_events(&mut self, events: &mut PlainEvents<'_>, chunk: usize) -> u64 {
        let before = self.list.len();
        let room = self.list.capacity() - before;
        let mut cost = 0;
        let type_index = u16::from(events.number());
        self.list.extend(events.take(room).map(|(offset, len)| {
            cost += cost_of(len);
            Item::new(kind::EVENT, chunk, offset, len).of_type(type_index)
        }));
        let count = (self.list.len() - before) as u64;
        // Refused by whoever counts the lane's numbers if they run over.
        self.sums.numbers = self.sums.numbers.saturating_add(count);
        self.sums.cost += cost;
        if let (Some(first), Some(last)) = (self.list.first(), self.list.last()) {
            self.sums.alike &= first.is_like(last);
        }
        count
    }

    /// The same, but *skips* in a row become one.
    #[inline(always)]
    pub(super) fn push_merged(&mut self, item: Item) {
        match self.list.last_mut() {
            Some(last) if last.kind == kind::SKIP && item.kind == kind::SKIP => {
                self.sums.numbers += item.count();
                *last = Item::counted(kind::SKIP, last.count() + item.count());
            }
            _ => self.push(item),
        }
    }

    /// Lets a *skip* stand for so many numbers.
    pub(super) fn shorten(&mut self, index: usize, count: u64) {
        if let Some(skip) = self.list.get_mut(index) {
            self.sums.numbers -= skip.numbers();
            *skip = Item::counted(skip.kind, count);
            self.sums.numbers += skip.numbers();
        }
    }

    /// Makes room for one more, if there is none.
    #[inline]
    pub(super) fn ensure_room(&mut self, usual: usize, rest: &[u8], following: &[Bytes]) {
        if self.list.len() == self.list.capacity() {
            self.make_room(usual, rest, following);
        }
    }

    /// Makes room for one more at least, and for no more than may be read from `rest` and then
    /// `following`.
    ///
    /// At first it is what is `usual`, and a little more, as reads are seldom of one size; and the
    /// items are counted once there are many more than that: a list that grows by doubling holds too
    /// much while it does.
    #[inline(never)]
    fn make_room(&mut self, usual: usize, rest: &[u8], following: &[Bytes]) {
        let room = match self.list.len() {
            0 if usual > 16 => {
                let following: usize = following.iter().map(Bytes::len).sum();
                let room = (usual + usual / 8).min(MOST_AT_FIRST);
                room.min((rest.len() + following) / LEAST_FRAME)
            }
            0 => (usual + usual / 2)
                .max(FEW_ITEMS)
                .min(rest.len() / LEAST_FRAME),
            few @ 1..MANY_ITEMS => few.max(FEW_ITEMS).min(rest.len() / LEAST_FRAME),
            _ => count_sequenced(rest, following),
        };
        self.list.reserve_exact(room.max(1));
    }
}

impl Deref for Items {
    type Target = [Item];

    #[inline]
    fn deref(&self) -> &[Item] {
        &self.list
    }
}

impl<'a> IntoIterator for &'a Items {
    type Item = &'a Item;
    type IntoIter = std::slice::Iter<'a, Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl FromIterator<Item> for Items {
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> Self {
        let mut all = Self::default();
        items.into_iter().for_each(|item| all.push(item));
        all
    }
}

/// How many frames that become items begin in these bytes, up to one whose length is not legal.
fn count_sequenced(rest: &[u8], following: &[Bytes]) -> usize {
    let pieces = std::iter::once(rest).chain(following.iter().map(|chunk| &chunk[..]));
    let (mut count, mut skipped) = (0, 0);
    // Bits of a length that have come; then the length itself.
    let (mut bits, mut shift, mut length) = (0_usize, 0, None);
    for mut piece in pieces {
        while !piece.is_empty() {
            if skipped > 0 {
                let step = skipped.min(piece.len());
                (piece, skipped) = (&piece[step..], skipped - step);
                continue;
            }
            let byte = piece[0];
            piece = &piece[1..];
            if let Some(length) = length.take() {
                count += usize::from(byte & kind::SEQUENCED != 0);
                skipped = length - 1;
                continue;
            }
            bits |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                if bits == 0 {
                    return count;
                }
                (length, bits, shift) = (Some(bits), 0, 0);
            } else if shift > 21 {
                return count;
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(type_index: u16, len: usize) -> Item {
        Item::new(kind::EVENT, 0, 0, len).of_type(type_index)
    }

    /// Their sums, and what these are for a list of the same items.
    fn sums(items: &Items) -> [Sums; 2] {
        [items.sums, items.iter().copied().collect::<Items>().sums]
    }

    #[test]
    fn the_sums_are_those_of_the_items_however_they_came() {
        let mut items = Items::default();
        items.make_room(40, &[0; 1000], &[]);
        let mut frames = Vec::new();
        for len in [9_u8, 9, 125] {
            frames.extend([2 + len, kind::EVENT, 7]);
            frames.resize(frames.len() + usize::from(len), 0);
        }
        let mut events = PlainEvents::new(&frames, 0, 8).unwrap();
        assert_eq!(items.push_events(&mut events, 0), 3);
        items.push(event(7, 1_000));
        let [kept, counted] = sums(&items);
        assert_eq!(kept, counted);
        assert_eq!(
            (kept.numbers, kept.cost, kept.alike),
            (4, 3 * 128 + 1_000, true)
        );
        items.push_merged(Item::counted(kind::SKIP, 5));
        items.push_merged(Item::counted(kind::SKIP, 2));
        let [kept, counted] = sums(&items);
        assert_eq!(kept, counted);
        assert_eq!((kept.numbers, kept.alike, items.len()), (11, false, 5));
        items.shorten(4, 3);
        items.shorten(5, 1);
        let [kept, counted] = sums(&items);
        assert_eq!(kept, counted);
        assert_eq!((kept.numbers, items.len()), (7, 5));
    }

    #[test]
    fn messages_are_alike_if_they_are_of_one_kind_and_type() {
        let headed = Item::new(kind::EVENT | kind::HEADERS, 0, 0, 9).of_type(1);
        let command = Item::new(kind::COMMAND, 0, 0, 9).of_type(1);
        let alike = |items: &[Item]| items.iter().copied().collect::<Items>().are_alike();
        assert!(alike(&[event(1, 9), event(1, 2), headed]));
        assert!(!alike(&[event(1, 9), event(2, 9)]));
        assert!(!alike(&[event(1, 9), command]));
    }

    #[test]
    fn no_more_room_is_made_than_bytes_may_fill() {
        let room = |len, usual, bytes: usize| {
            let mut items = Items::from_iter((0..len).map(|_| event(1, 9)));
            items.list.shrink_to_fit();
            items.make_room(usual, &vec![0; bytes], &[]);
            items.list.capacity() - len
        };
        assert_eq!(room(0, 800, 1 << 20), 900);
        assert_eq!(room(0, 800, 300), 100);
        assert_eq!(room(0, 1 << 30, 1 << 20), MOST_AT_FIRST);
        assert_eq!(room(100, 800, 30), 10);
        assert_eq!(room(MANY_ITEMS, 800, 1 << 20), 1);
    }
}

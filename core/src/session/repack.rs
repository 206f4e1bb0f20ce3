//! Messages that wait are copied out of what they came in, where that is much more than they are.
//!
//! A message of 128 bytes may lie in a batch of 64 KiB, or be the only one of its parcel that was
//! not handled yet. Where it waits for its turn, in its lane or in a queue, it is counted by its own
//! length, so it must not keep the rest for long. What is taken at once, and what makes up half of
//! what it lies in, is never copied: that is nearly everything.

use std::ops::Range;
use std::sync::Arc;

use bytes::BytesMut;

use super::items::Items;
use super::parcel::{Item, Parcel};
use super::run::Run;

/// Cost of the messages that are put together in one parcel: the last of them keeps all.
const TOGETHER: u64 = 16 << 10;

/// How much the runs of a list keep beyond what they are worth; first in, first out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Loose {
    /// Memory of those that came since the last look.
    memory: u64,
    /// How many from the first on were there at the last look.
    seen: usize,
}

impl Loose {
    /// A run goes to the end of the list, behind `last`.
    #[inline]
    pub(crate) fn enter(&mut self, run: &Run, last: Option<&Run>) {
        let is_new = |last: &Run| !Arc::ptr_eq(&last.parcel, &run.parcel);
        if !run.parcel.is_worth(run.cost()) && last.is_none_or(is_new) {
            self.memory += run.parcel.memory();
        }
    }

    /// The first of the list is gone.
    #[inline]
    pub(crate) fn leave(&mut self) {
        self.seen = self.seen.saturating_sub(1);
    }

    /// One that was in the list before is its first again.
    pub(crate) fn come_back(&mut self) {
        self.seen += usize::from(self.seen > 0);
    }

    /// Of those that were looked at so many are left.
    pub(crate) fn has_shrunk(&mut self, len: usize) {
        self.seen = len;
    }

    /// Where those of a list of `len` begin that are to be repacked, if they keep more than `most`.
    #[inline]
    pub(crate) fn look(&mut self, len: usize, most: u64) -> Option<usize> {
        if self.memory <= most {
            return None;
        }
        let from = self.seen.min(len);
        (self.memory, self.seen) = (0, len);
        Some(from)
    }
}

/// Gives runs bytes and items of their own, where what they keep is not worth it.
pub(crate) fn repack(mut runs: Vec<&mut Run>) {
    let mut pile = Pile::default();
    for of_one in runs.chunk_by_mut(|one, other| Arc::ptr_eq(&one.parcel, &other.parcel)) {
        let cost = of_one.iter().map(|run| run.cost()).sum();
        let Some(first) = of_one.first() else {
            continue;
        };
        if first.parcel.is_worth(cost) {
            continue;
        }
        if !pile.takes(first, cost) {
            std::mem::take(&mut pile).pack();
        }
        pile.cost += cost;
        pile.runs.extend(of_one.iter_mut().map(|run| &mut **run));
    }
    pile.pack();
}

/// Runs that get one parcel.
#[derive(Default)]
struct Pile<'a> {
    runs: Vec<&'a mut Run>,
    cost: u64,
}

impl Pile<'_> {
    /// Whether there is room for another run: of the same stream, as its types have numbers.
    fn takes(&self, run: &Run, cost: u64) -> bool {
        let of_one = |first: &&mut Run| Arc::ptr_eq(&first.parcel.types, &run.parcel.types);
        self.runs.first().is_none_or(of_one) && self.cost + cost <= TOGETHER
    }

    fn pack(self) {
        let Some(first) = self.runs.first() else {
            return;
        };
        let items = || self.runs.iter().flat_map(|run| run.items());
        let mut bytes = BytesMut::with_capacity(items().map(Item::len).sum());
        let mut packed = Parcel {
            chunks: Vec::new(),
            items: Items::with_room(items().count()),
            types: first.parcel.types.clone(),
            first: first.sequence,
            clock: first.parcel.clock,
            retained: bytes.capacity() as u64,
        };
        let places: Vec<_> = self
            .runs
            .iter()
            .map(|run| packed.copy(run, &mut bytes))
            .collect();
        if !bytes.is_empty() {
            packed.chunks = vec![bytes.freeze()];
        }
        let packed = Arc::new(packed);
        for (run, place) in self.runs.into_iter().zip(places) {
            (run.parcel, run.items) = (packed.clone(), place);
        }
    }
}

impl Parcel {
    /// Copies the items of a run behind those that are here; the bodies go into `bytes`, which will
    /// be the only chunk. Returns which items they are now.
    fn copy(&mut self, run: &Run, bytes: &mut BytesMut) -> Range<usize> {
        let before = self.items.len();
        for item in run.items() {
            let offset = bytes.len();
            bytes.extend_from_slice(run.parcel.body(item));
            let item = item.at(0, offset).on_clock(run.parcel.clock, self.clock);
            self.items.push(item);
        }
        before..self.items.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::super::kind;
    use super::super::received_types::ReceivedTypes;
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Commands of so many bytes, each filled with its number, in a batch; due ten milliseconds
    /// after `clock`.
    fn commands(
        first: u64,
        lens: &[usize],
        types: &Arc<ReceivedTypes>,
        clock: Instant,
    ) -> Arc<Parcel> {
        let mut bytes = vec![0xff; 10];
        let items = lens.iter().zip(first..).map(|(len, number)| {
            let command = Item::new(kind::COMMAND, 0, bytes.len(), *len);
            bytes.resize(bytes.len() + len, number as u8);
            command.of_type(3).until(10)
        });
        let items = items.collect();
        Arc::new(Parcel {
            chunks: vec![bytes.into()],
            items,
            types: types.clone(),
            first,
            clock,
            retained: 64 << 10,
        })
    }

    fn run(parcel: &Arc<Parcel>, items: Range<usize>) -> Run {
        let mut run = Run::parked((**parcel).clone(), items.start, 0, 7);
        (run.parcel, run.sequence) = (parcel.clone(), parcel.first + items.start as u64);
        run.items.end = items.end;
        run
    }

    /// Number, type and body of each message, and when it is due.
    fn messages(run: &Run) -> Vec<(u64, u16, Vec<u8>, Option<Instant>)> {
        let of = |(at, item): (usize, &Item)| {
            let body = run.parcel.body(item).to_vec();
            let due = run.parcel.deadline(item);
            (run.sequence + at as u64, item.type_index, body, due)
        };
        run.items().iter().enumerate().map(of).collect()
    }

    #[test]
    fn small_messages_are_put_together_and_stay_what_they_were() {
        let types = Arc::<ReceivedTypes>::default();
        let now = Instant::now();
        let parcels = [0, 5, 9]
            .map(|n: u64| commands(n, &[9, 128, 1_000], &types, now + MILLISECOND * n as u32));
        let mut runs = vec![run(&parcels[0], 0..1), run(&parcels[0], 2..3)];
        runs.extend(parcels[1..].iter().map(|parcel| run(parcel, 1..3)));
        let before: Vec<_> = runs.iter().map(messages).collect();
        repack(runs.iter_mut().collect());
        assert_eq!(runs.iter().map(messages).collect::<Vec<_>>(), before);
        assert!(
            runs.iter()
                .all(|run| Arc::ptr_eq(&run.parcel, &runs[0].parcel))
        );
        assert_eq!(runs[0].parcel.retained, 9 + 1_000 + 2 * 1_128);
        let costs: Vec<_> = runs.iter().map(Run::cost).collect();
        assert_eq!(costs, [128, 1_000, 1_128, 1_128]);
    }

    #[test]
    fn what_is_worth_it_and_what_came_in_other_streams_stays_apart() {
        let types = [(); 2].map(|()| Arc::<ReceivedTypes>::default());
        let now = Instant::now();
        let large = commands(0, &[40_000], &types[0], now);
        let small = types.each_ref().map(|types| commands(1, &[9], types, now));
        let mut runs = [&small[0], &large, &small[1]].map(|parcel| run(parcel, 0..1));
        repack(runs.iter_mut().collect());
        assert!(Arc::ptr_eq(&runs[1].parcel, &large));
        assert!(!Arc::ptr_eq(&runs[0].parcel, &runs[2].parcel));
        assert!(runs.iter().all(|run| run.parcel.memory() < 66 << 10));
        assert!(runs[0].parcel.memory() < 500 && runs[2].parcel.memory() < 500);
    }

    #[test]
    fn a_list_is_looked_through_once_and_only_where_much_is_kept() {
        let types = Arc::default();
        let small = commands(0, &[9, 9], &types, Instant::now());
        let other = commands(0, &[9], &types, Instant::now());
        let each = small.memory();
        let mut loose = Loose::default();
        loose.enter(&run(&small, 0..1), None);
        loose.enter(&run(&small, 1..2), Some(&run(&small, 0..1)));
        assert_eq!(loose.look(2, each), None, "one parcel counts once");
        loose.enter(&run(&other, 0..1), Some(&run(&small, 1..2)));
        assert_eq!(loose.look(3, each), Some(0));
        loose.leave();
        loose.enter(&run(&small, 0..2), Some(&run(&other, 0..1)));
        loose.enter(&run(&other, 0..1), Some(&run(&small, 0..2)));
        assert_eq!(loose.look(4, each), Some(2));
        assert_eq!(loose.look(4, 0), None);
    }
}

//! Messages that wait are copied out of what they came in, where that is much more than they are.
//!
//! A message of 128 bytes may lie in a batch of 64 KiB, or be the only one of its parcel that was
//! not handled yet; and it points to all types that its stream has announced, which may have ended.
//! Where it waits for its turn, in its lane or in a queue, it is counted by its own length, so it must
//! not keep the rest for long. What is taken at once, and what makes up half of
//! what it lies in, is never copied: that is nearly everything.

use std::ops::Range;
use std::sync::Arc;

use bytes::BytesMut;

use super::items::Items;
use super::kind;
use super::parcel::{Item, Parcel};
use super::received_types::{Naming, ReceivedType};
use super::run::Run;

/// Cost of the messages that are put together in one parcel: the last of them keeps all.
pub(super) const TOGETHER: u64 = 16 << 10;

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

    /// So many from the first on need not be looked at again.
    pub(crate) fn has_seen(&mut self, len: usize) {
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

/// Gives runs bytes, items and types of their own, where what they keep is not worth it.
pub(crate) fn repack(mut runs: Vec<&mut Run>) {
    let mut pile = Pile::default();
    for of_one in runs.chunk_by_mut(|one, other| Arc::ptr_eq(&one.parcel, &other.parcel)) {
        let cost = of_one.iter().map(|run| run.cost()).sum();
        if of_one.first().is_none_or(|run| run.parcel.is_worth(cost)) {
            continue;
        }
        if !(pile.runs.is_empty() || pile.cost + cost <= TOGETHER) {
            std::mem::take(&mut pile).pack();
        }
        pile.cost += cost;
        pile.runs.extend(of_one.iter_mut().map(|run| &mut **run));
    }
    pile.pack();
}

/// How many runs at the end of a list lie in one parcel that has room for more: what comes next is
/// put to them.
pub(crate) fn in_last_pile<'a>(runs: impl Iterator<Item = &'a Run>) -> usize {
    let (mut last, mut cost, mut count) = (None, 0, 0);
    for run in runs {
        let parcel = *last.get_or_insert(&run.parcel);
        if !Arc::ptr_eq(parcel, &run.parcel) {
            break;
        }
        cost += run.cost();
        count += 1;
    }
    if cost < TOGETHER / 2 { count } else { 0 }
}

/// Runs that get one parcel.
#[derive(Default)]
struct Pile<'a> {
    runs: Vec<&'a mut Run>,
    cost: u64,
}

impl Pile<'_> {
    fn pack(self) {
        let Some(first) = self.runs.first() else {
            return;
        };
        let items = || self.runs.iter().flat_map(|run| run.items());
        let mut bytes = BytesMut::with_capacity(items().map(Item::len).sum());
        let mut naming = Naming::default();
        let mut packed = Parcel {
            chunks: Vec::new(),
            items: Items::with_room(items().count()),
            types: Arc::default(),
            first: first.sequence,
            clock: first.parcel.clock,
            retained: bytes.capacity() as u64,
        };
        let places: Vec<_> = self
            .runs
            .iter()
            .map(|run| packed.copy(run, &mut bytes, &mut naming))
            .collect();
        if !bytes.is_empty() {
            packed.chunks = vec![bytes.freeze()];
        }
        packed.types = Arc::new(naming.named());
        let packed = Arc::new(packed);
        for (run, place) in self.runs.into_iter().zip(places) {
            (run.parcel, run.items) = (packed.clone(), place);
        }
    }
}

impl Parcel {
    /// Copies the items of a run behind those that are here; the bodies go into `bytes`, which will
    /// be the only chunk, and what they name into `naming`. Returns which items they are now.
    fn copy(&mut self, run: &Run, bytes: &mut BytesMut, naming: &mut Naming) -> Range<usize> {
        let before = self.items.len();
        for item in run.items() {
            let offset = bytes.len();
            bytes.extend_from_slice(run.parcel.body(item));
            let item = item.at(0, offset).on_clock(run.parcel.clock, self.clock);
            let type_index = run.parcel.name(&item, naming);
            self.items.push(item.of_type(type_index));
        }
        before..self.items.len()
    }

    /// The number that stands for what an item names, if it names something.
    fn name(&self, item: &Item, naming: &mut Naming) -> u16 {
        match item.plain_kind() {
            kind::EVENT | kind::COMMAND => self
                .received_type(item)
                .map_or(0, |named| naming.number(named)),
            kind::MISSED => naming.number(&ReceivedType {
                name: self.lane_missed(item),
                codec: 0,
            }),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

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

    /// What a stream has announced: four types named after it.
    fn stream(name: &str) -> Arc<ReceivedTypes> {
        let types = ReceivedTypes::default()
            .grown_for(3)
            .expect("four are more");
        types.name_lane(name);
        for number in 0..4 {
            let name = format!("{name}.{number:x<200}").into();
            types.enter(number, ReceivedType { name, codec: 1 });
        }
        Arc::new(types)
    }

    fn run(parcel: &Arc<Parcel>, items: Range<usize>) -> Run {
        let mut run = Run::parked((**parcel).clone(), items.start, 0, 7);
        (run.parcel, run.sequence) = (parcel.clone(), parcel.first + items.start as u64);
        run.items.end = items.end;
        run
    }

    /// Number, type and body of a message, and when it is due.
    type Message = (u64, Option<ReceivedType>, Vec<u8>, Option<Instant>);

    fn messages(run: &Run) -> Vec<Message> {
        let of = |(at, item): (usize, &Item)| {
            let body = run.parcel.body(item).to_vec();
            let due = run.parcel.deadline(item);
            let named = run.parcel.received_type(item).cloned();
            (run.sequence + at as u64, named, body, due)
        };
        run.items().iter().enumerate().map(of).collect()
    }

    #[test]
    fn small_messages_are_put_together_and_stay_what_they_were() {
        let types = stream("one");
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
    fn what_is_worth_it_stays_where_it_is_and_what_came_in_several_streams_keeps_its_types() {
        let types = ["one", "other"].map(stream);
        let now = Instant::now();
        let large = commands(0, &[40_000], &types[0], now);
        let small = types.each_ref().map(|types| commands(1, &[9], types, now));
        let mut runs = [&small[0], &large, &small[1]].map(|parcel| run(parcel, 0..1));
        let before = runs.each_ref().map(messages);
        repack(runs.iter_mut().collect());
        assert_eq!(runs.each_ref().map(messages), before);
        assert!(Arc::ptr_eq(&runs[1].parcel, &large));
        assert!(Arc::ptr_eq(&runs[0].parcel, &runs[2].parcel));
        assert_eq!(runs[0].parcel.types.get(2), None, "nobody names it");
        assert!(runs[0].parcel.memory() < 1_100 && runs[1].parcel.memory() < 68 << 10);
    }

    #[test]
    fn a_missed_that_is_put_together_with_others_still_says_of_which_lane() {
        let missed = ["one", "other"].map(|lane| {
            Arc::new(Parcel {
                chunks: Vec::new(),
                items: Items::from_iter([Item::counted(kind::MISSED, 3)]),
                types: stream(lane),
                first: 0,
                clock: Instant::now(),
                retained: 1 << 10,
            })
        });
        let mut runs = missed.each_ref().map(|parcel| run(parcel, 0..1));
        repack(runs.iter_mut().collect());
        assert!(Arc::ptr_eq(&runs[0].parcel, &runs[1].parcel));
        let lanes = runs
            .each_ref()
            .map(|run| run.parcel.lane_missed(&run.items()[0]));
        assert_eq!(lanes.each_ref().map(|lane| &**lane), ["one", "other"]);
        assert!(runs.iter().all(|run| run.items()[0].count() == 3));
    }

    #[test]
    fn the_last_that_was_put_together_takes_more_until_it_is_large() {
        let types = stream("one");
        let small = |first, len| run(&commands(first, &[len], &types, Instant::now()), 0..1);
        let mut runs = vec![small(0, 9), small(1, 9)];
        repack(runs.iter_mut().collect());
        assert_eq!(in_last_pile(runs.iter().rev()), 2);
        runs.push(small(2, 10_000));
        assert_eq!(in_last_pile(runs.iter().rev()), 0);
        repack(runs.iter_mut().collect());
        assert!(
            runs.iter()
                .all(|run| Arc::ptr_eq(&run.parcel, &runs[0].parcel))
        );
        assert_eq!(in_last_pile(runs.iter().rev()), 0);
        assert_eq!(in_last_pile([].iter()), 0);
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

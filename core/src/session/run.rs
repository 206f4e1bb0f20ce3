//! Messages of one parcel on their way to dispatch.

use std::ops::Range;
use std::sync::Arc;

use super::log::cost_of;
use super::parcel::{Item, Parcel};

/// Consecutive messages of one parcel, parked or queued.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) parcel: Arc<Parcel>,
    /// The items that are still to be taken.
    pub(crate) items: Range<usize>,
    /// The number of the first of them.
    pub(crate) sequence: u64,
    /// The session they came in.
    pub(crate) epoch: u64,
    /// Cost of its items while it is parked.
    pub(super) held: u64,
}

impl Run {
    /// The items of a parcel from `from` on, the first of which has the number `sequence`.
    pub(super) fn parked(parcel: Parcel, from: usize, sequence: u64, epoch: u64) -> Self {
        let mut run = Self {
            items: from..parcel.items.len(),
            sequence,
            epoch,
            held: 0,
            parcel: Arc::new(parcel),
        };
        run.held = run.cost();
        run
    }

    /// A message that nothing precedes: an unsequenced one. It came in `epoch`, its link.
    pub(crate) fn alone(parcel: Parcel, epoch: u64) -> Self {
        Self {
            items: 0..parcel.items.len(),
            sequence: parcel.first,
            epoch,
            held: 0,
            parcel: Arc::new(parcel),
        }
    }

    /// The items that are still to be taken.
    #[inline]
    pub(crate) fn items(&self) -> &[Item] {
        self.parcel
            .items
            .get(self.items.clone())
            .unwrap_or_default()
    }

    /// Its first `count` items, or all of them.
    pub(crate) fn first(&self, count: usize) -> Self {
        let mut first = self.clone();
        first.items.end = self.items.start + count.min(self.items.len());
        first
    }

    /// How many numbers of the lane they take up.
    pub(crate) fn numbers(&self) -> u64 {
        match self.is_whole() {
            true => self.parcel.items.numbers(),
            false => self.items().iter().map(Item::numbers).sum(),
        }
    }

    /// What they cost in a queue.
    pub(crate) fn cost(&self) -> u64 {
        match self.is_whole() {
            true => self.parcel.items.cost(),
            false => self.items().iter().map(|item| cost_of(item.len())).sum(),
        }
    }

    /// How many of them, from the first on, are of one type.
    pub(crate) fn alike(&self) -> usize {
        let items = self.items();
        match items.first() {
            Some(first) if !self.parcel.items.are_alike() => {
                items.iter().take_while(|item| first.is_like(item)).count()
            }
            _ => items.len(),
        }
    }

    /// Takes the items of a run that goes on where this ends, in the same parcel. `false`: it does
    /// not.
    pub(super) fn join(&mut self, next: &Self) -> bool {
        let goes_on = Arc::ptr_eq(&self.parcel, &next.parcel)
            && self.epoch == next.epoch
            && self.items.end == next.items.start
            && self.sequence + self.numbers() == next.sequence;
        if goes_on {
            self.items.end = next.items.end;
            self.held += next.held;
        }
        goes_on
    }

    /// Whether these are all items of the parcel.
    fn is_whole(&self) -> bool {
        self.items.len() == self.parcel.items.len()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::super::items::Items;
    use super::super::kind;
    use super::*;

    #[test]
    fn a_part_of_it_is_summed_up_as_the_whole_is() {
        let message = |kind, type_index, len| Item::new(kind, 0, 0, len).of_type(type_index);
        let items = [
            message(kind::EVENT, 1, 9),
            message(kind::EVENT, 1, 200),
            Item::counted(kind::SKIP, 4),
            message(kind::COMMAND, 1, 9),
        ];
        let parcel = Parcel {
            chunks: vec![vec![0; 2_000].into()],
            items: Items::from_iter(items),
            types: Arc::default(),
            first: 7,
            clock: Instant::now(),
            retained: 2_000,
        };
        let run = Run::parked(parcel, 0, 7, 1);
        let sums = |run: &Run| (run.numbers(), run.cost(), run.alike());
        assert_eq!(
            (sums(&run), run.held),
            ((7, 3 * 128 + 200, 2), 3 * 128 + 200)
        );
        assert_eq!(sums(&run.first(2)), (2, 128 + 200, 2));
        assert_eq!(sums(&run.first(9)), sums(&run));
        let rest = Run { items: 1..4, ..run };
        assert_eq!(sums(&rest), (6, 2 * 128 + 200, 1));
        assert_eq!(sums(&rest.first(0)), (0, 0, 0));
    }
}

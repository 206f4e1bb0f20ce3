//! Numbers as ranges: millions of them, nearly all in a row.

use std::collections::BTreeMap;

/// A set of numbers.
#[derive(Debug, Default)]
pub(super) struct NumberSet {
    /// Where each range begins, and where the next number would be.
    ranges: BTreeMap<u64, u64>,
    len: u64,
}

impl NumberSet {
    /// `false`: it was there already.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        let before = self.ranges.range(..=number).next_back();
        let before = before.map(|(from, end)| (*from, *end));
        if before.is_some_and(|(_, end)| number < end) {
            return false;
        }
        self.len += 1;
        let end = self.ranges.remove(&(number + 1)).unwrap_or(number + 1);
        let from = match before {
            Some((from, next)) if next == number => from,
            _ => number,
        };
        self.ranges.insert(from, end);
        true
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        let before = self.ranges.range(..=number).next_back();
        before.is_some_and(|(_, end)| number < *end)
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_is_a_set_whatever_the_order() {
        for seed in 0..50 {
            let mut random = fastrand::Rng::with_seed(seed);
            let (mut set, mut naive) = (NumberSet::default(), BTreeSet::new());
            for _ in 0..300 {
                let number = random.u64(..200);
                assert_eq!(set.insert(number), naive.insert(number), "seed {seed}");
                assert_eq!(set.len(), naive.len() as u64, "seed {seed}");
            }
            for number in 0..201 {
                assert_eq!(set.contains(number), naive.contains(&number), "seed {seed}");
            }
        }
    }
}

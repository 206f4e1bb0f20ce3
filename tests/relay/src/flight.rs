//! Packets on their way, the next to arrive first.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

/// A queue ordered by time, and by entry where times are equal. Who enters something has made sure
/// of room in a `Load`.
#[derive(Debug)]
pub(crate) struct Flight<T> {
    queue: BinaryHeap<Reverse<Entry<T>>>,
    entered: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Duration,
    number: u64,
    what: T,
}

impl<T> Flight<T> {
    /// Nothing is on its way.
    pub(crate) fn new() -> Self {
        Self {
            queue: BinaryHeap::new(),
            entered: 0,
        }
    }

    /// Something is to arrive then.
    pub(crate) fn enter(&mut self, at: Duration, what: T) {
        let number = self.entered;
        self.entered += 1;
        self.queue.push(Reverse(Entry { at, number, what }));
    }

    /// When the next arrives.
    pub(crate) fn next_at(&self) -> Option<Duration> {
        self.queue.peek().map(|Reverse(entry)| entry.at)
    }

    /// The next that has arrived by now, if it is `wanted`.
    pub(crate) fn arrived(&mut self, now: Duration, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let Reverse(next) = self.queue.peek()?;
        if next.at > now || !wanted(&next.what) {
            return None;
        }
        self.queue.pop().map(|Reverse(entry)| entry.what)
    }

    /// Takes out everything, arrived or not.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = T> {
        self.queue.drain().map(|Reverse(entry)| entry.what)
    }
}

impl<T> Entry<T> {
    fn key(&self) -> (Duration, u64) {
        (self.at, self.number)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrives_first_comes_out_first_and_equals_keep_their_order() {
        let mut flight = Flight::new();
        for (at, what) in [(5, 'c'), (1, 'a'), (5, 'd'), (3, 'b'), (9, 'e')] {
            flight.enter(Duration::from_secs(at), what);
        }
        let mut until = |now| -> String {
            std::iter::from_fn(|| flight.arrived(Duration::from_secs(now), |_| true)).collect()
        };
        assert_eq!(until(0), "");
        assert_eq!(until(5), "abcd");
        assert_eq!(until(8), "");
        assert_eq!(until(9), "e");
        assert_eq!(flight.next_at(), None);
    }
}

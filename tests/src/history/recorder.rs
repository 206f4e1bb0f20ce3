//! A history in the making.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::entry::{Entry, Manner, Run, Stream};
use super::judge::Judge;
use super::verdict::Verdict;

/// The shared end of a history: tasks write, one after the other. A clone writes to the same.
///
/// Entries are judged as they come and not kept; what is kept of their order, and of the instant of
/// each, is a [hash](Self::trace).
#[derive(Debug, Clone)]
pub struct Recorder {
    book: Arc<Mutex<Book>>,
    begun: Instant,
}

#[derive(Debug, Default)]
struct Book {
    judge: Judge,
    hasher: DefaultHasher,
    entries: u64,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            book: Arc::default(),
            begun: Instant::now(),
        }
    }
}

impl Recorder {
    /// Something has happened.
    pub fn add(&self, entry: Entry) {
        self.number(&entry);
    }

    /// The next event of a stream begins; its number.
    pub fn publishing(&self, stream: Stream) -> u64 {
        self.number(&Entry::Publishing(stream))
    }

    /// The next command of a stream begins; its number.
    pub fn sending(&self, stream: Stream, manner: Manner, hasty: bool) -> u64 {
        self.number(&Entry::Sending {
            stream,
            manner,
            hasty,
        })
    }

    fn number(&self, entry: &Entry) -> u64 {
        let at = self.begun.elapsed().as_micros();
        let mut book = self.lock();
        book.entries += 1;
        (at, entry).hash(&mut book.hasher);
        book.judge.read(entry)
    }

    /// A hash of all entries, their order and their instants in microseconds, and how many they
    /// are.
    pub fn trace(&self) -> (u64, u64) {
        let book = self.lock();
        (book.hasher.finish(), book.entries)
    }

    /// What the history comes to if nothing follows any more.
    pub fn verdict(&self) -> Verdict {
        self.lock().judge.verdict()
    }

    /// See [`Judge::outstanding`].
    pub fn outstanding(&self, from: Run, to: Run) -> (u64, u64) {
        self.lock().judge.outstanding(from, to)
    }

    /// See [`Judge::sent`].
    pub fn sent(&self, peer: u8) -> (u64, u64) {
        self.lock().judge.sent(peer)
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

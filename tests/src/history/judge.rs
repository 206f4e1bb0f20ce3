//! Reads a history, entry by entry.

use std::collections::BTreeMap;

use super::command_book::CommandBook;
use super::entry::{Entry, Run, Stream};
use super::event_book::EventBook;
use super::lives::Lives;
use super::verdict::Verdict;

/// What a history comes to.
pub fn judge(history: &[Entry]) -> Verdict {
    let mut judge = Judge::default();
    history.iter().for_each(|entry| {
        judge.read(entry);
    });
    judge.verdict()
}

/// Has read a history up to here.
#[derive(Debug, Default)]
pub struct Judge {
    lives: Lives,
    streams: BTreeMap<Stream, Books>,
}

#[derive(Debug, Default)]
struct Books {
    events: EventBook,
    commands: CommandBook,
}

impl Judge {
    /// Reads one more entry. Returns the number that it gives to an event or a command, else 0.
    pub fn read(&mut self, entry: &Entry) -> u64 {
        match entry {
            Entry::Begins(run) => self.lives.begins(*run),
            Entry::Knows(who, whom) => self.knows(*who, *whom),
            Entry::Dies(peer) => self.lives.dies(*peer),
            Entry::Stops(peer) => self.lives.stops(*peer),
            Entry::Stopped { clean: true, .. } => {}
            Entry::Stopped { peer, clean: false } => self.lives.dies(*peer),
            Entry::Known(peer) => self.lives.known_to_all(*peer),
            Entry::Freezes(peer) => self.lives.freeze(*peer, true),
            Entry::Thaws(peer) => self.lives.freeze(*peer, false),
            Entry::Publishing(stream) => {
                let now = self.lives.now(stream.to);
                return self.books(*stream).events.begin(now);
            }
            Entry::Published(stream) => self.books(*stream).events.accepted(),
            Entry::Withdrawn(stream) => self.books(*stream).events.withdrawn(),
            Entry::Missed(stream) => {
                if let Some(books) = self.streams.get_mut(stream) {
                    books.events.missed(stream.to, &self.lives);
                }
            }
            Entry::EventHandled { stream, by, number } => {
                self.books(*stream).events.handled(*by, *number);
            }
            Entry::Sending {
                stream,
                manner,
                hasty,
            } => {
                let since = (self.lives.now(stream.to), self.lives.now(stream.from.peer));
                return self.books(*stream).commands.begin(since, *manner, *hasty);
            }
            Entry::CommandHandled { stream, by, number } => {
                self.books(*stream).commands.handled(*by, *number);
            }
            Entry::Ended {
                stream,
                number,
                told,
            } => {
                if let Some(books) = self.streams.get_mut(stream) {
                    books.commands.ended(*stream, *number, told, &self.lives);
                }
            }
        }
        0
    }

    /// What the history comes to if nothing follows any more.
    pub fn verdict(&self) -> Verdict {
        let mut verdict = Verdict::default();
        for (stream, books) in &self.streams {
            books.events.settle(*stream, &self.lives, &mut verdict);
            books.commands.settle(*stream, &self.lives, &mut verdict);
        }
        verdict
    }

    /// What one run has sent to a receiver and has still to see handled by this run of it, or
    /// answered: events, commands.
    pub fn outstanding(&self, from: Run, to: Run) -> (u64, u64) {
        let books = self.of(from, to.peer);
        books.fold((0, 0), |(events, commands), books| {
            (
                events + books.events.outstanding(to.number),
                commands + books.commands.outstanding(),
            )
        })
    }

    /// Events accepted from, and commands begun by, all runs of a peer, for all.
    pub fn sent(&self, peer: u8) -> (u64, u64) {
        let books = self.streams.iter();
        let books = books.filter(|(stream, _)| stream.from.peer == peer);
        books.fold((0, 0), |(events, commands), (_, books)| {
            (
                events + books.events.accepted_in_all(),
                commands + books.commands.begun_in_all(),
            )
        })
    }

    fn of(&self, from: Run, to: u8) -> impl Iterator<Item = &Books> {
        let at = |to, lane| Stream { from, to, lane };
        self.streams
            .range(at(to, 0)..=at(to, u8::MAX))
            .map(|(_, books)| books)
    }

    fn knows(&mut self, who: Run, whom: Run) {
        self.lives.knows(who, whom);
        for (stream, books) in &mut self.streams {
            if stream.from == who && stream.to == whom.peer {
                books.events.told(whom.number);
            }
        }
    }

    fn books(&mut self, stream: Stream) -> &mut Books {
        let Self { lives, streams } = self;
        streams.entry(stream).or_insert_with(|| {
            let mut books = Books::default();
            let known = lives.known(stream.from, stream.to);
            known.iter().for_each(|run| books.events.told(*run));
            books
        })
    }
}

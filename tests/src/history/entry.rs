//! What is written down while peers send to each other.

use quibus::SendError;

/// One run of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run {
    /// The peer, by a number that the test gave it.
    pub peer: u8,
    /// Which of its runs, from 1: its incarnation, where that is counted so.
    pub number: u64,
}

/// What one run of a sender sends to one receiver, over all runs of that, in one lane. Events and
/// commands are numbered apart, each from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream {
    /// Who sends.
    pub from: Run,
    /// Who is to get it.
    pub to: u8,
    /// In which lane, by a number that the test gave it.
    pub lane: u8,
}

/// How the commands of a stream are sent and handled, and so what can be asked of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Manner {
    /// Each is accepted before the next is begun, so their numbers say in which order; and one at
    /// a time is handled.
    InOrder,
    /// Several wait for room at once, or several are handled at once: nobody can tell in which
    /// order they were accepted, or came.
    #[default]
    AtOnce,
    /// Now or never, on the link that is there, in no order (R13).
    Unsequenced,
}

/// What a sender was told of its command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Told {
    /// The reply to this very command.
    Replied,
    /// The receiver is gone, or this side stopped; `sent`: it may have been handled.
    Lost {
        /// Whether the outcome leaves open that it was handled.
        sent: bool,
    },
    /// The deadline passed.
    TimedOut {
        /// Whether the outcome leaves open that it was handled.
        sent: bool,
        /// The outcome came before the deadline.
        early: bool,
    },
    /// Nobody took it: the receiver drains, is silent or is not there.
    Unroutable {
        /// The sender's replica has shown it as that, or changed meanwhile what it says of it.
        shown: bool,
    },
    /// Its link ended, which only an unsequenced command is told; `sent`: it may have been handled.
    LinkLost {
        /// Whether the outcome leaves open that it was handled.
        sent: bool,
    },
    /// There was no link or no room, for which an unsequenced command does not wait.
    NotNow,
    /// What no sender should ever hear here, in words.
    Wrong(String),
}

impl Told {
    /// What an error of `send` says. `early`: it came before the deadline of the send.
    pub fn error<E: std::fmt::Debug>(error: &SendError<E>, early: bool) -> Self {
        match error {
            SendError::PeerLost { sent, .. } | SendError::Stopped { sent } => {
                Self::Lost { sent: *sent }
            }
            SendError::TimedOut { sent } => Self::TimedOut { sent: *sent, early },
            SendError::Draining { .. }
            | SendError::NoPeer { .. }
            | SendError::NotThere { .. }
            | SendError::PeerSilent { .. } => Self::Unroutable { shown: false },
            SendError::LinkLost { sent, .. } => Self::LinkLost { sent: *sent },
            SendError::NoLink { .. } | SendError::LaneFull { .. } | SendError::Overloaded => {
                Self::NotNow
            }
            other => Self::Wrong(format!("{other:?}")),
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A run begins.
    Begins(Run),
    /// The first run now acts on the second's being there: what it accepts from here on is for
    /// that, or for a later one.
    Knows(Run, Run),
    /// The peer's run ends where it is.
    Dies(u8),
    /// The peer is asked to stop.
    Stops(u8),
    /// The stop is over; clean: it said Ok.
    Stopped {
        /// Whose.
        peer: u8,
        /// Whether nothing was left behind.
        clean: bool,
    },
    /// Everybody knows the peer's new run.
    Known(u8),
    /// A subscriber is kept from handling anything, on purpose.
    Freezes(u8),
    /// It goes on.
    Thaws(u8),
    /// The sender begins to publish the stream's next event.
    Publishing(Stream),
    /// The bus took that event.
    Published(Stream),
    /// The bus skipped it, since the receiver is slow.
    Missed(Stream),
    /// Nobody was there to take it: its number is given to the next.
    Withdrawn(Stream),
    /// A handler has the event.
    EventHandled {
        /// The event's stream.
        stream: Stream,
        /// The run that handles it.
        by: u64,
        /// The event's number.
        number: u64,
    },
    /// The sender begins to send the stream's next command. `hasty`: with a deadline that may
    /// well pass.
    Sending {
        /// The command's stream.
        stream: Stream,
        /// The same for all of a stream.
        manner: Manner,
        /// Whether a time-out is to be expected.
        hasty: bool,
    },
    /// A handler has the command.
    CommandHandled {
        /// The command's stream.
        stream: Stream,
        /// The run that handles it.
        by: u64,
        /// The command's number.
        number: u64,
    },
    /// The sender was told.
    Ended {
        /// The command's stream.
        stream: Stream,
        /// The command's number.
        number: u64,
        /// What it was told.
        told: Told,
    },
}

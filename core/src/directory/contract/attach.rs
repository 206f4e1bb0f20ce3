//! Following the directory from one server.

use bytes::Bytes;

use super::request_error::RequestError;
use super::revision_parts::RevisionParts;
use crate::directory::interest::Interest;
use crate::directory::peer_list::PeerList;
use crate::directory::unreadable::Unreadable;
use crate::id::{Incarnation, Revision};

/// Asks a server for everything after what the peer holds. From then on the peer is that server's
/// to watch over; its former server's opinion of it counts no more.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Attached, error = RequestError)]
pub struct Attach {
    #[prost(uint64, tag = "1")]
    incarnation: u64,
    #[prost(message, optional, tag = "2")]
    from: Option<RevisionParts>,
    #[prost(bytes = "bytes", tag = "3")]
    interest: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    owing: Bytes,
}

/// What an [`Attach`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The asking run; [`Incarnation::NONE`] for someone who only watches.
    pub incarnation: Incarnation,
    /// What the peer holds; `None` if nothing.
    pub from: Option<Revision>,
    /// How much of the directory it wants to hold.
    pub interest: Interest,
    /// Which peers drain, as far as the peer knows, and are owed messages by it.
    pub owing: PeerList,
}

impl Attach {
    /// Reads and checks what is asked.
    pub fn read(&self) -> Result<Attachment, Unreadable> {
        Ok(Attachment {
            incarnation: Incarnation(self.incarnation),
            from: self.from.map(Revision::from),
            interest: Interest::decode(&self.interest)?,
            owing: PeerList::decode(&self.owing)?,
        })
    }
}

impl From<&Attachment> for Attach {
    fn from(attachment: &Attachment) -> Self {
        Self {
            incarnation: attachment.incarnation.0,
            from: attachment.from.map(RevisionParts::from),
            interest: attachment.interest.encode(),
            owing: attachment.owing.encode(),
        }
    }
}

/// What follows an [`Attach`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchMode {
    /// A snapshot, then changes.
    Snapshot,
    /// The changes after what the peer holds.
    Resume,
}

/// The answer to [`Attach`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct Attached {
    #[prost(bool, tag = "1")]
    resumed: bool,
    #[prost(uint64, tag = "2")]
    epoch: u64,
    #[prost(message, required, tag = "3")]
    revision: RevisionParts,
}

impl Attached {
    /// What will follow, the number of the attachment, and what the server holds now.
    pub fn new(mode: WatchMode, epoch: u64, revision: Revision) -> Self {
        Self {
            resumed: mode == WatchMode::Resume,
            epoch,
            revision: revision.into(),
        }
    }

    /// What follows.
    pub fn mode(&self) -> WatchMode {
        match self.resumed {
            true => WatchMode::Resume,
            false => WatchMode::Snapshot,
        }
    }

    /// The number of this attachment among those of this run, for its heartbeats.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// What the server held; a view that holds it has caught up.
    pub fn revision(&self) -> Revision {
        self.revision.into()
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::directory::samples::revision;
    use crate::id::PeerId;

    #[test]
    fn an_attachment_survives_the_wire_and_nothing_held_is_not_revision_0() {
        for from in [None, Some(Revision::default()), Some(revision(7, 3))] {
            let attachment = Attachment {
                incarnation: Incarnation(9),
                from,
                interest: Interest::All,
                owing: from
                    .map(|_| PeerId::new("Shop.0").unwrap())
                    .into_iter()
                    .collect(),
            };
            let bytes = Attach::from(&attachment).encode_to_vec();
            assert_eq!(Attach::decode(&bytes[..]).unwrap().read(), Ok(attachment));
        }
    }

    #[test]
    fn the_answer_says_what_follows() {
        for mode in [WatchMode::Snapshot, WatchMode::Resume] {
            let bytes = Attached::new(mode, 5, revision(7, 3)).encode_to_vec();
            let answer = Attached::decode(&bytes[..]).unwrap();
            assert_eq!((answer.mode(), answer.epoch()), (mode, 5));
            assert_eq!(answer.revision(), revision(7, 3));
        }
    }
}

//! What can become of a command instead of its reply.

use crate::id::PeerId;
use crate::message::Untyped;

/// What became of a command instead of its reply (promise 12).
///
/// `E` is the error that the command declares. The variants that say *may have been handled* are
/// the only ones after which that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError<E = Untyped> {
    /// The handler refused with its declared error.
    #[error("{0}")]
    Rejected(E),
    /// The handler failed with an error that the command does not declare, or that this version of
    /// it does not know (then with its code).
    #[error("the handler failed: {text}")]
    Failed {
        /// The error's code; 0: it has none.
        code: u32,
        /// The error's text, at most 1 KiB.
        text: String,
    },
    /// Nobody handles this command.
    #[error(
        "no peer handles {command}: start a service that does, or check its name and binding keys"
    )]
    NoPeer {
        /// The command's type.
        command: &'static str,
    },
    /// The peer that was named is not there.
    #[error("{peer} is not there: start it, or check its name; nothing was sent")]
    NotThere {
        /// Who was named.
        peer: PeerId,
    },
    /// Several peers handle it, and nothing says which.
    #[error(
        "{} peers handle {command} ({}): choose one with .to(peer), or declare deliver = \"any\"",
        peers.len(), names(peers)
    )]
    ManyPeers {
        /// The command's type.
        command: &'static str,
        /// Who handles it.
        peers: Vec<PeerId>,
    },
    /// The only peer that handles it has not been heard of for a while; nothing was sent.
    #[error("{peer} has not been heard of for a while; nothing was sent to it")]
    PeerSilent {
        /// Who is silent.
        peer: PeerId,
    },
    /// The handler panicked.
    #[error("the handler panicked; its process logged why")]
    Panicked,
    /// The receiver could not decode the command, or this side its reply.
    #[error("it could not be decoded: {text}; both sides need the same definition of it")]
    Undecodable {
        /// What is wrong with the bytes.
        text: String,
    },
    /// The receiver does not handle this command any more.
    #[error("the receiver does not handle it any more; nothing was handled")]
    Unhandled,
    /// The receiver's rules forbid it.
    #[error("the receiver refused it: {text}")]
    Refused {
        /// Its reason.
        text: String,
    },
    /// A queue that refuses instead of waiting was full; or the receiver keeps so many commands of
    /// processes that do not take its outcomes, as this one was doing, that it keeps no more.
    #[error("the receiver has too much to do; nothing was handled")]
    Overloaded,
    /// This bus drains, or the only peer that handles the command does; nothing was handled.
    #[error("{peer} is stopping; nothing was handled")]
    Draining {
        /// Who stops.
        peer: PeerId,
    },
    /// The deadline passed.
    #[error("no outcome came in time; {}", may(*sent))]
    TimedOut {
        /// Whether the command may have been handled.
        sent: bool,
    },
    /// The receiver restarted or is gone.
    #[error("{peer} restarted or is gone; {}", may(*sent))]
    PeerLost {
        /// Who is gone.
        peer: PeerId,
        /// Whether the command may have been handled.
        sent: bool,
    },
    /// There is no link to the receiver now, and an unsequenced command waits for none; nothing was
    /// sent. The peer is being dialled.
    #[error(
        "there is no link to {peer} now, and {command} is unsequenced: nothing was sent; try again \
         soon"
    )]
    NoLink {
        /// To whom there is none.
        peer: PeerId,
        /// The command's type.
        command: &'static str,
    },
    /// The unsequenced lane holds all it may, 1 MiB or 65,536 sends in progress; nothing was sent.
    #[error("the unsequenced lane of {command} to {peer} is full; nothing was sent")]
    LaneFull {
        /// Whose lane.
        peer: PeerId,
        /// The command's type.
        command: &'static str,
    },
    /// The link that an unsequenced command went on has ended; it is not sent again.
    #[error("the link to {peer} ended before an outcome came; {}", may(*sent))]
    LinkLost {
        /// To whom the link was.
        peer: PeerId,
        /// Whether the command may have been handled.
        sent: bool,
    },
    /// The command is larger than a frame, or than an unsequenced lane; nothing was sent.
    #[error("it has {len} bytes, at most {limit} can be sent")]
    TooLarge {
        /// Its size in bytes, with headers.
        len: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The command could not be encoded; nothing was sent.
    #[error("it could not be encoded: {reason}")]
    Unencodable {
        /// Why.
        reason: String,
    },
    /// The handler failed because the command's body did not reach it whole: a link broke, or the
    /// body's source failed. What it did with the beginning is its own to say.
    #[error("the handler did not get all of its body: {text}")]
    BodyBroken {
        /// What became of the body.
        text: String,
    },
    /// This bus has stopped.
    #[error("this bus has stopped; {}", may(*sent))]
    Stopped {
        /// Whether the command may have been handled.
        sent: bool,
    },
}

fn may(sent: bool) -> &'static str {
    if sent {
        "it may have been handled"
    } else {
        "it was not handled"
    }
}

fn names(peers: &[PeerId]) -> String {
    const SHOWN: usize = 8;
    let mut text = peers
        .iter()
        .take(SHOWN)
        .map(PeerId::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if peers.len() > SHOWN {
        text.push_str(", …");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_says_whether_something_may_have_been_handled() {
        let sent: SendError = SendError::TimedOut { sent: true };
        let kept: SendError = SendError::Stopped { sent: false };
        assert_eq!(
            sent.to_string(),
            "no outcome came in time; it may have been handled"
        );
        assert_eq!(kept.to_string(), "this bus has stopped; it was not handled");
    }

    #[test]
    fn many_peers_are_listed_with_the_cure() {
        let peers = ["Shop.0", "Shop.1"]
            .map(|id| PeerId::new(id).unwrap())
            .into();
        let error: SendError = SendError::ManyPeers {
            command: "Shop.PlaceOrder",
            peers,
        };
        let text = error.to_string();
        assert!(
            text.contains("Shop.0, Shop.1") && text.contains(".to(peer)"),
            "{text}"
        );
    }
}

//! Whom a command goes to.

use std::sync::Arc;

use super::choice::{Candidate, Choice, choose};
use super::recipient::Recipient;
use super::scratch::Scratch;
use super::send_error::SendError;
use super::sending::Sending;
use crate::message::{Command, TypeFacts};
use crate::peers::Peer;

impl<C: Command> Sending<C> {
    /// Whom the command goes to (promises 9 and 10).
    pub(super) fn recipient(&self, facts: TypeFacts) -> Result<Recipient, SendError<C::Error>> {
        if let Some(to) = self.beside.as_ref().and_then(|beside| beside.to.as_ref()) {
            if *to == self.bus.me {
                return Ok(Recipient::Here);
            }
            let there = self.bus.peers.get(to);
            let peer = there.ok_or_else(|| SendError::NotThere { peer: to.clone() })?;
            if self.is_unchecked() {
                return Ok(Recipient::Peer(peer));
            }
            return Self::choose_only(peer, facts);
        }
        let Some(command) = &self.command else {
            return Err(SendError::Stopped { sent: false });
        };
        let mut scratch = Scratch::route(&self.bus, command);
        let recipient = Self::choose_of(&mut scratch, facts);
        scratch.put_back();
        recipient
    }

    fn choose_of(
        scratch: &mut Scratch,
        facts: TypeFacts,
    ) -> Result<Recipient, SendError<C::Error>> {
        match scratch.take_only() {
            Some(Recipient::Here) => return Ok(Recipient::Here),
            Some(Recipient::Peer(only)) => return Self::choose_only(only, facts),
            None => {}
        }
        let recipients = scratch.recipients();
        if recipients
            .iter()
            .any(|recipient| recipient.peer().is_none())
        {
            return Ok(Recipient::Here);
        }
        let peers: Vec<_> = recipients.iter().filter_map(Recipient::peer).collect();
        let candidates: Vec<_> = peers
            .iter()
            .map(|peer| candidate(peer, peer.in_flight()))
            .collect();
        let choice = choose(&candidates, facts.deliver);
        Self::chosen(choice, facts.name, |at| {
            peers.get(at).map(|peer| Arc::clone(peer))
        })
    }

    /// The common case, without the lists that a choice takes.
    fn choose_only(peer: Arc<Peer>, facts: TypeFacts) -> Result<Recipient, SendError<C::Error>> {
        let choice = choose(&[candidate(&peer, 0)], facts.deliver);
        Self::chosen(choice, facts.name, |_| Some(peer))
    }

    fn chosen(
        choice: Choice,
        command: &'static str,
        peer: impl FnOnce(usize) -> Option<Arc<Peer>>,
    ) -> Result<Recipient, SendError<C::Error>> {
        match choice {
            Choice::One(at) => peer(at)
                .map(Recipient::Peer)
                .ok_or(SendError::NoPeer { command }),
            Choice::Nobody => Err(SendError::NoPeer { command }),
            Choice::Silent(peer) => Err(SendError::PeerSilent { peer }),
            Choice::Draining(peer) => Err(SendError::Draining { peer }),
            Choice::Many(peers) => Err(SendError::ManyPeers { command, peers }),
        }
    }
}

fn candidate(peer: &Peer, in_flight: usize) -> Candidate<'_> {
    Candidate {
        peer: peer.id(),
        standing: peer.standing(),
        in_flight,
    }
}

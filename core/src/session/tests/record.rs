//! What must be true of every message, whatever happens: a naive model of the promises.

use std::collections::BTreeMap;

use crate::session::lane_id::LaneId;
use crate::session::pending::{End, NoOutcome};

/// A broken promise, in words.
pub(super) type Verdict = Result<(), String>;

/// A message from acceptance to its end.
#[derive(Debug, Clone, Hash)]
pub(super) struct Message {
    pub(super) from: usize,
    /// The sender's run.
    pub(super) incarnation: u64,
    /// The receiver's run that it was accepted for, if it was known.
    pub(super) to: Option<u64>,
    pub(super) lane: LaneId,
    pub(super) is_command: bool,
    pub(super) len: usize,
    pub(super) taken: bool,
    /// A void has taken its place.
    pub(super) void: bool,
    /// Its session has ended at its sender without taking it along.
    pub(super) ended: bool,
    /// Its sender was told that it was not handled.
    pub(super) not_handled: bool,
    /// Its outcome was sent.
    pub(super) answered: bool,
    pub(super) end: Option<&'static str>,
}

/// All messages of a run, and how often sides have lost their memories.
#[derive(Debug, Clone, Default, Hash)]
pub(super) struct Record {
    pub(super) messages: Vec<Message>,
    /// (sender's run, message) by sender and lane.
    last_taken: BTreeMap<(usize, LaneId), (u64, usize)>,
    /// Restarts and forgettings of each side, and the ends of sessions that the other saw.
    pub(super) lapses: [u32; 2],
    pub(super) ends_seen: [u32; 2],
    /// Who has forgotten may meet a restart of the other a second time, through an old replica.
    pub(super) forgets: [u32; 2],
    /// Dials since the last fault.
    pub(super) dials: u32,
    pub(super) downs: u32,
}

impl Record {
    /// Dispatch of `side`, in its run `incarnation`, takes the message `id` of the other side.
    pub(super) fn take(&mut self, side: usize, incarnation: u64, id: usize) -> Verdict {
        let Some(message) = self.messages.get(id) else {
            return Err(format!("message {id} was never accepted"));
        };
        let (from, lane) = (message.from, message.lane);
        if from == side {
            return Err(format!("message {id} came back"));
        }
        if message.taken {
            return Err(format!("message {id} was taken twice"));
        }
        if message.not_handled {
            return Err(format!("message {id} was called not handled and is taken"));
        }
        if message.to.is_some_and(|to| to != incarnation) {
            return Err(format!("message {id} was accepted for another incarnation"));
        }
        let run = message.incarnation;
        let before = self.last_taken.insert((from, lane), (run, id));
        if before.is_some_and(|before| before > (run, id)) {
            return Err(format!("message {id} was taken after {before:?}"));
        }
        let first = before.filter(|before| before.0 == run);
        let gap = (first.map_or(0, |before| before.1 + 1)..id).find(|other| {
            let other = &self.messages[*other];
            let same = (other.from, other.incarnation, other.lane) == (from, run, lane);
            same && !other.void && !other.ended
        });
        if let Some(gap) = gap {
            return Err(format!("message {id} was taken, {gap} before it was not"));
        }
        self.messages[id].taken = true;
        Ok(())
    }

    /// The sender's log has let go of a message.
    pub(super) fn free(&self, id: usize) -> Verdict {
        let message = &self.messages[id];
        if message.taken || message.void {
            return Ok(());
        }
        Err(format!("message {id} was freed and never taken"))
    }

    /// A send has ended.
    pub(super) fn complete(&mut self, id: usize, end: &End) -> Verdict {
        let (text, sent) = match end {
            End::Outcome(body) => {
                let right = body.get(1..9) == Some(&(id as u64).to_le_bytes()[..]);
                if !right || !self.messages[id].answered {
                    return Err(format!("command {id} was completed by another's outcome"));
                }
                ("outcome", true)
            }
            End::Without(NoOutcome::TimedOut { sent }) => ("timed out", *sent),
            End::Without(NoOutcome::PeerLost { sent }) => ("peer lost", *sent),
            End::Without(NoOutcome::LinkLost { sent }) => ("link lost", *sent),
            End::Without(NoOutcome::Stopped { sent }) => ("stopped", *sent),
        };
        let message = &mut self.messages[id];
        if message.end.is_some() {
            return Err(format!("command {id} ended twice"));
        }
        if !sent && message.taken {
            return Err(format!("command {id} was taken and is called not handled"));
        }
        let lapses = self.lapses[0] + self.lapses[1] + self.downs;
        if matches!(end, End::Without(NoOutcome::PeerLost { .. })) && lapses == 0 {
            return Err(format!("command {id} lost its peer, which never left"));
        }
        message.not_handled = !sent;
        message.end = Some(text);
        Ok(())
    }

    /// `side` has seen its session end, not by its own doing.
    pub(super) fn session_ended(&mut self, side: usize) -> Verdict {
        self.ends_seen[side] += 1;
        if self.ends_seen[side] > self.lapses[1 - side] + self.forgets[side] {
            return Err(format!(
                "side {side} ended a session, though the other neither restarted nor forgot"
            ));
        }
        Ok(())
    }

    /// In the end nothing is left open.
    pub(super) fn check_all_settled(&self) -> Verdict {
        let open = self.messages.iter().position(|message| {
            let delivered = message.taken || message.void || message.ended;
            !delivered || (message.is_command && message.end.is_none())
        });
        open.map_or(Ok(()), |id| {
            let message = &self.messages[id];
            Err(format!("message {id} is left open: {message:?}"))
        })
    }
}

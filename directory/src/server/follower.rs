//! Tells one attached peer everything, in order.

use std::sync::Arc;
use std::time::Duration;

use quibus::bus::Authority;
use quibus::directory::contract::{Applied, Changes, WatchError};
use quibus::{Incarnation, PeerId, Revision, SendError};

use super::Server;
use crate::change_ring::After;

/// How long a peer may take to apply one batch before it is sent again.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause after a peer did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause after a peer applied less than it was told.
const GAP_PAUSE: Duration = Duration::from_millis(50);

/// Tells one attached peer everything, in order, with one batch in flight. What it has not been
/// told yet is no queue but a revision: where it is in the ring of changes.
pub(super) struct Follower {
    pub(super) server: Arc<Server>,
    pub(super) own: Authority,
    pub(super) peer: PeerId,
    pub(super) run: Incarnation,
    pub(super) epoch: u64,
    pub(super) held: Revision,
}

/// Why a peer was told nothing.
enum Untold {
    /// It did not answer.
    Later,
    /// It will not listen.
    Never(String),
}

impl Follower {
    /// Runs until the attachment has ended.
    pub(super) async fn run(mut self) {
        let mut latest = self.server.latest();
        loop {
            latest.borrow_and_update();
            let lacking = self
                .server
                .desk()
                .after(&self.peer, self.run, self.epoch, self.held);
            let told = match lacking {
                None => return,
                Some(After::Nothing | After::Ahead) => match latest.changed().await {
                    Ok(()) => continue,
                    Err(_) => return,
                },
                Some(After::Changes(changes, to)) => self.tell_changes(changes, to).await,
                Some(After::Snapshot) => self.tell_everything().await,
            };
            match told {
                Ok(()) => {}
                Err(Untold::Later) => tokio::time::sleep(PAUSE).await,
                Err(Untold::Never(reason)) => {
                    tracing::warn!(peer = %self.peer, reason, "a peer does not follow any more");
                    let mut desk = self.server.desk();
                    desk.detach(&self.peer, self.run, self.epoch);
                    return;
                }
            }
        }
    }

    async fn tell_changes(&mut self, changes: Changes, to: Revision) -> Result<(), Untold> {
        let told = self.own.tell(changes, &self.peer, PATIENCE).await;
        self.note(told, to).await
    }

    async fn tell_everything(&mut self) -> Result<(), Untold> {
        let (revision, parts) = self.server.desk().snapshot();
        let Some((last, first)) = parts.split_last() else {
            return Err(Untold::Never("the snapshot has no parts".into()));
        };
        for part in first {
            let told = self.own.tell(part.clone(), &self.peer, PATIENCE).await;
            told.map_err(Untold::from)?;
        }
        let told = self.own.tell(last.clone(), &self.peer, PATIENCE).await;
        self.note(told, revision).await
    }

    /// Goes on from what the peer holds now.
    async fn note(
        &mut self,
        told: Result<Applied, SendError<WatchError>>,
        to: Revision,
    ) -> Result<(), Untold> {
        let applied = told?;
        let owing = applied.owing();
        let owing = owing.map_err(|error| Untold::Never(error.to_string()))?;
        self.held = applied.revision();
        self.server
            .desk()
            .applied(&self.peer, self.epoch, self.held, &owing);
        self.server.came_further();
        let gap = self.held.cluster != to.cluster || self.held < to;
        if gap {
            tracing::debug!(peer = %self.peer, held = %self.held, told = %to, "a peer has a gap");
            tokio::time::sleep(GAP_PAUSE).await;
        }
        Ok(())
    }
}

impl From<SendError<WatchError>> for Untold {
    fn from(error: SendError<WatchError>) -> Self {
        match error {
            SendError::TimedOut { .. }
            | SendError::PeerLost { .. }
            | SendError::Draining { .. }
            | SendError::Overloaded => Self::Later,
            refused => Self::Never(refused.to_string()),
        }
    }
}

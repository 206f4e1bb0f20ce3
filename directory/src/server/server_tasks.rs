//! The tasks of a server: its watchman, and one follower for each peer that is attached.

use std::collections::BTreeMap;

use quibus::PeerId;
use tokio::task::{AbortHandle, JoinSet};

/// The tasks of a server; dropping them ends them.
#[derive(Debug, Default)]
pub(super) struct ServerTasks {
    all: JoinSet<()>,
    followers: BTreeMap<PeerId, AbortHandle>,
}

impl ServerTasks {
    /// Runs a task.
    pub(super) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        while self.all.try_join_next().is_some() {}
        self.all.spawn(task)
    }

    /// Runs the follower of a peer, and ends that of its former attachment, which would notice only
    /// at the next change by anybody.
    pub(super) fn follow(
        &mut self,
        peer: PeerId,
        follower: impl Future<Output = ()> + Send + 'static,
    ) {
        let follower = self.spawn(follower);
        if let Some(former) = self.followers.insert(peer, follower) {
            former.abort();
        }
        // Those of peers that are gone have ended by themselves.
        if self.followers.len() > self.all.len() {
            self.followers.retain(|_, known| !known.is_finished());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn a_peer_has_one_follower_and_those_of_peers_that_are_gone_are_kept_no_longer() {
        let peer = |number| PeerId::new(&format!("Shop.{number}")).unwrap();
        let mut tasks = ServerTasks::default();
        tasks.spawn(pending());
        for _ in 0..100 {
            tasks.follow(peer(0), pending());
            tokio::task::yield_now().await;
        }
        tasks.spawn(ready(()));
        assert!(tasks.all.len() <= 3, "{}", tasks.all.len());
        for number in 1..100 {
            tasks.follow(peer(number), ready(()));
            tokio::task::yield_now().await;
        }
        assert!(tasks.followers.len() <= 4, "{}", tasks.followers.len());
        assert!(!tasks.followers[&peer(0)].is_finished());
    }
}

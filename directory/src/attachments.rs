//! Who follows, and how far each has come.

use std::collections::BTreeMap;

use quibus::directory::PeerList;
use quibus::{Incarnation, PeerId, Revision};

/// Who follows this server, and how far each has come.
#[derive(Debug, Clone, Default)]
pub struct Attachments {
    by_peer: BTreeMap<PeerId, Attached>,
}

#[derive(Debug, Clone)]
struct Attached {
    incarnation: Incarnation,
    epoch: u64,
    applied: Revision,
    /// Who drains, as far as it knew then, and is owed messages by it.
    owing: PeerList,
}

/// What `subscribe`, `start` and `stop` wait for: that everybody who followed and responded when a
/// change was made has applied it (promise 26). How long that may take is its owner's to bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barrier {
    revision: Revision,
    waiting: BTreeMap<PeerId, Incarnation>,
}

impl Attachments {
    /// A run follows from now on; it holds `applied`, or nothing yet, and is `owing` messages to
    /// peers that drain. An older attachment of its peer ends.
    pub fn attach(
        &mut self,
        peer: PeerId,
        incarnation: Incarnation,
        epoch: u64,
        applied: Option<Revision>,
        owing: PeerList,
    ) {
        let attached = Attached {
            incarnation,
            epoch,
            applied: applied.unwrap_or_default(),
            owing,
        };
        self.by_peer.insert(peer, attached);
    }

    /// A follower holds `revision` and is `owing` messages to peers that drain. Word from an
    /// attachment that has ended, and word that came late, changes nothing.
    pub fn applied(&mut self, peer: &PeerId, epoch: u64, revision: Revision, owing: PeerList) {
        let Some(attached) = self.current(peer, epoch) else {
            return;
        };
        let goes_back = attached.applied.cluster == revision.cluster && revision < attached.applied;
        if !goes_back {
            attached.applied = revision;
            attached.owing = owing;
        }
    }

    /// A peer is gone from the directory.
    pub fn remove(&mut self, peer: &PeerId) {
        self.by_peer.remove(peer);
    }

    /// The number of the peer's attachment, if that run follows.
    pub fn epoch(&self, peer: &PeerId, incarnation: Incarnation) -> Option<u64> {
        let attached = self.by_peer.get(peer)?;
        (attached.incarnation == incarnation).then_some(attached.epoch)
    }

    /// How many follow.
    pub fn len(&self) -> usize {
        self.by_peer.len()
    }

    /// Whether nobody follows.
    pub fn is_empty(&self) -> bool {
        self.by_peer.is_empty()
    }

    /// What all who respond hold at least; `None` if nobody does.
    pub fn low_water(&self, responds: impl Fn(&PeerId) -> bool) -> Option<Revision> {
        let responding = self.by_peer.iter().filter(|(peer, _)| responds(peer));
        responding.map(|(_, attached)| attached.applied).min()
    }

    /// The barrier of a change that was made just now.
    pub fn barrier(&self, revision: Revision, responds: impl Fn(&PeerId) -> bool) -> Barrier {
        let responding = self.by_peer.iter().filter(|(peer, _)| responds(peer));
        let waiting = responding
            .map(|(peer, attached)| (peer.clone(), attached.incarnation))
            .collect();
        let mut barrier = Barrier { revision, waiting };
        self.settle(&mut barrier);
        barrier
    }

    /// Looks who of the barrier has come far enough meanwhile; `true` if all have. Who has left the
    /// directory or runs anew is waited for no more: it can't miss what it never followed.
    pub fn settle(&self, barrier: &mut Barrier) -> bool {
        let revision = barrier.revision;
        barrier.waiting.retain(|peer, incarnation| {
            let attached = self.by_peer.get(peer);
            let attached = attached.filter(|attached| attached.incarnation == *incarnation);
            attached.is_some_and(|attached| !attached.holds(revision))
        });
        barrier.waiting.is_empty()
    }

    /// Who of these peers says that it owes `creditor` messages, and who has not said that it holds
    /// `revision`, by which the creditor drains (promise 28).
    pub fn debtors<'a>(
        &self,
        creditor: &PeerId,
        revision: Revision,
        peers: impl Iterator<Item = (&'a PeerId, Incarnation)>,
    ) -> (PeerList, PeerList) {
        let (mut owing, mut unheard) = (Vec::new(), Vec::new());
        for (peer, incarnation) in peers {
            let attached = self.by_peer.get(peer);
            let attached = attached.filter(|attached| attached.incarnation == incarnation);
            match attached.filter(|attached| attached.holds(revision)) {
                Some(attached) if attached.owing.contains(creditor) => owing.push(peer.clone()),
                Some(_) => {}
                None => unheard.push(peer.clone()),
            }
        }
        (owing.into_iter().collect(), unheard.into_iter().collect())
    }

    fn current(&mut self, peer: &PeerId, epoch: u64) -> Option<&mut Attached> {
        let attached = self.by_peer.get_mut(peer)?;
        (attached.epoch == epoch).then_some(attached)
    }
}

impl Attached {
    fn holds(&self, revision: Revision) -> bool {
        self.applied.cluster == revision.cluster && self.applied >= revision
    }
}

impl Barrier {
    /// Who has not come far enough.
    pub fn waiting_for(&self) -> impl Iterator<Item = &PeerId> {
        self.waiting.keys()
    }
}

#[cfg(test)]
mod tests {
    use quibus::id::ClusterId;

    use super::*;

    fn peer(name: &str) -> PeerId {
        PeerId::new(name).unwrap()
    }

    fn revision(index: u64) -> Revision {
        Revision {
            cluster: ClusterId(7),
            index,
            sub: 0,
        }
    }

    fn owing_nobody() -> PeerList {
        PeerList::default()
    }

    /// `A.0` and `B.0` follow and hold revision 5.
    fn two() -> Attachments {
        let mut attachments = Attachments::default();
        attachments.attach(
            peer("A.0"),
            Incarnation(1),
            1,
            Some(revision(5)),
            owing_nobody(),
        );
        attachments.attach(
            peer("B.0"),
            Incarnation(2),
            2,
            Some(revision(5)),
            owing_nobody(),
        );
        attachments
    }

    #[test]
    fn a_barrier_opens_when_all_who_responded_have_come_far_enough() {
        let mut attachments = two();
        let mut barrier = attachments.barrier(revision(6), |_| true);
        assert!(!attachments.settle(&mut barrier));
        attachments.applied(&peer("A.0"), 1, revision(7), owing_nobody());
        assert!(!attachments.settle(&mut barrier));
        assert!(barrier.waiting_for().eq([&peer("B.0")]));
        attachments.applied(&peer("B.0"), 2, revision(6), owing_nobody());
        assert!(attachments.settle(&mut barrier));
    }

    #[test]
    fn a_barrier_waits_neither_for_who_was_silent_nor_for_who_came_later_nor_for_who_left() {
        let mut attachments = two();
        let mut barrier = attachments.barrier(revision(6), |who| *who == peer("A.0"));
        attachments.attach(peer("C.0"), Incarnation(3), 3, None, owing_nobody());
        assert!(barrier.waiting_for().eq([&peer("A.0")]));
        attachments.remove(&peer("A.0"));
        assert!(attachments.settle(&mut barrier));
    }

    #[test]
    fn who_attaches_again_is_still_waited_for_and_who_runs_anew_is_not() {
        let mut attachments = two();
        let mut barrier = attachments.barrier(revision(6), |_| true);
        attachments.attach(
            peer("A.0"),
            Incarnation(1),
            8,
            Some(revision(5)),
            owing_nobody(),
        );
        attachments.attach(peer("B.0"), Incarnation(9), 9, None, owing_nobody());
        assert!(!attachments.settle(&mut barrier));
        assert!(barrier.waiting_for().eq([&peer("A.0")]));
    }

    #[test]
    fn word_from_an_ended_attachment_and_late_word_count_for_nothing() {
        let mut attachments = two();
        attachments.attach(
            peer("A.0"),
            Incarnation(1),
            8,
            Some(revision(6)),
            owing_nobody(),
        );
        attachments.applied(&peer("A.0"), 1, revision(9), owing_nobody());
        attachments.applied(&peer("A.0"), 8, revision(3), owing_nobody());
        attachments.applied(&peer("B.0"), 2, revision(8), owing_nobody());
        assert_eq!(attachments.low_water(|_| true), Some(revision(6)));
        assert_eq!(attachments.low_water(|_| false), None);
        assert_eq!(attachments.epoch(&peer("A.0"), Incarnation(1)), Some(8));
        assert_eq!(attachments.epoch(&peer("A.0"), Incarnation(2)), None);
    }

    #[test]
    fn a_debtor_is_who_says_so_and_who_does_not_know_yet_is_named_apart() {
        let mut attachments = two();
        attachments.attach(
            peer("C.0"),
            Incarnation(3),
            3,
            Some(revision(5)),
            owing_nobody(),
        );
        let owing: PeerList = [peer("S.0")].into_iter().collect();
        attachments.applied(&peer("A.0"), 1, revision(6), owing.clone());
        attachments.applied(&peer("B.0"), 2, revision(6), owing_nobody());
        // What it owed before it knew is nothing to go by.
        attachments.applied(&peer("C.0"), 3, revision(5), owing);
        let debtors = |creditor, there: &[(&str, u64)]| {
            let there: Vec<_> = there.iter().map(|(name, run)| (peer(name), *run)).collect();
            let there = there.iter().map(|(peer, run)| (peer, Incarnation(*run)));
            let (owing, unheard) = attachments.debtors(&peer(creditor), revision(6), there);
            let names = |list: PeerList| list.iter().map(ToString::to_string).collect();
            let (owing, unheard): (Vec<_>, Vec<_>) = (names(owing), names(unheard));
            format!("{owing:?} {unheard:?}")
        };
        let all = [("A.0", 1), ("B.0", 2), ("C.0", 3), ("D.0", 4)];
        assert_eq!(debtors("S.0", &all), r#"["A.0"] ["C.0", "D.0"]"#);
        assert_eq!(debtors("T.0", &all), r#"[] ["C.0", "D.0"]"#);
        let runs_anew = [("A.0", 9), ("B.0", 2)];
        assert_eq!(debtors("S.0", &runs_anew), r#"[] ["A.0"]"#);
    }

    #[test]
    fn who_attaches_again_with_all_that_there_is_owes_what_it_says_then() {
        let mut attachments = two();
        let owing: PeerList = [peer("S.0")].into_iter().collect();
        attachments.attach(
            peer("A.0"),
            Incarnation(1),
            8,
            Some(revision(6)),
            owing.clone(),
        );
        let [a, s] = ["A.0", "S.0"].map(peer);
        let there = || [(&a, Incarnation(1))].into_iter();
        let (owing, unheard) = attachments.debtors(&s, revision(6), there());
        assert!(owing.contains(&a) && unheard.is_empty());
    }
}

//! Who gets a command (promises 9 and 10); pure.

use crate::id::PeerId;
use crate::message::Deliver;
use crate::peers::Standing;

/// One peer that handles a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) peer: &'a PeerId,
    pub(super) standing: Standing,
    /// Commands to it that wait for their outcome.
    pub(super) in_flight: usize,
}

/// Who gets a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    /// The candidate at this place.
    One(usize),
    Nobody,
    Silent(PeerId),
    Draining(PeerId),
    Many(Vec<PeerId>),
}

/// Chooses among the peers that handle a command; this process is not among them.
pub(super) fn choose(candidates: &[Candidate<'_>], deliver: Deliver) -> Choice {
    let present = || {
        candidates
            .iter()
            .enumerate()
            .filter(|(_, c)| c.standing != Standing::Down)
    };
    let takes = || present().filter(|(_, c)| c.standing != Standing::Draining);
    let silent = |c: &Candidate<'_>| c.standing == Standing::Silent;
    let (count, first) = (takes().count(), takes().next());
    match (count, first) {
        (0, _) => match present().next() {
            Some((_, draining)) => Choice::Draining(draining.peer.clone()),
            None => Choice::Nobody,
        },
        (1, Some((_, only))) if silent(only) => Choice::Silent(only.peer.clone()),
        (1, Some((at, _))) => Choice::One(at),
        _ if deliver == Deliver::Any => {
            match takes().min_by_key(|(_, c)| (silent(c), c.in_flight)) {
                Some((_, best)) if silent(best) => Choice::Silent(best.peer.clone()),
                Some((at, _)) => Choice::One(at),
                None => Choice::Nobody,
            }
        }
        _ => Choice::Many(takes().map(|(_, c)| c.peer.clone()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(peers: &[(&str, Standing, usize)], deliver: Deliver) -> Choice {
        let ids: Vec<_> = peers
            .iter()
            .map(|(id, ..)| PeerId::new(id).unwrap())
            .collect();
        let candidates: Vec<_> = ids
            .iter()
            .zip(peers)
            .map(|(peer, (_, standing, in_flight))| Candidate {
                peer,
                standing: *standing,
                in_flight: *in_flight,
            })
            .collect();
        choose(&candidates, deliver)
    }

    fn id(text: &str) -> PeerId {
        PeerId::new(text).unwrap()
    }

    #[test]
    fn the_only_one_that_takes_it_gets_it() {
        use Standing::{Down, Draining, Silent, Up};
        let one = Deliver::One;
        assert_eq!(chosen(&[], one), Choice::Nobody);
        assert_eq!(chosen(&[("A.0", Down, 0)], one), Choice::Nobody);
        assert_eq!(chosen(&[("A.0", Up, 0)], one), Choice::One(0));
        assert_eq!(
            chosen(&[("A.0", Silent, 0)], one),
            Choice::Silent(id("A.0"))
        );
        assert_eq!(
            chosen(&[("A.0", Draining, 0)], one),
            Choice::Draining(id("A.0"))
        );
        assert_eq!(
            chosen(&[("A.0", Draining, 0), ("A.1", Up, 0)], one),
            Choice::One(1)
        );
        let many = Choice::Many(vec![id("A.0"), id("A.2")]);
        assert_eq!(
            chosen(&[("A.0", Up, 0), ("A.1", Down, 0), ("A.2", Silent, 0)], one),
            many
        );
    }

    #[test]
    fn any_prefers_who_is_up_and_then_who_has_least_to_do() {
        use Standing::{Silent, Up};
        let peers = [
            ("A.0", Silent, 0),
            ("A.1", Up, 9),
            ("A.2", Up, 3),
            ("A.3", Up, 3),
        ];
        assert_eq!(chosen(&peers, Deliver::Any), Choice::One(2));
        let silent = [("A.0", Silent, 4), ("A.1", Silent, 1)];
        assert_eq!(chosen(&silent, Deliver::Any), Choice::Silent(id("A.1")));
    }
}

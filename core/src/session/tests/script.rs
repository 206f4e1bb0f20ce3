//! A rig that is told step by step what happens.

use super::event::Event;
use super::pair::Pair;
use crate::session::lane_id::LaneId;
use crate::session::link_id::LinkId;
use crate::session::session::Session;

pub(super) const A: usize = 0;
pub(super) const B: usize = 1;

/// A rig with a script that panics at the first broken promise.
pub(super) struct Script(pub(super) Pair);

impl Script {
    pub(super) fn new() -> Self {
        Self(Pair::new())
    }

    pub(super) fn step(&mut self, event: Event) {
        if let Err(broken) = self.0.step(event) {
            panic!("{event:?}: {broken}");
        }
    }

    pub(super) fn accept(&mut self, side: usize, command: bool) -> usize {
        let lane = LaneId::DEFAULT;
        self.step(Event::Accept {
            side,
            lane,
            command,
            len: 8,
        });
        self.0.record.messages.len() - 1
    }

    pub(super) fn dial(&mut self, side: usize) -> LinkId {
        self.step(Event::DialIdle(side));
        LinkId(self.0.last_link)
    }

    /// Everything on the control stream that `to` reads arrives.
    pub(super) fn control(&mut self, to: usize, link: LinkId) {
        let waiting = self
            .0
            .wires
            .get(&link)
            .map_or(0, |wire| wire.control[1 - to].len());
        self.step(Event::Control(to, link, waiting));
    }

    /// Everything that the lane's writer has to write arrives at `to`.
    pub(super) fn lane(&mut self, to: usize, link: LinkId, lane: LaneId) {
        self.step(Event::Pull(1 - to, link, lane));
        let waiting = self.0.wires[&link].lanes[1 - to][&lane].len();
        self.step(Event::Lane(to, link, lane, waiting));
    }

    /// A link that `side` dials and that both sides have come to use.
    pub(super) fn linked(&mut self, side: usize) -> LinkId {
        let link = self.dial(side);
        self.control(1 - side, link);
        self.control(side, link);
        assert_eq!(self.session(A).current(), Some(link));
        assert_eq!(self.session(B).current(), Some(link));
        link
    }

    /// Both sides notice that the link is gone.
    pub(super) fn cut(&mut self, link: LinkId) {
        self.step(Event::Break(link));
        self.step(Event::Notice(A, link));
        self.step(Event::Notice(B, link));
    }

    pub(super) fn session(&mut self, side: usize) -> &mut Session {
        self.0.sides[side].session.as_mut().expect("a memory")
    }

    /// Lets everything happen that must, in a fixed order, and checks that nothing is left open.
    pub(super) fn rest(&mut self) {
        for _ in 0..1_000 {
            match self.0.enabled().first() {
                Some(event) => self.step(*event),
                None => {
                    let rest = self.0.check_at_rest();
                    return rest.unwrap_or_else(|broken| panic!("at rest: {broken}"));
                }
            }
        }
        panic!("the rig never comes to rest");
    }

    pub(super) fn is_taken(&self, id: usize) -> bool {
        self.0.record.messages[id].taken
    }

    pub(super) fn end(&self, id: usize) -> Option<&'static str> {
        self.0.record.messages[id].end
    }
}

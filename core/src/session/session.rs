//! The session between two peers: whose memory is whose, which link is used, when it ends.
//!
//! Pure: every method is a function of what is known, of its input and of the time handed in, and
//! answers with [`Effects`]. The rules carry the numbers R1–R13 of `FORMAT.md`; each is marked
//! where it is obeyed. Lanes (R6) are in [`Outbound`](super::outbound::Outbound) and
//! [`Inbound`](super::inbound::Inbound).

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::control::{Ack, Control};
use super::effects::{Action, Effects};
use super::half::Idle;
use super::hello::{Hello, LanePosition, Memory, VERSION};
use super::inbound::Inbound;
use super::lane_id::LaneId;
use super::lanes::Lanes;
use super::link_id::LinkId;
use super::link_state::{Dialler, LinkState, Phase, Said};
use super::outbound::{Outbound, Wake};
use super::violation::Violation;
use crate::id::{IdTail, Incarnation, PeerId};
use crate::wire::CloseReason;

/// Who this process is, as its Hellos say.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub(crate) peer: PeerId,
    pub(crate) environment: String,
    pub(crate) incarnation: Incarnation,
}

/// What this process remembers of one other peer.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(super) own: Own,
    pub(super) them: PeerId,
    /// R1: our number for this memory; kept across the other's incarnations.
    pub(super) mine: u64,
    pub(super) theirs: Option<Theirs>,
    /// R2: the highest dial number of their present incarnation whose link has ended here.
    pub(super) ended: u64,
    /// Of our dials, the highest that has ended there.
    pub(super) lost: u64,
    pub(super) links: BTreeMap<LinkId, LinkState>,
    pub(super) current: Option<LinkId>,
    pub(super) lanes: Arc<Lanes>,
    pub(super) farewell: super::farewell::Farewell,
}

/// The other side: its run, and its own number for its memory of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Theirs {
    pub(super) incarnation: Incarnation,
    pub(super) number: Option<u64>,
}

impl Session {
    /// R1: `mine` is the next number of the process.
    pub(crate) fn new(own: Own, them: PeerId, mine: u64, lanes: Arc<Lanes>) -> Self {
        Self {
            own,
            them,
            mine,
            theirs: None,
            ended: 0,
            lost: 0,
            links: BTreeMap::new(),
            current: None,
            lanes,
            farewell: super::farewell::Farewell::default(),
        }
    }

    /// The other side's run, as far as it is known.
    pub(crate) fn incarnation(&self) -> Option<Incarnation> {
        self.theirs.map(|theirs| theirs.incarnation)
    }

    /// The link in use.
    pub(crate) fn current(&self) -> Option<LinkId> {
        self.current
    }

    /// The link in use, and when our Hello was sent on it.
    pub(crate) fn current_since(&self) -> Option<(LinkId, Instant)> {
        let link = self.current?;
        let said = self.links.get(&link)?.said.as_ref()?;
        Some((link, said.at))
    }

    /// Whether any link or dial exists.
    pub(crate) fn has_links(&self) -> bool {
        !self.links.is_empty()
    }

    /// Whether a link is wanted: something waits to be delivered or said.
    pub(crate) fn wants_link(&self) -> bool {
        let wanted =
            || self.lanes.is_waiting() || self.lanes.awaits_bodies() || self.farewell.is_owed();
        self.current.is_none() && wanted()
    }

    /// Whether anything was ever exchanged in the present session (R11).
    pub(crate) fn has_exchanged(&self) -> bool {
        self.theirs.is_some_and(|theirs| theirs.number.is_some())
    }

    /// Our own dial has met the other side: the Hello to send on the link.
    pub(crate) fn dialled(&mut self, link: LinkId, dial: u64, now: Instant) -> Hello {
        self.links
            .insert(link, LinkState::new(link, Dialler::Us, dial));
        self.say_hello(link, dial, now)
    }

    /// The other side has dialled; it speaks first.
    pub(crate) fn accepted(&mut self, link: LinkId) {
        self.links
            .insert(link, LinkState::new(link, Dialler::Them, 0));
    }

    /// The other side's Hello on a link.
    pub(crate) fn hello(
        &mut self,
        link: LinkId,
        hello: &Hello,
        now: Instant,
    ) -> Result<Effects, Violation> {
        let mut effects = Effects::default();
        let Some(state) = self.links.get_mut(&link) else {
            return Ok(effects);
        };
        if state.phase != Phase::Greeting {
            return Err(Violation::OutOfPlace("a second Hello on one link"));
        }
        // R10: who is not registered has no session.
        if !hello.incarnation.is_registered() || hello.mine == 0 {
            return Err(Violation::OutOfPlace("a Hello without a memory"));
        }
        let dialler = state.dialler;
        if dialler == Dialler::Them {
            state.dial = hello.dial;
        }
        state.incarnation = hello.incarnation;
        if let Err(reason) = self.recognise(link, hello, &mut effects) {
            self.close(link, reason, &mut effects);
            return Ok(effects);
        }
        let ours = Memory {
            incarnation: self.own.incarnation,
            number: self.mine,
        };
        let counts = hello.yours == Some(ours);
        if counts && let Err(violation) = self.check_positions(hello) {
            if !effects.session_ended {
                return Err(violation);
            }
            // What has ended must be heard of, whatever else this Hello says.
            self.close(link, CloseReason::Protocol, &mut effects);
            return Ok(effects);
        }
        match dialler {
            Dialler::Them => {
                let answer = self.say_hello(link, hello.dial, now);
                effects.push(Action::Send(link, Control::Hello(Box::new(answer))));
            }
            // R3: an answer that does not name our memory speaks of another.
            Dialler::Us if !counts => {
                self.close(link, CloseReason::Stale, &mut effects);
                effects.push(Action::Dial);
                return Ok(effects);
            }
            Dialler::Us => {}
        }
        self.hear_positions(link, hello, counts, &mut effects)?;
        if hello
            .yours
            .is_some_and(|yours| yours.incarnation == self.own.incarnation)
        {
            self.lost = self.lost.max(hello.ended);
        }
        self.choose(link, hello.mine, &mut effects);
        Ok(effects)
    }

    /// R6: an acknowledgement on any link of the session, a loser too.
    pub(crate) fn ack(&mut self, link: LinkId, ack: Ack) -> Result<Effects, Violation> {
        let mut effects = Effects::default();
        let state = self.links.get(&link);
        match state.map(|state| state.phase) {
            None => {}
            // R4: nothing counts before Hello.
            Some(Phase::Greeting) => {
                return Err(Violation::OutOfPlace("an acknowledgement before Hello"));
            }
            Some(_) => self.apply_ack(ack, &mut effects)?,
        }
        Ok(effects)
    }

    /// A link has ended, whoever ended it. R5: no loser takes its place.
    pub(crate) fn link_ended(&mut self, link: LinkId) -> Effects {
        let mut effects = Effects::default();
        self.forget_link(link, &mut effects);
        if self.wants_link() {
            effects.push(Action::Dial);
        }
        effects
    }

    /// The last link was closed because nothing went on: nothing is outstanding in any lane, and
    /// credit that nobody uses holds its part of the budget no longer. Where another link exists, or
    /// a dial, something else may have been told on it.
    pub(crate) fn rest(&mut self) {
        if self.links.is_empty() {
            for lane in LaneId::sequenced() {
                self.lanes.change_inn(lane, Inbound::rest, |_| {});
            }
        }
    }

    /// The replica shows a run of the other side. R3, R7: a newer one ends the session.
    pub(crate) fn replica_shows(&mut self, incarnation: Incarnation) -> Effects {
        let mut effects = Effects::default();
        match self.theirs {
            Some(theirs) if theirs.incarnation >= incarnation => {}
            Some(_) => {
                self.end(None, false, &mut effects);
                self.begin(incarnation, None);
            }
            None => self.begin(incarnation, None),
        }
        effects
    }

    /// R9: the directory says that the other side is down.
    pub(crate) fn go_down(&mut self) -> Effects {
        let mut effects = Effects::default();
        for lane in LaneId::sequenced() {
            let losses = &mut effects.losses;
            // Outcomes are spared, used or not.
            let idle = |idle: &mut Idle| idle.down = !lane.carries_outcomes();
            self.lanes.change_out(lane, |out| out.go_down(losses), idle);
        }
        effects
    }

    /// The same incarnation is back, or another has come.
    pub(crate) fn come_up(&mut self) {
        for lane in LaneId::sequenced() {
            let idle = |idle: &mut Idle| idle.down = false;
            self.lanes.change_out(lane, |out| out.down = false, idle);
        }
    }

    /// R7: everything here ends; for forgetting the peer (R1). Who still waits for room in one of
    /// its lanes hears that the peer is gone.
    pub(crate) fn forget(&mut self) -> Effects {
        let mut effects = Effects::default();
        // First: what entered a lane behind its end would be nobody's to end.
        for lane in LaneId::sequenced() {
            let idle = |idle: &mut Idle| idle.forgotten = true;
            let forget = |out: &mut Outbound| out.forgotten = true;
            self.lanes.change_out(lane, forget, idle);
        }
        self.end(None, false, &mut effects);
        for (link, _) in std::mem::take(&mut self.links) {
            effects.push(Action::Close(link, CloseReason::SessionEnded));
        }
        effects
    }

    /// R3: is this the other side we know?
    fn recognise(
        &mut self,
        link: LinkId,
        hello: &Hello,
        effects: &mut Effects,
    ) -> Result<(), CloseReason> {
        let Some(theirs) = self.theirs else {
            self.begin(hello.incarnation, Some(hello.mine));
            return Ok(());
        };
        match (hello.incarnation.cmp(&theirs.incarnation), theirs.number) {
            (std::cmp::Ordering::Less, _) => return Err(CloseReason::OldIncarnation),
            (std::cmp::Ordering::Greater, _) => {
                self.end(Some(link), false, effects);
                self.begin(hello.incarnation, Some(hello.mine));
            }
            (_, None) => self.begin(hello.incarnation, Some(hello.mine)),
            (_, Some(number)) if hello.mine < number => return Err(CloseReason::Stale),
            (_, Some(number)) if hello.mine > number => {
                // The other side had forgotten us.
                self.end(Some(link), true, effects);
                self.begin(hello.incarnation, Some(hello.mine));
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, incarnation: Incarnation, number: Option<u64>) {
        if self.incarnation() != Some(incarnation) {
            (self.ended, self.lost) = (0, 0);
        }
        self.theirs = Some(Theirs {
            incarnation,
            number,
        });
    }

    /// R2: the Hello of this moment, remembered as what `link` was told.
    fn say_hello(&mut self, link: LinkId, dial: u64, now: Instant) -> Hello {
        let positions: Vec<_> = LaneId::sequenced()
            .filter_map(|lane| Some(self.lanes.inn_if_used(lane)?.position()))
            .filter(|at| at.arrived > 0)
            .collect();
        let yours = self.theirs.and_then(|theirs| {
            theirs.number.map(|number| Memory {
                incarnation: theirs.incarnation,
                number,
            })
        });
        if let Some(state) = self.links.get_mut(&link) {
            state.said = Some(Said {
                yours,
                positions: positions.clone(),
                at: now,
            });
        }
        Hello {
            version: VERSION,
            environment: self.own.environment.clone(),
            peer: self.own.peer.clone(),
            incarnation: self.own.incarnation,
            dial,
            ended: self.ended,
            mine: self.mine,
            yours,
            tail: IdTail::of_this_process(),
            positions,
        }
    }

    /// R6: what the other side has arrived and taken, if it speaks of this very memory of ours.
    fn hear_positions(
        &mut self,
        link: LinkId,
        hello: &Hello,
        counts: bool,
        effects: &mut Effects,
    ) -> Result<(), Violation> {
        if !counts {
            return Ok(());
        }
        for at in &hello.positions {
            let LanePosition {
                lane,
                taken,
                credit,
                ..
            } = *at;
            // That of a link which comes into use is taken up then: it may be less than before.
            let is_news = taken > self.lanes.out(lane).freed();
            let credit = if is_news { credit } else { 0 };
            self.apply_ack(
                Ack {
                    lane,
                    taken,
                    credit,
                },
                effects,
            )?;
        }
        if let Some(state) = self.links.get_mut(&link) {
            state.heard.clone_from(&hello.positions);
        }
        Ok(())
    }

    fn check_positions(&self, hello: &Hello) -> Result<(), Violation> {
        hello
            .positions
            .iter()
            .try_for_each(|at| self.lanes.out(at.lane).check_taken(at.taken))
    }

    fn apply_ack(&mut self, ack: Ack, effects: &mut Effects) -> Result<(), Violation> {
        let mut lane = self.lanes.out(ack.lane);
        lane.acknowledge(ack)?;
        effects.outcomes_freed |= ack.lane.carries_outcomes();
        lane.call_all_with_room(&mut effects.losses.wakers);
        match lane.wake() {
            // What there was to dial for has been dialled for; a Hello may be bringing the link.
            Wake::Dial => {}
            wake => effects.wake(ack.lane, wake),
        }
        Ok(())
    }

    /// R7: the session ends. Its links close, except `kept`, whose Hello ends it; links still in
    /// their greeting are judged by it. Parked outcomes have completed their commands already:
    /// they are never parked.
    /// `moving`: the other side's run goes on, so what was never appended moves over (R3).
    fn end(&mut self, kept: Option<LinkId>, moving: bool, effects: &mut Effects) {
        let closing: Vec<_> = self
            .links
            .values()
            .filter(|state| state.phase != Phase::Greeting && Some(state.id) != kept)
            .map(|state| state.id)
            .collect();
        for link in closing {
            self.close(link, CloseReason::SessionEnded, effects);
        }
        for lane in LaneId::sequenced() {
            let losses = &mut effects.losses;
            let end = |out: &mut Outbound| out.end_session(moving, losses);
            self.lanes.change_out(lane, end, Idle::end_session);
            let end = Inbound::end_session;
            self.lanes.change_inn(lane, end, Idle::end_session);
        }
        self.farewell.session_ended(moving);
        effects.session_ended = true;
        effects.outcomes_freed = true;
    }
}

//! Goodbye: what is said before a peer leaves, and when everything has been said (R11).

use super::control::Control;
use super::effects::{Action, Effects};
use super::half::Idle;
use super::lane_id::LaneId;
use super::link_id::LinkId;
use super::link_state::{LinkState, Phase};
use super::outbound::{Outbound, Wake};
use super::session::Session;

/// Where the two sides stand with their goodbyes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Farewell {
    /// We drain.
    leaving: bool,
    /// The other side's answer: the number after the last one in each of its lanes.
    answer: Option<Vec<(LaneId, u64)>>,
    /// Nothing more can come: the run that we said goodbye to has ended, or all memory of it has.
    over: bool,
    /// The other side drains.
    they_leave: bool,
}

impl Farewell {
    /// Whether a goodbye is still to be said or answered.
    pub(crate) fn is_owed(&self) -> bool {
        self.leaving && self.answer.is_none() && !self.over
    }

    /// R7. A run that goes on and has only forgotten us may have accepted something in its new
    /// memory: it is owed a goodbye anew.
    pub(super) fn session_ended(&mut self, run_goes_on: bool) {
        if !run_goes_on {
            self.over = self.leaving;
        }
        self.answer = None;
        self.they_leave = false;
    }
}

impl Session {
    /// This side drains: says goodbye, now or on the next link.
    pub(crate) fn leave(&mut self) -> Effects {
        let mut effects = Effects::default();
        self.farewell.leaving = true;
        if self.farewell.over {
            return effects;
        }
        match self.current {
            Some(link) => effects.push(Action::Send(link, Control::Goodbye)),
            None => effects.push(Action::Dial),
        }
        effects
    }

    /// The other side's goodbye: nothing is routed to it any more; the answer names what was.
    /// On a link of an ended session it means nothing: another incarnation may be there by now.
    pub(crate) fn goodbye(&mut self, link: LinkId) -> Effects {
        let mut effects = Effects::default();
        if !self.has_greeted(link) {
            return effects;
        }
        self.farewell.they_leave = true;
        let mut lasts = Vec::new();
        for lane in LaneId::sequenced() {
            let leaving = lane.is_application();
            let wakers = &mut effects.losses.wakers;
            // Under the lane's lock, so that nothing follows the number that is named.
            let leave = |out: &mut Outbound| {
                if !leaving {
                    return (out.next(), Wake::Nothing);
                }
                out.take_leave();
                out.room.call_all(wakers);
                (out.next(), out.wake())
            };
            let idle = |idle: &mut Idle| idle.leaving = leaving;
            if let Some((next, wake)) = self.lanes.change_out(lane, leave, idle) {
                lasts.extend((next > 0).then_some((lane, next)));
                effects.wake(lane, wake);
            }
        }
        effects.push(Action::Send(link, Control::Farewell(lasts)));
        effects
    }

    /// The answer to our goodbye. One on a link of an ended session speaks of numbers that start
    /// again.
    pub(crate) fn farewell(&mut self, link: LinkId, lasts: Vec<(LaneId, u64)>) {
        if self.farewell.leaving && !self.farewell.over && self.has_greeted(link) {
            self.farewell.answer = Some(lasts);
        }
    }

    /// The other side closes a link because its process stops: whatever was said before, nothing
    /// comes from its run any more, and nobody is there to be told anything.
    pub(crate) fn stopped(&mut self, link: LinkId) {
        let of_this_run = |state: &LinkState| {
            state.phase != Phase::Greeting && Some(state.incarnation) == self.incarnation()
        };
        if self.links.get(&link).is_some_and(of_this_run) {
            self.farewell.over = true;
        }
    }

    /// Whether nobody is there to be told anything: the other side's run is over, or the one that
    /// we said goodbye to is.
    pub(crate) fn is_over(&self) -> bool {
        self.farewell.over
    }

    /// Whether this side has said, or owes, its goodbye.
    pub(crate) fn has_left(&self) -> bool {
        self.farewell.leaving
    }

    /// Whether the other side has said that it drains.
    pub(crate) fn they_leave(&self) -> bool {
        self.farewell.they_leave
    }

    /// Whether nothing more is to be waited for with this peer: everything that came has been taken,
    /// also of sessions that have ended, and its run is over, or it has answered and everything it
    /// named has been taken.
    pub(crate) fn is_done(&self) -> bool {
        let inn = |lane| self.lanes.inn_if_used(lane);
        if !LaneId::sequenced().all(|lane| inn(lane).is_none_or(|inn| inn.is_all_taken())) {
            return false;
        }
        if self.farewell.over {
            return true;
        }
        let taken = |(lane, next): &(LaneId, u64)| self.has_taken(*lane) >= *next;
        let answer = self.farewell.answer.as_ref();
        answer.is_some_and(|lasts| lasts.iter().all(taken))
    }

    /// Whether a link is one of the present session, its Hellos exchanged.
    pub(crate) fn has_greeted(&self, link: LinkId) -> bool {
        let greeted = |state: &LinkState| state.phase != Phase::Greeting;
        self.links.get(&link).is_some_and(greeted)
    }

    fn has_taken(&self, lane: LaneId) -> u64 {
        let inn = self.lanes.inn_if_used(lane);
        inn.map_or(0, |inn| inn.taken())
    }
}

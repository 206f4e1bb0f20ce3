//! Which of several links is used (R5), and how a link begins and ends for its session.

use super::control::Control;
use super::effects::{Action, Effects};
use super::half::Idle;
use super::hello::{LanePosition, Memory};
use super::inbound::Inbound;
use super::lane_id::LaneId;
use super::link_id::LinkId;
use super::link_state::{Dialler, LinkState, Phase};
use super::outbound::{Outbound, Wake};
use super::session::Session;
use crate::wire::CloseReason;

impl Session {
    /// R5: the choice of link, run whenever a Hello exchange has ended.
    pub(super) fn choose(&mut self, link: LinkId, number: u64, effects: &mut Effects) {
        if let Some(state) = self.links.get_mut(&link) {
            state.phase = Phase::Candidate;
        }
        let us_first = self.own.peer < self.them;
        let lost = self.lost;
        let rank = |state: &LinkState| {
            let by_smaller = (state.dialler == Dialler::Us) == us_first;
            (by_smaller, state.dial)
        };
        let lives = |state: &LinkState| {
            state.is_running() && !(state.dialler == Dialler::Us && state.dial <= lost)
        };
        let best = self
            .links
            .values()
            .filter(|s| lives(s))
            .max_by_key(|s| rank(s))
            .map(|s| s.id);
        let losers: Vec<_> = self
            .links
            .values()
            .filter(|s| s.is_running() && Some(s.id) != best)
            .map(|s| s.id)
            .collect();
        for loser in losers {
            if let Some(state) = self.links.get_mut(&loser) {
                state.phase = Phase::Loser;
            }
            if self.current == Some(loser) {
                self.detach(effects);
            }
            effects.push(Action::Close(loser, CloseReason::Loser));
        }
        if let Some(best) = best.filter(|best| self.current != Some(*best)) {
            self.attach(best, number, effects);
        } else if best.is_none() && self.wants_link() {
            effects.push(Action::Dial);
        }
    }

    /// R6: every lane begins on its new link.
    fn attach(&mut self, link: LinkId, number: u64, effects: &mut Effects) {
        let Some(state) = self.links.get_mut(&link) else {
            return;
        };
        state.phase = Phase::Current;
        let Some(said) = &state.said else { return };
        // What a dialler said of another memory than the one that answered was told to nobody.
        let told = match state.dialler {
            Dialler::Them => true,
            Dialler::Us => {
                said.yours
                    == Some(Memory {
                        incarnation: state.incarnation,
                        number,
                    })
            }
        };
        let find =
            |positions: &[LanePosition], lane| positions.iter().find(|at| at.lane == lane).copied();
        self.current = Some(link);
        effects.push(Action::Current(link));
        for lane in LaneId::sequenced() {
            let reported = find(&said.positions, lane)
                .filter(|_| told)
                .map_or(0, |at| at.taken);
            // R6: what was taken since our Hello, or told on a link that lost it, is due at once;
            // dispatch may never take another message that would remind us.
            let idle = |idle: &mut Idle| idle.link = Some((link, said.at));
            let attach = |inn: &mut Inbound| {
                inn.attach(link, reported);
                inn.due_ack(link)
            };
            let due = self.lanes.change_inn(lane, attach, idle).flatten();
            effects
                .actions
                .extend(due.map(|ack| Action::Send(link, Control::Ack(ack))));
            let heard = find(&state.heard, lane);
            let arrived = heard.map_or(0, |at| at.arrived);
            let attach = |out: &mut Outbound| {
                if let Some(at) = heard {
                    out.begin_credit(at.taken, at.credit);
                }
                out.attach(link, said.at, arrived);
                out.wake()
            };
            let wake = self.lanes.change_out(lane, attach, idle);
            effects.wake(lane, wake.unwrap_or(Wake::Nothing));
        }
        if self.farewell.is_owed() {
            effects.push(Action::Send(link, Control::Goodbye));
        }
    }

    fn detach(&mut self, effects: &mut Effects) {
        self.current = None;
        for lane in LaneId::sequenced() {
            let idle = |idle: &mut Idle| idle.link = None;
            let wakers = &mut effects.losses.wakers;
            self.lanes.change_out(lane, |out| out.detach(wakers), idle);
            self.lanes.change_inn(lane, Inbound::detach, idle);
        }
    }

    pub(super) fn close(&mut self, link: LinkId, reason: CloseReason, effects: &mut Effects) {
        effects.push(Action::Close(link, reason));
        self.forget_link(link, effects);
    }

    /// R5, last rows: the link is gone.
    pub(super) fn forget_link(&mut self, link: LinkId, effects: &mut Effects) {
        let Some(state) = self.links.remove(&link) else {
            return;
        };
        let present = self.incarnation() == Some(state.incarnation);
        if state.dialler == Dialler::Them && present {
            self.ended = self.ended.max(state.dial);
        }
        if self.current == Some(link) {
            self.detach(effects);
        }
    }
}

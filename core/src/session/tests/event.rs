//! What can happen to a rig, one step at a time.

use bytes::BufMut;
use tokio::time::Duration;

use super::pair::{Pair, read_id};
use super::record::{Message, Verdict};
use super::side::{Numbered, Running, Sending, Side};
use super::wire::{first_control, first_frame};
use crate::id::Incarnation;
use crate::session::kind;
use crate::session::lane_id::LaneId;
use crate::session::lane_writer::WireType;
use crate::session::link_id::LinkId;
use crate::session::outbound::Head;

/// One step. Sides are 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// A message of `len` bytes is accepted.
    Accept {
        side: usize,
        lane: LaneId,
        command: bool,
        len: usize,
    },
    Dial(usize),
    /// Dials though nothing waits.
    DialIdle(usize),
    /// Bytes of control arrive at the side.
    Control(usize, LinkId, usize),
    /// Bytes of a lane arrive at the side.
    Lane(usize, LinkId, LaneId, usize),
    /// A writer that is awake writes.
    Pull(usize, LinkId, LaneId),
    /// Dispatch takes so many messages.
    Take(usize, LaneId, usize),
    /// An acknowledgement is sent; with a lane, on the back of that one.
    Acknowledge(usize, LaneId, Option<LaneId>),
    /// A handler returns.
    Finish(usize, usize),
    /// The side notices that a link is gone.
    Notice(usize, LinkId),
    /// A dial whose caller has gone never arrives.
    Lose(LinkId),
    /// A loser's last bodies have ended.
    CloseLoser(usize, LinkId),
    /// The replica shows the other's present run.
    Replica(usize),
    /// The directory calls the other up again.
    Up(usize),
    Break(LinkId),
    Restart(usize),
    Forget(usize),
    Down(usize),
    /// The clock strikes once the earliest deadline of the side's sends has passed.
    Expire(usize),
}

pub(super) const EVENT: WireType = WireType {
    name: "test.Event",
    codec: 1,
};
pub(super) const COMMAND: WireType = WireType {
    name: "test.Command",
    codec: 1,
};

impl Pair {
    /// Everything that must be able to happen next: a rig in which nothing can has come to rest.
    pub(super) fn enabled(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for side in 0..2 {
            self.enabled_in_shell(side, &mut events);
        }
        for (link, wire) in &self.wires {
            for to in 0..2 {
                let control = &wire.control[1 - to];
                let open = self.sides[to].ends.get(link);
                if !control.is_empty() && (open.is_some() || !wire.met) {
                    events.push(Event::Control(to, *link, first_control(control)));
                }
                for (lane, stream) in &wire.lanes[1 - to] {
                    if !stream.is_empty() && open.is_some_and(|end| end.greeted) {
                        events.push(Event::Lane(to, *link, *lane, first_frame(stream)));
                    }
                }
                if open.is_some() && wire.may_notice(to) {
                    events.push(Event::Notice(to, *link));
                }
            }
            if !wire.met && (wire.broken || wire.ended[wire.dialler]) {
                events.push(Event::Lose(*link));
            }
        }
        events
    }

    fn enabled_in_shell(&self, side: usize, events: &mut Vec<Event>) {
        let shell = &self.sides[side];
        if shell.news.is_some() {
            events.push(Event::Replica(side));
        }
        if shell.down {
            events.push(Event::Up(side));
        }
        let Some(session) = &shell.session else {
            return;
        };
        if shell.wants_dial && session.wants_link() && !shell.is_dialling() {
            events.push(Event::Dial(side));
        }
        for (link, end) in &shell.ends {
            let awake = end.writers.iter().filter(|(_, awake)| **awake);
            events.extend(awake.map(|(lane, _)| Event::Pull(side, *link, *lane)));
            if end.closing {
                events.push(Event::CloseLoser(side, *link));
            }
        }
        for lane in lanes() {
            let inn = session.lanes.inn(lane);
            if inn.front().is_some() {
                events.push(Event::Take(side, lane, 1));
            }
            if inn.link.is_some() && inn.taken > inn.reported {
                events.push(Event::Acknowledge(side, lane, None));
            }
        }
        events.extend((0..shell.running.len()).map(|at| Event::Finish(side, at)));
    }

    /// Lets something happen.
    pub(super) fn step(&mut self, event: Event) -> Verdict {
        if let Event::Break(_)
        | Event::Restart(_)
        | Event::Forget(_)
        | Event::Down(_)
        | Event::DialIdle(_) = event
        {
            self.record.dials = 0;
        }
        match event {
            Event::Accept {
                side,
                lane,
                command,
                len,
            } => self.accept(side, lane, command, len),
            Event::Dial(side) | Event::DialIdle(side) => {
                self.dial(side);
                self.settle(side)
            }
            Event::Control(to, link, len) => self.deliver_control(to, link, len),
            Event::Lane(to, link, lane, len) => self.deliver_lane(to, link, lane, len),
            Event::Pull(side, link, lane) => self.pull(side, link, lane),
            Event::Take(side, lane, count) => self.take(side, lane, count),
            Event::Acknowledge(side, lane, back) => self.acknowledge(side, lane, back),
            Event::Finish(side, at) => self.finish(side, at),
            Event::Notice(side, link) | Event::CloseLoser(side, link) => self.end_link(side, link),
            Event::Lose(link) => {
                if let Some(wire) = self.wires.get_mut(&link) {
                    wire.met = true;
                    wire.end(1 - wire.dialler);
                }
                self.wires.retain(|_, wire| !wire.is_over());
                Ok(())
            }
            Event::Break(link) => {
                if let Some(wire) = self.wires.get_mut(&link) {
                    wire.broken = true;
                }
                Ok(())
            }
            Event::Replica(side) => self.replica(side),
            Event::Restart(side) => self.restart(side),
            Event::Forget(side) => self.forget(side),
            Event::Down(side) => self.down(side),
            Event::Up(side) => {
                self.sides[side].down = false;
                if let Some(session) = &mut self.sides[side].session {
                    session.come_up();
                }
                self.settle(side)
            }
            Event::Expire(side) => self.expire(side),
        }
    }

    /// Whether the side may forget the other (R1).
    pub(super) fn may_forget(&self, side: usize) -> bool {
        let shell = &self.sides[side];
        shell.session.as_ref().is_some_and(|session| {
            let parked = LaneId::sequenced().any(|lane| session.lanes.inn(lane).front().is_some());
            let busy = !shell.running.is_empty() || !shell.sends.is_empty();
            !session.has_links() && !session.lanes.is_waiting() && !parked && !busy
        })
    }

    fn accept(&mut self, side: usize, lane: LaneId, command: bool, len: usize) -> Verdict {
        let id = self.record.messages.len();
        // Neither always later than the one before, nor always earlier.
        let after = Duration::from_millis(1_000 + (id as u64 ^ 2));
        let deadline = self.begin + after;
        let session = self.sides[side].memory(&self.names);
        let mut out = session.lanes.out(lane);
        if !out.has_room(len) {
            return Ok(());
        }
        let head = Head {
            kind: if command { kind::COMMAND } else { kind::EVENT },
            wire_type: Some(if command { COMMAND } else { EVENT }),
            deadline: command.then_some(deadline),
            body_len: len,
        };
        let body = body(id, len);
        let accepted = if id.is_multiple_of(2) {
            out.accept_shared(head, &body.into())
        } else {
            out.accept(head, |to| {
                to.put_slice(&body);
                true
            })
        };
        let Ok(sequence) = accepted else {
            return Ok(());
        };
        let ticket = command.then(|| {
            let waker = std::task::Waker::noop().clone();
            out.pending.insert(sequence, head.deadline, waker)
        });
        let soonest = command && out.is_soonest(deadline);
        let (wake, epoch) = (out.wake(), out.epoch());
        drop(out);
        let to = session.incarnation().map(|to| to.0);
        let shell = &mut self.sides[side];
        if soonest {
            shell.expires_at(deadline);
        }
        let new = Numbered {
            epoch,
            ..Numbered::default()
        };
        shell.numbered.entry(lane).or_insert(new).ids.push(id);
        shell
            .sends
            .extend(ticket.map(|ticket| Sending { lane, ticket, id }));
        self.record.messages.push(Message {
            from: side,
            incarnation: shell.incarnation,
            to,
            lane,
            is_command: command,
            len,
            taken: false,
            void: false,
            ended: false,
            not_handled: false,
            answered: false,
            end: None,
        });
        self.after_accept(side, lane, wake);
        self.settle(side)
    }

    fn take(&mut self, side: usize, lane: LaneId, count: usize) -> Verdict {
        let shell = &mut self.sides[side];
        let Some(session) = &shell.session else {
            return Ok(());
        };
        let mut inn = session.lanes.inn(lane);
        let Some(run) = inn.front().cloned() else {
            return Ok(());
        };
        let count = count.min(run.items.len());
        let mut sequence = run.sequence;
        for item in &run.parcel.items[run.items.start..run.items.start + count] {
            let plain = item.plain_kind();
            if plain == kind::EVENT || plain == kind::COMMAND {
                let bytes = run.parcel.body(item);
                let id = read_id(bytes);
                self.record.take(side, shell.incarnation, id)?;
                check_body(id, bytes, &self.record.messages[id])?;
                let expected = if plain == kind::EVENT { EVENT } else { COMMAND };
                let known = run.parcel.received_type(item);
                if known.map(|known| &*known.name) != Some(expected.name) {
                    return Err(format!("message {id} has the type {known:?}"));
                }
                if plain == kind::COMMAND {
                    shell.running.push(Running {
                        memory: shell.last_memory,
                        epoch: run.epoch,
                        lane,
                        sequence,
                        id,
                    });
                }
            }
            sequence += item.numbers();
        }
        inn.take(count);
        drop(inn);
        self.settle(side)
    }

    fn finish(&mut self, side: usize, at: usize) -> Verdict {
        let shell = &mut self.sides[side];
        let command = shell.running.remove(at);
        let Some(session) = shell.session.as_ref() else {
            return Ok(());
        };
        let lane = command.lane.outcome_lane();
        let mut out = session.lanes.out(lane);
        if command.memory != shell.last_memory || out.epoch() != command.epoch {
            return Ok(());
        }
        self.record.messages[command.id].answered = true;
        let head_len = crate::session::outcome_head_len(command.lane, command.sequence);
        let head = Head {
            kind: kind::OUTCOME,
            wire_type: None,
            deadline: None,
            body_len: head_len + 8,
        };
        let accepted = out.accept(head, |to| {
            crate::session::put_outcome_head(to, command.lane, command.sequence, 0);
            to.put_u64_le(command.id as u64);
            true
        });
        if accepted.is_err() {
            return Err(format!("the outcome of {} was refused", command.id));
        }
        let wake = out.wake();
        drop(out);
        self.after_accept(side, lane, wake);
        self.settle(side)
    }

    fn replica(&mut self, side: usize) -> Verdict {
        let shell = &mut self.sides[side];
        let Some(news) = shell.news.take() else {
            return Ok(());
        };
        shell.known = news;
        if let Some(session) = &mut shell.session {
            let effects = session.replica_shows(Incarnation(news));
            self.perform(side, effects)?;
        }
        self.settle(side)
    }

    fn restart(&mut self, side: usize) -> Verdict {
        self.record.lapses[side] += 1;
        let old = &self.sides[side];
        let (incarnation, known) = (old.incarnation + 1, old.news.unwrap_or(old.known));
        for link in old.ends.keys() {
            if let Some(wire) = self.wires.get_mut(link) {
                wire.end(side);
            }
        }
        self.wires.retain(|_, wire| !wire.is_over());
        for message in &mut self.record.messages {
            if message.from == side {
                message.ended = true;
                message.end = message.end.or(Some("its sender has gone"));
            }
        }
        self.sides[side] = Side {
            incarnation,
            known,
            ..Side::new(side)
        };
        self.sides[1 - side].news = Some(incarnation);
        Ok(())
    }

    fn forget(&mut self, side: usize) -> Verdict {
        self.record.lapses[side] += 1;
        self.record.forgets[side] += 1;
        let shell = &mut self.sides[side];
        let Some(session) = &mut shell.session else {
            return Ok(());
        };
        let mut effects = session.forget();
        effects.session_ended = false;
        self.perform(side, effects)?;
        self.settle(side)?;
        let shell = &mut self.sides[side];
        (shell.session, shell.wants_dial) = (None, false);
        shell.numbered.clear();
        Ok(())
    }

    fn down(&mut self, side: usize) -> Verdict {
        self.record.downs += 1;
        self.sides[side].down = true;
        if let Some(session) = &mut self.sides[side].session {
            let effects = session.go_down();
            self.perform(side, effects)?;
        }
        self.settle(side)
    }

    fn expire(&mut self, side: usize) -> Verdict {
        let shell = &mut self.sides[side];
        // Also where nothing waits any more the clock strikes.
        let (Some(session), Some(now)) = (&shell.session, shell.earliest().or(shell.clock)) else {
            return Ok(());
        };
        let mut losses = crate::session::outbound_end::Losses::default();
        let next = lanes().filter_map(|lane| session.lanes.out(lane).expire(now, &mut losses));
        shell.clock = next.min();
        self.settle(side)
    }
}

/// The lanes that rigs use.
pub(super) fn lanes() -> impl Iterator<Item = LaneId> {
    (LaneId::OUTCOMES.0..LaneId::DEFAULT.0 + 3).map(LaneId)
}

fn body(id: usize, len: usize) -> Vec<u8> {
    let mut body = (id as u64).to_le_bytes().to_vec();
    body.resize(len.max(8), id as u8);
    body
}

fn check_body(id: usize, bytes: &[u8], message: &Message) -> Verdict {
    if bytes == body(id, message.len) {
        return Ok(());
    }
    Err(format!("message {id} has other bytes than were accepted"))
}

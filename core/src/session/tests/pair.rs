//! Two processes, each with a session with the other, and a network between them that loses what
//! it may lose.
//!
//! The rig does what a shell has to do, and nothing that a shell can't do:
//!
//! - Control is read before lanes; no lane is read, acknowledgements in it neither, before the
//!   link's Hello was processed (R4). A link that the session has ended is closed, its streams are
//!   read no further, and `link_ended` is called once its task is over, whoever ended it. A
//!   loser's task goes on: its acknowledgements count until it is closed.
//! - Effects are carried out in their order, before anything else happens to the session.
//!   `OpenLane` starts a writer that pulls until nothing is left; after that it pulls only when
//!   its waker was woken. `Dial` makes one dial, unless one is under way or no link is wanted any
//!   more.
//! - `wake()` is asked whenever a message was accepted, and what it says is done after unlocking.
//! - `is_soonest()` is asked whenever a send is entered, and only what it calls news is told to the
//!   clock; when that strikes, all lanes are looked through and it is told what they say.
//! - Acknowledgements come from `due_ack` of the present link, on control or at the head of a
//!   batch of any lane of that link.
//! - Outcomes are taken at once and complete their commands; they are never parked (R7). Handlers
//!   keep the memory and the epoch that their command came in; an outcome of another is dropped
//!   (R8).
//! - A memory is forgotten only when nothing waits, nothing is parked, running or awaited, and no
//!   link or dial exists (R1).
//! - A restarted process knows nothing. Its links break, each side noticing by itself.

use std::collections::BTreeMap;

use bytes::Bytes;
use tokio::time::Instant;

use super::record::{Record, Verdict};
use super::side::{End, Side, woken};
use super::wire::Wire;
use crate::id::PeerId;
use crate::session::control::Control;
use crate::session::effects::{Action, Effects};
use crate::session::kind;
use crate::session::lane_id::LaneId;
use crate::session::lane_reader::LaneReader;
use crate::session::link_id::LinkId;
use crate::session::log_entry::Content;
use crate::session::outbound::Wake;
use crate::session::violation::Violation;

/// Two processes and the network between them.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) names: [PeerId; 2],
    pub(super) sides: [Side; 2],
    pub(super) wires: BTreeMap<LinkId, Wire>,
    pub(super) last_link: u64,
    pub(super) record: Record,
    pub(super) begin: Instant,
}

impl Pair {
    /// Two registered processes that have never met. The first has the smaller name.
    pub(super) fn new() -> Self {
        let name = |text| PeerId::new(text).expect("a legal name");
        Self {
            names: [name("Shop.0"), name("Shop.1")],
            sides: [Side::new(0), Side::new(1)],
            wires: BTreeMap::new(),
            last_link: 0,
            record: Record::default(),
            begin: *BEGIN,
        }
    }

    /// Dials; the Hello is on its way.
    pub(super) fn dial(&mut self, side: usize) -> LinkId {
        self.last_link += 1;
        self.record.dials += 1;
        let link = LinkId(self.last_link);
        let begin = self.begin;
        self.wires.insert(link, Wire::new(side));
        let shell = &mut self.sides[side];
        shell.wants_dial = false;
        shell.last_dial += 1;
        let dial = shell.last_dial;
        let hello = shell.memory(&self.names).dialled(link, dial, begin);
        shell.ends.insert(link, End::default());
        self.send(side, link, &Control::Hello(Box::new(hello)));
        link
    }

    /// Delivers `len` bytes of the control stream that `to` reads.
    pub(super) fn deliver_control(&mut self, to: usize, link: LinkId, len: usize) -> Verdict {
        let Some(wire) = self.wires.get_mut(&link) else {
            return Ok(());
        };
        let bytes: Vec<u8> = wire.control[1 - to].drain(..len).collect();
        if !wire.met {
            wire.met = true;
            self.sides[to].memory(&self.names).accepted(link);
            self.sides[to].ends.insert(link, End::default());
        }
        let Some(end) = self.sides[to].ends.get_mut(&link) else {
            return Ok(());
        };
        end.control.extend(bytes);
        while let Some(frame) = self.whole_frame(to, link) {
            let control = Control::decode(&frame).map_err(|error| error.to_string())?;
            self.hear(to, link, control)?;
        }
        self.settle(to)
    }

    /// Delivers `len` bytes of the lane that `to` reads, in one chunk.
    pub(super) fn deliver_lane(
        &mut self,
        to: usize,
        link: LinkId,
        lane: LaneId,
        len: usize,
    ) -> Verdict {
        let Some(stream) = self
            .wires
            .get_mut(&link)
            .and_then(|wire| wire.lanes[1 - to].get_mut(&lane))
        else {
            return Ok(());
        };
        let bytes: Vec<u8> = stream.drain(..len).collect();
        let shell = &mut self.sides[to];
        let end = shell.ends.get_mut(&link).ok_or("read on an ended link")?;
        assert!(end.greeted, "R4");
        let reader = end.readers.entry(lane).or_insert_with(LaneReader::new);
        let read = reader
            .read(vec![Bytes::from(bytes)], self.begin)
            .map_err(broken)?;
        let opened = reader.opening().map(|opening| opening.lane);
        for ack in read.acks {
            let session = self.sides[to].session.as_mut();
            let session = session.ok_or("a link without a memory")?;
            let effects = session.ack(link, ack).map_err(broken)?;
            self.perform(to, effects)?;
        }
        if let Some(lane) = opened {
            let session = self.sides[to].session.as_ref();
            let lanes = &session.ok_or("a link without a memory")?.lanes;
            lanes.inn(lane).receive(link, read.parcel).map_err(broken)?;
            if lane.carries_outcomes() {
                self.take_outcomes(to, lane)?;
            }
        }
        self.settle(to)
    }

    /// Lets the awake writer of a lane write once.
    pub(super) fn pull(&mut self, side: usize, link: LinkId, lane: LaneId) -> Verdict {
        let shell = &mut self.sides[side];
        let (Some(session), Some(end)) = (&shell.session, shell.ends.get_mut(&link)) else {
            return Ok(());
        };
        let mut chunks = Vec::new();
        let waker = super::side::waker((side, link, lane));
        let pulled = session.lanes.out(lane).pull(link, &mut chunks, &waker);
        match pulled {
            Some(true) => {}
            Some(false) => drop(end.writers.insert(lane, false)),
            None => drop(end.writers.remove(&lane)),
        }
        if let Some(wire) = self.wires.get_mut(&link)
            && !wire.ended[1 - side]
        {
            let stream = wire.lanes[side].entry(lane).or_default();
            chunks.iter().for_each(|chunk| stream.extend(chunk.iter()));
        }
        self.settle(side)
    }

    /// Sends the acknowledgement that is due in a lane, on control or in another lane's stream.
    pub(super) fn acknowledge(
        &mut self,
        side: usize,
        lane: LaneId,
        back: Option<LaneId>,
    ) -> Verdict {
        let Some(session) = &self.sides[side].session else {
            return Ok(());
        };
        let Some(link) = session.current() else {
            return Ok(());
        };
        let ack = session.lanes.inn(lane).due_ack(link);
        let Some(ack) = ack else {
            return Err("an acknowledgement looked due and was not".into());
        };
        let stream = self.wires.get_mut(&link).and_then(|wire| {
            let stream = wire.lanes[side].get_mut(&back?);
            stream.filter(|stream| !stream.is_empty())
        });
        match stream {
            // At the head of a batch that follows what is under way.
            Some(stream) => stream.extend(Control::Ack(ack).encode()),
            None => self.send(side, link, &Control::Ack(ack)),
        }
        Ok(())
    }

    /// Does what a session has decided.
    pub(super) fn perform(&mut self, side: usize, effects: Effects) -> Verdict {
        effects.losses.wakers.into_iter().for_each(|w| w.wake());
        if effects.session_ended {
            self.record.session_ended(side)?;
        }
        for action in effects.actions {
            match action {
                Action::Send(link, control) => self.send(side, link, &control),
                Action::Close(link, _) => {
                    let session = self.sides[side].session.as_ref();
                    let keeps = session.is_some_and(|s| s.links.contains_key(&link));
                    if !keeps {
                        self.end_link(side, link)?;
                    } else if let Some(end) = self.sides[side].ends.get_mut(&link) {
                        end.closing = true;
                    }
                }
                Action::Current(_) => {}
                Action::OpenLane(link, lane) => self.open(side, link, lane),
                Action::Dial => self.sides[side].wants_dial = true,
            }
        }
        Ok(())
    }

    /// The task of a link ends.
    pub(super) fn end_link(&mut self, side: usize, link: LinkId) -> Verdict {
        let shell = &mut self.sides[side];
        shell.ends.remove(&link);
        if let Some(wire) = self.wires.get_mut(&link) {
            wire.end(side);
            if wire.is_over() {
                self.wires.remove(&link);
            }
        }
        if let Some(session) = &mut shell.session {
            let effects = session.link_ended(link);
            self.perform(side, effects)?;
        }
        self.settle(side)
    }

    /// What a lane asks for after a message was accepted.
    pub(super) fn after_accept(&mut self, side: usize, lane: LaneId, wake: Wake) {
        match wake {
            Wake::Nothing => {}
            Wake::Transport(waker) => waker.wake(),
            Wake::Open(link) => self.open(side, link, lane),
            Wake::Dial => self.sides[side].wants_dial = true,
        }
    }

    /// Brings the naive model up to date and checks what must always be true.
    pub(super) fn settle(&mut self, side: usize) -> Verdict {
        for (side, link, lane) in woken() {
            if let Some(end) = self.sides[side].ends.get_mut(&link)
                && let Some(awake) = end.writers.get_mut(&lane)
            {
                *awake = true;
            }
        }
        self.number(side)?;
        self.poll_sends(side)?;
        let shell = &self.sides[side];
        shell.check_clock()?;
        if let Some(session) = &shell.session
            && session.wants_link()
            && !shell.wants_dial
            && !shell.is_dialling()
        {
            return Err(format!("side {side} wants a link and was not told to dial"));
        }
        Ok(())
    }

    /// What must be true once nothing more can happen: everything is settled, logs are empty and
    /// both sides use the same link, or none.
    pub(super) fn check_at_rest(&self) -> Verdict {
        self.record.check_all_settled()?;
        for (index, side) in self.sides.iter().enumerate() {
            let Some(session) = &side.session else {
                continue;
            };
            if session.lanes.is_waiting() {
                return Err(format!("side {index} has a log that never empties"));
            }
            if side.ends.len() > 1 {
                let links: Vec<_> = session.links.values().collect();
                return Err(format!("side {index} keeps links not in use: {links:?}"));
            }
        }
        let current = |side: &Side| side.session.as_ref().and_then(|s| s.current());
        let [a, b] = [current(&self.sides[0]), current(&self.sides[1])];
        if a != b {
            return Err(format!("the sides use different links: {a:?} and {b:?}"));
        }
        Ok(())
    }

    fn hear(&mut self, to: usize, link: LinkId, control: Control) -> Verdict {
        let begin = self.begin;
        let shell = &mut self.sides[to];
        let session = shell.session.as_mut().ok_or("a link without a memory")?;
        let effects = match control {
            Control::Hello(hello) => {
                let effects = session.hello(link, &hello, begin).map_err(broken)?;
                if let Some(end) = shell.ends.get_mut(&link) {
                    end.greeted = true;
                }
                effects
            }
            Control::Ack(ack) => session.ack(link, ack).map_err(broken)?,
            Control::Goodbye => session.goodbye(link),
            Control::Farewell(lasts) => {
                session.farewell(link, lasts);
                Effects::default()
            }
            other => return Err(format!("nobody sends {other:?}")),
        };
        self.perform(to, effects)
    }

    fn whole_frame(&mut self, side: usize, link: LinkId) -> Option<Vec<u8>> {
        let control = &mut self.sides[side].ends.get_mut(&link)?.control;
        let (head, len) = crate::session::lane_reader::frame_len(control).ok()??;
        if control.len() < head + len {
            return None;
        }
        Some(control.drain(..head + len).skip(head).collect())
    }

    fn send(&mut self, side: usize, link: LinkId, control: &Control) {
        let alive = self.sides[side].ends.contains_key(&link);
        if let Some(wire) = self.wires.get_mut(&link)
            && alive
            && !wire.ended[1 - side]
        {
            wire.control[side].extend(control.encode());
        }
    }

    fn open(&mut self, side: usize, link: LinkId, lane: LaneId) {
        if let Some(end) = self.sides[side].ends.get_mut(&link) {
            end.writers.insert(lane, true);
        }
    }

    /// Follows the sender's log: which message has which number, what was freed, voided, lost.
    fn number(&mut self, side: usize) -> Verdict {
        let shell = &mut self.sides[side];
        let Some(session) = &shell.session else {
            return Ok(());
        };
        for (lane, numbered) in &mut shell.numbered {
            let out = session.lanes.out(*lane);
            let waiting = out.freed()..out.next();
            if numbered.epoch != out.epoch() {
                let moved: Vec<usize> = waiting
                    .clone()
                    .filter_map(|sequence| match out.log.get(sequence)?.content {
                        Content::Body(place) => Some(read_id(out.log.body_slice(place))),
                        _ => None,
                    })
                    .collect();
                for id in numbered.ids.iter().filter(|id| !moved.contains(id)) {
                    self.record.messages[*id].ended = true;
                }
                let epoch = out.epoch();
                let freed = 0;
                *numbered = super::side::Numbered {
                    epoch,
                    ids: moved,
                    freed,
                };
            }
            for freed in numbered.freed..out.freed() {
                self.record.free(numbered.ids[freed as usize])?;
            }
            numbered.freed = out.freed();
            for sequence in waiting {
                if out.log.get(sequence).map(|e| e.content) == Some(Content::Void) {
                    self.record.messages[numbered.ids[sequence as usize]].void = true;
                }
            }
        }
        Ok(())
    }

    fn poll_sends(&mut self, side: usize) -> Verdict {
        let shell = &mut self.sides[side];
        let Some(session) = &shell.session else {
            return Ok(());
        };
        let mut ended = Vec::new();
        shell.sends.retain(|send| {
            let mut out = session.lanes.out(send.lane);
            match out.pending.poll(send.ticket, std::task::Waker::noop()) {
                std::task::Poll::Pending => true,
                std::task::Poll::Ready(end) => {
                    ended.push((send.id, end));
                    false
                }
            }
        });
        for (id, end) in ended {
            let end = end.ok_or_else(|| format!("command {id} was lost track of"))?;
            self.record.complete(id, &end)?;
        }
        Ok(())
    }

    /// R8: outcomes complete the commands of the session they came in, at once.
    fn take_outcomes(&mut self, side: usize, lane: LaneId) -> Verdict {
        let Some(session) = &self.sides[side].session else {
            return Ok(());
        };
        let mut inn = session.lanes.inn(lane);
        while let Some(run) = inn.front().cloned() {
            for item in &run.parcel.items[run.items.clone()] {
                if item.plain_kind() != kind::OUTCOME {
                    continue;
                }
                let body = run.parcel.shared_body(item);
                let (lane, sequence, outcome) =
                    crate::session::read_outcome(body).map_err(|error| error.to_string())?;
                let mut out = session.lanes.out(lane);
                if out.epoch() == run.epoch {
                    let end = crate::session::pending::End::Outcome(outcome);
                    out.pending.complete(sequence, end);
                }
            }
            inn.take(run.items.len());
        }
        Ok(())
    }
}

/// The message that a body belongs to.
pub(super) fn read_id(body: &[u8]) -> usize {
    body.first_chunk()
        .map_or(usize::MAX, |id| u64::from_le_bytes(*id) as usize)
}

static BEGIN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);

fn broken(violation: Violation) -> String {
    format!("an honest side broke the protocol: {violation}")
}

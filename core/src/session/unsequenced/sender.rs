//! What one side sends in its unsequenced lanes to one peer, and who waits for what (R13).

use std::task::Waker;

use bytes::BytesMut;
use tokio::time::Instant;

use super::frames;
use super::queue::Queue;
use crate::session::kind;
use crate::session::lane_id::LaneId;
use crate::session::lane_writer::WireType;
use crate::session::link_id::LinkId;
use crate::session::outbound::Wake;
use crate::session::outbound_end::Losses;
use crate::session::pending::{End, NoOutcome, Pending, Ticket};

/// The lanes: those of commands, and that of outcomes.
const LANES: usize = LaneId::MOST_UNSEQUENCED + 1;
/// The name of the outcomes' lane.
const OUTCOMES: &str = "unsequenced outcomes";

/// The unsequenced lanes to one peer, and the sends in progress in them.
#[derive(Debug, Default)]
pub(crate) struct Unsequenced {
    link: Option<Attached>,
    queues: [Queue; LANES],
    /// The number of the last command: they are never used again, whatever links do.
    last: u64,
    pub(crate) pending: Pending,
    closed: Option<NotAsked>,
}

/// The link in use, and when our Hello was sent on it: deadlines travel as milliseconds since.
#[derive(Debug, Clone, Copy)]
struct Attached {
    link: LinkId,
    clock: Instant,
}

/// A command to be sent, without its content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) lane: LaneId,
    /// What our side calls the lane.
    pub(crate) lane_name: &'static str,
    pub(crate) wire_type: WireType,
    /// Whether headers stand in the content.
    pub(crate) headers: bool,
    pub(crate) deadline: Instant,
    pub(crate) body_len: usize,
}

/// Why a command was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAsked {
    /// No link is in use.
    NoLink,
    /// 1 MiB waits already, or 65,536 sends do.
    Full,
    /// The receiver is down.
    Down,
    /// This bus has stopped.
    Stopped,
    /// The content is not as long as was said.
    Unencodable,
}

impl Unsequenced {
    /// Another link is in use, or none: what was not written on the one before, and what was not
    /// answered there, never will be.
    pub(crate) fn move_to(&mut self, link: Option<(LinkId, Instant)>, losses: &mut Losses) {
        if self.link.map(|at| at.link) == link.map(|(link, _)| link) {
            return;
        }
        self.link = link.map(|(link, clock)| Attached { link, clock });
        self.end_all(|sent| End::Without(NoOutcome::LinkLost { sent }), losses);
        for mut queue in std::mem::take(&mut self.queues) {
            losses.wakers.extend(queue.take_transport());
        }
    }

    /// Sends a command now or never. `write` appends exactly `body_len` bytes.
    pub(crate) fn ask(
        &mut self,
        call: Call,
        waker: Waker,
        write: impl FnOnce(&mut BytesMut) -> bool,
    ) -> Result<(Ticket, Wake), NotAsked> {
        if let Some(closed) = self.closed {
            return Err(closed);
        }
        let Attached { link, clock } = self.link.ok_or(NotAsked::NoLink)?;
        let queue = place(call.lane).and_then(|at| self.queues.get_mut(at));
        let queue = queue.ok_or(NotAsked::Unencodable)?;
        if !queue.has_room(call.body_len) || !self.pending.has_room() {
            return Err(NotAsked::Full);
        }
        let number = self.last + 1;
        let headers = if call.headers { kind::HEADERS } else { 0 };
        let frame = frames::command(
            number,
            kind::UNSEQUENCED_COMMAND | headers,
            (call.wire_type.name, call.wire_type.codec),
            frames::stamp(clock, call.deadline),
            call.body_len,
            write,
        );
        let frame = frame.ok_or(NotAsked::Unencodable)?;
        if !queue.has_room(frame.len()) {
            return Err(NotAsked::Full);
        }
        self.last = number;
        queue.push(number, frame);
        let wake = wake(queue, link, call.lane, call.lane_name);
        let ticket = self.pending.insert(number, Some(call.deadline), waker);
        Ok((ticket, wake))
    }

    /// Whether so many outcomes wait for the transport that no further command is begun.
    pub(crate) fn owes_too_much(&self) -> bool {
        self.queues[LaneId::MOST_UNSEQUENCED].is_half_full()
    }

    /// Answers a command that came on `link`. One whose link has ended is answered by nobody, and
    /// an outcome without room is dropped: its sender's deadline ends it. `None`: `write` said no.
    pub(crate) fn answer(
        &mut self,
        link: LinkId,
        body_len: usize,
        write: impl FnOnce(&mut BytesMut) -> bool,
    ) -> Option<Wake> {
        let queue = &mut self.queues[LaneId::MOST_UNSEQUENCED];
        let is_gone = self.link.is_none_or(|at| at.link != link);
        if is_gone || !queue.has_room(body_len) {
            return Some(Wake::Nothing);
        }
        let frame = frames::outcome(body_len, write)?;
        queue.push(0, frame);
        Some(wake(queue, link, LaneId::UNSEQUENCED_OUTCOMES, OUTCOMES))
    }

    /// An outcome has come on `link`; the waker is to be woken after unlocking.
    pub(crate) fn complete(&mut self, link: LinkId, number: u64, end: End) -> Option<Waker> {
        let is_current = self.link.is_some_and(|at| at.link == link);
        is_current.then(|| self.pending.complete(number, end))?
    }

    /// Ends the sends whose deadline has passed. What was not written yet never is.
    pub(crate) fn expire(&mut self, now: Instant, losses: &mut Losses) {
        let Self {
            pending, queues, ..
        } = self;
        let expired = |number, deadline: Option<Instant>| {
            deadline.filter(|deadline| *deadline <= now)?;
            let sent = !queues.iter().any(|queue| queue.holds(number));
            queues.iter_mut().for_each(|queue| queue.remove(number));
            Some(End::Without(NoOutcome::TimedOut { sent }))
        };
        pending.complete_where(expired, &mut losses.wakers);
    }

    /// The directory says that the peer is down.
    pub(crate) fn go_down(&mut self, losses: &mut Losses) {
        self.closed = self.closed.or(Some(NotAsked::Down));
        self.end_all(|sent| End::Without(NoOutcome::PeerLost { sent }), losses);
    }

    /// It is there again.
    pub(crate) fn come_up(&mut self) {
        self.closed = self.closed.filter(|closed| *closed != NotAsked::Down);
    }

    /// This bus stops.
    pub(crate) fn stop(&mut self, losses: &mut Losses) {
        self.closed = Some(NotAsked::Stopped);
        self.end_all(|sent| End::Without(NoOutcome::Stopped { sent }), losses);
    }

    /// Hands the transport what is to be written next in a lane of `link`. `None`: it has ended
    /// there. `Some(false)`: nothing now; `waker` is woken when there is.
    pub(crate) fn pull(
        &mut self,
        link: LinkId,
        lane: LaneId,
        chunks: &mut Vec<bytes::Bytes>,
        waker: &Waker,
    ) -> Option<bool> {
        self.link.filter(|at| at.link == link)?;
        let queue = self.queues.get_mut(place(lane)?)?;
        queue.pull(chunks, waker);
        Some(!chunks.is_empty())
    }

    /// Ends every send; commands that the transport was not given never go.
    fn end_all(&mut self, end: impl Fn(bool) -> End, losses: &mut Losses) {
        let Self {
            pending, queues, ..
        } = self;
        let ended = |number, _| Some(end(!queues.iter().any(|queue| queue.holds(number))));
        losses.commands += pending.len() as u64;
        pending.complete_where(ended, &mut losses.wakers);
        let commands = queues.iter_mut().take(LaneId::MOST_UNSEQUENCED);
        commands.for_each(Queue::clear);
    }
}

fn place(lane: LaneId) -> Option<usize> {
    lane.index().checked_sub(LaneId::UNSEQUENCED.index())
}

fn wake(queue: &mut Queue, link: LinkId, lane: LaneId, name: &str) -> Wake {
    match queue.open(|| frames::opening(lane, name)) {
        Some(()) => Wake::Open(link),
        None => {
            let transport = queue.take_transport();
            transport.map_or(Wake::Nothing, Wake::Transport)
        }
    }
}

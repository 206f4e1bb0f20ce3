//! One other process: its session, its links, and the way of a message to it.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::acknowledgements::Due;
use super::afterwards::Afterwards;
use super::bodies::Bodies;
use super::links::Links;
use super::log_pace::LogPace;
use super::outcome_debt::OutcomeDebt;
use super::registry::Shared;
use super::standing::Standing;
use super::unsequenced::UnsequencedLanes;
use crate::id::{IdTail, PeerId};
use crate::session::{
    Ack, Action, Effects, End, Head, LaneId, Lanes, LinkId, Losses, Mutex, MutexGuard, Outbound,
    Parcel, SaidBy, Session, Used, Violation, Wake, kind, read_outcome, wake_all,
};
use crate::transport::{CloseReason, LinkEnd, Priority, Remote};

/// One other process.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(super) shared: Arc<Shared>,
    id: PeerId,
    session: Mutex<Session>,
    lanes: Arc<Lanes>,
    pub(super) links: Links,
    pub(super) due: Due,
    pub(super) bodies: Bodies,
    pub(super) unsequenced: UnsequencedLanes,
    /// The link in use, 0: none; so that acknowledgements need no lock.
    current: AtomicU64,
    /// Woken when a link comes into use, and when the farewell may have moved on.
    pub(crate) changed: Notify,
    address: Mutex<Option<Arc<str>>>,
    pub(super) standing: AtomicU8,
    proved: Mutex<Option<Arc<(PeerId, Remote)>>>,
    tail: AtomicU64,
    pub(super) dialling: AtomicBool,
    pub(super) dialled_last: AtomicBool,
    pub(super) outcome_debt: OutcomeDebt,
    /// How often it is logged that this process has missed something of it.
    pub(crate) missed_pace: LogPace,
}

/// Bytes that each known peer takes at the most, nothing in its lanes: itself, each half of them
/// made, what the directory says of it, its place in routes and maps.
pub(crate) const PEER_BYTES: u64 = (size_of::<Peer>()
    + size_of::<Lanes>()
    + LaneId::COUNT * (size_of::<Outbound>() + size_of::<crate::session::Inbound>() + 32)
    + 2_048) as u64;
/// The named lane that yields to all others.
const BULK: &str = "bulk";
/// Senders for whom there is room in a list that is made anew for each read.
const MANY_OUTCOMES: usize = 1_024;

impl Peer {
    pub(super) fn new(shared: Arc<Shared>, id: PeerId) -> Arc<Self> {
        let lanes = Arc::new(Lanes::new(shared.lane_names.clone(), &shared.budget));
        let mine = shared.numbers.next_memory();
        let session = Session::new(shared.own(), id.clone(), mine, lanes.clone());
        Arc::new(Self {
            shared,
            id,
            session: Mutex::new(session),
            lanes,
            links: Links::default(),
            due: Due::default(),
            bodies: Bodies::default(),
            unsequenced: UnsequencedLanes::default(),
            current: AtomicU64::new(0),
            changed: Notify::new(),
            address: Mutex::default(),
            standing: AtomicU8::new(Standing::Unknown as u8),
            proved: Mutex::default(),
            tail: AtomicU64::new(0),
            dialling: AtomicBool::new(false),
            dialled_last: AtomicBool::new(false),
            outcome_debt: OutcomeDebt::default(),
            missed_pace: LogPace::default(),
        })
    }

    pub(crate) fn id(&self) -> &PeerId {
        &self.id
    }

    pub(crate) fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// The same, for who may outlive the peer.
    pub(crate) fn shared_lanes(&self) -> Arc<Lanes> {
        self.lanes.clone()
    }

    /// The name of one of our lanes.
    pub(crate) fn lane_name(&self, lane: LaneId) -> &'static str {
        self.shared.lane_names.name(lane)
    }

    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its id, and what its last link has shown of it.
    pub(crate) fn proved(&self) -> Option<Arc<(PeerId, Remote)>> {
        self.proved
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The half that all its message ids share.
    pub(crate) fn tail(&self) -> IdTail {
        IdTail::from_bits(self.tail.load(Ordering::Relaxed))
    }

    /// Whether something with it goes on that forgetting it would end: a dial, a link, a message to
    /// be delivered, a send in progress (R1). Outcomes that nobody fetches don't count.
    pub(super) fn is_busy(&self) -> bool {
        let dialled = self.dialling.load(Ordering::Acquire);
        dialled || self.links.len() > 0 || self.in_flight() > 0 || self.lanes.has_messages()
    }

    /// Whether something of it waits for room in dispatch: should it come back, that goes first (R7).
    /// Not what waits until the peer fetches outcomes: that goes on when they are forgotten.
    pub(super) fn has_parked(&self) -> bool {
        LaneId::sequenced().any(|lane| {
            let inn = self.lanes.inn_if_used(lane);
            let first = inn.as_ref().and_then(|inn| inn.front()?.items().first());
            first.is_some_and(|first| {
                first.plain_kind() != kind::COMMAND || !self.is_owed_too_much(lane)
            })
        })
    }

    /// A send to it has this deadline.
    pub(crate) fn expires_at(&self, deadline: Instant) {
        self.shared.expires_at(deadline);
    }

    /// Where it can be dialled.
    pub(crate) fn address(&self) -> Option<Arc<str>> {
        self.address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_address(self: &Arc<Self>, address: &str) {
        let mut known = self.address.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_deref() != Some(address) {
            *known = Some(address.into());
            drop(known);
            self.dial_if_wanted();
        }
    }

    pub(super) fn dial_if_wanted(self: &Arc<Self>) {
        if self.session().wants_link() {
            self.dial();
        }
    }

    /// How many commands to it wait for their outcome.
    pub(crate) fn in_flight(&self) -> usize {
        self.lanes.in_flight() + self.unsequenced().pending.len()
    }

    /// Does what a lane asked for when a message was accepted.
    pub(crate) fn after_accept(self: &Arc<Self>, lane: LaneId, wake: Wake) {
        match wake {
            Wake::Nothing => {}
            Wake::Transport(waker) => wake_all([waker]),
            Wake::Open(link) => self.open_lane(link, lane),
            Wake::Dial => self.dial(),
        }
    }

    /// Sends the outcome of a command, if the session it came in still lives (R8), or the link if
    /// it came in an unsequenced lane (R13). Never waits, and is always let in: before a command
    /// starts it is asked whether its peer [is owed too much](Self::is_owed_too_much).
    #[inline]
    pub(crate) fn send_outcome(
        self: &Arc<Self>,
        lane: LaneId,
        epoch: u64,
        body_len: usize,
        write: impl FnOnce(&mut BytesMut) -> bool,
    ) -> bool {
        let (accepted, wake) = self.enter_outcome(lane, epoch, body_len, write);
        self.after_accept(lane.outcome_lane(), wake);
        accepted
    }

    /// The same for who has locked something: what the [outcomes' lane](LaneId::outcome_lane) asks
    /// for is to be done after unlocking.
    #[inline]
    pub(crate) fn enter_outcome(
        &self,
        lane: LaneId,
        epoch: u64,
        body_len: usize,
        write: impl FnOnce(&mut BytesMut) -> bool,
    ) -> (bool, Wake) {
        if lane.is_unsequenced() {
            let answered = self.unsequenced().answer(LinkId(epoch), body_len, write);
            return (answered.is_some(), answered.unwrap_or(Wake::Nothing));
        }
        let mut out = self.lanes.out(lane.outcome_lane());
        if out.epoch() != epoch {
            return (true, Wake::Nothing);
        }
        let head = Head {
            kind: kind::OUTCOME,
            wire_type: None,
            deadline: None,
            body_len,
        };
        let accepted = out.accept(head, write).is_ok();
        self.outcome_debt.grow(lane, &mut out);
        (accepted, out.wake())
    }

    /// Hands dispatch what is parked in a lane, as far as it takes it.
    pub(crate) fn pump(self: &Arc<Self>, lane: LaneId) {
        let mut afterwards = Afterwards::default();
        let mut inn = self.lanes.inn(lane);
        let mut some = false;
        while let Some(run) = inn.front().cloned() {
            let taken = self
                .shared
                .deliver
                .deliver(self, lane, &run, &mut afterwards);
            if taken > 0 {
                inn.take(taken);
                some = true;
            }
            if taken < run.items.len() {
                break;
            }
        }
        let urgent = inn.ack_is_urgent();
        drop(inn);
        if some {
            self.due.mark(lane, urgent);
            self.changed.notify_waiters();
        }
        afterwards.perform(self);
    }

    /// The same in all lanes.
    pub(crate) fn pump_all(self: &Arc<Self>) {
        let lanes = LaneId::sequenced().filter(|lane| !lane.carries_outcomes());
        lanes
            .filter(|lane| self.lanes.inn_if_used(*lane).is_some())
            .for_each(|lane| self.pump(lane));
    }

    /// Frames have come in a lane of a link.
    pub(super) fn receive(
        self: &Arc<Self>,
        link: LinkId,
        lane: LaneId,
        parcel: Parcel,
    ) -> Result<(), Violation> {
        if lane.carries_outcomes() {
            return self.receive_outcomes(link, lane, parcel);
        }
        if self.lanes.inn(lane).receive(link, parcel)? {
            self.pump(lane);
        }
        Ok(())
    }

    /// An acknowledgement has come.
    pub(super) fn ack(self: &Arc<Self>, link: LinkId, ack: Ack) -> Result<(), Violation> {
        let effects = self.session().ack(link, ack)?;
        self.perform(effects);
        Ok(())
    }

    /// Does what the session has decided.
    pub(crate) fn perform(self: &Arc<Self>, effects: Effects) {
        let Losses {
            commands, events, ..
        } = effects.losses;
        self.shared.events_are_lost(events);
        effects.losses.wake();
        for action in effects.actions {
            match action {
                Action::Send(link, control) => {
                    if let Some(handle) = self.links.get(link) {
                        handle.say(&control);
                    }
                }
                Action::Close(link, reason @ CloseReason::Loser)
                    if self.bodies.is_open_on(link) =>
                {
                    self.linger(link, reason);
                }
                Action::Close(link, reason) => self.close_link(link, reason),
                Action::Current(_) => {
                    self.note_current();
                    self.due.some.notify_one();
                    self.changed.notify_waiters();
                }
                Action::OpenLane(link, lane) => self.open_lane(link, lane),
                Action::Dial => self.dial(),
            }
        }
        if effects.session_ended {
            self.note_leaving(&self.session());
            tracing::debug!(peer = %self.id, commands, events, "the session has ended");
            self.bodies_end_sessions();
            self.changed.notify_waiters();
        }
        if effects.outcomes_freed {
            self.settle();
        }
    }

    /// The other side says goodbye on a link.
    pub(super) fn heed_goodbye(self: &Arc<Self>, link: LinkId) {
        let mut session = self.session();
        let effects = session.goodbye(link);
        self.note_leaving(&session);
        drop(session);
        self.perform(effects);
    }

    /// Whether it has said goodbye in the present session, whatever the directory says.
    fn note_leaving(&self, session: &Session) {
        self.lanes
            .take_events(SaidBy::Itself, !session.they_leave());
    }

    /// A link is gone.
    pub(super) fn link_gone(self: &Arc<Self>, link: LinkId, end: &LinkEnd) {
        self.links.remove(link);
        let mut session = self.session();
        if *end == LinkEnd::There(CloseReason::Stopping) {
            session.stopped(link);
        }
        let effects = session.link_ended(link);
        if matches!(
            end,
            LinkEnd::Here(CloseReason::Idle) | LinkEnd::There(CloseReason::Idle)
        ) {
            session.rest();
        }
        drop(session);
        self.note_current();
        self.perform(effects);
        self.bodies_lose(link);
        self.changed.notify_waiters();
    }

    /// Under the session's lock: two tasks that do what it decided may overtake each other.
    fn note_current(&self) {
        let session = self.session();
        let current = session.current().map_or(0, |link| link.0);
        self.current.store(current, Ordering::Release);
        let asks = self.bodies_move_to(session.current());
        let losses = self.unsequenced_moves_to(session.current_since());
        drop(session);
        self.send_asks(asks);
        losses.wake();
    }

    pub(super) fn is_current(&self, link: LinkId) -> bool {
        self.current.load(Ordering::Acquire) == link.0
    }

    /// Whether a link is in use.
    pub(crate) fn is_linked(&self) -> bool {
        self.current.load(Ordering::Acquire) != 0
    }

    /// What a Hello and its link have shown of the other side.
    pub(super) fn learn(&self, remote: Remote, tail: IdTail) {
        let proved = Arc::new((self.id.clone(), remote));
        *self.proved.lock().unwrap_or_else(PoisonError::into_inner) = Some(proved);
        self.tail.store(tail.bits(), Ordering::Relaxed);
    }

    /// R8: completes the commands of the session that these outcomes came in. They are taken at
    /// once: completing one never waits.
    fn receive_outcomes(
        self: &Arc<Self>,
        link: LinkId,
        lane: LaneId,
        parcel: Parcel,
    ) -> Result<(), Violation> {
        let mut wakers = Vec::with_capacity(parcel.items.len().min(MANY_OUTCOMES));
        let mut broken = None;
        let mut inn = self.lanes.inn(lane);
        inn.receive(link, parcel)?;
        while let Some(run) = inn.front().cloned() {
            // Outcomes of one lane follow each other: it is locked once for all of them.
            let mut locked: Option<(LaneId, Used<'_, Outbound>)> = None;
            let is_worth_it = run.parcel.is_worth(run.cost());
            for item in &run.parcel.items[run.items.clone()] {
                if item.plain_kind() != kind::OUTCOME || run.epoch != inn.epoch() {
                    continue;
                }
                let body = run.parcel.shared_body(item);
                let (command_lane, sequence, outcome) = match read_outcome(body) {
                    Ok(read) => read,
                    // Taken all the same: left here, it would break every later link too.
                    Err(error) => {
                        broken = Some(Violation::from(error));
                        continue;
                    }
                };
                if locked.as_ref().is_none_or(|(at, _)| *at != command_lane) {
                    // Given back first: no lane is locked while another is.
                    drop(locked.take());
                }
                let (_, out) =
                    locked.get_or_insert_with(|| (command_lane, self.lanes.out(command_lane)));
                if out.epoch() == run.epoch {
                    let outcome = match !is_worth_it && out.pending.has_many_unfetched() {
                        true => Bytes::copy_from_slice(&outcome),
                        false => outcome,
                    };
                    wakers.extend(out.pending.complete(sequence, End::Outcome(outcome)));
                }
            }
            drop(locked);
            inn.take(run.items.len());
        }
        let urgent = inn.ack_is_urgent();
        drop(inn);
        self.due.mark(lane, urgent);
        self.shared.deliver.wake_senders(wakers);
        broken.map_or(Ok(()), Err)
    }

    pub(super) fn close_link(&self, link: LinkId, reason: CloseReason) {
        if let Some(handle) = self.links.get(link) {
            tracing::debug!(peer = %self.id, link = link.0, %reason, "closing a link");
            handle.link.close(reason);
        }
        self.note_current();
    }

    fn open_lane(self: &Arc<Self>, link: LinkId, lane: LaneId) {
        let Some(handle) = self.links.get(link) else {
            return;
        };
        if lane.is_unsequenced() {
            return self.open_unsequenced(link, &handle, lane);
        }
        let priority = match lane {
            LaneId::INFRASTRUCTURE | LaneId::INFRASTRUCTURE_OUTCOMES => Priority::INFRASTRUCTURE,
            LaneId::OUTCOMES => Priority::OUTCOMES,
            _ if self.lane_name(lane) == BULK => Priority::BULK,
            _ => Priority::APPLICATION,
        };
        let source = super::lane_source::LaneSource {
            peer: self.clone(),
            lane,
            link,
        };
        handle.open(priority, Box::new(source));
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.lanes.let_go();
    }
}

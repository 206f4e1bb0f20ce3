//! One process of a rig: what its shell keeps beside the session.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Wake, Waker};

use tokio::time::Instant;

use super::event::lanes;
use super::record::Verdict;
use crate::id::{Incarnation, PeerId};
use crate::session::lane_id::LaneId;
use crate::session::lane_names::LaneNames;
use crate::session::lane_reader::LaneReader;
use crate::session::lanes::Lanes;
use crate::session::link_id::LinkId;
use crate::session::memory_budget::MemoryBudget;
use crate::session::pending::Ticket;
use crate::session::session::{Own, Session};

/// One process.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) index: usize,
    pub(super) incarnation: u64,
    /// The other's run as the replica here shows it, and what it is about to show.
    pub(super) known: u64,
    pub(super) news: Option<u64>,
    pub(super) down: bool,
    pub(super) session: Option<Session>,
    pub(super) last_memory: u64,
    pub(super) last_dial: u64,
    pub(super) wants_dial: bool,
    pub(super) ends: BTreeMap<LinkId, End>,
    /// Commands whose handlers run.
    pub(super) running: Vec<Running>,
    pub(super) sends: Vec<Sending>,
    /// The earliest deadline that the clock was told of since it last looked.
    pub(super) clock: Option<Instant>,
    /// Per lane: the session, the messages by their numbers, and how many were freed.
    pub(super) numbered: BTreeMap<LaneId, Numbered>,
}

/// This side's end of a link: what its task keeps.
#[derive(Debug, Default)]
pub(super) struct End {
    /// The other side's Hello was processed: lanes are read (R4).
    pub(super) greeted: bool,
    /// Judged a loser; closes when its bodies have ended.
    pub(super) closing: bool,
    pub(super) control: Vec<u8>,
    pub(super) readers: BTreeMap<LaneId, LaneReader>,
    /// Whether the writer of a lane is awake.
    pub(super) writers: BTreeMap<LaneId, bool>,
}

/// A command in its handler.
#[derive(Debug, Clone, Hash)]
pub(super) struct Running {
    pub(super) memory: u64,
    pub(super) epoch: u64,
    pub(super) lane: LaneId,
    pub(super) sequence: u64,
    pub(super) id: usize,
}

/// A send in progress.
#[derive(Debug, Clone)]
pub(super) struct Sending {
    pub(super) lane: LaneId,
    pub(super) ticket: Ticket,
    pub(super) id: usize,
}

/// The messages of a lane's present session by their numbers.
#[derive(Debug, Clone, Default, Hash)]
pub(super) struct Numbered {
    pub(super) epoch: u64,
    pub(super) ids: Vec<usize>,
    pub(super) freed: u64,
}

impl Side {
    pub(super) fn new(index: usize) -> Self {
        Self {
            index,
            incarnation: 1,
            known: 1,
            news: None,
            down: false,
            session: None,
            last_memory: 0,
            last_dial: 0,
            wants_dial: false,
            ends: BTreeMap::new(),
            running: Vec::new(),
            sends: Vec::new(),
            clock: None,
            numbered: BTreeMap::new(),
        }
    }

    /// The clock is told of the deadline of a send.
    pub(super) fn expires_at(&mut self, deadline: Instant) {
        self.clock = self.clock.into_iter().chain([deadline]).min();
    }

    /// The earliest deadline of the sends that wait.
    pub(super) fn earliest(&self) -> Option<Instant> {
        let session = self.session.as_ref()?;
        let earliest = lanes().filter_map(|lane| session.lanes.out(lane).pending.earliest());
        earliest.min()
    }

    /// Whether the clock looks in time for the first of them.
    pub(super) fn check_clock(&self) -> Verdict {
        let Some(earliest) = self.earliest() else {
            return Ok(());
        };
        match self.clock.is_some_and(|told| told <= earliest) {
            true => Ok(()),
            false => Err(format!(
                "side {} has a send until {earliest:?}, its clock was told of {:?}",
                self.index, self.clock
            )),
        }
    }

    /// The memory of the other side; made when it is first needed (R1).
    pub(super) fn memory(&mut self, names: &[PeerId; 2]) -> &mut Session {
        if self.session.is_none() {
            self.last_memory += 1;
            let own = Own {
                peer: names[self.index].clone(),
                environment: "test".into(),
                incarnation: Incarnation(self.incarnation),
            };
            let lanes = Arc::new(Lanes::new(LaneNames::new(), &MemoryBudget::default()));
            let them = names[1 - self.index].clone();
            let mut session = Session::new(own, them, self.last_memory, lanes);
            let effects = session.replica_shows(Incarnation(self.known));
            assert!(effects.actions.is_empty() && !effects.session_ended);
            if self.down {
                let _ = session.go_down();
            }
            self.session = Some(session);
        }
        self.session.as_mut().expect("made above")
    }

    /// Whether a dial of this side is not yet judged.
    pub(super) fn is_dialling(&self) -> bool {
        use crate::session::link_state::{Dialler, Phase};
        self.session.as_ref().is_some_and(|session| {
            let mut links = session.links.values();
            links.any(|link| link.dialler == Dialler::Us && link.phase == Phase::Greeting)
        })
    }
}

impl Clone for Side {
    /// A deep copy: nothing is shared with the original.
    fn clone(&self) -> Self {
        let session = self.session.clone().map(|mut session| {
            session.lanes = Arc::new((*session.lanes).clone());
            session
        });
        Self {
            session,
            ends: self.ends.clone(),
            running: self.running.clone(),
            sends: self.sends.clone(),
            numbered: self.numbered.clone(),
            ..*self
        }
    }
}

impl Clone for End {
    fn clone(&self) -> Self {
        let fork = |(lane, reader): (&LaneId, &LaneReader)| (*lane, reader.fork());
        Self {
            greeted: self.greeted,
            closing: self.closing,
            control: self.control.clone(),
            readers: self.readers.iter().map(fork).collect(),
            writers: self.writers.clone(),
        }
    }
}

/// Which writer is woken.
type WriterId = (usize, LinkId, LaneId);

thread_local! {
    /// Writers woken since the rig has looked.
    static WOKEN: RefCell<Vec<WriterId>> = const { RefCell::new(Vec::new()) };
    /// One waker per writer, so that equal states look equal.
    static WAKERS: RefCell<BTreeMap<WriterId, Waker>> = const { RefCell::new(BTreeMap::new()) };
}

struct Bell(WriterId);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        WOKEN.with_borrow_mut(|woken| woken.push(self.0));
    }
}

/// The waker of a writer.
pub(super) fn waker(id: WriterId) -> Waker {
    WAKERS.with_borrow_mut(|wakers| {
        let new = || Waker::from(Arc::new(Bell(id)));
        wakers.entry(id).or_insert_with(new).clone()
    })
}

/// The writers that were woken.
pub(super) fn woken() -> Vec<WriterId> {
    WOKEN.with_borrow_mut(std::mem::take)
}

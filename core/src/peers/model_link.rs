//! A link for trying interleavings: its transport and its other side are tasks of shuttle's.
//!
//! The transport pulls as a real one does. The other side takes at once what comes, says so, and
//! does with a command what its first byte asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::time::Instant;

use super::byte_queue::ByteQueue;
use super::links::LinkHandle;
use super::peer::Peer;
use crate::id::{Identity, Incarnation};
use crate::session::{
    Ack, Action, Control, LaneId, LaneReader, Lanes, LinkId, Losses, Mutex, Own, Session, kind,
    put_outcome_head,
};
use crate::transport::{
    BoxFuture, CloseReason, Incoming, Link, LinkEnd, Outgoing, Priority, Remote,
};
use crate::wire::{put_str, put_varint};

/// What the other side does with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Says how it ended: a status, and what belongs to it.
    Outcome(u8, Vec<u8>),
    /// Nothing; its deadline passes.
    Silence,
    /// Its process restarts.
    Restart,
}

/// From a command's payload.
pub(crate) type Answers = fn(&[u8]) -> Answer;

/// Longer than any deadline of a command that is to meet [`Answer::Silence`], shorter than others.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What has come to the other side, over all links.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    /// Whether nothing that comes is acknowledged.
    pub(crate) silent: AtomicBool,
    events: AtomicU64,
    awaited: Mutex<Option<Waker>>,
}

impl Arrivals {
    /// Waits until so many events have come.
    pub(crate) async fn reach(&self, events: u64) {
        std::future::poll_fn(|context| {
            let mut awaited = self.awaited.lock().expect("not poisoned");
            if self.events.load(Ordering::SeqCst) >= events {
                return Poll::Ready(());
            }
            *awaited = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn event(&self) {
        self.events.fetch_add(1, Ordering::SeqCst);
        let awaited = self.awaited.lock().expect("not poisoned").take();
        awaited.into_iter().for_each(Waker::wake);
    }
}

/// The other side of one link.
struct Far {
    peer: Arc<Peer>,
    link: LinkId,
    run: Incarnation,
    answers: Answers,
    arrivals: Arc<Arrivals>,
    /// The number of its next outcome.
    outcomes: Mutex<u64>,
}

struct ModelLink {
    far: Arc<Far>,
    remote: Remote,
}

/// Links `peer` with this run of it.
pub(crate) fn link(peer: &Arc<Peer>, run: Incarnation, answers: Answers, arrivals: &Arc<Arrivals>) {
    let (id, dial) = (
        peer.shared.numbers.next_link(),
        peer.shared.numbers.next_dial(),
    );
    let (own, now) = (peer.shared.own(), Instant::now());
    let said = peer.session().dialled(id, dial, now);
    let far = Far {
        peer: peer.clone(),
        link: id,
        run,
        answers,
        arrivals: arrivals.clone(),
        outcomes: Mutex::new(0),
    };
    let link = ModelLink {
        far: Arc::new(far),
        remote: Remote {
            identity: Identity::Peer(peer.id().clone()),
            environment: own.environment.clone(),
            address: String::new(),
        },
    };
    let control = ByteQueue::new(1 << 20);
    let link = Arc::new(link);
    peer.links.insert(id, LinkHandle { link, control });
    let theirs = Own {
        peer: peer.id().clone(),
        incarnation: run,
        environment: own.environment.clone(),
    };
    let lanes = Arc::new(Lanes::new(
        peer.shared.lane_names.clone(),
        &peer.shared.budget,
    ));
    let mut other = Session::new(theirs, own.peer, 1, lanes);
    other.accepted(id);
    let effects = other.hello(id, &said, now).expect("a legal Hello");
    let answer = effects.actions.into_iter().find_map(|action| match action {
        Action::Send(_, Control::Hello(hello)) => Some(hello),
        _ => None,
    });
    let answer = answer.expect("a Hello is answered");
    let effects = peer.session().hello(id, &answer, now);
    peer.perform(effects.expect("a legal answer"));
}

impl Link for ModelLink {
    fn remote(&self) -> &Remote {
        &self.remote
    }

    fn open(&self, _: Priority, outgoing: Box<dyn Outgoing>) {
        drop(shuttle::future::spawn(carry(self.far.clone(), outgoing)));
    }

    fn accept(&self) -> BoxFuture<'_, Result<Box<dyn Incoming>, LinkEnd>> {
        Box::pin(std::future::pending())
    }

    fn close(&self, _: CloseReason) {}

    fn closed(&self) -> BoxFuture<'_, LinkEnd> {
        Box::pin(std::future::pending())
    }
}

impl std::fmt::Debug for ModelLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ModelLink").field(&self.far.link).finish()
    }
}

/// One lane, from the transport's pull to what the other side makes of it.
async fn carry(far: Arc<Far>, mut outgoing: Box<dyn Outgoing>) {
    let mut reader = LaneReader::new();
    loop {
        let mut chunks = Vec::new();
        if !std::future::poll_fn(|context| outgoing.poll_take(context, &mut chunks)).await {
            return;
        }
        let read = reader.read(chunks, Instant::now()).expect("legal frames");
        let lane = reader.opening().expect("a lane begins with its name").lane;
        let mut number = read.parcel.first;
        for item in &read.parcel.items {
            match item.plain_kind() {
                kind::EVENT => far.arrivals.event(),
                kind::COMMAND => {
                    let payload = read.parcel.shared_body(item).slice(8..);
                    drop(shuttle::future::spawn(answer(
                        far.clone(),
                        lane,
                        number,
                        payload,
                    )));
                }
                _ => {}
            }
            number += item.numbers();
        }
        if far.arrivals.silent.load(Ordering::SeqCst) {
            continue;
        }
        let ack = Ack {
            lane,
            taken: number,
            credit: 1 << 20,
        };
        // The session may have ended meanwhile; then nobody heeds it.
        let _ = far.peer.ack(far.link, ack);
    }
}

async fn answer(far: Arc<Far>, lane: LaneId, number: u64, payload: Bytes) {
    match (far.answers)(&payload) {
        Answer::Outcome(status, rest) => far.end(lane, number, status, &rest),
        Answer::Silence => {
            let mut losses = Losses::default();
            let late = Instant::now() + PATIENCE;
            far.peer.lanes().out(lane).expire(late, &mut losses);
            losses.wakers.into_iter().for_each(Waker::wake);
        }
        Answer::Restart => {
            let next = Incarnation(far.run.0 + 1);
            let effects = far.peer.session().replica_shows(next);
            far.peer.perform(effects);
            link(&far.peer, next, far.answers, &far.arrivals);
        }
    }
}

impl Far {
    fn end(&self, lane: LaneId, number: u64, status: u8, rest: &[u8]) {
        let mut body = BytesMut::new();
        put_outcome_head(&mut body, lane, number, status);
        body.put_slice(rest);
        let mut outcomes = self.outcomes.lock().expect("not poisoned");
        let mut bytes = BytesMut::new();
        let mut opening = BytesMut::new();
        put_varint(&mut opening, u64::from(LaneId::OUTCOMES.0));
        put_str(&mut opening, "outcomes");
        put_varint(&mut opening, *outcomes);
        for (kind, rest) in [(kind::OPEN, opening), (kind::OUTCOME, body)] {
            put_varint(&mut bytes, 1 + rest.len() as u64);
            bytes.put_u8(kind);
            bytes.put_slice(&rest);
        }
        *outcomes += 1;
        let read = LaneReader::new().read(vec![bytes.freeze()], Instant::now());
        let parcel = read.expect("legal frames").parcel;
        let received = self.peer.receive(self.link, LaneId::OUTCOMES, parcel);
        received.expect("a legal outcome");
    }
}

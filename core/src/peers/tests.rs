//! A peer without a network: what its tasks leave to each other when they meet at a bad moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::body_cell::BodyCell;
use super::consequences::Consequences;
use super::deliver::{Deliver, Request};
use super::peer::Peer;
use super::registry::Peers;
use super::timings::Timings;
use crate::id::{Incarnation, PeerId};
use crate::message::BodyError;
use crate::session::{Call, LaneId, LinkId, MemoryBudget, NotAsked, Own, Run, WireType};
use crate::transport::{
    BindError, Bound, BoxFuture, DialError, Expected, Incoming, Link, LinkEnd, Transport,
};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// Counts dials, and refuses them.
#[derive(Default)]
struct Refusing {
    dials: AtomicUsize,
}

impl Refusing {
    async fn dialled(&self) {
        while self.dials.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Transport for Refusing {
    fn bind<'a>(
        &'a self,
        _: &'a PeerId,
        _: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>> {
        Box::pin(std::future::pending())
    }

    fn dial<'a>(
        &'a self,
        address: &'a str,
        _: &'a Expected,
    ) -> BoxFuture<'a, Result<Arc<dyn Link>, DialError>> {
        self.dials.fetch_add(1, Ordering::Relaxed);
        let address = address.to_owned();
        let reason = "as asked".to_owned();
        Box::pin(std::future::ready(Err(DialError::Refused {
            address,
            reason,
        })))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Takes nothing.
struct Nobody;

impl Deliver for Nobody {
    fn deliver(&self, _: &Arc<Peer>, _: LaneId, _: &Run) -> usize {
        0
    }

    fn wake_senders(&self, senders: Vec<Waker>) {
        senders.into_iter().for_each(Waker::wake);
    }

    fn answer(&self, _: Request) -> BoxFuture<'static, Bytes> {
        Box::pin(std::future::pending())
    }
}

/// A lane in which nothing comes.
struct Silent;

impl Incoming for Silent {
    fn poll_read(&mut self, _: &mut Context<'_>, _: &mut Vec<Bytes>) -> Poll<Result<(), LinkEnd>> {
        Poll::Pending
    }
}

/// The memory of a peer that can be dialled.
fn peer(transport: &Arc<Refusing>) -> (Arc<Peers>, Arc<Peer>) {
    let own = Own {
        peer: PeerId::new("A.0").unwrap(),
        environment: "test".into(),
        incarnation: Incarnation(1),
    };
    let (_, arrivals) = mpsc::channel(1);
    let peers = Peers::start(
        own,
        false,
        Timings::default(),
        MemoryBudget::default(),
        transport.clone(),
        Arc::new(Nobody),
        arrivals,
    );
    let peer = peers.get_or_create(&PeerId::new("B.0").unwrap()).unwrap();
    peer.set_address("nowhere");
    (peers, peer)
}

#[tokio::test(start_paused = true)]
async fn a_body_whose_stream_comes_after_its_link_has_gone_ends_at_once() {
    let (_peers, peer) = peer(&Arc::default());
    let (link, body) = (LinkId(7), 1);
    peer.bodies_move_to(Some(link));
    let cell = BodyCell::new();
    peer.want_body(body, 0, &cell).unwrap();
    peer.take_body_stream(link, body, Box::new(Silent), Vec::new());
    let context = Context::from_waker(Waker::noop());
    let reason = "its link has ended".to_owned();
    match cell.poll_stream(&context) {
        Poll::Ready(Err(error)) => assert_eq!(error, BodyError::Broken { reason }),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_send_refused_while_the_last_dial_ends_buys_a_dial_all_the_same() {
    let transport = Arc::<Refusing>::default();
    let (_peers, peer) = peer(&transport);
    peer.dialling.store(true, Ordering::Release);
    let lane = peer.shared.lane_names.unsequenced("votes").unwrap();
    let call = Call {
        lane,
        lane_name: "votes",
        wire_type: WireType {
            name: "Test.Vote",
            codec: 1,
        },
        headers: false,
        deadline: Instant::now(),
        body_len: 0,
    };
    let asked = peer.ask(call, Waker::noop().clone(), |_| true);
    assert_eq!(asked.err(), Some(NotAsked::NoLink));
    peer.dialled();
    while peer.dialling.load(Ordering::Acquire) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(transport.dials.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_given_a_place_while_no_link_is_there_is_dialled_for() {
    let broken = |peer: &Arc<Peer>| peer.release_body(1);
    let cut = |peer: &Arc<Peer>| peer.hear_body_cut(LinkId(7), 1);
    for free in [&broken as &dyn Fn(&Arc<Peer>), &cut] {
        let transport = Arc::<Refusing>::default();
        let (_peers, peer) = peer(&transport);
        let link = LinkId(7);
        peer.bodies_move_to(Some(link));
        for body in 1..=5 {
            peer.want_body(body, 0, &BodyCell::new()).unwrap();
        }
        for body in 1..=4 {
            peer.take_body_stream(link, body, Box::new(Silent), Vec::new());
        }
        peer.bodies_lose(link);
        assert!(!peer.dialling.load(Ordering::Acquire), "nobody asks yet");
        free(&peer);
        timeout(LONG, transport.dialled()).await.unwrap();
    }
}

/// Notes whether the bodies of its peer can be looked at by others while it is woken.
struct Looking {
    peer: Arc<Peer>,
    could: AtomicBool,
}

impl Wake for Looking {
    fn wake(self: Arc<Self>) {
        let (looked, looks) = std::sync::mpsc::channel();
        let peer = self.peer.clone();
        std::thread::spawn(move || looked.send(peer.has_bodies()));
        let looks = looks.recv_timeout(Duration::from_secs(5));
        self.could.store(looks.is_ok(), Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_a_body_is_woken_while_nothing_is_locked() {
    let restart = |peer: &Arc<Peer>| {
        let ended = peer.show(Incarnation(2));
        ended.into_iter().for_each(Consequences::perform);
    };
    let stop = |peer: &Arc<Peer>| peer.close_bodies();
    for end in [&restart as &dyn Fn(&Arc<Peer>), &stop] {
        let (_peers, peer) = peer(&Arc::default());
        assert!(peer.show(Incarnation(1)).is_none());
        let cell = BodyCell::new();
        peer.want_body(1, 0, &cell).unwrap();
        let reader = Arc::new(Looking {
            peer: peer.clone(),
            could: AtomicBool::new(false),
        });
        let waker = Waker::from(reader.clone());
        let polled = cell.poll_stream(&Context::from_waker(&waker));
        assert!(polled.is_pending());
        end(&peer);
        assert!(reader.could.load(Ordering::Relaxed));
    }
}

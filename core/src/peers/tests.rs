//! A peer without a network: what its tasks leave to each other when they meet at a bad moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};

use super::afterwards::Afterwards;
use super::body_cell::BodyCell;
use super::byte_queue::ByteQueue;
use super::consequences::Consequences;
use super::deliver::{Deliver, Request};
use super::links::LinkHandle;
use super::peer::Peer;
use super::registry::{MAX_STRANGERS, Peers};
use super::standing::Standing;
use super::timings::Timings;
use crate::id::{IdTail, Identity, Incarnation, PeerId};
use crate::message::BodyError;
use crate::session::{
    Call, Hello, LaneId, LanePosition, LinkId, Memory, MemoryBudget, NotAsked, Own, Parcel, Run,
    UnsequencedRead, UnsequencedReader, VERSION, WireType, frame_len, kind, unsequenced_command,
    unsequenced_opening,
};
use crate::transport::{
    BindError, Bound, BoxFuture, CloseReason, DialError, Expected, Incoming, Link, LinkEnd,
    Outgoing, Priority, Remote, Transport,
};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// Counts dials, and refuses them, once it may.
pub(super) struct Refusing {
    dials: AtomicUsize,
    may: Semaphore,
}

impl Default for Refusing {
    fn default() -> Self {
        Self {
            dials: AtomicUsize::new(0),
            may: Semaphore::new(1_000),
        }
    }
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
        Box::pin(async {
            if let Ok(may) = self.may.acquire().await {
                may.forget();
            }
            Err(DialError::Refused { address, reason })
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Takes what comes, unless too many outcomes are owed, as dispatch does.
#[derive(Default)]
pub(super) struct Taking(AtomicUsize);

impl Deliver for Taking {
    fn deliver(&self, peer: &Arc<Peer>, lane: LaneId, run: &Run, _: &mut Afterwards) -> usize {
        if peer.is_owed_too_much(lane) {
            return 0;
        }
        self.0.fetch_add(run.items.len(), Ordering::Relaxed);
        run.items.len()
    }

    fn wake_senders(&self, senders: Vec<Waker>) {
        senders.into_iter().for_each(Waker::wake);
    }

    fn answer(&self, _: Request) -> BoxFuture<'static, Bytes> {
        Box::pin(std::future::pending())
    }
}

/// A lane in which nothing comes.
pub(super) struct Silent;

impl Incoming for Silent {
    fn poll_read(&mut self, _: &mut Context<'_>, _: &mut Vec<Bytes>) -> Poll<Result<(), LinkEnd>> {
        Poll::Pending
    }
}

/// A link that nobody reads.
#[derive(Debug)]
struct Unread(Remote);

impl Link for Unread {
    fn remote(&self) -> &Remote {
        &self.0
    }

    fn open(&self, _: Priority, _: Box<dyn Outgoing>) {}

    fn accept(&self) -> BoxFuture<'_, Result<Box<dyn Incoming>, LinkEnd>> {
        Box::pin(std::future::pending())
    }

    fn close(&self, _: CloseReason) {}

    fn closed(&self) -> BoxFuture<'_, LinkEnd> {
        Box::pin(std::future::pending())
    }
}

/// Dials the first run of a peer, which answers that it has taken this of our lanes.
fn link(peer: &Arc<Peer>, positions: Vec<LanePosition>) -> LinkId {
    let numbers = &peer.shared.numbers;
    let (link, dial, now) = (numbers.next_link(), numbers.next_dial(), Instant::now());
    let own = peer.shared.own();
    let said = peer.session().dialled(link, dial, now);
    let remote = Remote {
        identity: Identity::Peer(peer.id().clone()),
        environment: own.environment.clone(),
        address: String::new(),
    };
    let handle = LinkHandle {
        link: Arc::new(Unread(remote)),
        control: ByteQueue::new(1 << 20),
    };
    peer.links.insert(link, handle);
    let answer = Hello {
        version: VERSION,
        environment: own.environment,
        peer: peer.id().clone(),
        incarnation: Incarnation(1),
        dial,
        ended: 0,
        mine: 1,
        yours: Some(Memory {
            incarnation: own.incarnation,
            number: said.mine,
        }),
        tail: IdTail::of_this_process(),
        positions,
    };
    let effects = peer.session().hello(link, &answer, now).unwrap();
    peer.perform(effects);
    assert!(peer.is_current(link));
    link
}

/// One command, the first of its lane.
fn command() -> Parcel {
    let opening = unsequenced_opening(LaneId::UNSEQUENCED, "votes");
    let kind = kind::UNSEQUENCED_COMMAND;
    let command = unsequenced_command(0, kind, ("Test.Vote", 1), 1, 1, |out| {
        out.extend_from_slice(b"a");
        true
    });
    let mut reader = UnsequencedReader::default();
    for mut frame in [opening, command.unwrap()] {
        let (head, _) = frame_len(&frame).unwrap().unwrap();
        let frame = frame.split_off(head);
        match reader.read(&frame, Instant::now()).unwrap() {
            UnsequencedRead::Command(_, parcel) => return parcel,
            _ => continue,
        }
    }
    panic!("no command")
}

/// The memory of a peer that can be dialled.
fn peer(transport: &Arc<Refusing>) -> (Arc<Peers>, Arc<Peer>) {
    peer_of(transport, &Arc::default())
}

pub(super) fn peer_of(transport: &Arc<Refusing>, deliver: &Arc<Taking>) -> (Arc<Peers>, Arc<Peer>) {
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
        deliver.clone(),
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

#[test]
fn a_dial_that_ends_with_its_task_is_not_taken_for_one_that_goes_on() {
    let transport = Arc::new(Refusing {
        dials: AtomicUsize::new(0),
        may: Semaphore::new(0),
    });
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let (_peers, peer) = runtime.block_on(async {
        let known = peer(&transport);
        known.1.want_body(1, 0, &BodyCell::new()).unwrap();
        transport.dialled().await;
        known
    });
    assert!(peer.dialling.load(Ordering::Acquire));
    drop(runtime);
    assert!(!peer.dialling.load(Ordering::Acquire));
    // So does one that cannot even begin: one is wanted, and it is known where to.
    assert!(peer.session().wants_link() && peer.address().is_some());
    peer.dial_if_wanted();
    assert!(!peer.dialling.load(Ordering::Acquire));
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

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_being_dialled_is_not_forgotten() {
    let transport = Arc::new(Refusing {
        dials: AtomicUsize::new(0),
        may: Semaphore::new(0),
    });
    let (peers, peer) = peer(&transport);
    peer.want_body(1, 0, &BodyCell::new()).unwrap();
    transport.dialled().await;
    let down = peer.set_standing(Standing::Down);
    down.into_iter().for_each(Consequences::perform);
    let mut consequences = Vec::new();
    assert!(!peers.forget(peer.id(), &mut consequences));
    transport.may.add_permits(1_000);
    while peer.dialling.load(Ordering::Acquire) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(peers.forget(peer.id(), &mut consequences));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_waits_for_outcomes_to_be_taken_goes_on_however_that_is_heard() {
    let hello = |peer: &Arc<Peer>| {
        let lane = LaneId::OUTCOMES;
        let taken = peer.lanes().out(lane).next();
        let credit = 1 << 20;
        link(
            peer,
            vec![LanePosition {
                lane,
                arrived: taken,
                taken,
                credit,
            }],
        );
    };
    let restart = |peer: &Arc<Peer>| {
        let ended = peer.show(Incarnation(2));
        ended.into_iter().for_each(Consequences::perform);
    };
    for free in [&hello as &dyn Fn(&Arc<Peer>), &restart] {
        let taking = Arc::<Taking>::default();
        let (_peers, peer) = peer_of(&Arc::default(), &taking);
        let first = link(&peer, Vec::new());
        let lane = LaneId::DEFAULT;
        while !peer.is_owed_too_much(lane) {
            peer.send_outcome(lane, 0, 10_000, |out| {
                out.resize(out.len() + 10_000, 0);
                true
            });
        }
        peer.receive(first, lane, command()).unwrap();
        assert_eq!(taking.0.load(Ordering::Relaxed), 0);
        free(&peer);
        assert_eq!(taking.0.load(Ordering::Relaxed), 1);
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

#[tokio::test(start_paused = true)]
async fn strangers_never_take_the_room_of_those_whom_the_directory_names() {
    let (peers, peer) = peer(&Arc::default());
    let remote = Remote {
        identity: Identity::Peer(peer.id().clone()),
        environment: "test".into(),
        address: String::new(),
    };
    let handle = LinkHandle {
        link: Arc::new(Unread(remote)),
        control: ByteQueue::new(1 << 20),
    };
    let stranger = |n: usize| PeerId::new(&format!("Stranger.{n}")).unwrap();
    let links: Vec<_> = (0..MAX_STRANGERS)
        .map(|n| peers.link(&stranger(n), &handle).unwrap())
        .collect();
    let one_more = stranger(MAX_STRANGERS);
    assert!(peers.link(&one_more, &handle).is_none());
    assert!(peers.get_or_create(&one_more).is_some(), "it is named now");
    assert!(peers.get_or_create(&stranger(0)).is_some(), "so is this");
    let other = stranger(MAX_STRANGERS + 1);
    assert!(peers.link(&other, &handle).is_some());

    let mut consequences = Vec::new();
    tokio::time::advance(LONG).await;
    peers.forget_strangers(&mut consequences);
    assert!(peers.get(&stranger(1)).is_some(), "its link is there");
    let ended = LinkEnd::There(CloseReason::Idle);
    for (peer, link) in &links {
        peer.link_gone(*link, &ended);
    }
    tokio::time::advance(LONG).await;
    peers.forget_strangers(&mut consequences);
    consequences.into_iter().for_each(Consequences::perform);
    assert!(peers.get(&stranger(1)).is_none());
    assert!(peers.get(&stranger(0)).is_some(), "the directory names it");
    assert!(peers.get(&one_more).is_some(), "the directory names it");
    assert!(peers.get(&other).is_some(), "its link is there");
}

#[tokio::test(start_paused = true)]
async fn of_what_is_to_be_said_of_one_delivery_the_first_is_said_and_the_rest_counted() {
    let (_peers, peer) = peer(&Arc::default());
    let said = Arc::new(AtomicUsize::new(0));
    let mut afterwards = Afterwards::default();
    for _ in 0..1_000 {
        let said = said.clone();
        afterwards.tell(move || {
            said.fetch_add(1, Ordering::Relaxed);
        });
    }
    assert_eq!(said.load(Ordering::Relaxed), 0);
    afterwards.perform(&peer);
    assert_eq!(said.load(Ordering::Relaxed), 64);
}

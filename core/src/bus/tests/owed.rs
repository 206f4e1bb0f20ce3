//! Promise 20: outcomes owed to a peer that takes none are bounded, whatever had been queued
//! before; and promise 17: what that holds up holds up nobody else.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::log_hook::whenever_logged;
use super::missed::only_missed;
use super::rig::*;
use crate::BindingKey;
use crate::bus::{Builder, Bus, SendError};
use crate::directory::Subscriptions;
use crate::dispatch::Missed;
use crate::id::{Incarnation, PeerId};
use crate::peers::{Afterwards, Deliver};
use crate::prelude::*;
use crate::session::{LaneId, LaneReader, Parcel, Run, kind};
use crate::testing::MemoryNetwork;

/// A few bytes that ask for many.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test", reply = Page)]
pub(super) struct Fetch {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(super) struct Page {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) bytes: Vec<u8>,
}

/// Something happens, in the lane of the commands.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Test")]
pub(super) struct Behind {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

/// Something happens, in a lane in which no commands are.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Test", lane = "beside")]
struct Beside {}

/// Bytes of a page.
pub(super) const PAGE: usize = 64 << 10;
/// What a lane may hold.
pub(super) const LANE: usize = 8 << 20;
/// The first commands, which wait for the gate, as many as the widest queue runs at once.
pub(super) const GATED: u64 = 4;
/// How many `A.0` sends.
pub(super) const COMMANDS: u64 = 1_000;
/// From here on they are `C.0`'s, and those whose replies are small.
pub(super) const OTHERS: u64 = 1_000_000;

pub(super) const BEHIND: u64 = 2 * OTHERS;
const BESIDE: u64 = 3 * OTHERS;
const MISSED: u64 = 4 * OTHERS;

#[derive(Clone)]
pub(super) struct Fetching {
    pub(super) gate: Arc<Semaphore>,
    /// The numbers of those that were handled.
    pub(super) handled: Arc<Mutex<Vec<u64>>>,
    /// Whether handlers wait before they return.
    waits: Arc<AtomicBool>,
}

impl Fetching {
    pub(super) fn new(waits: bool) -> Self {
        Self {
            gate: Arc::new(Semaphore::new(0)),
            handled: Arc::default(),
            waits: Arc::new(AtomicBool::new(waits)),
        }
    }

    /// Builds `B.0`.
    pub(super) fn serve(&self, concurrency: usize) -> Builder {
        let b = Bus::builder("B.0").state(self.clone());
        let b = b.handle(fetch.concurrency(concurrency));
        b.handle(behind).handle(beside).handle(missed)
    }
}

async fn fetch(command: Fetch, State(fetching): State<Fetching>) -> Page {
    if command.number < GATED {
        fetching.gate.acquire().await.unwrap().forget();
    }
    fetching.handled.lock().unwrap().push(command.number);
    if fetching.waits.load(Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }
    let bytes = match command.number {
        ..OTHERS => vec![7; PAGE],
        _ => Vec::new(),
    };
    Page { bytes }
}

async fn behind(event: Behind, State(fetching): State<Fetching>) {
    let mut handled = fetching.handled.lock().unwrap();
    handled.push(BEHIND + event.number);
}

async fn beside(_: Beside, State(fetching): State<Fetching>) {
    fetching.handled.lock().unwrap().push(BESIDE);
}

async fn missed(_: Missed, State(fetching): State<Fetching>) {
    fetching.handled.lock().unwrap().push(MISSED);
}

/// What became of the commands of a peer, with their numbers.
pub(super) type Sent = JoinSet<(u64, Result<Page, SendError>)>;

/// Sends as many commands as there are numbers.
pub(super) fn fetch_all(bus: &Bus, numbers: Range<u64>, deadline: Duration) -> Sent {
    let mut sent = JoinSet::new();
    for number in numbers {
        let sending = bus.send(Fetch { number }).timeout(deadline);
        sent.spawn(async move { (number, sending.await) });
    }
    sent
}

/// `A.0`, whose commands all lie in the queue of `B.0`, and which hears nothing of `B.0` any more.
pub(super) struct Frozen {
    pub(super) net: MemoryNetwork,
    pub(super) b: Bus,
    pub(super) c: Bus,
    pub(super) fetching: Fetching,
    pub(super) sent: Sent,
    pub(super) a: Bus,
}

impl Frozen {
    pub(super) async fn new(concurrency: usize, waits: bool, deadline: Duration) -> Self {
        let net = MemoryNetwork::seeded(1);
        let fetching = Fetching::new(waits);
        let b = fetching.serve(concurrency);
        let (a, c) = (Bus::builder("A.0"), Bus::builder("C.0"));
        let buses = start(&net, [("A.0", a), ("B.0", b), ("C.0", c)]).await;
        let [a, b, c] = buses.try_into().unwrap();
        let sent = fetch_all(&a, 0..COMMANDS, deadline);
        until(|| b.received().handled == COMMANDS).await;
        net.black_hole("B.0", "A.0");
        Self {
            net,
            b,
            c,
            fetching,
            sent,
            a,
        }
    }

    /// Lets the handlers of `B.0` run until they can go no further.
    pub(super) async fn open(&self) {
        self.fetching.gate.add_permits(GATED as usize);
        // It came after all those of `A.0`, in the same queue.
        let number = OTHERS;
        let other = timeout(Duration::from_secs(1), self.c.send(Fetch { number }));
        assert_eq!(other.await.expect("C.0 waits for A.0"), Ok(Page::default()));
        let handled = self.handled().len();
        assert!(handled <= LANE / PAGE + GATED as usize, "{handled} handled");
    }

    /// Bytes of outcomes that `B.0` keeps for `A.0`.
    fn owed(&self) -> usize {
        let a = self.b.inner().peers.get(&PeerId::new("A.0").unwrap());
        a.unwrap().lanes().out(LaneId::OUTCOMES).held()
    }

    /// The messages in the queue of `B.0`.
    pub(super) fn queued(&self) -> usize {
        self.b.inner().dispatcher.held().1
    }

    pub(super) fn handled(&self) -> Vec<u64> {
        let handled = self.fetching.handled.lock().unwrap();
        handled.iter().copied().filter(|n| *n < OTHERS).collect()
    }
}

pub(super) async fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(120), "it never is");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub(super) const LONG: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn replies_to_commands_that_were_queued_before_anything_was_owed_are_bounded() {
    for (concurrency, waits) in [(1, false), (1, true), (GATED as usize, true)] {
        let mut frozen = Frozen::new(concurrency, waits, LONG).await;
        frozen.open().await;
        let (owed, handled) = (frozen.owed(), frozen.handled().len());
        assert!(owed < LANE + (concurrency + 1) * PAGE, "{owed} bytes");
        assert_eq!(frozen.queued(), COMMANDS as usize - handled);

        frozen.net.heal("A.0", "B.0");
        while let Some(sent) = frozen.sent.join_next().await {
            let (number, replied) = sent.unwrap();
            assert_eq!(replied.unwrap().bytes.len(), PAGE, "{number}");
            let owed = frozen.owed();
            assert!(owed < 2 * LANE, "{owed} bytes");
        }
        assert_eq!(frozen.queued(), 0);
        let order = frozen.handled();
        assert_eq!(order.len(), COMMANDS as usize);
        assert!(concurrency > 1 || order.is_sorted(), "{order:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn events_stay_behind_the_commands_of_their_lane_and_pass_those_of_others() {
    const EVENTS: usize = 100;
    let mut frozen = Frozen::new(1, false, LONG).await;
    frozen.open().await;
    let aside = frozen.queued();
    let handled = |frozen: &Frozen, what| {
        let handled = frozen.fetching.handled.lock().unwrap();
        handled.iter().filter(|handled| **handled == what).count()
    };
    for _ in 0..EVENTS {
        frozen.a.publish(Behind::default()).await.unwrap();
        frozen.a.publish(Beside {}).await.unwrap();
    }
    until(|| handled(&frozen, BESIDE) == EVENTS).await;
    assert_eq!(handled(&frozen, BEHIND), 0);
    assert_eq!(frozen.queued(), aside, "they use up room");

    frozen.net.heal("A.0", "B.0");
    until(|| handled(&frozen, BEHIND) == EVENTS).await;
    assert_eq!(frozen.handled().len(), COMMANDS as usize);
    while let Some(sent) = frozen.sent.join_next().await {
        sent.unwrap().1.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_stays_behind_the_commands_of_its_lane_and_out_of_the_queue_meanwhile() {
    let frozen = Frozen::new(1, false, LONG).await;
    let peers = &frozen.b.inner().peers;
    let a = peers.get(&PeerId::new("A.0").unwrap()).unwrap();
    let deliver = || {
        let mut afterwards = Afterwards::default();
        let (dispatcher, news) = (&frozen.b.inner().dispatcher, only_missed(7));
        let taken = dispatcher.deliver(&a, LaneId::DEFAULT, &news, &mut afterwards);
        afterwards.perform(&a);
        taken
    };
    assert_eq!(deliver(), 1);
    frozen.open().await;
    assert_eq!(deliver(), 0, "whoever takes no outcomes may fill the queue");
    // It came after that, in the same queue.
    frozen.c.send(Fetch { number: OTHERS }).await.unwrap();
    let all = || frozen.fetching.handled.lock().unwrap().clone();
    assert!(!all().contains(&MISSED));

    frozen.net.heal("A.0", "B.0");
    until(|| all().contains(&MISSED)).await;
    assert_eq!(frozen.handled().len(), COMMANDS as usize);
    until(|| frozen.queued() == 0).await;
    assert_eq!(deliver(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_ends_with_its_deadline() {
    let mut frozen = Frozen::new(1, false, Duration::from_secs(1)).await;
    frozen.open().await;
    let handled = frozen.handled().len();
    until(|| frozen.queued() == 0).await;
    assert_eq!(frozen.handled().len(), handled, "late ones were handled");
    while let Some(sent) = frozen.sent.join_next().await {
        let timed_out = SendError::TimedOut { sent: true };
        assert_eq!(sent.unwrap().1, Err(timed_out));
    }
}

/// The same event as another version of the program has it.
mod other_version {
    use super::*;

    #[derive(serde::Serialize, serde::Deserialize, Event)]
    #[quibus(namespace = "Test", codec = crate::Bincode)]
    pub(super) struct Behind {}
}

#[tokio::test(start_paused = true)]
async fn a_log_that_panics_where_a_deadline_makes_room_stops_no_clock() {
    let frozen = Frozen::new(1, false, Duration::from_secs(1)).await;
    frozen.open().await;
    let panicked = Arc::new(AtomicBool::new(false));
    let panics = panicked.clone();
    let _hook = whenever_logged("messages were refused", move || {
        panics.store(true, Ordering::Relaxed);
        panic!("as asked");
    });
    // They wait in their lane, behind what is set aside.
    frozen.a.publish(Behind { number: 0 }).await.unwrap();
    frozen.a.publish(other_version::Behind {}).await.unwrap();
    until(|| panicked.load(Ordering::Relaxed)).await;
    assert_eq!(frozen.queued(), 0);

    let mut wants = Subscriptions::default();
    wants.set("Test.Double", vec![BindingKey::any()]);
    tell(&frozen.b, 2, &[descriptor("A.0", Incarnation(1), wants)]);
    let unheard = frozen.b.send(number(1)).timeout(Duration::from_secs(1));
    let ended = timeout(LONG, unheard).await;
    let timed_out = Err(SendError::TimedOut { sent: true });
    assert_eq!(ended.expect("the clock stands still"), timed_out);
}

#[tokio::test(start_paused = true)]
async fn a_lane_goes_on_while_the_last_of_it_that_was_set_aside_is_handled() {
    let frozen = Frozen::new(2, true, Duration::from_secs(1)).await;
    // It waits at the gate when its turn has come, as the first ones do before.
    let last = frozen.a.send(Fetch { number: 0 }).timeout(LONG);
    let mut last = last.try_now().unwrap();
    until(|| frozen.b.received().handled == COMMANDS + 1).await;
    frozen.open().await;
    until(|| frozen.queued() == 1).await;
    frozen.a.publish(Behind::default()).await.unwrap();
    let all = || frozen.fetching.handled.lock().unwrap().clone();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!all().contains(&BEHIND));

    frozen.net.heal("A.0", "B.0");
    until(|| all().contains(&BEHIND)).await;
    frozen.fetching.gate.add_permits(1);
    assert!((&mut last).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_goes_on_when_the_run_that_sent_it_has_ended() {
    let frozen = Frozen::new(1, false, LONG).await;
    frozen.open().await;
    let peers = [
        descriptor("A.0", Incarnation(2), Subscriptions::default()),
        descriptor("B.0", Incarnation(1), frozen.b.inner().book().all()),
        descriptor("C.0", Incarnation(1), Subscriptions::default()),
    ];
    tell(&frozen.b, 2, &peers);
    until(|| frozen.queued() == 0).await;
    assert_eq!(frozen.handled().len(), COMMANDS as usize);
    assert!(frozen.owed() < PAGE, "outcomes that nobody awaits");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_outcomes_to_be_fetched_goes_on_when_its_sender_is_forgotten() {
    let frozen = Frozen::new(1, false, LONG).await;
    frozen.open().await;
    // It stays in its lane: the others were in the queue when too much was owed.
    let _last = frozen.a.send(Fetch { number: COMMANDS }).try_now().unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    frozen.net.kill("A.0");
    let [b, c] = ["B.0", "C.0"].map(|name| {
        let wants = match name {
            "B.0" => frozen.b.inner().book().all(),
            _ => Subscriptions::default(),
        };
        descriptor(name, Incarnation(1), wants)
    });
    tell(&frozen.b, 2, &[b, c]);
    let a = PeerId::new("A.0").unwrap();
    until(|| {
        frozen.b.authority().sweep();
        frozen.b.inner().peers.get(&a).is_none()
    })
    .await;
    until(|| frozen.queued() == 0).await;
    assert_eq!(frozen.handled().len(), COMMANDS as usize + 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_leaves_the_queue_its_room() {
    let frozen = Frozen::new(1, false, LONG).await;
    frozen.open().await;
    let aside = frozen.queued();
    assert!(aside > 800, "{aside}");
    let mut sends = Vec::new();
    while let Ok(sending) = frozen.b.try_send(Fetch { number: OTHERS }) {
        sends.push(sending);
    }
    assert_eq!(sends.len(), 10_000);
    for sending in sends {
        sending.await.unwrap();
    }
    assert_eq!(frozen.queued(), aside);
}

/// A read of a lane's stream: so many commands of a type that nobody handles here.
fn unhandled(count: usize) -> Parcel {
    let mut bytes = vec![11, kind::OPEN, LaneId::DEFAULT.index() as u8];
    bytes.extend(*b"\x07default\0");
    bytes.extend([15, kind::ANNOUNCE, 0, 1, 11]);
    bytes.extend(*b"Test.Nobody");
    bytes.extend([4, kind::COMMAND, 0, 0, 7].repeat(count));
    let read = LaneReader::new().read(vec![bytes.into()], Instant::now());
    read.unwrap().parcel
}

#[tokio::test(start_paused = true)]
async fn of_commands_that_are_refused_at_once_no_more_are_answered_than_may_be_owed() {
    const COMMANDS: usize = 90_000;
    let net = MemoryNetwork::seeded(1);
    let buses = start(&net, [("B.0", Bus::builder("B.0"))]).await;
    let inner = buses[0].inner();
    let peer = inner.peers.get_or_create(&PeerId::new("A.0").unwrap());
    let peer = peer.unwrap();
    let mut run = Run::alone(unhandled(COMMANDS), 0);
    let deliver = |run: &Run| {
        let mut afterwards = Afterwards::default();
        let deliver = &inner.dispatcher;
        let taken = deliver.deliver(&peer, LaneId::DEFAULT, run, &mut afterwards);
        afterwards.perform(&peer);
        taken
    };
    let taken = deliver(&run);
    let most = LANE / 128;
    assert!((most..=most + 1_024).contains(&taken), "{taken} of {most}");
    assert_eq!(inner.dispatcher.received().unhandled, taken as u64);
    run.items.start += taken;
    run.sequence += taken as u64;
    assert_eq!(deliver(&run), 0);
}

//! Promise 20: what is counted, what is budgeted, and that the table is the sum of its items.

use std::sync::Mutex;
use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, SharedString, Unit,
};
use tokio::time::Instant;

use super::rig::*;
use crate::bus::metrics::{ITEM_BOUND, MEASUREMENTS, record_once};
use crate::bus::{Bus, MemoryBudget, MemoryItem, MemoryTable, Sending, StartError};
use crate::directory::Subscriptions;
use crate::dispatch::MOST_LOOSE;
use crate::id::{Incarnation, PeerId};
use crate::message::Message;
use crate::peers::{Afterwards, Deliver, Standing};
use crate::session::lane_bounds::{READ, memory_of};
use crate::session::{LANE_SHARE, LaneId, LaneReader, Run, kind};
use crate::testing::MemoryNetwork;
use crate::wire::put_varint;

async fn happened(_: Happened) {}

/// `A.0`, which publishes, and `B.0`, which listens.
async fn pair() -> (MemoryNetwork, Bus, Bus) {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(happened);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let [a, b] = buses.try_into().unwrap();
    (net, a, b)
}

fn event(bytes: usize) -> Happened {
    Happened {
        place: "x".repeat(bytes),
        number: 1,
    }
}

#[test]
fn every_measurement_is_documented_and_nothing_else_is() {
    let page = include_str!("../../../METRICS.md");
    let rows: Vec<_> = page
        .lines()
        .filter(|row| row.starts_with("| `quibus_"))
        .collect();
    let names: Vec<_> = rows
        .iter()
        .filter_map(|row| row.split('`').nth(1))
        .collect();
    let known = MEASUREMENTS.iter().map(|known| known.name);
    assert!(names.into_iter().eq(known.chain([ITEM_BOUND])));
    for known in MEASUREMENTS {
        assert_eq!(
            known.grows,
            known.name.ends_with("_total"),
            "{}",
            known.name
        );
    }
}

/// Keeps the labels of what it is told.
#[derive(Default)]
struct Labels(Mutex<Vec<(String, Vec<Label>)>>);

impl Recorder for Labels {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let labels = key.labels().cloned().collect();
        let mut told = self.0.lock().unwrap();
        told.push((key.name().to_owned(), labels));
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test(start_paused = true)]
async fn each_line_of_the_memory_table_is_a_gauge() {
    let (_net, a, _b) = pair().await;
    let labels = Labels::default();
    metrics::with_local_recorder(&labels, || record_once(a.inner()));
    let told = labels.0.lock().unwrap();
    let of_item = told.iter().filter(|(name, _)| name == ITEM_BOUND);
    let lines = a.memory().items;
    let expected = lines
        .iter()
        .map(|line| vec![Label::new("peer", "A.0"), Label::new("item", line.what)]);
    assert!(of_item.map(|(_, labels)| labels.clone()).eq(expected));
}

#[tokio::test(start_paused = true)]
async fn when_the_budget_is_used_up_lanes_go_on_with_what_each_has_beforehand() {
    let net = MemoryNetwork::seeded(1);
    let names = ["B.0", "C.0", "D.0", "E.0"];
    names.iter().for_each(|name| net.refuse_dials_to(name));
    let budget = MemoryBudget::new(16 << 20);
    let a = Bus::builder("A.0").memory_budget(budget.clone());
    let others = names.map(|name| (name, Bus::builder(name).handle(double)));
    let buses = start(&net, std::iter::once(("A.0", a)).chain(others)).await;
    let a = &buses[0];
    let mut sends = Vec::new();
    let mut accepted = Vec::new();
    for other in &buses[1..] {
        let before = sends.len();
        let command = || Double {
            number: 1,
            text: "x".repeat(1_000),
        };
        while let Ok(sending) = a.send(command()).to(other.peer()).try_now() {
            sends.push(sending);
        }
        accepted.push(sends.len() - before);
    }
    // 14 of 16 MiB for application lanes: one whole lane, most of a second, 256 KiB for the rest.
    assert!(accepted[0] > 8_000 && accepted[1] > 5_000, "{accepted:?}");
    assert!(accepted[3] > 240 && accepted[3] < 300, "{accepted:?}");
    assert!(budget.taken() <= 14 << 20 && budget.refusals() > 0);
    names.iter().for_each(|name| net.accept_dials_to(name));
    for sending in sends {
        sending.await.unwrap();
    }
    while a.peers().iter().any(|known| known.exchange.waiting > 0) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // What is left is credit for the outcomes, which came fast.
    let left = budget.taken();
    assert!(left <= 4 << 20, "{left} of {accepted:?}");
}

#[tokio::test(start_paused = true)]
async fn the_table_is_the_sum_of_its_items_and_what_is_recorded_is_what_happened() {
    let (_net, a, b) = pair().await;
    for _ in 0..100 {
        a.publish(event(1_000)).await.unwrap();
    }
    while b.received().handled < 100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let table = a.memory();
    let sum: u64 = table.items.iter().map(|item| item.count * item.each).sum();
    assert_eq!(table.bytes(), sum);
    let text = table.to_string();
    assert_eq!(text.lines().count(), table.items.len() + 1, "{text}");
    record_once(b.inner());
    let tally = a.inner().peers.tally();
    assert_eq!(
        (tally.lanes.accepted, tally.links, tally.peers),
        (100, 1, 1)
    );
    assert_eq!((tally.lanes.voided, tally.lanes.resent), (0, 0));
}

/// What each peer, link and queue adds to the worst case is told where operators read it.
#[tokio::test(start_paused = true)]
async fn the_guide_names_the_sums_of_the_table() {
    let (_net, a, b) = pair().await;
    a.publish(event(1)).await.unwrap();
    while b.received().handled < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let table = b.memory();
    let sum = |beginnings: &[&str]| {
        let begins = |item: &&MemoryItem| beginnings.iter().any(|word| item.what.starts_with(word));
        let items = table.items.iter().filter(begins);
        let bytes: u64 = items.map(|item| item.bytes()).sum();
        bytes.div_ceil(1 << 20)
    };
    let tally = b.inner().peers.tally();
    assert_eq!((tally.peers, tally.links), (1, 1));
    let budget = sum(&[MemoryTable::BUDGET]);
    let (peer, link, queue) = (
        sum(&["lanes:", "peers:"]),
        sum(&["links:"]),
        sum(&["queues"]),
    );
    let said = format!(
        "the budget with its bookkeeping {budget} MiB, each known peer {peer} MiB, each link {link} MiB \
         beside the windows of its transport, each queue {queue} MiB"
    );
    let page = include_str!("../../../../docs/operations.md");
    assert!(
        page.contains(&said),
        "docs/operations.md does not say: {said}"
    );
}

/// A window grows with what is sent, and its part of the budget would be held for as long as the
/// two are there.
#[tokio::test(start_paused = true)]
async fn a_lane_that_was_busy_gives_its_part_of_the_budget_back_when_its_link_is_closed_as_idle() {
    let net = MemoryNetwork::seeded(1);
    let budget = MemoryBudget::default();
    let b = Bus::builder("B.0")
        .memory_budget(budget.clone())
        .handle(happened);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let (a, b) = (&buses[0], &buses[1]);
    let publish = async |events: u64| {
        let until = b.received().handled + events;
        for _ in 0..events {
            a.publish(event(1_000)).await.unwrap();
        }
        while b.received().handled < until {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    publish(20_000).await;
    assert!(budget.taken() > 7 << 20, "{budget:?}");
    // The same credit is told on the next link, and is its sender's from then on.
    for _ in 0..2 {
        while b.inner().peers.tally().links > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(budget.taken(), 0);
        publish(1).await;
        let peer = a.inner().peers.get(b.peer()).unwrap();
        let credit = peer.lanes().out(LaneId::DEFAULT).credit();
        assert_eq!((credit, budget.taken()), (LANE_SHARE, 0));
    }
    publish(20_000).await;
    assert!(budget.taken() > 7 << 20, "{budget:?}");
}

/// A lane's stream, by hand: its lane and two types, of which one is handled here.
pub(super) fn opening() -> Vec<u8> {
    let mut bytes = vec![17, kind::OPEN, LaneId::DEFAULT.index() as u8];
    bytes.extend(*b"\x07default\0");
    bytes[0] = bytes.len() as u8 - 1;
    for (number, name) in [(0, Happened::NAME), (1, "Test.Unknown")] {
        bytes.extend([
            name.len() as u8 + 4,
            kind::ANNOUNCE,
            number,
            1,
            name.len() as u8,
        ]);
        bytes.extend(name.as_bytes());
    }
    bytes
}

/// An event of 100 bytes.
fn of_type(number: u8) -> Vec<u8> {
    [&[102, kind::EVENT, number], &[7; 100][..]].concat()
}

/// Reads that each bring one message which waits, alone in a batch of other lanes' bytes, or among
/// hundreds that nobody handles here.
#[tokio::test(start_paused = true)]
async fn what_waits_in_a_queue_keeps_no_more_than_the_table_counts_for_it() {
    const COUNT: usize = 3_000;
    let alone = of_type(0);
    let among = [
        vec![of_type(1); 200].concat(),
        of_type(0),
        vec![of_type(1); 300].concat(),
    ];
    for read in [alone, among.concat()] {
        let b = Bus::builder("B.0").handle(async |_: Happened| std::future::pending::<()>().await);
        let net = MemoryNetwork::seeded(1);
        let buses = start(&net, [("B.0", b)]).await;
        let inner = buses[0].inner();
        let peer = inner
            .peers
            .get_or_create(&PeerId::new("A.0").unwrap())
            .unwrap();
        let mut reader = LaneReader::new();
        let now = Instant::now();
        reader.read(vec![opening().into()], now).unwrap();
        let counted = allocation_counter::measure(|| {
            for _ in 0..COUNT {
                let mut batch = read.clone();
                batch.resize(64 << 10, 0);
                let chunk = bytes::Bytes::from(batch).slice(..read.len());
                let parcel = reader.read(vec![chunk], now).unwrap().parcel;
                let run = Run::alone(parcel, 0);
                let lane = LaneId::DEFAULT;
                let mut afterwards = Afterwards::default();
                let taken = inner.dispatcher.deliver(&peer, lane, &run, &mut afterwards);
                afterwards.perform(&peer);
                assert_eq!(taken, run.items().len());
            }
        });
        assert_eq!(inner.dispatcher.held(), (1, COUNT, COUNT as u64 * 128));
        let works = 2 * COUNT * crate::dispatch::WORK_BYTES;
        let most = memory_of(COUNT as u64 * 128) + MOST_LOOSE + READ + works as u64;
        let now = counted.bytes_current as u64;
        assert!(now < most, "{now} of {most} bytes");
    }
}

/// What a stream brings that announces many types, and a command of 100 bytes of the last.
fn stream_of_one(name: &str) -> Vec<u8> {
    const TYPES: u64 = 1_000;
    let mut bytes = vec![11, kind::OPEN, LaneId::DEFAULT.index() as u8];
    bytes.extend(*b"\x07default\0");
    let mut frame = |frame: &[u8]| {
        put_varint(&mut bytes, frame.len() as u64);
        bytes.extend(frame);
    };
    for number in 0..TYPES {
        let name = match number {
            0 => name.to_owned(),
            _ => format!("Test.{number:x<200}"),
        };
        let mut announced = vec![kind::ANNOUNCE];
        put_varint(&mut announced, number);
        announced.push(1);
        put_varint(&mut announced, name.len() as u64);
        announced.extend(name.as_bytes());
        frame(&announced);
    }
    frame(&[&[kind::EVENT, 0], &[7; 100][..]].concat());
    bytes
}

#[tokio::test(start_paused = true)]
async fn what_ended_streams_have_left_in_a_queue_keeps_only_the_types_that_it_names() {
    const STREAMS: u64 = 100;
    let b = Bus::builder("B.0").handle(async |_: Happened| std::future::pending::<()>().await);
    let net = MemoryNetwork::seeded(1);
    let buses = start(&net, [("B.0", b)]).await;
    let inner = buses[0].inner();
    let peer = inner.peers.get_or_create(&PeerId::new("A.0").unwrap());
    let peer = peer.unwrap();
    let stream: bytes::Bytes = stream_of_one(Happened::NAME).into();
    let now = Instant::now();
    let counted = allocation_counter::measure(|| {
        for _ in 0..STREAMS {
            let read = LaneReader::new().read(vec![stream.clone()], now);
            let run = Run::alone(read.unwrap().parcel, 0);
            let mut afterwards = Afterwards::default();
            let lane = LaneId::DEFAULT;
            let taken = inner.dispatcher.deliver(&peer, lane, &run, &mut afterwards);
            afterwards.perform(&peer);
            assert_eq!(taken, 1);
        }
    });
    assert_eq!(inner.dispatcher.held().1, STREAMS as usize);
    let works = 2 * STREAMS as usize * crate::dispatch::WORK_BYTES;
    let most = memory_of(STREAMS * 128) + MOST_LOOSE + works as u64;
    let now = counted.bytes_current as u64;
    assert!(now < most, "{now} of {most} bytes");
}

/// Most peers that a process knows it never talks to: of their lanes there is next to nothing.
#[tokio::test(start_paused = true)]
async fn a_peer_that_is_only_known_takes_a_few_kilobytes_and_none_of_its_lanes_is_made() {
    const PEERS: u64 = 200;
    let net = MemoryNetwork::seeded(1);
    let [a] = start(&net, [("A.0", Bus::builder("A.0"))])
        .await
        .try_into()
        .unwrap();
    let names: Vec<_> = (0..PEERS).map(|n| format!("Known.{n}")).collect();
    let peers: Vec<_> = names
        .iter()
        .map(|name| descriptor(name, Incarnation(1), Subscriptions::default()))
        .collect();
    let told = allocation_counter::measure(|| tell(&a, 2, &peers));
    let each = told.bytes_current / PEERS as i64;
    assert!(each < 5_000, "{each} bytes for each");
    let again = allocation_counter::measure(|| {
        a.inner().peers.tally();
        a.peers();
        for peer in a.inner().peers.all() {
            assert!(peer.set_standing(Standing::Silent).is_none());
            peer.expire(tokio::time::Instant::now());
            assert_eq!((peer.in_flight(), peer.lanes().is_waiting()), (0, false));
        }
    });
    let more = again.bytes_current;
    assert!(more < 10_000, "{more} bytes more by looking at them");
}

#[tokio::test]
async fn a_budget_that_no_lane_could_work_with_is_refused_at_the_start() {
    let net = MemoryNetwork::seeded(1);
    let started = Bus::builder("A.0")
        .shared_transport(net.transport_for("A.0"))
        .directory("memory:nobody")
        .memory_budget(1_000)
        .start();
    let Err(StartError::Settings { faults }) = started.await else {
        panic!("it started");
    };
    assert!(
        faults[0].contains("1000 bytes") && faults[0].contains("16777216"),
        "{faults:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn bodies_hear_of_messages_that_come_and_of_such_that_are_acknowledged() {
    let (_net, a, b) = pair().await;
    let hears = |bus: &Bus| bus.inner().peers.shared().hears_messages(Instant::now());
    a.publish(event(1)).await.unwrap();
    while a.peers().iter().any(|known| known.exchange.waiting > 0) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(hears(&a) && hears(&b));
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!hears(&a) && !hears(&b));
}

/// It is moved to where it is awaited, and what every command carries along every command pays for.
#[test]
fn a_command_that_is_being_sent_carries_little_beside_itself() {
    let beside = size_of::<Sending<Double>>() - size_of::<Double>();
    assert!(beside <= 96, "{beside} bytes");
}

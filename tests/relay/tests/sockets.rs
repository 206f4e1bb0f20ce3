//! The relay between real sockets: a client, an echo behind the relay, and every fault in turn.
//! Each wait is for a datagram or a counter.

use std::net::SocketAddr;
use std::time::Duration;

use quibus_relay::{Chance, Counts, Direction, Relay, Room, Setup, Weather};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);
const SEED: u64 = 42;

struct Scene {
    relay: Relay,
    target: UdpSocket,
    client: UdpSocket,
}

impl Scene {
    async fn new(set_up: impl FnOnce(Setup) -> Setup) -> Self {
        let target = socket().await;
        let setup = Relay::to(target.local_addr().unwrap()).seed(SEED);
        let relay = set_up(setup).start().unwrap();
        let client = socket().await;
        client.connect(relay.address()).await.unwrap();
        Self {
            relay,
            target,
            client,
        }
    }

    /// The client sends; the number is the datagram.
    async fn send(&self, number: u32) {
        self.client.send(&number.to_be_bytes()).await.unwrap();
    }

    /// What the target receives next, and from where.
    async fn at_target(&self) -> (u32, SocketAddr) {
        receive(&self.target).await
    }

    async fn answer(&self, number: u32, to: SocketAddr) {
        self.target
            .send_to(&number.to_be_bytes(), to)
            .await
            .unwrap();
    }

    async fn at_client(&self) -> u32 {
        receive(&self.client).await.0
    }

    async fn until(&self, enough: impl Fn(&Counts, &Counts) -> bool) {
        let enough = self
            .relay
            .until(|counters| enough(&counters.to_target, &counters.from_target));
        let reached = timeout(PATIENCE, enough).await;
        assert!(reached.is_ok(), "{:?}", self.relay.counters());
    }
}

async fn socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.unwrap()
}

async fn receive(socket: &UdpSocket) -> (u32, SocketAddr) {
    let mut datagram = [0; 64];
    let received = timeout(PATIENCE, socket.recv_from(&mut datagram)).await;
    let (len, from) = received.expect("nothing came").unwrap();
    let number = datagram[..len].try_into().expect("four bytes");
    (u32::from_be_bytes(number), from)
}

#[tokio::test]
async fn a_clear_sky_passes_everything_both_ways_and_in_order() {
    let scene = Scene::new(|setup| setup).await;
    for number in 0..100 {
        scene.send(number).await;
    }
    for number in 0..100 {
        let (received, from) = scene.at_target().await;
        assert_eq!(received, number);
        scene.answer(number + 1_000, from).await;
    }
    for number in 0..100 {
        assert_eq!(scene.at_client().await, number + 1_000);
    }
    scene
        .until(|to, from| to.forwarded + from.forwarded == 200)
        .await;
    let counters = scene.relay.counters();
    for direction in Direction::BOTH {
        let counts = counters.of(direction);
        assert_eq!((counts.received, counts.forwarded_bytes), (100, 400));
        assert_eq!(
            (counts.delayed, counts.reordered, counts.in_flight),
            (0, 0, 0)
        );
    }
}

#[tokio::test]
async fn loss_of_one_direction_leaves_the_other_alone() {
    let lossy = Weather {
        loss: Chance::ALWAYS,
        ..Weather::CLEAR
    };
    let scene = Scene::new(|setup| setup.weather_of(Direction::FromTarget, lossy)).await;
    for number in 0..10 {
        scene.send(number).await;
        let (received, from) = scene.at_target().await;
        assert_eq!(received, number);
        scene.answer(number, from).await;
    }
    scene
        .until(|to, from| from.lost == 10 && to.forwarded == 10)
        .await;
    scene.relay.set_weather(Weather::CLEAR);
    scene.send(10).await;
    let (_, from) = scene.at_target().await;
    scene.answer(77, from).await;
    assert_eq!(scene.at_client().await, 77, "what was lost stays lost");
}

#[tokio::test]
async fn a_duplicate_is_the_same_datagram_twice() {
    let doubling = Weather {
        duplicate: Chance::ALWAYS,
        ..Weather::CLEAR
    };
    let scene = Scene::new(|setup| setup.weather(doubling)).await;
    for number in 0..5 {
        scene.send(number).await;
        let twice = (scene.at_target().await, scene.at_target().await);
        assert_eq!(twice.0, twice.1);
        assert_eq!(twice.0.0, number);
    }
    scene
        .until(|to, _| (to.duplicated, to.forwarded) == (5, 10))
        .await;
}

#[tokio::test]
async fn corruption_changes_one_byte_and_no_length() {
    let corrupting = Weather {
        corrupt: Chance::ALWAYS,
        ..Weather::CLEAR
    };
    let scene = Scene::new(|setup| setup.weather(corrupting)).await;
    for number in 0..50 {
        scene.send(number).await;
        let (received, _) = scene.at_target().await;
        let changed = received ^ number;
        let bytes = changed.to_be_bytes().into_iter().filter(|byte| *byte != 0);
        assert_eq!(bytes.count(), 1, "{number} became {received}");
    }
    scene.until(|to, _| to.corrupted == 50).await;
}

#[tokio::test]
async fn a_cut_direction_is_silent_until_it_is_healed() {
    let scene = Scene::new(|setup| setup).await;
    scene.send(0).await;
    let (_, from) = scene.at_target().await;
    scene.relay.cut(Direction::ToTarget);
    scene.send(1).await;
    scene.until(|to, _| to.cut == 1).await;
    scene.answer(2, from).await;
    assert_eq!(scene.at_client().await, 2, "the other direction is whole");

    scene.relay.cut_both();
    scene.send(3).await;
    scene.answer(4, from).await;
    scene.until(|to, from| (to.cut, from.cut) == (2, 1)).await;

    scene.relay.heal();
    scene.send(5).await;
    scene.answer(6, from).await;
    assert_eq!(scene.at_target().await, (5, from));
    assert_eq!(scene.at_client().await, 6);
}

#[tokio::test]
async fn after_a_change_of_address_the_target_sees_another_port_and_answers_there() {
    let scene = Scene::new(|setup| setup).await;
    scene.send(0).await;
    let (_, before) = scene.at_target().await;
    assert_eq!(scene.relay.change_addresses().await.unwrap(), 1);
    scene.send(1).await;
    let (number, after) = scene.at_target().await;
    assert_eq!((number, after.ip()), (1, before.ip()));
    assert_ne!(after.port(), before.port());
    // Nobody is at the old port any more.
    scene.answer(2, before).await;
    scene.answer(3, after).await;
    assert_eq!(scene.at_client().await, 3);
    assert_eq!(scene.relay.counters().addresses_changed, 1);
}

#[tokio::test]
async fn nothing_arrives_before_its_delay_and_what_is_held_back_is_overtaken() {
    let slow = Weather {
        delay: Duration::from_millis(30),
        reorder: Chance::of(0.5),
        reorder_by: Duration::from_millis(5),
        ..Weather::CLEAR
    };
    let scene = Scene::new(|setup| setup.weather_of(Direction::ToTarget, slow)).await;
    let sent = std::time::Instant::now();
    for number in 0..100 {
        scene.send(number).await;
    }
    let mut order = Vec::new();
    for _ in 0..100 {
        order.push(scene.at_target().await.0);
        assert!(sent.elapsed() >= slow.delay, "seed {SEED}");
    }
    assert!(!order.is_sorted(), "seed {SEED}");
    order.sort_unstable();
    assert!(order.into_iter().eq(0..100));
    scene.until(|to, _| to.forwarded == 100).await;
    let counts = scene.relay.counters().to_target;
    assert_eq!((counts.delayed, counts.in_flight), (100, 0));
    assert!((1..100).contains(&counts.reordered), "{counts:?}");
}

#[tokio::test]
async fn what_finds_no_room_in_flight_is_dropped_and_counted() {
    let slow = Weather {
        delay: Duration::from_millis(50),
        ..Weather::CLEAR
    };
    let room = Room {
        packets: 3,
        bytes: 1_000,
    };
    let scene = Scene::new(|setup| setup.weather(slow).room(room)).await;
    for number in 0..10 {
        scene.send(number).await;
    }
    for number in 0..3 {
        assert_eq!(scene.at_target().await.0, number);
    }
    scene
        .until(|to, _| (to.forwarded, to.overflowed) == (3, 7))
        .await;
}

#[tokio::test]
async fn clients_are_told_apart_and_the_longest_silent_makes_room() {
    let scene = Scene::new(|setup| setup.clients(2)).await;
    let others = [socket().await, socket().await];
    let mut ports = Vec::new();
    scene.send(0).await;
    ports.push(scene.at_target().await.1);
    for (number, other) in (1_u32..).zip(&others) {
        other.connect(scene.relay.address()).await.unwrap();
        other.send(&number.to_be_bytes()).await.unwrap();
        let (received, from) = scene.at_target().await;
        assert_eq!(received, number);
        assert!(!ports.contains(&from));
        ports.push(from);
    }
    let counters = scene.relay.counters();
    assert_eq!((counters.clients, counters.evicted), (2, 1));
    // The forgotten one is a new client when it speaks again.
    scene.send(9).await;
    let (number, from) = scene.at_target().await;
    assert_eq!(number, 9);
    scene.answer(10, from).await;
    assert_eq!(scene.at_client().await, 10);
}

#[tokio::test]
async fn what_is_on_its_way_to_a_forgotten_client_takes_no_room_any_more() {
    let endless = Weather {
        delay: Duration::from_secs(3_600),
        ..Weather::CLEAR
    };
    let set_up = |setup: Setup| setup.clients(1).weather_of(Direction::FromTarget, endless);
    let scene = Scene::new(set_up).await;
    scene.send(0).await;
    let (_, from) = scene.at_target().await;
    scene.answer(1, from).await;
    scene.until(|_, from| from.in_flight == 1).await;
    let other = socket().await;
    other.connect(scene.relay.address()).await.unwrap();
    other.send(&[0; 4]).await.unwrap();
    scene
        .until(|_, from| (from.in_flight, from.refused) == (0, 1))
        .await;
}

#[tokio::test]
async fn a_target_that_moved_is_found_again() {
    let mut scene = Scene::new(|setup| setup).await;
    scene.target = socket().await;
    scene.relay.set_target(scene.target.local_addr().unwrap());
    scene.send(1).await;
    let (number, from) = scene.at_target().await;
    assert_eq!(number, 1);
    scene.answer(2, from).await;
    assert_eq!(scene.at_client().await, 2);
}

#[tokio::test]
async fn an_address_in_use_is_an_error_that_names_it() {
    let holder = socket().await;
    let taken = holder.local_addr().unwrap();
    let refused = Relay::to(taken).listen(taken).start();
    let complaint = refused.unwrap_err().to_string();
    assert!(complaint.contains(&taken.to_string()), "{complaint}");
}

/// Empty ones, and ones that the kernel hands over joined and takes joined.
#[tokio::test]
async fn datagrams_of_every_size_keep_their_bounds() {
    let scene = Scene::new(|setup| setup).await;
    let sizes = [
        1_200, 1_200, 1_200, 7, 0, 0, 1_200, 1_300, 9_000, 1, 60_000, 60_000,
    ];
    for (fill, size) in (0_u8..).zip(sizes) {
        scene.client.send(&vec![fill; size]).await.unwrap();
    }
    let mut datagram = vec![0; 65_536];
    for (fill, size) in (0_u8..).zip(sizes) {
        let received = timeout(PATIENCE, scene.target.recv(&mut datagram)).await;
        let len = received.expect("nothing came").unwrap();
        assert_eq!(len, size);
        assert!(datagram[..len].iter().all(|byte| *byte == fill));
    }
}

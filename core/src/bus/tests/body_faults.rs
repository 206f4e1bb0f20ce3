//! Bodies while links break, processes die and a bus stops: whole, or an error on both sides.

use std::time::Duration;

use tokio::time::timeout;

use super::body_rig::*;
use super::rig::{descriptor, start, tell};
use crate::bus::SendError;
use crate::id::Incarnation;
use crate::message::BodyError;
use crate::testing::MemoryNetwork;

fn seeds() -> impl Iterator<Item = u64> {
    let one = std::env::var("QUIBUS_SEED")
        .ok()
        .and_then(|s| s.parse().ok());
    let (first, count) = one.map_or((0, 20), |seed| (seed, 1));
    first..first + count
}

#[tokio::test(start_paused = true)]
async fn a_link_cut_at_any_byte_leaves_a_body_whole_or_heard_of_as_broken_on_both_sides() {
    let (mut whole, mut broken) = (0, 0);
    for seed in seeds() {
        let net = MemoryNetwork::seeded(seed);
        net.delay(Duration::from_millis(1)..=Duration::from_millis(4));
        let (a, b, gate) = pair(&net).await;
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..6 {
            let count = random.u64(0..60);
            let after = Duration::from_micros(random.u64(0..60_000));
            let (sent, watch) = chunks(count, After::End);
            let up = tokio::spawn(a.send(Store { pause_after: 0 }).body(sent));
            let down = tokio::spawn(a.send(Fetch { chunks: count }).with_reply_body());
            tokio::time::sleep(after).await;
            net.cut("A.0", "B.0");
            match up.await.unwrap() {
                Ok(reply) => {
                    assert_eq!(reply, stored(count), "seed {seed}");
                    whole += 1;
                }
                Err(SendError::BodyBroken { .. }) => broken += 1,
                Err(other) => panic!("seed {seed}: {other:?}"),
            }
            watch.dropped().await;
            let (reply, body) = down.await.unwrap().unwrap();
            match read(body, 0, &gate).await {
                Ok(read) => {
                    assert_eq!(read, reply, "seed {seed}");
                    whole += 1;
                }
                Err(BodyError::Broken { .. } | BodyError::Cancelled) => broken += 1,
                Err(other) => panic!("seed {seed}: {other:?}"),
            }
            gate.last().dropped().await;
        }
        for bus in [&a, &b] {
            for peer in bus.inner().peers.all() {
                let over = timeout(Duration::from_secs(60), peer.bodies_over());
                over.await
                    .unwrap_or_else(|_| panic!("seed {seed}: a body is left over"));
            }
        }
    }
    println!("{whole} whole, {broken} broken");
    if seeds().count() > 1 {
        assert!(whole > 50 && broken > 20, "{whole} {broken}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_has_asked_for_yet_outlives_its_link() {
    let net = MemoryNetwork::seeded(1);
    let (a, _b, gate) = pair(&net).await;
    let fetched = a.send(Fetch { chunks: 30 }).with_reply_body().await;
    let (reply, body) = fetched.unwrap();
    assert_eq!(net.cut("A.0", "B.0"), 1);
    assert_eq!(read(body, 0, &gate).await, Ok(reply));
}

#[tokio::test(start_paused = true)]
async fn two_processes_that_dial_each_other_at_once_break_no_body() {
    for seed in seeds() {
        let net = MemoryNetwork::seeded(seed);
        net.delay(Duration::from_millis(1)..=Duration::from_millis(30));
        let gates = [Gate::closed(), Gate::closed()];
        let builders = [
            ("A.0", keeper("A.0", &gates[0])),
            ("B.0", keeper("B.0", &gates[1])),
        ];
        let [a, b] = start(&net, builders).await.try_into().unwrap();
        let there = a.send(Store { pause_after: 0 }).to(b.peer());
        let back = b.send(Store { pause_after: 0 }).to(a.peer());
        let (there, back) = tokio::join!(
            there.body(chunks(40, After::End).0),
            back.body(chunks(30, After::End).0)
        );
        assert_eq!(
            (there, back),
            (Ok(stored(40)), Ok(stored(30))),
            "seed {seed}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_restarts_ends_the_send_and_frees_the_source() {
    let net = MemoryNetwork::seeded(2);
    let (a, b, gate) = pair(&net).await;
    let (body, watch) = chunks(100, After::End);
    let send = tokio::spawn(a.send(Store { pause_after: 1 }).body(body));
    gate.paused(1).await;
    let wants = b.inner().book().all();
    net.kill("B.0");
    let peers = [
        descriptor("A.0", Incarnation(1), Default::default()),
        descriptor("B.0", Incarnation(2), wants),
    ];
    tell(&a, 2, &peers);
    let ended = send.await.unwrap();
    assert!(
        matches!(ended, Err(SendError::PeerLost { sent: true, .. })),
        "{ended:?}"
    );
    watch.dropped().await;
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_dies_is_heard_of_by_the_reader_of_its_body() {
    let net = MemoryNetwork::seeded(3);
    let (a, _b, gate) = pair(&net).await;
    let fetched = a.send(Fetch { chunks: 100 }).with_reply_body().await;
    let (_, mut begun) = fetched.unwrap();
    begun.chunk().await.unwrap().unwrap();
    let fetched = a.send(Fetch { chunks: 100 }).with_reply_body().await;
    let (_, unasked) = fetched.unwrap();
    net.kill("B.0");
    let broken = read(begun, 0, &gate).await;
    assert!(
        matches!(broken, Err(BodyError::Broken { .. })),
        "{broken:?}"
    );
    let waiting = tokio::spawn(async move { read(unasked, 0, &gate).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished());
    tell(
        &a,
        2,
        &[descriptor("A.0", Incarnation(1), Default::default())],
    );
    let gone = timeout(Duration::from_secs(1), waiting).await.unwrap();
    let broken = gone.unwrap();
    assert!(
        matches!(broken, Err(BodyError::Broken { .. })),
        "{broken:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_bodies_come_to_their_end() {
    let net = MemoryNetwork::seeded(4);
    let (a, b, gate) = pair(&net).await;
    let up = tokio::spawn(
        a.send(Store { pause_after: 1 })
            .body(chunks(60, After::End).0),
    );
    gate.paused(1).await;
    let fetched = a.send(Fetch { chunks: 60 }).with_reply_body().await;
    let (reply, mut down) = fetched.unwrap();
    down.chunk().await.unwrap().unwrap();
    let stop = tokio::spawn({
        let b = b.clone();
        async move { b.stop(Duration::from_secs(20)).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!stop.is_finished());
    gate.open(1);
    assert_eq!(up.await.unwrap(), Ok(stored(60)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!stop.is_finished(), "a body is being read");
    let rest = read(down, 0, &gate).await.unwrap();
    assert!(rest.len < reply.len && rest.len > 0);
    stop.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_waits_in_vain_for_a_reader_ends_in_time_and_names_it() {
    let net = MemoryNetwork::seeded(5);
    let (a, b, gate) = pair(&net).await;
    let fetched = a.send(Fetch { chunks: 60 }).with_reply_body().await;
    let (_, mut body) = fetched.unwrap();
    body.chunk().await.unwrap().unwrap();
    let left = b.stop(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(left.0.unread, [a.peer().clone()]);
    gate.last().dropped().await;
    let broken = read(body, 0, &gate).await;
    assert!(
        matches!(broken, Err(BodyError::Broken { .. })),
        "{broken:?}"
    );

    // The same on the reader's side.
    let (a, _b, _) = pair(&MemoryNetwork::seeded(6)).await;
    let fetched = a.send(Fetch { chunks: 60 }).with_reply_body().await;
    let (_, mut body) = fetched.unwrap();
    body.chunk().await.unwrap().unwrap();
    assert_eq!(
        a.stop(Duration::from_secs(2))
            .await
            .unwrap_err()
            .0
            .unread
            .len(),
        1
    );
    assert!(read(body, 0, &gate).await.is_err());
}

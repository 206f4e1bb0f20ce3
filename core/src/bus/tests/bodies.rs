//! Bodies of commands and of replies, while nothing breaks.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;

use super::body_rig::*;
use super::rig::{Double, double, start};
use crate::bus::{Bus, MemoryBudget, SendError};
use crate::message::{Body, BodyError};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

const WINDOW: usize = 128 << 10;

fn straight() -> Store {
    Store { pause_after: 0 }
}

fn pausing() -> Store {
    Store { pause_after: 1 }
}

#[tokio::test(start_paused = true)]
async fn a_body_larger_than_any_frame_arrives_as_it_was_sent_both_ways() {
    let net = MemoryNetwork::seeded(1);
    let (a, b, gate) = pair(&net).await;
    // The same between two processes and within one.
    for sender in [&a, &b] {
        let (body, watch) = chunks(300, After::End);
        assert_eq!(sender.send(straight()).body(body).await, Ok(stored(300)));
        watch.dropped().await;

        let fetched = sender.send(Fetch { chunks: 300 }).with_reply_body().await;
        let (reply, mut body) = fetched.unwrap();
        assert_eq!(reply, stored(300));
        let mut whole = Vec::new();
        while let Some(bytes) = body.chunk().await {
            whole.extend_from_slice(&bytes.unwrap());
        }
        let expected: Vec<u8> = (0..300).flat_map(chunk).collect();
        assert!(whole == expected, "{} bytes", whole.len());
        gate.last().dropped().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_without_a_body_gives_its_handler_an_empty_one() {
    let net = MemoryNetwork::seeded(2);
    let (a, b, _) = pair(&net).await;
    for sender in [&a, &b] {
        assert_eq!(sender.send(straight()).await, Ok(stored(0)));
        let empty = sender.send(straight()).body(Body::empty()).await;
        assert_eq!(empty, Ok(stored(0)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_moves_as_fast_as_its_reader_and_holds_up_nothing_else() {
    let net = MemoryNetwork::seeded(3);
    let (a, _b, gate) = pair(&net).await;
    let (body, watch) = chunks(100, After::End);
    let stalled = tokio::spawn(
        a.send(pausing())
            .body(body)
            .timeout(Duration::from_secs(600)),
    );
    gate.paused(1).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let given = watch.given() * CHUNK;
    assert!(given <= WINDOW + 3 * CHUNK, "{given} bytes were taken");
    // The same lane, the same queue, and other bodies.
    for _ in 0..3 {
        let (body, _) = chunks(50, After::End);
        assert_eq!(a.send(straight()).body(body).await, Ok(stored(50)));
        assert_eq!(a.send(straight()).await, Ok(stored(0)));
    }
    gate.open(1);
    assert_eq!(stalled.await.unwrap(), Ok(stored(100)));
}

/// The network in memory has no more than 256 KiB of a lane on its way, so what a wide window is
/// good for is shown by the claim `body`.
#[tokio::test(start_paused = true)]
async fn a_body_over_a_long_way_gets_a_wide_window_and_the_budget_gets_it_back() {
    let net = MemoryNetwork::seeded(13);
    let gate = Gate::closed();
    let budget = MemoryBudget::new(64 << 20);
    let keeper = keeper("B.0", &gate).memory_budget(budget.clone());
    let builders = [("A.0", Bus::builder("A.0")), ("B.0", keeper)];
    let [a, b] = start(&net, builders).await.try_into().unwrap();
    let each_way = Duration::from_millis(200);
    net.delay(each_way..=each_way);

    let sending = a.send(straight()).body(chunks(2_500, After::End).0);
    let sending = tokio::spawn(sending.timeout(Duration::from_secs(600)));
    let mut widest = 0;
    while !sending.is_finished() {
        widest = widest.max(budget.taken());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(sending.await.unwrap(), Ok(stored(2_500)));
    assert!(
        (512 << 10..=8 << 20).contains(&widest),
        "{widest} bytes beyond the first 128 KiB"
    );
    assert_eq!(budget.taken(), 0);
    drop(b);
}

#[tokio::test(start_paused = true)]
async fn four_bodies_flow_at_once_and_the_fifth_when_one_is_over() {
    let net = MemoryNetwork::seeded(4);
    let (a, _b, gate) = pair(&net).await;
    let sends: Vec<_> = (0..5)
        .map(|_| tokio::spawn(a.send(pausing()).body(chunks(20, After::End).0)))
        .collect();
    gate.paused(4).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(gate.reading.load(Ordering::Relaxed), 4);
    gate.open(5);
    for send in sends {
        assert_eq!(send.await.unwrap(), Ok(stored(20)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_finds_no_place_in_time_ends_with_its_command_s_deadline() {
    let net = MemoryNetwork::seeded(5);
    let (a, _b, gate) = pair(&net).await;
    let long = Duration::from_secs(60);
    let sends: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn(
                a.send(pausing())
                    .body(chunks(20, After::End).0)
                    .timeout(long),
            )
        })
        .collect();
    gate.paused(4).await;
    let (body, watch) = chunks(20, After::End);
    let fifth = a
        .send(straight())
        .body(body)
        .timeout(Duration::from_secs(2));
    assert_eq!(fifth.await, Err(SendError::TimedOut { sent: true }));
    assert_eq!(watch.given(), 0);
    watch.dropped().await;
    gate.open(4);
    for send in sends {
        assert_eq!(send.await.unwrap(), Ok(stored(20)));
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_a_body_unread_or_half_read_drops_its_source() {
    let net = MemoryNetwork::seeded(6);
    let (a, b, gate) = pair(&net).await;
    for sender in [&a, &b] {
        for read in 0..3 {
            let fetched = sender.send(Fetch { chunks: 100 }).with_reply_body().await;
            let (_, mut body) = fetched.unwrap();
            for _ in 0..read {
                body.chunk().await.unwrap().unwrap();
            }
            assert!(!gate.last().is_dropped());
            drop(body);
            gate.last().dropped().await;
        }
        // Nobody asked for the body.
        assert_eq!(sender.send(Fetch { chunks: 9 }).await, Ok(stored(9)));
        gate.last().dropped().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_send_that_ends_gives_its_body_up_and_the_handler_hears_it() {
    async fn keep(_: Store, body: Body, State(kept): State<Kept>) -> Stored {
        kept.send(body).await.unwrap();
        stored(0)
    }
    type Kept = tokio::sync::mpsc::Sender<Body>;
    let net = MemoryNetwork::seeded(7);
    let (kept, mut bodies) = tokio::sync::mpsc::channel::<Body>(9);
    let b = Bus::builder("B.0").state(kept).handle(keep);
    let builders = [("A.0", Bus::builder("A.0")), ("B.0", b)];
    let [a, b]: [Bus; 2] = start(&net, builders).await.try_into().unwrap();
    for sender in [&a, &b] {
        for read in [false, true] {
            let (body, watch) = chunks(100, After::End);
            let mut send = Box::pin(sender.send(straight()).body(body));
            // Not polled again once the handler has the body, so that the send goes on.
            let mut body = tokio::select! {
                biased;
                body = bodies.recv() => body.unwrap(),
                _ = &mut send => unreachable!("the handler speaks first"),
            };
            if read {
                body.chunk().await.unwrap().unwrap();
                assert!(!watch.is_dropped());
            }
            drop(send);
            watch.dropped().await;
            let lost = loop {
                match body.chunk().await.unwrap() {
                    Ok(_) => {}
                    Err(error) => break error,
                }
            };
            assert_eq!(lost, BodyError::Cancelled);
            assert!(body.chunk().await.is_none());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_or_panics_is_heard_of_on_both_sides() {
    let net = MemoryNetwork::seeded(8);
    let (a, _b, _) = pair(&net).await;
    for (after, text) in [
        (After::Failure, "the disk is gone"),
        (After::Panic, "it panicked"),
    ] {
        let (body, watch) = chunks(20, after);
        let failed = a.send(straight()).body(body).await;
        let Err(SendError::BodyBroken { text: told }) = &failed else {
            panic!("{failed:?}");
        };
        assert!(told.contains(text), "{told}");
        watch.dropped().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_s_body_waits_half_a_minute_for_its_reader() {
    let net = MemoryNetwork::seeded(9);
    let (a, _b, gate) = pair(&net).await;
    let fetch = || a.send(Fetch { chunks: 9 }).with_reply_body();
    let (_, body) = fetch().await.unwrap();
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert_eq!(
        body.collect(9 * CHUNK).await.map(|b| b.len()),
        Ok(9 * CHUNK)
    );

    let (_, body) = fetch().await.unwrap();
    tokio::time::sleep(Duration::from_secs(31)).await;
    gate.last().dropped().await;
    let late = body.collect(9 * CHUNK).await.unwrap_err();
    assert!(matches!(late, BodyError::Cancelled | BodyError::TooLate));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_no_handler_takes_is_dropped_and_harms_nobody() {
    let net = MemoryNetwork::seeded(10);
    let a = Bus::builder("A.0");
    let b = Bus::builder("B.0").handle(double);
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    for sender in [&a, &b] {
        let (body, watch) = chunks(9, After::Silence);
        let command = Double {
            number: 4,
            text: String::new(),
        };
        let sent = sender.send(command).body(body).header("h", "v").await;
        assert_eq!(sent.unwrap().number, 8);
        watch.dropped().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_handler_of_several_takes_the_body_and_none_answers_with_one() {
    #[derive(Clone, PartialEq, prost::Message, Command)]
    #[quibus(namespace = "Test")]
    struct Note {}
    async fn first(_: Note, body: Body) -> quibus::Result {
        assert_eq!(body.collect(9).await?, Bytes::from_static(b"a note"));
        Ok(())
    }
    async fn second(_: Note, _: Body) {}
    async fn third(_: Note) -> ((), Body) {
        ((), Body::from("a reply"))
    }
    async fn fourth(_: Note) {}
    let net = MemoryNetwork::seeded(11);
    let a = Bus::builder("A.0");
    let b = Bus::builder("B.0").handle(first).handle(second);
    let c = Bus::builder("C.0").handle(third).handle(fourth);
    let [a, b, c] = start(&net, [("A.0", a), ("B.0", b), ("C.0", c)])
        .await
        .try_into()
        .unwrap();
    for (sender, to, culprit) in [
        (&a, &b, "taken already"),
        (&b, &b, "taken already"),
        (&a, &c, "several handlers"),
    ] {
        let sent = sender.send(Note {}).to(b_or_c(to)).body("a note").await;
        let Err(SendError::Failed { text, .. }) = &sent else {
            panic!("{sent:?}");
        };
        assert!(text.contains(culprit), "{text}");
    }
    fn b_or_c(bus: &Bus) -> &crate::PeerId {
        bus.peer()
    }
}

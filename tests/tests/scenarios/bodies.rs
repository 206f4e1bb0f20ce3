//! Bodies there and back: whole while the network is, ended with their send, heard of as broken on
//! both sides when the network breaks, and whole again after.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quibus::bus::SendError;
use quibus::prelude::*;
use quibus::{Body, BodyError};
use quibus_tests::worlds::{Stage, World};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use super::contract::{Glance, Keep, Keeping};
use super::noticing_breaks_soon;

/// More than a frame.
const LEN: usize = 6_000_000;
/// No scenario waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// More bodies than a link has streams.
const MANY: usize = 60;

/// Lets a reader that has read something go on.
#[derive(Clone)]
struct Gate(Arc<Semaphore>);

/// Where a handler leaves a body that it does not read to its end.
#[derive(Clone)]
struct Shelf(mpsc::Sender<Body>);

pub(crate) async fn run<W: World>(stage: Stage<W>) {
    let gate = Gate(Arc::new(Semaphore::new(0)));
    let timings = noticing_breaks_soon();
    let keeper = Bus::builder("Keeper.0").timings(timings.clone());
    let (shelf, left) = mpsc::channel(MANY);
    let keeper = keeper.state(gate.clone()).state(Shelf(shelf));
    let keeper = keeper.handle(keep.concurrency(8)).handle(glance);
    let _keeper = stage.start("Keeper.0", keeper).await.unwrap();
    let mover = Bus::builder("Mover.0").timings(timings);
    let mover = stage.start("Mover.0", mover).await.unwrap();

    there_and_back(&mover).await;
    five_at_once(&mover, &gate).await;
    left_half_read(&mover, left).await;
    broken_half_way(&stage, &mover, &gate).await;
    there_and_back(&mover).await;
}

/// Answers with the body it got; waits half-way if that is asked for.
async fn keep(
    command: Keep,
    mut body: Body,
    State(gate): State<Gate>,
) -> quibus::Result<(Keeping, Body)> {
    let mut kept = Vec::new();
    while let Some(bytes) = body.chunk().await {
        if kept.is_empty() && command.pause {
            gate.0.acquire().await?.forget();
        }
        kept.extend_from_slice(&bytes?);
    }
    let bytes = kept.len() as u64;
    Ok((Keeping { bytes }, Body::from(kept)))
}

async fn glance(_: Glance, mut body: Body, State(shelf): State<Shelf>) -> quibus::Result<Keeping> {
    let bytes = match body.chunk().await {
        Some(first) => first?.len() as u64,
        None => 0,
    };
    // Its scenario waits for each.
    let _ = shelf.0.send(body).await;
    Ok(Keeping { bytes })
}

/// Reads a body to its end: `None` if it is whole.
async fn end_of(body: &mut Body) -> Option<BodyError> {
    while let Some(read) = timeout(PATIENCE, body.chunk())
        .await
        .expect("nothing hangs")
    {
        if let Err(error) = read {
            return Some(error);
        }
    }
    None
}

fn matter() -> Bytes {
    (0..LEN).map(|at| (at % 251) as u8).collect()
}

async fn there_and_back(mover: &Bus) {
    let send = mover.send(Keep { pause: false }).body(matter());
    let (keeping, body) = send.with_reply_body().await.unwrap();
    assert_eq!(keeping.bytes, LEN as u64);
    let back = body.collect(LEN).await.unwrap();
    assert!(back == matter(), "{} bytes came back", back.len());
}

async fn five_at_once(mover: &Bus, gate: &Gate) {
    let sends: Vec<_> = (0..5)
        .map(|_| tokio::spawn(mover.send(Keep { pause: true }).body(matter())))
        .collect();
    // Those that wait hold up neither messages nor, once they go on, each other.
    let plain = mover.send(Keep { pause: false });
    assert_eq!(plain.await.unwrap().bytes, 0);
    gate.0.add_permits(5);
    for send in sends {
        let kept = timeout(PATIENCE, send).await.expect("nothing hangs");
        assert_eq!(kept.unwrap().unwrap().bytes, LEN as u64);
    }
}

/// The send's end is the body's, too, whoever still holds it; nothing of it stays with the link.
async fn left_half_read(mover: &Bus, mut left: mpsc::Receiver<Body>) {
    for number in 0..MANY {
        let send = mover.send(Glance {}).body(matter());
        let glance = timeout(PATIENCE, send).await.expect("nothing hangs");
        let bytes = glance.unwrap().bytes;
        assert!((1..LEN as u64).contains(&bytes), "{number}: {bytes}");
        let mut body = left.recv().await.unwrap();
        let ended = end_of(&mut body).await;
        assert!(
            matches!(ended, Some(BodyError::Cancelled)),
            "{number}: {ended:?}"
        );
    }
}

async fn broken_half_way<W: World>(stage: &Stage<W>, mover: &Bus, gate: &Gate) {
    let fetch = mover.send(Keep { pause: false }).body(matter());
    let (_, mut body) = fetch.with_reply_body().await.unwrap();
    body.chunk().await.unwrap().unwrap();
    let up = tokio::spawn(mover.send(Keep { pause: true }).body(matter()));
    // Its handler has it, and what was read of the reply's body is little.
    sleep(Duration::from_millis(300)).await;
    stage.world.black_hole("Mover.0", "Keeper.0");
    stage.world.black_hole("Keeper.0", "Mover.0");
    let broken = end_of(&mut body).await;
    let is_broken = matches!(broken, Some(BodyError::Broken { .. }));
    assert!(is_broken, "{broken:?}");
    // The other side has to notice by itself.
    sleep(Duration::from_secs(2)).await;
    stage.world.heal();
    gate.0.add_permits(1);
    let ended = timeout(PATIENCE, up).await.expect("nothing hangs").unwrap();
    assert!(
        matches!(ended, Err(SendError::BodyBroken { .. })),
        "{ended:?}"
    );
}

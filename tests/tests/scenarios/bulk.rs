//! The lane `bulk` yields: what was published after it in another lane overtakes it on the way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use quibus::prelude::*;
use quibus_tests::worlds::{QuicWorld, Stage};
use tokio::time::{sleep, timeout};

use super::contract::{Letter, Parcel};

/// Events in each lane, and their bytes: more than the first round trips carry.
const COUNT: usize = 40;
const BYTES: usize = 8 << 10;
/// No scenario waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was handled, in order: whether it was a parcel.
#[derive(Clone, Default)]
struct Handled(Arc<Mutex<Vec<bool>>>);

impl Handled {
    fn add(&self, parcel: bool) {
        self.0.lock().unwrap().push(parcel);
    }

    async fn reaches(&self, count: usize) {
        let all_there = async {
            while self.0.lock().unwrap().len() < count {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, all_there).await.expect("nothing is lost");
    }
}

async fn parcel(_: Parcel, State(handled): State<Handled>) {
    handled.add(true);
}

async fn letter(_: Letter, State(handled): State<Handled>) {
    handled.add(false);
}

pub(crate) async fn run() {
    let stage = Stage::new(QuicWorld::new().unwrap());
    let handled = Handled::default();
    let home = Bus::builder("Home.0").state(handled.clone());
    let home = home
        .handle(parcel.queue("parcels"))
        .handle(letter.queue("letters"));
    let _home = stage.start("Home.0", home).await.unwrap();
    let post = stage.start("Post.0", Bus::builder("Post.0")).await.unwrap();
    let bytes = Bytes::from(vec![7; BYTES]);
    let send = |bulk: bool| {
        let bytes = bytes.clone();
        let published = match bulk {
            true => post
                .try_publish(Parcel { bytes })
                .map_err(|e| e.to_string()),
            false => post
                .try_publish(Letter { bytes })
                .map_err(|e| e.to_string()),
        };
        assert_eq!(published.unwrap().queued, 1);
    };
    // The streams of both lanes are open before.
    send(true);
    send(false);
    handled.reaches(2).await;

    (0..COUNT).for_each(|_| send(true));
    (0..COUNT).for_each(|_| send(false));
    handled.reaches(2 + 2 * COUNT).await;
    let handled = handled.0.lock().unwrap();
    let last_letter = handled.iter().rposition(|parcel| !parcel).unwrap();
    let before = handled[..last_letter]
        .iter()
        .filter(|parcel| **parcel)
        .count();
    assert!(
        before < COUNT / 2,
        "{before} of {COUNT} parcels came before the last letter"
    );
}

//! Events that nobody routes by their contents: the short way out of a process, and the runs in
//! which they come.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::rig::*;
use crate::bus::recorder::Recorder;
use crate::bus::{Bus, Published};
use crate::id::PeerId;
use crate::message::{Codec, DecodeError, EncodeError};
use crate::prelude::*;
use crate::session::LaneId;
use crate::testing::MemoryNetwork;

/// Something numbered happened, wherever.
#[derive(Debug, Clone, PartialEq, Event)]
#[quibus(namespace = "Test", codec = Fussy)]
struct Ticked {
    number: u64,
}

/// Encodes no 13, and says of 17 that it is longer than it is.
enum Fussy {}

impl Codec<Ticked> for Fussy {
    const ID: u8 = 130;

    fn encoded_len(ticked: &Ticked) -> usize {
        if ticked.number == 17 { 9 } else { 8 }
    }

    fn encode(ticked: &Ticked, out: &mut bytes::BytesMut) -> Result<(), EncodeError> {
        if ticked.number == 13 {
            return Err(EncodeError::new("13"));
        }
        out.extend_from_slice(&ticked.number.to_le_bytes());
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Ticked, DecodeError> {
        let number = bytes.try_into().map_err(DecodeError::new)?;
        let number = u64::from_le_bytes(number);
        if number % 10 == 6 {
            return Err(DecodeError::new("6"));
        }
        Ok(Ticked { number })
    }
}

/// What an event is answered with.
impl Codec<()> for Fussy {
    const ID: u8 = 130;

    fn encoded_len((): &()) -> usize {
        0
    }

    fn encode((): &(), _: &mut bytes::BytesMut) -> Result<(), EncodeError> {
        Ok(())
    }

    fn decode(_: &[u8]) -> Result<(), DecodeError> {
        Ok(())
    }
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(u64, u64)>>>);

impl Seen {
    async fn reaches(&self, last: u64) -> Vec<(u64, u64)> {
        let is_last = |seen: &Self| seen.0.lock().unwrap().last().is_some_and(|s| s.0 == last);
        while !is_last(self) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Panics, waits or fails, as the last digit says.
async fn moody(
    Ticked { number }: Ticked,
    id: MessageId,
    State(Seen(seen)): State<Seen>,
) -> Result<(), String> {
    seen.lock().unwrap().push((number, id.stamp()));
    match number % 10 {
        3 => panic!("as asked"),
        4 => tokio::time::sleep(Duration::from_millis(1)).await,
        5 => return Err("as asked".into()),
        _ => {}
    }
    Ok(())
}

async fn two(seen: &Seen) -> (MemoryNetwork, Bus, Bus) {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").state(seen.clone()).handle(moody);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    (net, a, b)
}

const ONE: Published = Published {
    queued: 1,
    missed: 0,
};

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_behind_an_event_that_panics_waits_fails_or_is_nonsense() {
    let seen = Seen::default();
    let (_net, a, _b) = two(&seen).await;
    let numbers = || (0..1_000).filter(|number| ![13, 17].contains(number));
    for number in numbers() {
        assert_eq!(a.publish(Ticked { number }).await, Ok(ONE));
    }
    let seen = seen.reaches(999).await;
    let handled: Vec<_> = seen.iter().map(|seen| seen.0).collect();
    let expected: Vec<_> = numbers().filter(|number| number % 10 != 6).collect();
    assert_eq!(handled, expected);
    assert!(seen.windows(2).all(|pair| pair[0].1 < pair[1].1), "ids");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_encoded_leaves_nothing_in_its_lane() {
    let seen = Seen::default();
    let (_net, a, _b) = two(&seen).await;
    for number in [1, 13, 2, 17, 7] {
        let published = a.publish(Ticked { number }).await;
        let encodable = ![13, 17].contains(&number);
        assert_eq!(published.is_ok(), encodable, "{number}: {published:?}");
    }
    let handled = seen.reaches(7).await;
    let handled: Vec<_> = handled.iter().map(|seen| seen.0).collect();
    assert_eq!(handled, [1, 2, 7]);
}

#[tokio::test(start_paused = true)]
async fn what_is_written_down_is_all_that_is_published_also_to_others() {
    let (net, seen) = (MemoryNetwork::seeded(1), Seen::default());
    let recorder = Arc::new(Recorder::default());
    let a = Bus::builder("A.0").recording(recorder.clone());
    let b = Bus::builder("B.0").state(seen).handle(moody);
    let [a, _b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let all = [1, 2, 7].map(|number| Ticked { number });
    for event in all.clone() {
        assert_eq!(a.publish(event).await, Ok(ONE));
    }
    assert_eq!(recorder.published::<Ticked>(), all);
}

#[tokio::test(start_paused = true)]
async fn who_published_keeps_nothing_of_a_bus_that_is_gone() {
    let seen = Seen::default();
    let (_net, a, b) = two(&seen).await;
    for number in [1, 2] {
        assert_eq!(a.publish(Ticked { number }).await, Ok(ONE));
    }
    seen.reaches(2).await;
    let peer = a.inner().peers.get(&PeerId::new("B.0").unwrap()).unwrap();
    let lanes = peer.shared_lanes();
    let gone = Arc::downgrade(&peer);
    drop((a, b, peer));
    while gone.upgrade().is_some() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let out = lanes.out(LaneId::DEFAULT);
    assert!(out.refuses().is_some());
    assert_eq!((out.next(), out.held()), (0, 0));
}

/// No clock is read for a message: links that look at theirs anyway tell the ids.
#[tokio::test(start_paused = true)]
async fn ids_are_of_the_time_at_which_they_are_drawn_as_far_as_links_know_it() {
    let (_net, a, _b) = two(&Seen::default()).await;
    assert_eq!(a.publish(Ticked { number: 1 }).await, Ok(ONE));
    std::thread::sleep(Duration::from_millis(2));
    let now = SystemTime::now();
    while MessageId::next().time() + Duration::from_millis(1) < now {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

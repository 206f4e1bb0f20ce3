//! One link and what its task leaves to others, at moments that no network brings about at will.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use super::frame_reader::FrameReader;
use super::lane_task;
use super::link_task::{Greeted, LinkClock, enter, open_control, serve};
use super::peer::Peer;
use super::registry::Peers;
use super::tests::{Silent, peer_of};
use crate::id::{IdTail, Identity, Incarnation};
use crate::session::{
    Control, Hello, LaneId, LaneReader, LinkId, Memory, VERSION, frame_len, kind,
};
use crate::transport::{
    BoxFuture, CloseReason, Incoming, Link, LinkEnd, Outgoing, Priority, Remote,
};
use crate::wire::{put_str, put_varint};

/// A link that stays until the test ends it, and keeps what is to be written on it.
struct Kept {
    remote: Remote,
    lanes: Mutex<Vec<Box<dyn Outgoing>>>,
    end: Semaphore,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept")
    }
}

impl Link for Kept {
    fn remote(&self) -> &Remote {
        &self.remote
    }

    fn open(&self, _: Priority, outgoing: Box<dyn Outgoing>) {
        self.lanes.lock().unwrap().push(outgoing);
    }

    fn accept(&self) -> BoxFuture<'_, Result<Box<dyn Incoming>, LinkEnd>> {
        Box::pin(std::future::pending())
    }

    fn close(&self, _: CloseReason) {}

    fn closed(&self) -> BoxFuture<'_, LinkEnd> {
        Box::pin(async {
            let _ended = self.end.acquire().await;
            LinkEnd::There(CloseReason::Done)
        })
    }
}

impl Kept {
    /// The control frames that wait for the transport.
    fn said(&self) -> Vec<Control> {
        let mut chunks = Vec::new();
        let context = &mut Context::from_waker(Waker::noop());
        let _ = self.lanes.lock().unwrap()[0].poll_take(context, &mut chunks);
        let mut bytes: Bytes = chunks.concat().into();
        let mut said = Vec::new();
        while let Ok(Some((head, len))) = frame_len(&bytes) {
            let frame = bytes.split_to(head + len);
            said.push(Control::decode(&frame[head..]).unwrap());
        }
        said
    }
}

/// A link that the peer has dialled, and its Hello.
fn dialled_by(peers: &Peers, peer: &Peer, dial: u64) -> (Arc<Kept>, Greeted, Hello) {
    let own = peer.shared.own();
    let remote = Remote {
        identity: Identity::Peer(peer.id().clone()),
        environment: own.environment.clone(),
        address: String::new(),
    };
    let kept = Arc::new(Kept {
        remote,
        lanes: Mutex::default(),
        end: Semaphore::new(0),
    });
    let handle = open_control(&(kept.clone() as Arc<dyn Link>));
    let hello = Hello {
        version: VERSION,
        environment: own.environment,
        peer: peer.id().clone(),
        incarnation: Incarnation(1),
        dial,
        ended: 0,
        mine: 1,
        yours: None::<Memory>,
        tail: IdTail::of_this_process(),
        positions: Vec::new(),
    };
    let control = FrameReader::new(Box::new(Silent));
    let (_, greeted) = enter(peers, handle, control, &hello).unwrap();
    (kept, greeted, hello)
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_on_a_link_before_the_hello_that_answers() {
    let (peers, peer) = peer_of(&Arc::default(), &Arc::default());
    let (link, greeted, hello) = dialled_by(&peers, &peer, 1);
    let answers = peer.session().hello(greeted.id, &hello, Instant::now());
    // A stop finds the link in use before its task goes on.
    let goodbye = peer.session().leave();
    peer.perform(goodbye);
    let said = link.said();
    assert!(said.is_empty(), "before the Hello: {said:?}");
    peer.perform(answers.unwrap());
    match link.said().as_slice() {
        [Control::Hello(_), Control::Goodbye] => {}
        other => panic!("{other:?}"),
    }
}

/// A lane's stream that announces two types, and the first event, of the second of them.
fn stream_of_one() -> Bytes {
    let mut bytes = BytesMut::new();
    let mut opening = BytesMut::from(&[kind::OPEN, LaneId::DEFAULT.0][..]);
    put_str(&mut opening, "default");
    put_varint(&mut opening, 0);
    let announced = [(0, "Test.Unnamed"), (1, "Test.Happened")].map(|(number, name)| {
        let mut announced = BytesMut::from(&[kind::ANNOUNCE, number, 1][..]);
        put_str(&mut announced, name);
        announced
    });
    let event = BytesMut::from(&[&[kind::EVENT, 1][..], &[7; 8]].concat()[..]);
    for frame in [opening].into_iter().chain(announced).chain([event]) {
        put_varint(&mut bytes, frame.len() as u64);
        bytes.extend_from_slice(&frame);
    }
    bytes.freeze()
}

/// The first event of a lane.
fn receive_one(peer: &Arc<Peer>, link: LinkId) {
    let read = LaneReader::new().read(vec![stream_of_one()], Instant::now());
    let parcel = read.unwrap().parcel;
    peer.receive(link, LaneId::DEFAULT, parcel).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_link_that_ends_before_it_acknowledges_leaves_that_to_the_next() {
    let (peers, peer) = peer_of(&Arc::default(), &Arc::default());
    let (link, greeted, hello) = dialled_by(&peers, &peer, 1);
    let id = greeted.id;
    let serving = peer.clone();
    let served = tokio::spawn(async move { serve(serving, greeted, &hello, None).await });
    while !peer.is_current(id) {
        sleep(Duration::from_millis(1)).await;
    }
    // What its coming into use has to say is said.
    sleep(Duration::from_millis(10)).await;
    let next = peer.due.some.notified();
    tokio::pin!(next);
    assert!(!next.as_mut().enable());
    receive_one(&peer, id);
    sleep(Duration::from_millis(1)).await;
    link.end.add_permits(1);
    served.await.unwrap();
    let told = timeout(Duration::from_secs(1), next).await;
    assert!(told.is_ok(), "nobody hears of it");
}

/// A lane's stream that brings this and ends.
struct Once(Option<Bytes>);

impl Incoming for Once {
    fn poll_read(
        &mut self,
        _: &mut Context<'_>,
        chunks: &mut Vec<Bytes>,
    ) -> Poll<Result<(), LinkEnd>> {
        let bytes = self.0.take().ok_or(LinkEnd::There(CloseReason::Done));
        Poll::Ready(bytes.map(|bytes| chunks.push(bytes)))
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_leaves_no_types_that_nothing_parked_names() {
    let (peers, peer) = peer_of(&Arc::default(), &Arc::default());
    let (link, greeted, hello) = dialled_by(&peers, &peer, 1);
    let answers = peer.session().hello(greeted.id, &hello, Instant::now());
    peer.perform(answers.unwrap());
    let (lane, now) = (LaneId::DEFAULT, Instant::now());
    while !peer.is_owed_too_much(lane) {
        peer.send_outcome(lane, 0, 10_000, |out| {
            out.resize(out.len() + 10_000, 0);
            true
        });
    }
    let stream = Box::new(Once(Some(stream_of_one())));
    lane_task::run(
        peer.clone(),
        greeted.id,
        link,
        stream,
        LinkClock::new(now, now),
    )
    .await;
    let inn = peer.lanes().inn(lane);
    let parcel = &inn.front().expect("it is parked").parcel;
    let named = parcel.received_type(&parcel.items[0]);
    assert_eq!(named.map(|named| &*named.name), Some("Test.Happened"));
    assert_eq!(parcel.types.get(1), None, "the other is still known");
}

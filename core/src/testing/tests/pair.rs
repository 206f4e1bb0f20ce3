//! What the tests stand on: two linked peers, and lanes fed and read by hand.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::testing::{MemoryNetwork, MemoryTransport};
use crate::transport::{
    DialError, Expected, Incoming, Link, LinkEnd, Outgoing, Priority, Transport,
};

pub(super) const SHOP: &str = "Shop.0";
pub(super) const STOCK: &str = "Stock.0";

/// A bound process.
pub(super) struct Process {
    pub(super) transport: Arc<MemoryTransport>,
    pub(super) address: String,
    pub(super) arrivals: mpsc::Receiver<Arc<dyn Link>>,
}

impl Process {
    pub(super) async fn bind(net: &MemoryNetwork, name: &str) -> Self {
        Self::bind_transport(net.transport_for(name), name).await
    }

    pub(super) async fn bind_transport(transport: Arc<MemoryTransport>, name: &str) -> Self {
        let (sender, arrivals) = mpsc::channel(8);
        let bound = transport
            .bind(&name.parse().unwrap(), sender)
            .await
            .unwrap();
        Self {
            transport,
            address: bound.address,
            arrivals,
        }
    }

    pub(super) async fn dial(&self, address: &str, name: &str) -> Result<Arc<dyn Link>, DialError> {
        let expected = Expected::Peer(name.parse().unwrap());
        self.transport.dial(address, &expected).await
    }
}

/// `Shop.0`, who dialled, and `Stock.0`.
pub(super) struct Pair {
    pub(super) shop: Process,
    pub(super) stock: Process,
    pub(super) dialled: Arc<dyn Link>,
    pub(super) accepted: Arc<dyn Link>,
}

impl Pair {
    pub(super) async fn link(net: &MemoryNetwork) -> Self {
        let shop = Process::bind(net, SHOP).await;
        let mut stock = Process::bind(net, STOCK).await;
        let dialled = shop.dial(&stock.address, STOCK).await.unwrap();
        let accepted = stock.arrivals.recv().await.unwrap();
        Self {
            shop,
            stock,
            dialled,
            accepted,
        }
    }
}

/// Feeds a lane; dropping it abandons the lane. `closed()` says when the transport has let go.
pub(super) type Feed = mpsc::Sender<Bytes>;

struct Source(mpsc::Receiver<Bytes>);

impl Outgoing for Source {
    fn poll_take(&mut self, context: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        self.0.poll_recv(context).map(|chunk| {
            chunks.extend(chunk.iter().cloned());
            chunk.is_some()
        })
    }
}

pub(super) fn open(link: &dyn Link, priority: Priority) -> Feed {
    let (feed, source) = mpsc::channel(1024);
    link.open(priority, Box::new(Source(source)));
    feed
}

pub(super) async fn read(lane: &mut dyn Incoming) -> Result<Vec<Bytes>, LinkEnd> {
    let mut chunks = Vec::new();
    poll_fn(|context| lane.poll_read(context, &mut chunks)).await?;
    Ok(chunks)
}

pub(super) async fn read_exactly(lane: &mut dyn Incoming, len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < len {
        let chunks = read(lane).await;
        bytes.extend(chunks.expect("the lane ended too early").concat());
    }
    assert_eq!(bytes.len(), len);
    bytes
}

pub(super) async fn read_to_end(lane: &mut dyn Incoming) -> (Vec<u8>, LinkEnd) {
    let mut bytes = Vec::new();
    loop {
        match read(lane).await {
            Ok(chunks) => bytes.extend(chunks.concat()),
            Err(end) => return (bytes, end),
        }
    }
}

/// A fed control lane from `from` to `to`, accepted.
pub(super) async fn control(from: &dyn Link, to: &dyn Link) -> (Feed, Box<dyn Incoming>) {
    let feed = open(from, Priority::CONTROL);
    feed.try_send(Bytes::from_static(b"!")).unwrap();
    let mut lane = to.accept().await.unwrap();
    assert_eq!(read_exactly(&mut *lane, 1).await, b"!");
    (feed, lane)
}

pub(super) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn pattern(len: usize) -> Bytes {
    (0..len).map(|at| (at % 251) as u8).collect()
}

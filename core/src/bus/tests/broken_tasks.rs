//! Tasks of a link that panic: the link ends with them, and what was on it goes on on the next. And
//! dials that do: they have failed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::log_hook::whenever_logged;
use super::rig::*;
use crate::bus::{Bus, StartError};
use crate::id::{Identity, Incarnation, PeerId};
use crate::testing::MemoryNetwork;
use crate::transport::{
    BindError, Bound, BoxFuture, CloseReason, DialError, Expected, Incoming, Link, LinkEnd,
    Outgoing, Priority, Remote, Transport,
};

/// What is read next in such a lane makes its reader panic, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Control,
    Other,
}

type Faulty = Arc<Mutex<Option<Lane>>>;

/// A network whose lanes can be told to panic in the task that reads them, and whose first dials
/// panic.
struct Fragile {
    inner: Arc<dyn Transport>,
    faulty: Faulty,
    dials: AtomicUsize,
    fails: Option<Fails>,
}

/// How the first three dials fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fails {
    AtOnce,
    WhenPolled,
}

impl Fragile {
    fn new(net: &MemoryNetwork) -> Self {
        let identity = Identity::Directory(PeerId::new("A.0").unwrap());
        Self {
            inner: net.transport(identity),
            faulty: Faulty::default(),
            dials: AtomicUsize::new(0),
            fails: None,
        }
    }

    fn failing(net: &MemoryNetwork, fails: Fails) -> Arc<Self> {
        let fails = Some(fails);
        Arc::new(Self {
            fails,
            ..Self::new(net)
        })
    }
}

#[derive(Debug)]
struct FragileLink {
    inner: Arc<dyn Link>,
    faulty: Faulty,
    /// Whether its control lane has come, which is its first.
    begun: AtomicBool,
}

struct FragileLane {
    inner: Box<dyn Incoming>,
    faulty: Faulty,
    lane: Lane,
}

impl Transport for Fragile {
    fn bind<'a>(
        &'a self,
        peer: &'a PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>> {
        self.inner.bind(peer, arrivals)
    }

    fn dial<'a>(
        &'a self,
        address: &'a str,
        expected: &'a Expected,
    ) -> BoxFuture<'a, Result<Arc<dyn Link>, DialError>> {
        let first = self.dials.fetch_add(1, Ordering::SeqCst) < 3;
        let fails = self.fails.filter(|_| first);
        assert_ne!(fails, Some(Fails::AtOnce), "as asked");
        Box::pin(async move {
            assert_eq!(fails, None, "as asked");
            let link: Arc<dyn Link> = Arc::new(FragileLink {
                inner: self.inner.dial(address, expected).await?,
                faulty: self.faulty.clone(),
                begun: AtomicBool::new(false),
            });
            Ok(link)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

impl Link for FragileLink {
    fn remote(&self) -> &Remote {
        self.inner.remote()
    }

    fn open(&self, priority: Priority, outgoing: Box<dyn Outgoing>) {
        self.inner.open(priority, outgoing);
    }

    fn accept(&self) -> BoxFuture<'_, Result<Box<dyn Incoming>, LinkEnd>> {
        Box::pin(async {
            let inner = self.inner.accept().await?;
            let faulty = self.faulty.clone();
            let lane = match self.begun.swap(true, Ordering::SeqCst) {
                false => Lane::Control,
                true => Lane::Other,
            };
            let lane: Box<dyn Incoming> = Box::new(FragileLane {
                inner,
                faulty,
                lane,
            });
            Ok(lane)
        })
    }

    fn close(&self, reason: CloseReason) {
        self.inner.close(reason);
    }

    fn closed(&self) -> BoxFuture<'_, LinkEnd> {
        self.inner.closed()
    }
}

impl Incoming for FragileLane {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        chunks: &mut Vec<Bytes>,
    ) -> Poll<Result<(), LinkEnd>> {
        let polled = self.inner.poll_read(context, chunks);
        let mut faulty = self.faulty.lock().unwrap();
        if *faulty == Some(self.lane) && matches!(polled, Poll::Ready(Ok(()))) {
            *faulty = None;
            drop(faulty);
            panic!("as asked");
        }
        polled
    }
}

/// The bus A.0, which knows another.
async fn started(transport: Arc<Fragile>, other: &Bus) -> Bus {
    let a = Bus::builder("A.0").shared_transport(transport);
    let a = a.as_directory(Incarnation(1)).start().await.unwrap();
    let wanted = other.inner().book().all();
    tell(&a, 1, &[descriptor("B.0", Incarnation(1), wanted)]);
    a.authority().open();
    a
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_any_task_of_a_link_ends_that_link_and_loses_nothing() {
    async fn happened(_: Happened) {}
    for lane in [Lane::Control, Lane::Other] {
        let net = MemoryNetwork::seeded(1);
        let b = Bus::builder("B.0").handle(double).handle(happened);
        let [b] = start(&net, [("B.0", b)]).await.try_into().unwrap();
        let fragile = Fragile::new(&net);
        let faulty = fragile.faulty.clone();
        let a = started(Arc::new(fragile), &b).await;
        assert_eq!(a.send(number(1)).await.unwrap().number, 2);

        *faulty.lock().unwrap() = Some(lane);
        // The acknowledgement of an event comes in the control lane, outcomes in one of their own.
        let place = String::new();
        a.publish(Happened { place, number: 1 }).await.unwrap();
        while *faulty.lock().unwrap() == Some(Lane::Control) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(a.send(number(2)).await.unwrap().number, 4, "{lane:?}");
        assert_eq!(*faulty.lock().unwrap(), None, "{lane:?} has panicked");
        assert_eq!(a.inner().peers.shared().numbers.links(), 2, "{lane:?}");
        a.stop(Duration::from_secs(20)).await.unwrap();
        assert_eq!(b.received().handled, 3, "{lane:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn dials_that_panic_have_failed_and_are_repeated_after_a_pause_and_it_is_said_once() {
    for fails in [Fails::AtOnce, Fails::WhenPolled] {
        let net = MemoryNetwork::seeded(1);
        let b = Bus::builder("B.0").handle(double);
        let [b] = start(&net, [("B.0", b)]).await.try_into().unwrap();
        let fragile = Fragile::failing(&net, fails);
        let a = started(fragile.clone(), &b).await;
        let said = Arc::new(AtomicUsize::new(0));
        let says = said.clone();
        let _hook = whenever_logged("ERROR", move || {
            says.fetch_add(1, Ordering::SeqCst);
        });
        let begun = tokio::time::Instant::now();
        assert_eq!(a.send(number(1)).await.unwrap().number, 2, "{fails:?}");
        assert!(begun.elapsed() > Duration::ZERO, "{fails:?}");
        assert_eq!(fragile.dials.load(Ordering::SeqCst), 4, "{fails:?}");
        assert_eq!(said.load(Ordering::SeqCst), 1, "{fails:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dial_of_a_directory_that_panics_is_told_like_any_other_that_has_failed() {
    for fails in [Fails::AtOnce, Fails::WhenPolled] {
        let net = MemoryNetwork::seeded(1);
        let a = Bus::builder("A.0").shared_transport(Fragile::failing(&net, fails));
        let a = a.registration_timeout(Duration::from_millis(20));
        match a.directory("memory:D.0").start().await {
            Err(StartError::NoDirectory { failures, .. }) => {
                let reason = &failures[0].reason;
                assert!(reason.contains("the transport panicked"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

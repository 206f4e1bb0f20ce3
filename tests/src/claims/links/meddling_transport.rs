//! A transport that can be told to break its links and to hold its dials.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use quibus::PeerId;
use quibus::transport::{
    BindError, Bound, BoxFuture, CloseReason, DialError, Expected, Link, Transport,
};
use tokio::sync::mpsc;

use super::dial_gate::DialGate;
use super::meddling_link::{HelloCut, MeddlingLink};

/// Links that may wait to be taken over, as many as the bus itself lets wait.
const ARRIVALS: usize = 256;

/// What is done to the links of one peer, over all its runs.
#[derive(Debug)]
pub(super) struct Meddler {
    side: usize,
    gate: Arc<DialGate>,
    links: Mutex<Vec<Weak<dyn Link>>>,
    next_hello: Mutex<Option<HelloCut>>,
    hellos_cut: AtomicU64,
}

impl Meddler {
    pub(super) fn new(side: usize, gate: Arc<DialGate>) -> Arc<Self> {
        Arc::new(Self {
            side,
            gate,
            links: Mutex::default(),
            next_hello: Mutex::default(),
            hellos_cut: AtomicU64::new(0),
        })
    }

    /// Closes every link from this side; how many there were.
    pub(super) fn cut(&self) -> usize {
        let links: Vec<_> = locked(&self.links).drain(..).collect();
        let living = links.iter().filter_map(Weak::upgrade);
        living.map(|link| link.close(CloseReason::Done)).count()
    }

    /// The next link breaks in this side's Hello.
    pub(super) fn cut_next_hello(&self, cut: HelloCut) {
        *locked(&self.next_hello) = Some(cut);
    }

    /// No link breaks in its Hello any more.
    pub(super) fn spare_hellos(&self) {
        *locked(&self.next_hello) = None;
    }

    pub(super) fn hello_was_cut(&self) {
        self.hellos_cut.fetch_add(1, Ordering::Relaxed);
    }

    /// How many links broke in this side's Hello.
    pub(super) fn hellos_cut(&self) -> u64 {
        self.hellos_cut.load(Ordering::Relaxed)
    }

    fn meddle(self: &Arc<Self>, link: Arc<dyn Link>) -> Arc<dyn Link> {
        let mut links = locked(&self.links);
        links.retain(|link| link.strong_count() > 0);
        links.push(Arc::downgrade(&link));
        drop(links);
        let cut = locked(&self.next_hello).take();
        MeddlingLink::around(link, cut, self.clone())
    }
}

/// One run's transport.
pub(super) struct MeddlingTransport {
    transport: Arc<dyn Transport>,
    meddler: Arc<Meddler>,
}

impl MeddlingTransport {
    pub(super) fn new(transport: Arc<dyn Transport>, meddler: Arc<Meddler>) -> Arc<Self> {
        Arc::new(Self { transport, meddler })
    }
}

impl Transport for MeddlingTransport {
    fn bind<'a>(
        &'a self,
        peer: &'a PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>> {
        Box::pin(async move {
            let (sender, mut arriving) = mpsc::channel::<Arc<dyn Link>>(ARRIVALS);
            let bound = self.transport.bind(peer, sender).await?;
            let meddler = self.meddler.clone();
            // Ends with the transport, or with the bus that takes the links.
            tokio::spawn(async move {
                while let Some(link) = arriving.recv().await {
                    if arrivals.send(meddler.meddle(link)).await.is_err() {
                        return;
                    }
                }
            });
            Ok(bound)
        })
    }

    fn dial<'a>(
        &'a self,
        address: &'a str,
        expected: &'a Expected,
    ) -> BoxFuture<'a, Result<Arc<dyn Link>, DialError>> {
        Box::pin(async move {
            let together = self.meddler.gate.pass(self.meddler.side).await;
            let link = self.transport.dial(address, expected).await?;
            if together {
                self.meddler.gate.met();
            }
            Ok(self.meddler.meddle(link))
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.transport.close()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! A network that a test meddles with where a lane is opened on a link that this side has dialled.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::id::PeerId;
use crate::transport::{
    BindError, Bound, BoxFuture, CloseReason, DialError, Expected, Incoming, Link, LinkEnd,
    Outgoing, Priority, Remote, Transport,
};

/// Makes of a lane what the network gets.
type Meddle = dyn Fn(Priority, Box<dyn Outgoing>) -> Box<dyn Outgoing> + Send + Sync;

/// A network that does as the one in it, but for lanes that are opened.
pub(super) struct Opening {
    inner: Arc<dyn Transport>,
    meddle: Arc<Meddle>,
}

impl Opening {
    pub(super) fn new(
        inner: Arc<dyn Transport>,
        meddle: impl Fn(Priority, Box<dyn Outgoing>) -> Box<dyn Outgoing> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let meddle = Arc::new(meddle);
        Arc::new(Self { inner, meddle })
    }
}

struct OpeningLink {
    inner: Arc<dyn Link>,
    meddle: Arc<Meddle>,
}

impl Transport for Opening {
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
        Box::pin(async move {
            let link: Arc<dyn Link> = Arc::new(OpeningLink {
                inner: self.inner.dial(address, expected).await?,
                meddle: self.meddle.clone(),
            });
            Ok(link)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

impl Link for OpeningLink {
    fn remote(&self) -> &Remote {
        self.inner.remote()
    }

    fn open(&self, priority: Priority, outgoing: Box<dyn Outgoing>) {
        self.inner.open(priority, (self.meddle)(priority, outgoing));
    }

    fn accept(&self) -> BoxFuture<'_, Result<Box<dyn Incoming>, LinkEnd>> {
        self.inner.accept()
    }

    fn close(&self, reason: CloseReason) {
        self.inner.close(reason);
    }

    fn closed(&self) -> BoxFuture<'_, LinkEnd> {
        self.inner.closed()
    }
}

impl fmt::Debug for OpeningLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpeningLink").field(&self.inner).finish()
    }
}

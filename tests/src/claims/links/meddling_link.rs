//! A link that can be made to break in the middle of its Hello.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use quibus::transport::{
    BoxFuture, CloseReason, Incoming, Link, LinkEnd, Outgoing, Priority, Remote,
};

use super::meddling_transport::Meddler;

/// Where a link breaks while its sides greet each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct HelloCut {
    /// So many bytes of this side's Hello are written, or all if there are fewer.
    pub(super) after: usize,
    /// Then the link lives on for so long, without another word.
    pub(super) linger: Duration,
}

/// A link as the bus sees it.
pub(super) struct MeddlingLink {
    link: Arc<dyn Link>,
    cut: Mutex<Option<HelloCut>>,
    meddler: Arc<Meddler>,
}

impl MeddlingLink {
    pub(super) fn around(
        link: Arc<dyn Link>,
        cut: Option<HelloCut>,
        meddler: Arc<Meddler>,
    ) -> Arc<dyn Link> {
        Arc::new(Self {
            link,
            cut: Mutex::new(cut),
            meddler,
        })
    }
}

impl Link for MeddlingLink {
    fn remote(&self) -> &Remote {
        self.link.remote()
    }

    fn open(&self, priority: Priority, outgoing: Box<dyn Outgoing>) {
        // The control lane is the first.
        let cut = self
            .cut
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let outgoing = match cut {
            Some(cut) => Box::new(Severed {
                outgoing,
                cut,
                link: Arc::downgrade(&self.link),
                meddler: self.meddler.clone(),
                written: false,
            }),
            None => outgoing,
        };
        self.link.open(priority, outgoing);
    }

    fn accept(&self) -> BoxFuture<'_, Result<Box<dyn Incoming>, LinkEnd>> {
        self.link.accept()
    }

    fn close(&self, reason: CloseReason) {
        self.link.close(reason);
    }

    fn closed(&self) -> BoxFuture<'_, LinkEnd> {
        self.link.closed()
    }
}

impl fmt::Debug for MeddlingLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.link.fmt(f)
    }
}

/// A control lane that ends within, or right after, its Hello.
struct Severed {
    outgoing: Box<dyn Outgoing>,
    cut: HelloCut,
    link: Weak<dyn Link>,
    meddler: Arc<Meddler>,
    written: bool,
}

impl Outgoing for Severed {
    fn poll_take(&mut self, context: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        if self.written {
            // Until the link ends.
            return Poll::Pending;
        }
        let from = chunks.len();
        let took = std::task::ready!(self.outgoing.poll_take(context, chunks));
        if !took {
            return Poll::Ready(false);
        }
        let mut left = self.cut.after;
        for chunk in &mut chunks[from..] {
            chunk.truncate(left);
            left -= chunk.len();
        }
        chunks.retain(|chunk| !chunk.is_empty());
        self.written = true;
        self.sever();
        if chunks.is_empty() {
            return Poll::Pending;
        }
        Poll::Ready(true)
    }
}

impl Severed {
    fn sever(&self) {
        let (link, meddler) = (self.link.clone(), self.meddler.clone());
        let linger = self.cut.linger;
        tokio::spawn(async move {
            tokio::time::sleep(linger).await;
            if let Some(link) = link.upgrade() {
                link.close(CloseReason::Done);
            }
            meddler.hello_was_cut();
        });
    }
}

//! A body on its way out: its source, how much of it may go, and whether it still is to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;

use super::peer::Peer;
use crate::message::{Body, BodyError};
use crate::session::BodyWriter;
use crate::transport::Outgoing;

/// The handle of a body that flows.
#[derive(Debug)]
pub(super) struct BodyFlow {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Here while it is not being asked.
    source: Option<Body>,
    up_to: u64,
    phase: Phase,
    transport: Option<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Flowing,
    /// Whoever owes it has given it up; its reader has been told and will say when it heard.
    GivenUp,
    /// Its reader needs no more.
    Over,
}

impl BodyFlow {
    pub(super) fn new() -> Arc<Self> {
        let state = State {
            source: None,
            up_to: 0,
            phase: Phase::Flowing,
            transport: None,
        };
        Arc::new(Self {
            state: Mutex::new(state),
        })
    }

    /// The reader may be sent bytes up to this one.
    pub(super) fn allow(&self, up_to: u64) {
        self.change(|state| state.up_to = state.up_to.max(up_to));
    }

    /// Drops the source; the stream stays until its reader has heard.
    pub(super) fn give_up(&self) {
        drop(self.stop(Phase::GivenUp));
    }

    /// Ends the stream: its reader needs no more.
    pub(super) fn end(&self) {
        drop(self.stop(Phase::Over));
    }

    /// The source is the caller's to drop: no lock is held then.
    fn stop(&self, phase: Phase) -> Option<Body> {
        self.change(|state| {
            state.phase = phase;
            state.source.take()
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let value = change(&mut state);
        let transport = state.transport.take();
        drop(state);
        if let Some(transport) = transport {
            transport.wake();
        }
        value
    }

    fn put_back(&self, source: Body) {
        let mut state = self.lock();
        if state.phase == Phase::Flowing {
            state.source = Some(source);
        } else {
            drop(state);
            drop(source);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The transport's end of a body that flows.
pub(super) struct OutgoingBody {
    peer: Arc<Peer>,
    body: u64,
    flow: Arc<BodyFlow>,
    writer: BodyWriter,
}

impl OutgoingBody {
    pub(super) fn new(peer: Arc<Peer>, body: u64, flow: Arc<BodyFlow>, source: Body) -> Self {
        flow.put_back(source);
        Self {
            peer,
            body,
            flow,
            writer: BodyWriter::new(body),
        }
    }

    /// Asks the source for as much as may go now. It runs code of the user, so no lock is held.
    fn fill(&mut self, mut source: Body, context: &mut Context<'_>) {
        while self.writer.wants_more() {
            let polled = catch_unwind(AssertUnwindSafe(|| {
                Pin::new(&mut source).poll_next(context)
            }));
            match polled {
                Ok(Poll::Ready(Some(Ok(bytes)))) => self.writer.push(bytes),
                Ok(Poll::Ready(None)) => self.writer.finish(),
                Ok(Poll::Ready(Some(Err(BodyError::Failed { text })))) => self.writer.fail(&text),
                Ok(Poll::Ready(Some(Err(error)))) => self.writer.fail(&error.to_string()),
                Ok(Poll::Pending) => break,
                Err(_) => self.writer.fail("it panicked; its process logged why"),
            }
        }
        self.flow.put_back(source);
    }
}

impl Outgoing for OutgoingBody {
    fn poll_take(&mut self, context: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        let mut state = self.flow.lock();
        match state.phase {
            Phase::Over => return Poll::Ready(false),
            Phase::GivenUp | Phase::Flowing => state.transport = Some(context.waker().clone()),
        }
        self.writer.allow(state.up_to);
        let source = state.source.take();
        drop(state);
        if let Some(source) = source {
            self.fill(source, context);
        }
        if self.writer.take(chunks) {
            Poll::Ready(true)
        } else {
            Poll::Pending
        }
    }
}

impl Drop for OutgoingBody {
    /// The stream has gone, with its link or because it is over.
    fn drop(&mut self) {
        self.flow.end();
        self.peer.body_gone(self.body);
    }
}

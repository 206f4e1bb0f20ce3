//! A command's body within this process: its handler reads what the sender gave, for as long as
//! the send goes on.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;

use crate::message::{Body, BodyError};
use crate::session::wake_all;

/// The sender's hold on the body of a command to itself; dropping it gives the body up.
#[derive(Debug)]
pub(super) struct LocalHold(Arc<Shared>);

/// What the handler reads.
struct LocalBody {
    shared: Arc<Shared>,
    over: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Here while it is not being polled: it runs code of the user, so no lock is held then.
    source: Option<Body>,
    given_up: bool,
    reader: Option<Waker>,
}

/// Splits a body into what its handler reads and its sender's hold on it.
pub(super) fn split(source: Body) -> (Body, LocalHold) {
    let shared = Arc::new(Shared::default());
    shared.lock().source = Some(source);
    let over = false;
    let body = Body::of(LocalBody {
        shared: shared.clone(),
        over,
    });
    (body, LocalHold(shared))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LocalBody {
    fn poll_source(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let mut state = self.shared.lock();
        if state.given_up {
            return Poll::Ready(Some(Err(BodyError::Cancelled)));
        }
        state.reader = Some(context.waker().clone());
        let Some(mut source) = state.source.take() else {
            return Poll::Ready(None);
        };
        drop(state);
        let polled = Pin::new(&mut source).poll_next(context);
        let mut state = self.shared.lock();
        if state.given_up {
            drop(state);
            return Poll::Ready(Some(Err(BodyError::Cancelled)));
        }
        state.source = Some(source);
        polled
    }
}

impl Stream for LocalBody {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        let polled = self.poll_source(context);
        self.over = matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }
}

impl Drop for LocalBody {
    fn drop(&mut self) {
        let source = self.shared.lock().source.take();
        drop(source);
    }
}

impl Drop for LocalHold {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.given_up = true;
        let (source, reader) = (state.source.take(), state.reader.take());
        drop(state);
        drop(source);
        wake_all(reader);
    }
}

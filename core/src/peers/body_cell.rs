//! Where the reader of a body and the link that brings its stream meet.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::links::LinkHandle;
use crate::message::BodyError;
use crate::session::wake_all;
use crate::transport::Incoming;

/// Where the reader of a body and the link that brings its stream meet.
#[derive(Debug, Default)]
pub(super) struct BodyCell {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    stream: Option<BodyStream>,
    end: Option<BodyError>,
    reader: Option<Waker>,
}

/// A body's stream, its first frame read.
pub(super) struct BodyStream {
    pub(super) incoming: Box<dyn Incoming>,
    /// What came with the first frame.
    pub(super) first: Vec<Bytes>,
    /// The link it came on.
    pub(super) link: LinkHandle,
}

impl BodyCell {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The stream has come.
    pub(super) fn bring(&self, stream: BodyStream) {
        self.change(|state| state.stream = Some(stream));
    }

    /// The body ends here, whatever has come of it.
    pub(super) fn end(&self, error: BodyError) {
        self.change(|state| {
            state.end.get_or_insert(error);
        });
    }

    /// Waits for the stream, or for an end.
    pub(super) fn poll_stream(&self, context: &Context<'_>) -> Poll<Result<BodyStream, BodyError>> {
        let mut state = self.lock();
        if let Some(error) = state.end.take() {
            return Poll::Ready(Err(error));
        }
        match state.stream.take() {
            Some(stream) => Poll::Ready(Ok(stream)),
            None => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The end, if there is one; one that comes later wakes the reader.
    pub(super) fn poll_end(&self, context: &Context<'_>) -> Option<BodyError> {
        let mut state = self.lock();
        if !state
            .reader
            .as_ref()
            .is_some_and(|kept| kept.will_wake(context.waker()))
        {
            state.reader = Some(context.waker().clone());
        }
        state.end.take()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let reader = state.reader.take();
        drop(state);
        wake_all(reader);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream")
            .field("link", &self.link.link)
            .finish_non_exhaustive()
    }
}

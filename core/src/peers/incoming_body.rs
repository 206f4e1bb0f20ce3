//! A body of another process, as its reader polls it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::time::{Instant, Sleep};

use super::body_cell::{BodyCell, BodyStream};
use super::links::LinkHandle;
use super::peer::Peer;
use crate::message::BodyError;
use crate::session::{BODY_WINDOW, BodyPart, BodyReader, BodyWindow, Control, Violation};
use crate::transport::{CloseReason, Incoming};

/// A body of another process. Nothing is asked for before it is polled, and its bytes stay with
/// the transport until then: what is unread is bounded by the credit given.
#[derive(Debug)]
pub(crate) struct IncomingBody {
    peer: Arc<Peer>,
    body: u64,
    /// The session that its message came in, or a later one.
    epoch: u64,
    /// When its stream has to be there.
    begin_by: Instant,
    state: State,
}

enum State {
    Fresh,
    Opening(Arc<BodyCell>, Pin<Box<Sleep>>, Instant),
    Reading(Box<Reading>),
    Over,
}

struct Reading {
    cell: Arc<BodyCell>,
    incoming: Box<dyn Incoming>,
    link: LinkHandle,
    reader: BodyReader,
    window: BodyWindow,
    /// What the link was told may be left unread.
    unread: u64,
    chunks: Vec<Bytes>,
}

impl IncomingBody {
    pub(crate) fn new(peer: Arc<Peer>, body: u64, epoch: u64, begin_by: Instant) -> Self {
        Self {
            peer,
            body,
            epoch,
            begin_by,
            state: State::Fresh,
        }
    }

    fn begin(&mut self) -> Result<(), BodyError> {
        let cell = BodyCell::new();
        let begun = self.peer.want_body(self.body, self.epoch, &cell);
        self.state = match begun {
            Ok(()) => State::Opening(
                cell,
                Box::pin(tokio::time::sleep_until(self.begin_by)),
                Instant::now(),
            ),
            Err(_) => State::Over,
        };
        begun
    }

    fn poll_state(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            match &mut self.state {
                State::Fresh => {
                    if let Err(error) = self.begin() {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                State::Opening(cell, timer, asked) => match cell.poll_stream(context) {
                    Poll::Ready(Ok(stream)) => {
                        let window = BodyWindow::new(&self.peer.shared.budget, asked.elapsed());
                        self.state = State::Reading(Reading::new(cell.clone(), stream, window));
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(self.fail(error)),
                    Poll::Pending => {
                        ready!(timer.as_mut().poll(context));
                        return Poll::Ready(self.fail(BodyError::TooLate));
                    }
                },
                State::Reading(reading) => {
                    let part = ready!(reading.poll_part(self.body, &self.peer, context));
                    return Poll::Ready(match part {
                        Ok(BodyPart::Bytes(bytes)) => Some(Ok(bytes)),
                        Ok(BodyPart::End) => {
                            self.release();
                            None
                        }
                        Ok(BodyPart::Failed(text)) => self.fail(BodyError::Failed { text }),
                        Err(error) => self.fail(error),
                    });
                }
                State::Over => return Poll::Ready(None),
            }
        }
    }

    fn fail(&mut self, error: BodyError) -> Option<Result<Bytes, BodyError>> {
        self.release();
        Some(Err(error))
    }

    /// Frees what the body holds here and there.
    fn release(&mut self) {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Over => {}
            State::Fresh | State::Opening(..) | State::Reading(_) => {
                self.peer.release_body(self.body);
            }
        }
    }
}

impl Reading {
    fn new(cell: Arc<BodyCell>, stream: BodyStream, window: BodyWindow) -> Box<Self> {
        let mut reader = BodyReader::new(BODY_WINDOW);
        reader.push(stream.first);
        Box::new(Self {
            cell,
            incoming: stream.incoming,
            link: stream.link,
            reader,
            window,
            unread: 0,
            chunks: Vec::new(),
        })
    }

    fn poll_part(
        &mut self,
        body: u64,
        peer: &Peer,
        context: &mut Context<'_>,
    ) -> Poll<Result<BodyPart, BodyError>> {
        if let Some(end) = self.cell.poll_end(context) {
            return Poll::Ready(Err(end));
        }
        loop {
            match self.reader.next() {
                Ok(Some(part)) => {
                    if self.window.is_due(self.reader.read()) {
                        self.give_credit(body, peer);
                    }
                    return Poll::Ready(Ok(part));
                }
                Ok(None) => {}
                Err(violation) => return Poll::Ready(Err(self.refuse(&violation))),
            }
            if let Err(end) = ready!(self.incoming.poll_read(context, &mut self.chunks)) {
                let reason = end.to_string();
                return Poll::Ready(Err(BodyError::Broken { reason }));
            }
            self.reader.push(self.chunks.drain(..));
        }
    }

    /// Lets more of the body come. The link has to know first: it makes way for that much.
    fn give_credit(&mut self, body: u64, peer: &Peer) {
        let now = Instant::now();
        let beside = peer.shared.hears_messages(now);
        let up_to = self.window.renew(self.reader.read(), now, beside);
        self.reader.allow(up_to);
        self.leave_unread(self.window.beyond_share());
        self.link.send(Control::BodyCredit { body, up_to }.encode());
    }

    fn leave_unread(&mut self, bytes: u64) {
        if bytes != self.unread {
            self.link.link.leave_unread(self.unread, bytes);
            self.unread = bytes;
        }
    }

    fn refuse(&self, violation: &Violation) -> BodyError {
        tracing::warn!(%violation, "closing a link");
        self.link.link.close(CloseReason::Protocol);
        BodyError::Broken {
            reason: violation.to_string(),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.leave_unread(0);
    }
}

impl Stream for IncomingBody {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_state(context)
    }
}

impl Drop for IncomingBody {
    fn drop(&mut self) {
        self.release();
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Fresh => "Fresh",
            Self::Opening(..) => "Opening",
            Self::Reading(_) => "Reading",
            Self::Over => "Over",
        })
    }
}

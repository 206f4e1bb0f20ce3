//! The reading end of a lane.

use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use quibus::transport::{Incoming, LinkEnd};
use quinn::{ReadError, RecvStream};

use crate::ending::Ending;

/// Chunks taken with one look into quinn's buffers, that is, with one lock of the connection.
const CHUNKS: usize = 32;

/// A receive stream; after its end it stays ended and holds nothing of the connection.
#[derive(Debug)]
pub(crate) struct LaneReader {
    stream: Result<RecvStream, LinkEnd>,
    ending: Ending,
    taken: Box<[Bytes; CHUNKS]>,
}

impl LaneReader {
    pub(crate) fn new(stream: RecvStream, ending: Ending) -> Self {
        Self {
            stream: Ok(stream),
            ending,
            taken: Box::default(),
        }
    }
}

impl Incoming for LaneReader {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        chunks: &mut Vec<Bytes>,
    ) -> Poll<Result<(), LinkEnd>> {
        let stream = match &mut self.stream {
            Ok(stream) => stream,
            Err(end) => return Poll::Ready(Err(end.clone())),
        };
        // Cancel-safe: a future dropped before it is ready has taken nothing.
        let read = ready!(pin!(stream.read_chunks(&mut self.taken[..])).poll(context));
        let end = match read {
            Ok(Some(count)) => {
                chunks.extend(self.taken.iter_mut().take(count).map(std::mem::take));
                return Poll::Ready(Ok(()));
            }
            // No lane of ours ends so; a frame could have been cut short here.
            Ok(None) => LinkEnd::Broken("the other side finished the lane".to_owned()),
            Err(ReadError::Reset(_)) => {
                LinkEnd::Broken("the other side abandoned the lane".to_owned())
            }
            Err(ReadError::ConnectionLost(error)) => self.ending.classify(&error),
            Err(other) => LinkEnd::Broken(other.to_string()),
        };
        self.stream = Err(end.clone());
        Poll::Ready(Err(end))
    }
}

//! Reading whole frames, one by one, from a lane that carries few: control and bootstrap.

use bytes::{Buf, Bytes, BytesMut};

use crate::session::{Violation, frame_len};
use crate::transport::{Incoming, LinkEnd};

/// Frames of an incoming lane.
pub(crate) struct FrameReader {
    incoming: Box<dyn Incoming>,
    bytes: BytesMut,
}

/// Why no further frame comes.
#[derive(Debug)]
pub(crate) enum NoFrame {
    Ended(LinkEnd),
    Violation(Violation),
}

impl FrameReader {
    pub(crate) fn new(incoming: Box<dyn Incoming>) -> Self {
        Self {
            incoming,
            bytes: BytesMut::new(),
        }
    }

    /// Begins with what was read of it before.
    pub(crate) fn after(first: Vec<Bytes>, incoming: Box<dyn Incoming>) -> Self {
        let mut reader = Self::new(incoming);
        first
            .iter()
            .for_each(|chunk| reader.bytes.extend_from_slice(chunk));
        reader
    }

    /// The next frame without its length. May be dropped between polls without losing anything.
    pub(crate) async fn next(&mut self) -> Result<Bytes, NoFrame> {
        loop {
            match frame_len(&self.bytes).map_err(|error| NoFrame::Violation(error.into()))? {
                Some((head, len)) if self.bytes.len() >= head + len => {
                    self.bytes.advance(head);
                    return Ok(self.bytes.split_to(len).freeze());
                }
                _ => self.read_more().await.map_err(NoFrame::Ended)?,
            }
        }
    }

    async fn read_more(&mut self) -> Result<(), LinkEnd> {
        let mut chunks = Vec::new();
        std::future::poll_fn(|context| self.incoming.poll_read(context, &mut chunks)).await?;
        for chunk in chunks {
            self.bytes.extend_from_slice(&chunk);
        }
        Ok(())
    }
}

//! The side that is measured against: echoes and counts, and does nothing else.

use bytes::{Bytes, BytesMut};
use quinn::{Connection, Endpoint, RecvStream, SendStream};
use tokio::task::JoinSet;

use super::{BATCH, CHUNKS, COUNT, ECHO, HEAD, MAX_REQUEST, READ, REQUEST};

/// Reads a message of at most 1 MiB, and says whether it is one.
pub type ReadMessage = fn(&[u8]) -> bool;

/// Serves every connection until the endpoint closes.
pub(super) async fn run(endpoint: Endpoint, read: ReadMessage) {
    let mut connections = JoinSet::new();
    while let Some(incoming) = endpoint.accept().await {
        while connections.try_join_next().is_some() {}
        if connections.len() >= super::raw_link::MAX_LINKS {
            incoming.refuse();
            continue;
        }
        connections.spawn(async move {
            if let Ok(connection) = incoming.await {
                serve(connection, read).await;
            }
        });
    }
}

/// The transport bounds how many streams there are at once.
async fn serve(connection: Connection, read: ReadMessage) {
    let mut streams = JoinSet::new();
    while let Ok((send, receive)) = connection.accept_bi().await {
        while streams.try_join_next().is_some() {}
        // A stream that breaks is the dialler's to notice.
        streams.spawn(async move { answer(send, receive, read).await.is_some() });
    }
}

async fn answer(send: SendStream, mut receive: RecvStream, read: ReadMessage) -> Option<()> {
    let mut service = [0];
    receive.read_exact(&mut service).await.ok()?;
    match service[0] {
        ECHO => echo(send, receive).await,
        REQUEST => request(send, receive).await,
        COUNT => count(send, receive, None).await,
        READ => count(send, receive, Some(read)).await,
        _ => None,
    }
}

/// Sends back what comes, one write per read.
async fn echo(mut send: SendStream, mut receive: RecvStream) -> Option<()> {
    let mut chunks: [Bytes; CHUNKS] = Default::default();
    let mut batch = BytesMut::new();
    while let Some(count) = receive.read_chunks(&mut chunks).await.ok()? {
        let chunks = chunks.iter_mut().take(count);
        if count == 1 {
            for chunk in chunks {
                send.write_chunk(std::mem::take(chunk)).await.ok()?;
            }
            continue;
        }
        batch.reserve(BATCH);
        for chunk in chunks {
            batch.extend_from_slice(&std::mem::take(chunk));
        }
        send.write_chunk(batch.split().freeze()).await.ok()?;
    }
    send.finish().ok()
}

async fn request(mut send: SendStream, mut receive: RecvStream) -> Option<()> {
    let request = receive.read_to_end(MAX_REQUEST).await.ok()?;
    send.write_chunk(request.into()).await.ok()?;
    send.finish().ok()
}

async fn count(
    mut send: SendStream,
    mut receive: RecvStream,
    reader: Option<ReadMessage>,
) -> Option<()> {
    let mut chunks: [Bytes; CHUNKS] = Default::default();
    let mut counter = Counter {
        reader,
        ..Counter::default()
    };
    while let Some(count) = receive.read_chunks(&mut chunks).await.ok()? {
        for chunk in chunks.iter_mut().take(count) {
            counter.read(&std::mem::take(chunk))?;
        }
    }
    let counted = counter.messages.to_le_bytes();
    send.write_all(&counted).await.ok()?;
    send.finish().ok()
}

/// Counts length-prefixed messages, however the chunks cut them.
#[derive(Debug, Default)]
struct Counter {
    messages: u64,
    /// Bytes of the present message that are still to come.
    left: usize,
    /// The beginning of a head that a chunk has cut.
    head: [u8; HEAD],
    head_len: usize,
    /// Who reads them, if anybody does, and the beginning of one that a chunk has cut.
    reader: Option<ReadMessage>,
    cut: BytesMut,
}

impl Counter {
    /// `None`: a message is longer than anybody reads.
    fn read(&mut self, mut chunk: &[u8]) -> Option<()> {
        while !chunk.is_empty() {
            if self.left > 0 {
                let (part, rest) = chunk.split_at(self.left.min(chunk.len()));
                self.left -= part.len();
                chunk = rest;
                self.messages += u64::from(self.take(part));
                continue;
            }
            let taken = (HEAD - self.head_len).min(chunk.len());
            self.head[self.head_len..self.head_len + taken].copy_from_slice(&chunk[..taken]);
            self.head_len += taken;
            chunk = &chunk[taken..];
            if self.head_len == HEAD {
                self.head_len = 0;
                self.left = u32::from_le_bytes(self.head) as usize;
                if self.reader.is_some() && self.left > MAX_REQUEST {
                    return None;
                }
                self.messages += u64::from(self.left == 0 && self.take(&[]));
            }
        }
        Some(())
    }

    /// Takes a part of a message. Whether it is the last, and the message could be read.
    fn take(&mut self, part: &[u8]) -> bool {
        let whole = self.left == 0;
        match self.reader {
            None => whole,
            Some(read) if whole && self.cut.is_empty() => read(part),
            Some(read) => {
                self.cut.extend_from_slice(part);
                let is_read = whole && read(&self.cut);
                if whole {
                    self.cut.clear();
                }
                is_read
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_however_the_chunks_cut_them() {
        let mut bytes = Vec::new();
        for len in [3_u32, 0, 130, 1] {
            bytes.extend_from_slice(&len.to_le_bytes());
            bytes.resize(bytes.len() + len as usize, 7);
        }
        for size in 1..bytes.len() {
            let mut counter = Counter::default();
            let mut chunks = bytes.chunks(size);
            assert!(chunks.all(|chunk| counter.read(chunk).is_some()));
            assert_eq!((counter.messages, counter.left), (4, 0), "chunks of {size}");
            let mut reading = Counter {
                reader: Some(|message| message.iter().all(|byte| *byte == 7) && message.len() != 1),
                ..Counter::default()
            };
            let mut chunks = bytes.chunks(size);
            assert!(chunks.all(|chunk| reading.read(chunk).is_some()));
            assert_eq!(reading.messages, 3, "read in chunks of {size}");
        }
    }
}

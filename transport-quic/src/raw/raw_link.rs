//! The side that measures.

use bytes::{BufMut, Bytes, BytesMut};
use quinn::{Connection, SendStream};

use super::bounds::Bounds;
use super::raw_failure::RawFailure;
use super::{BATCH, CHUNKS, COUNT, ECHO, HEAD, MAX_REQUEST, READ, REQUEST};

/// Connections that one endpoint serves at once.
pub(super) const MAX_LINKS: usize = 64;

/// An authenticated QUIC connection.
#[derive(Debug, Clone)]
pub struct RawLink {
    connection: Connection,
}

impl RawLink {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// R-strm: sends `payload` (at most 1 MiB) in a stream of its own and waits for its echo.
    ///
    /// # Errors
    /// If the connection breaks or the echo has another length.
    pub async fn request(&self, payload: &Bytes) -> Result<(), RawFailure> {
        let failed = RawFailure::of("send a request");
        let opened = self.connection.open_bi().await;
        let (mut send, mut receive) = opened.map_err(|error| failed(&error))?;
        let mut request = BytesMut::with_capacity(1 + payload.len());
        request.put_u8(REQUEST);
        request.extend_from_slice(payload);
        let written = send.write_chunk(request.freeze()).await;
        written.map_err(|error| failed(&error))?;
        send.finish().map_err(|error| failed(&error))?;
        let echo = receive.read_to_end(MAX_REQUEST).await;
        match echo.map_err(|error| failed(&error))?.len() {
            len if len == payload.len() => Ok(()),
            len => Err(RawFailure::new(
                "send a request",
                format!("{len} bytes came back"),
            )),
        }
    }

    /// R-mux: keeps `in_flight` messages of `len` bytes going round on one stream until `bounds`
    /// end it, and returns how many came back.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn echo(
        &self,
        in_flight: u64,
        len: usize,
        bounds: Bounds,
    ) -> Result<u64, RawFailure> {
        let failed = RawFailure::of("echo messages");
        let opened = self.connection.open_bi().await;
        let (mut send, mut receive) = opened.map_err(|error| failed(&error))?;
        let mut out = BytesMut::from(&[ECHO][..]);
        let mut chunks: [Bytes; CHUNKS] = Default::default();
        let (mut sent, mut back, mut cut) = (in_flight, 0_u64, 0);
        put_messages(&mut out, in_flight, len);
        loop {
            if !out.is_empty() {
                let written = send.write_chunk(out.split().freeze()).await;
                written.map_err(|error| failed(&error))?;
            }
            if back >= sent {
                break;
            }
            let read = receive.read_chunks(&mut chunks).await;
            let Some(count) = read.map_err(|error| failed(&error))? else {
                return Err(RawFailure::new("echo messages", "the stream ended"));
            };
            cut += chunks.iter().take(count).map(Bytes::len).sum::<usize>();
            let whole = (cut / (HEAD + len)) as u64;
            cut %= HEAD + len;
            back += whole;
            if bounds.allow(back) {
                put_messages(&mut out, whole, len);
                sent += whole;
            }
        }
        send.finish().map_err(|error| failed(&error))?;
        Ok(back)
    }

    async fn begin_one_way(
        &self,
        service: u8,
    ) -> Result<(SendStream, quinn::RecvStream), RawFailure> {
        let failed = RawFailure::of("send one way");
        let opened = self.connection.open_bi().await;
        let (mut send, receive) = opened.map_err(|error| failed(&error))?;
        let written = send.write_all(&[service]).await;
        written.map_err(|error| failed(&error))?;
        Ok((send, receive))
    }
}

/// R-one with one link, R-fan with several: sends messages of `len` bytes to all of them, in
/// batches of 64 KiB that are made once, until `bounds` end it. Returns how many were received, by
/// the receivers' own count.
///
/// # Errors
/// If a connection breaks, or a receiver counts another number than was sent.
pub async fn send_one_way(
    links: &[RawLink],
    len: usize,
    bounds: Bounds,
) -> Result<u64, RawFailure> {
    let put = |batch: &mut BytesMut, count| put_messages(batch, count, len);
    send_batches(links, COUNT, len, put, bounds).await
}

/// The same with this message, at most 1 MiB, which each receiver [reads](super::ReadMessage).
///
/// # Errors
/// As [`send_one_way`], or if a receiver could not read one.
pub async fn send_encoded(
    links: &[RawLink],
    message: &[u8],
    bounds: Bounds,
) -> Result<u64, RawFailure> {
    let put = |batch: &mut BytesMut, count| {
        for _ in 0..count {
            batch.put_u32_le(message.len() as u32);
            batch.put_slice(message);
        }
    };
    send_batches(links, READ, message.len(), put, bounds).await
}

async fn send_batches(
    links: &[RawLink],
    service: u8,
    len: usize,
    put: impl Fn(&mut BytesMut, u64),
    bounds: Bounds,
) -> Result<u64, RawFailure> {
    let failed = RawFailure::of("send one way");
    let mut streams = Vec::with_capacity(links.len());
    for link in links {
        streams.push(link.begin_one_way(service).await?);
    }
    let per_batch = (BATCH / (HEAD + len)).max(1) as u64;
    let mut sent = 0;
    while bounds.allow(sent) {
        let mut batch = BytesMut::with_capacity(BATCH.max(HEAD + len));
        put(&mut batch, per_batch);
        let batch = batch.freeze();
        for (send, _) in &mut streams {
            let written = send.write_chunk(batch.clone()).await;
            written.map_err(|error| failed(&error))?;
        }
        sent += per_batch;
    }
    let mut received = 0;
    for (send, _) in &mut streams {
        send.finish().map_err(|error| failed(&error))?;
    }
    for (_, receive) in &mut streams {
        let mut counted = [0; 8];
        let read = receive.read_exact(&mut counted).await;
        read.map_err(|error| failed(&error))?;
        let counted = u64::from_le_bytes(counted);
        if counted != sent {
            let reason = format!("{sent} messages were sent, {counted} counted");
            return Err(RawFailure::new("send one way", reason));
        }
        received += counted;
    }
    Ok(received)
}

/// Encodes `count` messages; the bytes are written anew each time, as they would be.
fn put_messages(out: &mut BytesMut, count: u64, len: usize) {
    out.reserve(count as usize * (HEAD + len));
    for _ in 0..count {
        out.put_u32_le(len as u32);
        out.put_bytes(7, len);
    }
}

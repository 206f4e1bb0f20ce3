//! A UDP socket that can be given back while links still refer to it.

use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};

use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};

use crate::receive_batch::ReceiveBatch;
use crate::settings::MAX_DATAGRAM;
use crate::traffic::{Traffic, TrafficCounters};

/// Bytes that the kernel gives at once, at the most: what the length of a UDP datagram can say.
const LARGEST_READ: usize = u16::MAX as usize;

/// Wraps quinn's socket so that its address is free as soon as the transport is closed.
///
/// Every stream and connection of quinn holds the socket until it is dropped, so a lane that
/// somebody keeps would otherwise keep the address. The lock is taken by readers only until then;
/// it is small change beside the system call behind it.
#[derive(Debug)]
pub(crate) struct ReleasableSocket {
    socket: RwLock<Option<Arc<dyn AsyncUdpSocket>>>,
    local: SocketAddr,
    traffic: TrafficCounters,
    batch: ReceiveBatch,
}

impl ReleasableSocket {
    pub(crate) fn new(socket: Arc<dyn AsyncUdpSocket>) -> io::Result<Self> {
        Ok(Self {
            local: socket.local_addr()?,
            socket: RwLock::new(Some(socket)),
            traffic: TrafficCounters::default(),
            batch: ReceiveBatch::default(),
        })
    }

    /// Gives the socket back. What is sent from now on is lost, nothing is received any more.
    pub(crate) fn release(&self) {
        *self.socket.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What was sent and received so far.
    pub(crate) fn traffic(&self) -> Traffic {
        self.traffic.read()
    }

    fn with<T>(&self, released: T, use_it: impl FnOnce(&Arc<dyn AsyncUdpSocket>) -> T) -> T {
        match &*self.socket.read().unwrap_or_else(PoisonError::into_inner) {
            Some(socket) => use_it(socket),
            None => released,
        }
    }
}

impl AsyncUdpSocket for ReleasableSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(ReleasablePoller {
            socket: self,
            waiting: None,
        })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.with(Ok(()), |socket| {
            socket.try_send(transmit)?;
            self.traffic
                .sent(transmit.contents.len(), transmit.segment_size);
            Ok(())
        })
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        self.with(Poll::Pending, |socket| {
            let Some(size) = self.batch.next_size(buffers.len().min(meta.len())) else {
                context.waker().wake_by_ref();
                return Poll::Pending;
            };
            let (buffers, meta) = (&mut buffers[..size], &mut meta[..size]);
            let received = socket.poll_recv(context, buffers, meta);
            if let Poll::Ready(Ok(count)) = received {
                let received = &meta[..count.min(size)];
                self.batch.received(received);
                self.traffic
                    .received(received.iter().map(|meta| meta.len).sum());
            }
            if received.is_pending() {
                self.batch.nothing_left();
            }
            received
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn max_transmit_segments(&self) -> usize {
        self.with(1, |socket| socket.max_transmit_segments())
    }

    fn max_receive_segments(&self) -> usize {
        // Quinn makes 32 buffers of so many datagrams of our largest size, 13 MB with the kernel's
        // 64, and the first bursts touch them all. What the kernel gives at once is never more than
        // 64 KiB, however many datagrams that is.
        let all = LARGEST_READ.div_ceil(usize::from(MAX_DATAGRAM));
        self.with(1, |socket| socket.max_receive_segments().min(all))
    }

    fn may_fragment(&self) -> bool {
        self.with(true, |socket| socket.may_fragment())
    }
}

/// Holds a poller of the wrapped socket, and with it that socket, only while it has to wait.
struct ReleasablePoller {
    socket: Arc<ReleasableSocket>,
    waiting: Option<Pin<Box<dyn UdpPoller>>>,
}

impl UdpPoller for ReleasablePoller {
    fn poll_writable(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let waiting = self.waiting.take();
        let Some(mut poller) = waiting.or_else(|| {
            self.socket
                .with(None, |socket| Some(socket.clone().create_io_poller()))
        }) else {
            return Poll::Ready(Ok(()));
        };
        let polled = poller.as_mut().poll_writable(context);
        if polled.is_pending() {
            self.waiting = Some(poller);
        }
        polled
    }
}

impl fmt::Debug for ReleasablePoller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReleasablePoller").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quinn::Runtime as _;

    #[tokio::test]
    async fn buffers_hold_the_largest_read_and_little_more() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let socket = quinn::TokioRuntime.wrap_udp_socket(socket).unwrap();
        let socket = ReleasableSocket::new(socket).unwrap();
        let each = socket.max_receive_segments() * usize::from(MAX_DATAGRAM);
        assert!(each < LARGEST_READ + usize::from(MAX_DATAGRAM), "{each}");
        // Where the kernel joins datagrams at all.
        let joined = socket.max_receive_segments() > 1;
        assert!(!joined || each >= LARGEST_READ, "{each}");
    }
}

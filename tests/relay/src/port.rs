//! A UDP socket that takes and gives datagrams by the dozen.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use quinn_udp::{BATCH_SIZE, EcnCodepoint, RecvMeta, Transmit, UdpSocketState};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Asked of the kernel: 20 ms of 200 MB/s, for as long as others have the processor.
const BUFFER: usize = 4 << 20;
/// The largest datagram, and the most that the kernel joins to one.
const DATAGRAM: usize = 65_536;
/// Receptions in one system call, each up to 64 datagrams of one sender.
const RECEPTIONS: usize = if BATCH_SIZE < 8 { BATCH_SIZE } else { 8 };

/// A bound socket.
#[derive(Debug)]
pub(crate) struct Port {
    socket: UdpSocket,
    state: UdpSocketState,
    address: SocketAddr,
}

/// Where received datagrams are put. 512 KiB, of which the operating system gives what is used.
pub(crate) struct Intake {
    bytes: Vec<u8>,
    metas: [RecvMeta; RECEPTIONS],
    received: usize,
}

/// Datagrams that were received in one piece.
pub(crate) struct Reception<'i> {
    /// Who sent them.
    pub(crate) from: SocketAddr,
    /// What routers have marked them with.
    pub(crate) ecn: Option<EcnCodepoint>,
    bytes: &'i [u8],
    stride: usize,
}

impl Port {
    /// Binds an address. Port 0: any free one.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = std::net::UdpSocket::bind(address)?;
        let buffers = SockRef::from(&socket);
        // The kernel gives what it allows.
        let _ = buffers.set_recv_buffer_size(BUFFER);
        let _ = buffers.set_send_buffer_size(BUFFER);
        let state = UdpSocketState::new((&socket).into())?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            state,
            address: socket.local_addr()?,
            socket: UdpSocket::from_std(socket)?,
        })
    }

    /// Binds a free port from which `target` can be reached.
    pub(crate) fn towards(target: SocketAddr) -> io::Result<Self> {
        let ip = match target.ip() {
            IpAddr::V4(ip) if ip.is_loopback() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_loopback() => Ipv6Addr::LOCALHOST.into(),
            IpAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
        };
        Self::bind(SocketAddr::new(ip, 0))
    }

    /// Where it is bound.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Most datagrams that go out in one call.
    pub(crate) fn most_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// Waits until there is something to take.
    pub(crate) async fn readable(&self) {
        // An error would be an earlier datagram's; taking tells.
        let _ = self.socket.readable().await;
    }

    /// Takes what is there. `false`: nothing.
    pub(crate) fn take(&self, intake: &mut Intake) -> bool {
        intake.received = 0;
        let Intake {
            bytes,
            metas,
            received,
        } = intake;
        let mut pieces = bytes.chunks_exact_mut(DATAGRAM);
        let mut slices: [IoSliceMut<'_>; RECEPTIONS] =
            std::array::from_fn(|_| IoSliceMut::new(pieces.next().unwrap_or_default()));
        let taken = self.socket.try_io(Interest::READABLE, || {
            self.state.recv((&self.socket).into(), &mut slices, metas)
        });
        match taken {
            Ok(receptions) => {
                *received = receptions;
                true
            }
            // Anything else is about a datagram that was sent before and met nobody.
            Err(e) => e.kind() != io::ErrorKind::WouldBlock,
        }
    }

    /// Sends datagrams of `segment` bytes each (the last may be shorter), waiting while the
    /// kernel's buffer is full.
    pub(crate) async fn send(
        &self,
        to: SocketAddr,
        bytes: &[u8],
        segment: usize,
        ecn: Option<EcnCodepoint>,
    ) -> io::Result<()> {
        let transmit = Transmit {
            destination: to,
            ecn,
            contents: bytes,
            segment_size: (segment < bytes.len()).then_some(segment),
            src_ip: None,
        };
        loop {
            let sent = self.socket.try_io(Interest::WRITABLE, || {
                self.state.try_send((&self.socket).into(), &transmit)
            });
            match sent {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.socket.writable().await?,
                sent => return sent,
            }
        }
    }
}

impl Intake {
    /// Nothing received.
    pub(crate) fn new() -> Self {
        Self {
            bytes: vec![0; RECEPTIONS * DATAGRAM],
            metas: [RecvMeta::default(); RECEPTIONS],
            received: 0,
        }
    }

    /// What was taken last.
    pub(crate) fn receptions(&self) -> impl Iterator<Item = Reception<'_>> {
        let pieces = self.bytes.chunks_exact(DATAGRAM);
        let pieces = pieces.zip(&self.metas).take(self.received);
        pieces.map(|(piece, meta)| Reception {
            from: meta.addr,
            ecn: meta.ecn,
            bytes: &piece[..meta.len.min(DATAGRAM)],
            stride: meta.stride.max(1),
        })
    }
}

impl<'i> Reception<'i> {
    /// The datagrams, one by one.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = &'i [u8]> {
        // One without a byte has no chunk, and yet it is one.
        let empty = self.bytes.is_empty().then_some(self.bytes);
        empty.into_iter().chain(self.bytes.chunks(self.stride))
    }
}

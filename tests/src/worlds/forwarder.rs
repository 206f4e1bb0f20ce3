//! A UDP socket in front of a process, which forwards or swallows what goes through it.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// Diallers remembered at once; beyond it the oldest is forgotten.
const MAX_DIALLERS: usize = 16;
/// Asked of the kernel, so that bursts are not lost here.
const BUFFER: usize = 4 << 20;
/// The largest datagram.
const DATAGRAM: usize = 65_536;

/// Forwards datagrams between whoever dials its address and a target, each dialler from a socket
/// of its own, so that the target can tell them apart. It swallows what it is told to and never
/// invents anything.
#[derive(Debug)]
pub struct Forwarder {
    address: SocketAddr,
    ways: Arc<Ways>,
    /// Ends with the forwarder.
    _tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Ways {
    target: Mutex<Option<SocketAddr>>,
    to_target: Way,
    from_target: Way,
}

#[derive(Debug, Default)]
struct Way {
    closed: AtomicBool,
    swallowed: AtomicU64,
}

struct Dialler {
    address: SocketAddr,
    socket: Arc<UdpSocket>,
    /// Carries what comes back; ends with this.
    _back: JoinSet<()>,
}

impl Forwarder {
    /// Binds a free port of 127.0.0.1 and swallows everything until there is a
    /// [target](Self::set_target).
    ///
    /// # Errors
    /// If there is no socket to be had.
    pub fn bind() -> io::Result<Self> {
        let front = Arc::new(bind()?);
        let address = front.local_addr()?;
        let ways = Arc::<Ways>::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(forward(front, ways.clone()));
        Ok(Self {
            address,
            ways,
            _tasks: tasks,
        })
    }

    /// Where it is dialled.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on datagrams go there; `None`: nowhere.
    pub fn set_target(&self, target: Option<SocketAddr>) {
        *self.ways.target() = target;
    }

    /// Whether what diallers send is swallowed.
    pub fn swallow_towards_target(&self, swallow: bool) {
        self.ways.to_target.closed.store(swallow, Ordering::Relaxed);
    }

    /// Whether what the target answers is swallowed.
    pub fn swallow_from_target(&self, swallow: bool) {
        self.ways
            .from_target
            .closed
            .store(swallow, Ordering::Relaxed);
    }

    /// Datagrams swallowed so far, both ways.
    pub fn swallowed(&self) -> u64 {
        [&self.ways.to_target, &self.ways.from_target]
            .map(|way| way.swallowed.load(Ordering::Relaxed))
            .iter()
            .sum()
    }
}

impl Ways {
    fn target(&self) -> std::sync::MutexGuard<'_, Option<SocketAddr>> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Way {
    /// Whether a datagram may pass; counts the one that may not.
    fn lets_through(&self) -> bool {
        let closed = self.closed.load(Ordering::Relaxed);
        self.swallowed.fetch_add(closed.into(), Ordering::Relaxed);
        !closed
    }
}

/// From diallers to the target.
async fn forward(front: Arc<UdpSocket>, ways: Arc<Ways>) {
    let mut diallers: VecDeque<Dialler> = VecDeque::new();
    let mut datagram = vec![0; DATAGRAM];
    loop {
        // An error here is an earlier datagram's, which met nobody.
        let Ok((len, from)) = front.recv_from(&mut datagram).await else {
            continue;
        };
        let target = *ways.target();
        let Some(target) = target.filter(|_| ways.to_target.lets_through()) else {
            continue;
        };
        let known = diallers.iter().find(|dialler| dialler.address == from);
        let socket = match known {
            Some(dialler) => dialler.socket.clone(),
            None => match Dialler::new(from, front.clone(), ways.clone()) {
                Ok(dialler) => {
                    let socket = dialler.socket.clone();
                    diallers.truncate(MAX_DIALLERS - 1);
                    diallers.push_front(dialler);
                    socket
                }
                Err(_) => continue,
            },
        };
        // Lost like any datagram that meets nobody.
        let _ = socket.send_to(&datagram[..len], target).await;
    }
}

impl Dialler {
    fn new(address: SocketAddr, front: Arc<UdpSocket>, ways: Arc<Ways>) -> io::Result<Self> {
        let socket = Arc::new(bind()?);
        let answers = socket.clone();
        let mut back = JoinSet::new();
        back.spawn(async move {
            let mut datagram = vec![0; DATAGRAM];
            loop {
                if let Ok((len, _)) = answers.recv_from(&mut datagram).await
                    && ways.from_target.lets_through()
                {
                    let _ = front.send_to(&datagram[..len], address).await;
                }
            }
        });
        Ok(Self {
            address,
            socket,
            _back: back,
        })
    }
}

fn bind() -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    let buffers = SockRef::from(&socket);
    // The kernel gives what it allows.
    let _ = buffers.set_recv_buffer_size(BUFFER);
    let _ = buffers.set_send_buffer_size(BUFFER);
    UdpSocket::from_std(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_way_is_swallowed_by_itself_and_counted() {
        let target = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let dialler = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let forwarder = Forwarder::bind().unwrap();
        forwarder.set_target(Some(target.local_addr().unwrap()));
        let mut datagram = [0; 16];

        dialler
            .send_to(b"there", forwarder.address())
            .await
            .unwrap();
        let (len, seen) = target.recv_from(&mut datagram).await.unwrap();
        assert_eq!(&datagram[..len], b"there");
        target.send_to(b"back", seen).await.unwrap();
        let (len, from) = dialler.recv_from(&mut datagram).await.unwrap();
        assert_eq!(
            (&datagram[..len], from),
            (&b"back"[..], forwarder.address())
        );

        forwarder.swallow_from_target(true);
        target.send_to(b"lost", seen).await.unwrap();
        dialler
            .send_to(b"still", forwarder.address())
            .await
            .unwrap();
        let (len, _) = target.recv_from(&mut datagram).await.unwrap();
        assert_eq!(&datagram[..len], b"still");
        while forwarder.swallowed() == 0 {
            tokio::task::yield_now().await;
        }
        forwarder.swallow_from_target(false);
        target.send_to(b"heard", seen).await.unwrap();
        let (len, _) = dialler.recv_from(&mut datagram).await.unwrap();
        assert_eq!(&datagram[..len], b"heard");
    }
}

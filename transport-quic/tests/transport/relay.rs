//! A UDP relay between a dialler and an acceptor that can swallow what it should forward.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Forwards between the last sender that is not the target, and the target.
pub(crate) struct Relay {
    pub(crate) address: String,
    swallow_answers: Arc<AtomicBool>,
    swallow_requests: Arc<AtomicBool>,
    retries: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Relay {
    pub(crate) async fn to(target: &str) -> Self {
        let target: SocketAddr = target.parse().unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap().to_string();
        let (swallow_answers, swallow_requests) = <(Arc<AtomicBool>, Arc<AtomicBool>)>::default();
        let (retry_seen, retries) = watch::channel(false);
        let (answers, requests) = (swallow_answers.clone(), swallow_requests.clone());
        let task = tokio::spawn(async move {
            let mut buffer = vec![0; 65_536];
            let mut dialler = None;
            while let Ok((len, from)) = socket.recv_from(&mut buffer).await {
                let packet = &buffer[..len];
                if from == target {
                    retry_seen.send_if_modified(|seen| {
                        !*seen && {
                            *seen = is_retry(packet);
                            *seen
                        }
                    });
                    if let (Some(dialler), false) = (dialler, answers.load(Ordering::SeqCst)) {
                        let _ = socket.send_to(packet, dialler).await;
                    }
                } else {
                    dialler = Some(from);
                    if !requests.load(Ordering::SeqCst) {
                        let _ = socket.send_to(packet, target).await;
                    }
                }
            }
        });
        Self {
            address,
            swallow_answers,
            swallow_requests,
            retries,
            task,
        }
    }

    /// From now on nothing comes back from the target.
    pub(crate) fn swallow_answers(&self) {
        self.swallow_answers.store(true, Ordering::SeqCst);
    }

    /// From now on nothing gets through.
    pub(crate) fn cut(&self) {
        self.swallow_answers();
        self.swallow_requests.store(true, Ordering::SeqCst);
    }

    /// Waits until the target has answered with a Retry packet.
    pub(crate) async fn retry_seen(&mut self) {
        self.retries.wait_for(|seen| *seen).await.unwrap();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// RFC 9000 §17.2.5: a long header of type 3.
fn is_retry(packet: &[u8]) -> bool {
    packet.first().is_some_and(|first| first & 0xb0 == 0xb0)
}

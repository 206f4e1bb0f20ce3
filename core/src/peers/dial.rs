//! Dialling a peer for as long as a link is wanted.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;

use super::link_task;
use super::peer::Peer;
use super::standing::Standing;
use crate::transport::{DialError, Expected};

/// The pause of the side that did not dial last, so that both don't dial at once.
const YIELD_MIN_MS: u64 = 50;
const YIELD_MAX_MS: u64 = 250;

impl Peer {
    /// Makes sure that the peer is being dialled, if a link is wanted and it can be.
    pub(crate) fn dial(self: &Arc<Self>) {
        let down = self.standing() == Standing::Down;
        if down || self.is_linked() || self.shared.is_closed() || self.address().is_none() {
            return;
        }
        if !self.dialling.swap(true, Ordering::AcqRel) {
            let dialling = Dialling(Some(self.clone()));
            self.shared.runtime.spawn(dial(self.clone(), dialling));
        }
    }

    /// Nobody dials any more. What came between the last look and this would otherwise wait for
    /// the next; a wish is left to the task that it is for.
    pub(super) fn dialled(self: &Arc<Self>) {
        self.dialling.store(false, Ordering::Release);
        if self.session().wants_link() || self.unsequenced.has_wish() {
            self.dial();
        }
    }
}

/// That a peer is being dialled, which is given back whatever ends the task that does it: nobody
/// would dial it ever again.
struct Dialling(Option<Arc<Peer>>);

impl Dialling {
    /// It ends as it should.
    fn end(mut self) {
        if let Some(peer) = self.0.take() {
            peer.dialled();
        }
    }
}

impl Drop for Dialling {
    /// What ended the task would end the next at once, a panic or the end of its runtime: so that is
    /// left to whoever sends next.
    fn drop(&mut self) {
        if let Some(peer) = &self.0 {
            peer.dialling.store(false, Ordering::Release);
        }
    }
}

async fn dial(peer: Arc<Peer>, dialling: Dialling) {
    let timings = peer.shared.timings.clone();
    if !peer.dialled_last.load(Ordering::Relaxed) && peer.session().has_exchanged() {
        let pause = fastrand::u64(YIELD_MIN_MS..=YIELD_MAX_MS);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    let mut pause = timings.redial;
    let mut panicked = false;
    while wants_link(&peer) && !peer.shared.is_closed() {
        if peer.standing() == Standing::Down {
            break;
        }
        let Some(address) = peer.address() else { break };
        let expected = Expected::Peer(peer.id().clone());
        match peer.shared.dial(&address, &expected).await {
            Ok(link) => {
                peer.dialled_last.store(true, Ordering::Relaxed);
                let (met, meeting) = oneshot::channel();
                tokio::spawn(link_task::run_dialled(peer.clone(), link, met));
                let _ = meeting.await;
                if peer.is_linked() {
                    break;
                }
            }
            Err(error @ DialError::Panicked { .. }) if !panicked => {
                panicked = true;
                tracing::error!(peer = %peer.id(), %error, "a dial failed");
            }
            Err(error) => tracing::debug!(peer = %peer.id(), %error, "a dial failed"),
        }
        let jittered = pause.mul_f64(fastrand::f64());
        tokio::time::sleep(jittered).await;
        pause = pause.saturating_mul(2).min(timings.redial_max);
    }
    dialling.end();
}

/// Whether something waits for a link, or was refused for want of one: that buys one attempt.
fn wants_link(peer: &Peer) -> bool {
    peer.session().wants_link() || peer.unsequenced.take_wish()
}

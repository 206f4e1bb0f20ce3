//! One process on the network: binding and dialling.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::switchboard::{Meeting, SCHEME, Station, Switchboard};
use crate::id::{Identity, PeerId};
use crate::transport::{BindError, Bound, BoxFuture, DialError, Expected, Link, Transport};

/// The [`Transport`] of one process on a [`MemoryNetwork`](super::MemoryNetwork), which makes it.
///
/// Dropping it closes it.
#[derive(Debug)]
pub struct MemoryTransport {
    switchboard: Arc<Switchboard>,
    address: Option<String>,
    identity: Identity,
    environment: String,
    /// What the last [`bind`](Transport::bind) made; the switchboard knows whether it still is.
    station: Mutex<Option<u64>>,
}

impl MemoryTransport {
    pub(super) fn new(
        switchboard: Arc<Switchboard>,
        address: Option<String>,
        identity: Identity,
        environment: String,
    ) -> Arc<Self> {
        Arc::new(Self {
            switchboard,
            address,
            identity,
            environment,
            station: Mutex::new(None),
        })
    }

    fn bind_now(
        &self,
        peer: &PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> Result<Bound, BindError> {
        if !self.identity.may_bind(peer) {
            let reason = format!("{} does not cover {peer}", self.identity);
            return Err(BindError::Identity { reason });
        }
        let refused = |address: &str, reason: String| BindError::Address {
            address: address.to_owned(),
            reason,
        };
        if let Some(address) = self.address.as_deref()
            && !address.starts_with(SCHEME)
        {
            let reason = format!("addresses of this network begin with {SCHEME}");
            return Err(refused(address, reason));
        }
        let mut current = self.station.lock().unwrap_or_else(PoisonError::into_inner);
        if current.is_some_and(|station| self.switchboard.is_bound(station)) {
            let address = self.address.as_deref().unwrap_or(SCHEME);
            let reason = "this transport is bound already: close it first".to_owned();
            return Err(refused(address, reason));
        }
        let bound = self
            .switchboard
            .bind(self.address.as_deref(), |address| Station {
                address,
                peer: peer.clone(),
                identity: self.identity.clone(),
                environment: self.environment.clone(),
                arrivals,
                runtime: Handle::current(),
            });
        let (station, address) = bound.map_err(|occupant| {
            let reason = format!("{occupant} is bound there: close it or choose another address");
            refused(self.address.as_deref().unwrap_or(SCHEME), reason)
        })?;
        *current = Some(station);
        Ok(Bound {
            address,
            identity: self.identity.clone(),
            environment: self.environment.clone(),
        })
    }

    /// Repeats what a real handshake repeats: the first packets, until somebody answers.
    async fn handshake(
        &self,
        dialler: u64,
        address: &str,
        expected: &Expected,
    ) -> Result<Arc<dyn Link>, DialError> {
        loop {
            let mut changed = pin!(self.switchboard.changed.notified());
            // From here on no change is missed, though the look comes before the waiting.
            changed.as_mut().enable();
            let (number, station) = match self.switchboard.meet(dialler, address) {
                Meeting::Unbound => return Err(DialError::Closed),
                Meeting::Nobody => {
                    changed.await;
                    continue;
                }
                Meeting::Refusal(peer) => {
                    self.switchboard.counters.dials_refused.add(1);
                    let reason = format!("{peer} takes no dials at this moment");
                    return Err(refused(address, reason));
                }
                Meeting::Somebody(number, station, travels) => {
                    if !travels.is_zero() {
                        tokio::time::sleep(travels).await;
                    }
                    (number, station)
                }
            };
            self.check(address, expected, &station)?;
            let permit = tokio::select! {
                biased;
                permit = station.arrivals.clone().reserve_owned() => permit,
                // The station may be gone: waiting on would keep its channel of arrivals open.
                () = changed => continue,
            };
            let Ok(permit) = permit else {
                let reason = format!("{} accepts no more links", station.peer);
                return Err(refused(address, reason));
            };
            if let Some(link) = self.switchboard.link(dialler, number) {
                permit.send(Arc::new(link.accepted));
                return Ok(Arc::new(link.dialled));
            }
        }
    }

    /// What both certificates would prove.
    fn check(
        &self,
        address: &str,
        expected: &Expected,
        station: &Station,
    ) -> Result<(), DialError> {
        let reason = if station.environment != self.environment {
            format!(
                "its certificate is of environment {}, ours of {}",
                station.environment, self.environment
            )
        } else if !expected.is_met_by(&station.identity) {
            format!("its certificate proves {}", station.identity)
        } else {
            return Ok(());
        };
        Err(DialError::WrongIdentity {
            address: address.to_owned(),
            expected: match expected {
                Expected::Peer(peer) => peer.to_string(),
                Expected::Directory => "a directory server".to_owned(),
            },
            reason,
        })
    }

    fn unbind(&self) {
        let mut station = self.station.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(station) = station.take() {
            self.switchboard.close(station);
        }
    }
}

impl Transport for MemoryTransport {
    fn bind<'a>(
        &'a self,
        peer: &'a PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>> {
        Box::pin(async move { self.bind_now(peer, arrivals) })
    }

    fn dial<'a>(
        &'a self,
        address: &'a str,
        expected: &'a Expected,
    ) -> BoxFuture<'a, Result<Arc<dyn Link>, DialError>> {
        Box::pin(async move {
            let station = *self.station.lock().unwrap_or_else(PoisonError::into_inner);
            let dialler = station.ok_or(DialError::Closed)?;
            if !address.starts_with(SCHEME) {
                return Err(DialError::Address {
                    address: address.to_owned(),
                    reason: format!("addresses of this network begin with {SCHEME}"),
                });
            }
            let patience = self.switchboard.handshake_timeout();
            let handshake = self.handshake(dialler, address, expected);
            match tokio::time::timeout(patience, handshake).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    self.switchboard.counters.dials_unanswered.add(1);
                    Err(DialError::Silent {
                        address: address.to_owned(),
                        after_ms: patience.as_millis() as u64,
                    })
                }
            }
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move { self.unbind() })
    }
}

impl Drop for MemoryTransport {
    fn drop(&mut self) {
        self.unbind();
    }
}

fn refused(address: &str, reason: String) -> DialError {
    DialError::Refused {
        address: address.to_owned(),
        reason,
    }
}

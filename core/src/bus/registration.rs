//! Becoming known to a directory: each address in turn, until one answers (promise 27).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::start_error::{DirectoryFailure, StartError};
use crate::directory::contract::{Register, RegisterError, Registered, Registration};
use crate::dispatch::Verdict;
use crate::id::{Incarnation, Revision};
use crate::message::{Codec, HandlerError, Message};
use crate::peers::{Bootstrap, Patience, Peer, Peers};

/// The pause after every address has failed; doubled up to [`MAX_PAUSE`], drawn with full jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(2);

const NOT_TRIED: &str = "not tried, the time was up before";
const SILENT: &str = "no answer; check the address, that a directory runs there, and that no \
                      firewall holds UDP back";
const UNFINISHED: &str = "it was reached, but did not finish the registration in time; try again, \
                          or with a longer registration_timeout";

/// Registered: the run's number, the directory to talk to, and what it held then.
pub(super) struct Joined {
    pub(super) directory: Arc<Peer>,
    pub(super) incarnation: Incarnation,
    pub(super) revision: Revision,
}

/// Why this process is not registered.
pub(super) enum Unregistered {
    /// Another attempt may succeed.
    ForNow(StartError),
    /// No attempt of this run can: its peer id is another's, or it has left.
    ForEver(StartError),
}

impl From<Unregistered> for StartError {
    fn from(unregistered: Unregistered) -> Self {
        match unregistered {
            Unregistered::ForNow(error) | Unregistered::ForEver(error) => error,
        }
    }
}

/// Why one address was of no use.
enum Failed {
    /// Another may be.
    Here(String),
    /// Another may be; this one let its share of the time pass.
    Silent,
    /// None will be.
    Everywhere(Unregistered),
}

/// Tries each address in turn, again and again, until one registers this process.
pub(super) async fn register(
    peers: &Arc<Peers>,
    addresses: &[String],
    registration: &Registration,
    within: Duration,
) -> Result<Joined, Unregistered> {
    let end = Patience::from(within).deadline();
    let mut failures: Vec<_> = addresses
        .iter()
        .map(|address| DirectoryFailure {
            address: address.clone(),
            reason: NOT_TRIED.into(),
        })
        .collect();
    let mut pause = FIRST_PAUSE;
    loop {
        let mut waiting = addresses.len() as u32;
        for failure in &mut failures {
            // Only the dial is held to its share: a directory that answers may need seconds until
            // everybody else has learnt of us, but one that is silent must not use up the time of
            // those after it.
            let left = end.saturating_duration_since(Instant::now());
            let dial_by = Instant::now() + left / waiting.max(1);
            waiting = waiting.saturating_sub(1);
            let attempt = register_at(peers, &failure.address, registration, dial_by);
            let untold = failure.reason == NOT_TRIED;
            match tokio::time::timeout_at(end, attempt).await {
                Ok(Ok(joined)) => return Ok(joined),
                Ok(Err(Failed::Everywhere(error))) => return Err(error),
                Ok(Err(Failed::Here(reason))) => failure.reason = reason,
                // What it said before tells more than that the time is up.
                Ok(Err(Failed::Silent)) if untold => failure.reason = SILENT.into(),
                Err(_) if untold => failure.reason = UNFINISHED.into(),
                Ok(Err(Failed::Silent)) | Err(_) => {}
            }
        }
        let jittered = pause.mul_f64(fastrand::f64());
        if addresses.is_empty() || Instant::now() + jittered >= end {
            let peer = peers.shared().own().peer.to_string();
            let within_ms = within.as_millis() as u64;
            return Err(Unregistered::ForNow(StartError::NoDirectory {
                peer,
                within_ms,
                failures,
            }));
        }
        tokio::time::sleep(jittered).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

async fn register_at(
    peers: &Arc<Peers>,
    address: &str,
    registration: &Registration,
    dial_by: Instant,
) -> Result<Joined, Failed> {
    let here = |reason: String| Failed::Here(reason);
    let dial = Bootstrap::dial(peers.clone(), address);
    let mut bootstrap = tokio::time::timeout_at(dial_by, dial)
        .await
        .map_err(|_| Failed::Silent)?
        .map_err(|error| here(error.to_string()))?;
    let request = super::publishing::encode(&Register::from(registration)).map_err(here)?;
    let answer = bootstrap.request(Register::NAME, &request).await;
    let answer = answer.map_err(|error| here(error.to_string()))?;
    let registered = match Verdict::decode(&answer) {
        Ok(Verdict::Reply(reply)) => {
            let registered: Result<Registered, _> = <Register as Message>::Codec::decode(&reply);
            registered.map_err(|error| here(error.to_string()))?
        }
        Ok(Verdict::Rejected(error)) => {
            bootstrap.close();
            return Err(refused(peers, &error));
        }
        Ok(verdict) => return Err(here(format!("it answered {verdict:?}"))),
        Err(error) => return Err(here(error.to_string())),
    };
    let incarnation = registered
        .incarnation()
        .map_err(|error| here(error.to_string()))?;
    peers.set_incarnation(incarnation);
    let directory = bootstrap
        .join()
        .ok_or_else(|| here("too many peers are known".into()))?;
    Ok(Joined {
        directory,
        incarnation,
        revision: registered.revision(),
    })
}

fn refused(peers: &Peers, error: &crate::message::WireError) -> Failed {
    let peer = peers.shared().own().peer.to_string();
    let refusal = |refused: &RegisterError| StartError::Refused {
        peer,
        reason: refused.to_string(),
    };
    match RegisterError::from_wire(error) {
        Some(RegisterError::Malformed(_)) | None => Failed::Here(error.text.clone()),
        Some(
            refused @ (RegisterError::Refused(_) | RegisterError::Fenced(_) | RegisterError::Left),
        ) => Failed::Everywhere(Unregistered::ForEver(refusal(&refused))),
        Some(refused) => Failed::Everywhere(Unregistered::ForNow(refusal(&refused))),
    }
}

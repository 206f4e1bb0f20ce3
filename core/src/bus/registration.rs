//! Becoming known to a directory: each address in turn, until one answers (promise 27).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::start_error::{DirectoryFailure, StartError};
use crate::directory::contract::{Register, RegisterError, Registered, Registration};
use crate::dispatch::Verdict;
use crate::id::{Incarnation, Revision};
use crate::message::{Codec, HandlerError, Message};
use crate::peers::{Bootstrap, Peer, Peers};

/// The pause after every address has failed; doubled up to [`MAX_PAUSE`], drawn with full jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// Registered: the run's number, the directory to talk to, and what it held then.
pub(super) struct Joined {
    pub(super) directory: Arc<Peer>,
    pub(super) incarnation: Incarnation,
    pub(super) revision: Revision,
}

/// Why one address was of no use.
enum Failed {
    /// Another may be.
    Here(String),
    /// None will be.
    Everywhere(StartError),
}

/// Tries each address in turn, again and again, until one registers this process.
pub(super) async fn register(
    peers: &Arc<Peers>,
    addresses: &[String],
    registration: &Registration,
    within: Duration,
) -> Result<Joined, StartError> {
    let end = Instant::now() + within;
    let mut failures: Vec<_> = addresses
        .iter()
        .map(|address| DirectoryFailure {
            address: address.clone(),
            reason: "not tried".into(),
        })
        .collect();
    let mut pause = FIRST_PAUSE;
    loop {
        for failure in &mut failures {
            let attempt = register_at(peers, &failure.address, registration);
            match tokio::time::timeout_at(end, attempt).await {
                Ok(Ok(joined)) => return Ok(joined),
                Ok(Err(Failed::Everywhere(error))) => return Err(error),
                Ok(Err(Failed::Here(reason))) => failure.reason = reason,
                Err(_) if failure.reason == "not tried" => failure.reason = "no answer".into(),
                Err(_) => {}
            }
        }
        let jittered = pause.mul_f64(fastrand::f64());
        if addresses.is_empty() || Instant::now() + jittered >= end {
            let peer = peers.shared().own().peer.to_string();
            let within_ms = within.as_millis() as u64;
            return Err(StartError::NoDirectory {
                peer,
                within_ms,
                failures,
            });
        }
        tokio::time::sleep(jittered).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

async fn register_at(
    peers: &Arc<Peers>,
    address: &str,
    registration: &Registration,
) -> Result<Joined, Failed> {
    let here = |reason: String| Failed::Here(reason);
    let mut bootstrap = Bootstrap::dial(peers.clone(), address)
        .await
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
    match RegisterError::from_wire(error) {
        Some(RegisterError::Malformed(_)) | None => Failed::Here(error.text.clone()),
        Some(refused) => Failed::Everywhere(StartError::Refused {
            peer,
            reason: refused.to_string(),
        }),
    }
}

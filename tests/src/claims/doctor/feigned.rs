//! Directories that say another time or another version than is true.

use std::time::{Duration, SystemTime};

use quibus::Incarnation;
use quibus::bus::Bus;
use quibus::directory::contract::{Look, RequestError, Seen};
use quibus::prelude::*;
use quibus_certs::Credentials;
use quibus_quic::Quic;

use super::super::claim::Untried;

/// What the directory says of itself.
#[derive(Debug, Clone)]
struct Told {
    ahead: Duration,
    version: String,
}

async fn look(_: Look, State(told): State<Told>) -> quibus::Result<Seen, RequestError> {
    let clock = SystemTime::now() + told.ahead;
    let clock = clock.duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Seen::nothing().told_by(clock.as_millis() as u64, &told.version))
}

/// Shows itself, with the certificates of the folder it is started in, until it is killed. Its first
/// line is its address. `part` is how many seconds its clock is ahead, and its version.
pub(super) async fn run(part: &[String]) -> Result<(), Untried> {
    let [ahead, version] = part else {
        return Err(format!("there is no part {part:?} in this claim").into());
    };
    let told = Told {
        ahead: Duration::from_secs(ahead.parse()?),
        version: version.clone(),
    };
    let credentials = Credentials::load(
        "directory-Directory.0.pem",
        "directory-Directory.0.key",
        "ca.pem",
    )?;
    let bus = Bus::builder("Directory.0")
        .state(told)
        .handle(look.manual())
        .transport(Quic::with(credentials).listen("127.0.0.1:0"))
        .as_directory(Incarnation(1))
        .start()
        .await?;
    bus.authority().open();
    println!("{}", bus.address());
    bus.run().await?;
    Ok(())
}

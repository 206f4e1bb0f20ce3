//! The process that receives.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::AtomicU64;

use quibus::message::Message;
use quibus_quic::raw::RawEndpoint;
use quibus_quic::{KeyExchange, Provider};
use tokio::sync::oneshot;

use super::cell::FAN;
use super::identity::{P256, POST_QUANTUM};
use super::messages::{
    Allocations, AskUsage, Count, Echo, ForAll, ForOne, Handled, count, echo, for_all, for_one,
    usage,
};
use super::users::Users;
use super::{Outcome, identity};

/// Stands where nobody listens.
pub(super) const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// What the first bus of the server wants, and what the others do.
pub(super) const FIRST: &[&str] = &[
    Echo::NAME,
    ForOne::NAME,
    ForAll::NAME,
    Count::NAME,
    AskUsage::NAME,
];
pub(super) const OTHERS: &[&str] = &[ForAll::NAME, Count::NAME];

/// Serves until the client's end of standard input is closed: nothing outlives the client.
pub(super) async fn run(
    folder: &Path,
    client: SocketAddr,
    provider: Provider,
    users: &Users,
    allocations: fn() -> Option<u64>,
) -> Outcome<()> {
    let (mut raw, mut buses, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
    for number in (1..=FAN).chain([P256[1], POST_QUANTUM]) {
        let mut config = identity::config(number, folder, provider)?;
        if number == POST_QUANTUM {
            config.key_exchange = KeyExchange::PostQuantum;
        }
        // ring has no post-quantum handshakes; then its place is marked.
        match RawEndpoint::bind(&config).await {
            Ok(endpoint) => {
                addresses.push(endpoint.address());
                raw.push(endpoint);
            }
            Err(_) if number == POST_QUANTUM => addresses.push(NOBODY),
            Err(error) => return Err(error.into()),
        }
    }
    for number in 1..=FAN {
        let started = identity::start(number, folder, provider, |builder| {
            // As long as the process; a handler's copy of it costs nothing.
            let handled: &'static AtomicU64 = Box::leak(Box::default());
            let builder = builder
                .state(Handled(handled))
                .state(Allocations(allocations));
            let builder = builder.handle(for_all).handle(count);
            let builder = match users.handle() {
                Some(runtime) => builder.handlers_on(runtime.clone()),
                None => builder,
            };
            if number > 1 {
                return builder;
            }
            builder.handle(for_one).handle(echo).handle(usage)
        });
        let (bus, _, address) = started.await?;
        identity::tell(&bus, &[(0, client, &[])])?;
        addresses.push(address);
        buses.push(bus);
    }
    let line: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let mut out = std::io::stdout();
    writeln!(out, "{}", line.join(" "))?;
    out.flush()?;
    let (over, ended) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = over.send(());
    });
    ended.await?;
    Ok(())
}

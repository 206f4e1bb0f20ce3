//! The process that receives.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::AtomicU64;

use quibus::message::Message;
use quibus::{Builder, Bus};
use quibus_quic::raw::RawEndpoint;
use quibus_quic::{KeyExchange, Provider};
use tokio::sync::oneshot;

use crate::cell::FAN;
use crate::identity::{P256, POST_QUANTUM};
use crate::messages::{
    Allocations, AskUsage, Count, Echo, ForAll, ForOne, Handled, count, echo, for_all, for_one,
    read_event, told_usage,
};
use crate::settings::Layout;
use crate::users::Users;
use crate::{Outcome, identity, usage};

/// Stands where nobody listens.
pub(crate) const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// What the first bus of the server wants, and what the others do.
pub(crate) const FIRST: &[&str] = &[
    Echo::NAME,
    ForOne::NAME,
    ForAll::NAME,
    Count::NAME,
    AskUsage::NAME,
];
pub(crate) const OTHERS: &[&str] = &[ForAll::NAME, Count::NAME];

/// The process that receives.
#[derive(Debug)]
pub struct Server {
    /// Serve for as long as they live.
    _raw: Vec<RawEndpoint>,
    _buses: Vec<Bus>,
    _users: Users,
    addresses: Vec<SocketAddr>,
}

impl Server {
    /// Starts what a client at this address measures, with the certificates in the folder.
    ///
    /// # Errors
    /// If something cannot be started.
    pub async fn start(
        folder: &Path,
        client: SocketAddr,
        provider: Provider,
        layout: Layout,
        allocations: fn() -> Option<u64>,
    ) -> Outcome<Self> {
        usage::watch_this_thread();
        let users = Users::new(layout)?;
        let (mut raw, mut buses, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        for number in (1..=FAN).chain([P256[1], POST_QUANTUM]) {
            let mut config = identity::config(number, folder, provider)?;
            if number == POST_QUANTUM {
                config.key_exchange = KeyExchange::PostQuantum;
            }
            // ring has no post-quantum handshakes; then its place is marked.
            match RawEndpoint::reading(&config, read_event).await {
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
                handlers(builder, number, &users, allocations)
            });
            let (bus, _, address) = started.await?;
            identity::tell(&bus, &[(0, client, &[])])?;
            addresses.push(address);
            buses.push(bus);
        }
        Ok(Self {
            _raw: raw,
            _buses: buses,
            _users: users,
            addresses,
        })
    }

    /// The one line that its program has to print, for the client to read.
    pub fn line(&self) -> String {
        let addresses: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        format!("{}\n", addresses.join(" "))
    }

    /// Serves until the client's end of standard input is closed: nothing outlives the client.
    ///
    /// # Errors
    /// If standard input cannot be watched.
    pub async fn serve(self) -> Outcome<()> {
        let (over, ended) = oneshot::channel();
        std::thread::spawn(move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            let _ = over.send(());
        });
        Ok(ended.await?)
    }
}

fn handlers(
    builder: Builder,
    number: usize,
    users: &Users,
    allocations: fn() -> Option<u64>,
) -> Builder {
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
    builder.handle(for_one).handle(echo).handle(told_usage)
}

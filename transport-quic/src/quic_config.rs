//! Where the transport listens, who it is, and its limits.

use std::time::Duration;

use quibus_certs::Credentials;
use quibus_quic_crypto::{KeyExchange, Provider};

/// The configuration of a [`Quic`](crate::Quic) transport. Every field but the credentials has a
/// default that fits one service on one machine.
#[derive(Debug, Clone)]
pub struct QuicConfig {
    /// `address:port` to listen on, IPv6 in brackets; port 0 takes a free one. The default `None`
    /// takes a free port on every interface, for IPv6 and IPv4 where the machine has both.
    pub listen: Option<String>,
    /// The `host:port` that others are told to dial, when it differs from what is listened on
    /// (several interfaces, address translation, containers). Without it, a transport that
    /// listens on every interface reports the unspecified address and its port, and the directory
    /// puts in the address it saw.
    pub advertise: Option<String>,
    /// The certificate, its key, and the CAs that both sides' certificates must come from.
    pub credentials: Credentials,
    /// The implementation of the cryptography; [`Provider::best`] by default. All of them
    /// understand each other.
    pub provider: Provider,
    /// How the two sides of a link agree on its secrets; X25519 by default. A peer that offers
    /// [`KeyExchange::PostQuantum`] links with one that does not, without it.
    pub key_exchange: KeyExchange,
    /// How long a handshake may take, dialled or accepted; 5 s by default. For a dial this
    /// includes resolving the name.
    pub handshake_timeout: Duration,
    /// How long a link may be without a single packet before it counts as broken; 75 s by default.
    /// The smaller value of the two sides holds.
    ///
    /// This is the last resort, longer than the 60 s after which the bus itself closes an idle
    /// link. The transport sends no keep-alives: whether the other *process* lives is decided by
    /// the bus's own pings, which a peer whose network stack alone still answers cannot fake.
    pub idle_timeout: Duration,
    /// New links that one address (one /64 of IPv6) may begin per second, once proved not to be
    /// spoofed; 50 by default. What exceeds it is refused and may be dialled again.
    pub handshakes_per_second: u32,
    /// Links at once, dialled and accepted, from which on no more are accepted; 4,096 by default.
    /// What is dialled is the bus's to bound.
    pub max_links: usize,
}

impl QuicConfig {
    /// The defaults, with these credentials.
    pub fn new(credentials: Credentials) -> Self {
        Self {
            listen: None,
            advertise: None,
            credentials,
            provider: Provider::best(),
            key_exchange: KeyExchange::default(),
            handshake_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(75),
            handshakes_per_second: 50,
            max_links: 4096,
        }
    }
}

//! Who is let in to a handshake, and how fast.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moka::sync::Cache;

/// Handshakes in progress at once; each may sign and verify, and lives for the handshake time-out.
const MAX_HANDSHAKES: usize = 256;
/// From here on a dialler first proves, by a Retry, that it receives at the address it sends from.
const RETRY_ABOVE: usize = 64;
/// Addresses remembered for one second; beyond it the least used are forgotten.
const MAX_ADDRESSES: u64 = 16_384;

/// Decides about each attempt before any cryptography is spent on it.
#[derive(Debug)]
pub(crate) struct Gate {
    per_second: u32,
    max_links: usize,
    /// Attempts of this second, by address and whether the address was proved. Apart, because
    /// attempts in somebody else's name must not use up what the real one is allowed.
    attempts: Cache<(IpAddr, bool), Arc<AtomicU32>>,
}

/// What becomes of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Accept,
    /// Ask for the proof that the address is not spoofed.
    Retry,
    Refuse,
}

impl Gate {
    pub(crate) fn new(per_second: u32, max_links: usize) -> Self {
        let attempts = Cache::builder()
            .max_capacity(MAX_ADDRESSES)
            .time_to_live(Duration::from_secs(1))
            .build();
        Self {
            per_second,
            max_links,
            attempts,
        }
    }

    /// Judges an attempt from `address` while there are `links` connections, `open` of which are
    /// handshakes that others began.
    pub(crate) fn judge(
        &self,
        address: IpAddr,
        proved: bool,
        open: usize,
        links: usize,
    ) -> Admission {
        let flooding = self.count(address, proved) > self.per_second;
        match proved {
            _ if open >= MAX_HANDSHAKES || links >= self.max_links => Admission::Refuse,
            true if flooding => Admission::Refuse,
            false if flooding || open >= RETRY_ABOVE => Admission::Retry,
            _ => Admission::Accept,
        }
    }

    fn count(&self, address: IpAddr, proved: bool) -> u32 {
        let counter = self
            .attempts
            .get_with((network(address), proved), Arc::default);
        counter.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }
}

/// One host owns a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn above_64_open_handshakes_an_address_must_be_proved_and_above_256_nobody_gets_in() {
        let gate = Gate::new(u32::MAX, 1000);
        assert_eq!(
            gate.judge(HOST, false, RETRY_ABOVE - 1, 0),
            Admission::Accept
        );
        assert_eq!(gate.judge(HOST, false, RETRY_ABOVE, 0), Admission::Retry);
        assert_eq!(gate.judge(HOST, true, RETRY_ABOVE, 0), Admission::Accept);
        assert_eq!(gate.judge(HOST, true, MAX_HANDSHAKES, 0), Admission::Refuse);
        assert_eq!(
            gate.judge(HOST, false, MAX_HANDSHAKES, 0),
            Admission::Refuse
        );
    }

    #[test]
    fn an_unproved_flood_costs_its_alleged_sender_a_retry_but_not_the_link() {
        let gate = Gate::new(0, 1000);
        assert_eq!(gate.judge(HOST, false, 0, 0), Admission::Retry);
        assert_eq!(gate.judge(HOST, true, 0, 0), Admission::Refuse);
    }

    #[test]
    fn a_flood_of_one_network_is_refused_and_not_held_against_another() {
        let gate = Gate::new(1, 1000);
        let dial = |address: &str| gate.judge(address.parse().unwrap(), true, 0, 0);
        // More than a second would have to pass between any two of them.
        let flood = (1..1000).map(|host| dial(&format!("2001:db8::{host:x}")));
        assert!(flood.collect::<Vec<_>>().contains(&Admission::Refuse));
        assert_eq!(dial("2001:db8:0:1::1"), Admission::Accept);
    }

    #[test]
    fn when_there_are_as_many_links_as_allowed_nobody_gets_in() {
        let gate = Gate::new(u32::MAX, 2);
        assert_eq!(gate.judge(HOST, true, 0, 1), Admission::Accept);
        assert_eq!(gate.judge(HOST, true, 0, 2), Admission::Refuse);
    }
}

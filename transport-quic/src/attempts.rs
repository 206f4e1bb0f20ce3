//! How often each network has dialled in the present second.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Networks counted in one second; those beyond it are let through uncounted, as new ones are.
const MAX_NETWORKS: usize = 16_384;
const SECOND: Duration = Duration::from_secs(1);

/// Counts attempts for a second each, in bounded memory.
///
/// Whoever counts by an address that is claimed keeps another of these for addresses that are
/// proved: attempts in somebody else's name must not use up what the real one is allowed.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    second: Option<Instant>,
    counts: HashMap<IpAddr, u32>,
}

impl Attempts {
    /// Counts one more from this address, at this moment; returns how many its network has made in
    /// the present second.
    pub(crate) fn count(&mut self, address: IpAddr, now: Instant) -> u32 {
        let over = |begun: Instant| now.saturating_duration_since(begun) >= SECOND;
        if self.second.is_none_or(over) {
            self.second = Some(now);
            self.counts.clear();
        }
        let network = network(address);
        if self.counts.len() >= MAX_NETWORKS && !self.counts.contains_key(&network) {
            return 1;
        }
        let count = self.counts.entry(network).or_default();
        *count = count.saturating_add(1);
        *count
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
    use std::net::Ipv4Addr;

    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(number))
    }

    #[test]
    fn a_second_counts_for_itself() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        let mut at = |millis| attempts.count(address(1), now + Duration::from_millis(millis));
        assert_eq!([at(0), at(1), at(999), at(1000), at(1001)], [1, 2, 3, 1, 2]);
        assert_eq!(attempts.count(address(1), now), 3, "a clock that goes back");
    }

    #[test]
    fn hosts_of_one_network_count_together_and_a_mapped_address_is_the_old_one() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        let mut from = |address: &str| attempts.count(address.parse().unwrap(), now);
        assert_eq!((from("2001:db8::1"), from("2001:db8::ffff:2")), (1, 2));
        assert_eq!(from("2001:db8:0:1::1"), 1);
        assert_eq!((from("192.0.2.1"), from("::ffff:192.0.2.1")), (1, 2));
        assert_eq!(from("192.0.2.2"), 1);
    }

    #[test]
    fn a_flood_of_networks_takes_no_more_memory_and_counts_whom_it_knows() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        let last = MAX_NETWORKS as u32;
        assert!((0..last + 1000).all(|number| attempts.count(address(number), now) == 1));
        assert_eq!(attempts.counts.len(), MAX_NETWORKS);
        assert_eq!(attempts.count(address(7), now), 2);
        assert_eq!(attempts.count(address(last), now), 1, "let through, as new");
    }
}

//! Who is let in to a handshake, and how fast.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::attempts::Attempts;

/// Handshakes in progress at once; each may sign and verify, and lives for the handshake time-out.
const MAX_HANDSHAKES: usize = 256;
/// From here on a dialler first proves, by a Retry, that it receives at the address it sends from.
const RETRY_ABOVE: usize = 64;

/// Decides about each attempt before any cryptography is spent on it.
#[derive(Debug)]
pub(crate) struct Gate {
    per_second: u32,
    max_links: usize,
    claimed: Mutex<Attempts>,
    proved: Mutex<Attempts>,
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
        Self {
            per_second,
            max_links,
            claimed: Mutex::default(),
            proved: Mutex::default(),
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
        let flooding = self.count(address, proved, Instant::now()) > self.per_second;
        match proved {
            _ if open >= MAX_HANDSHAKES || links >= self.max_links => Admission::Refuse,
            true if flooding => Admission::Refuse,
            false if flooding || open >= RETRY_ABOVE => Admission::Retry,
            _ => Admission::Accept,
        }
    }

    fn count(&self, address: IpAddr, proved: bool, now: Instant) -> u32 {
        let attempts = if proved { &self.proved } else { &self.claimed };
        let mut attempts = attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.count(address, now)
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

//! Where others can dial a peer that may not know it itself.

use std::net::SocketAddr;

/// The address that others get: what the peer advertises; where its packets come from if it
/// advertises nothing; the machine they come from with the advertised port if it listens on every
/// address of its machine.
pub(super) fn reachable(advertised: &str, seen: &str) -> String {
    if advertised.is_empty() {
        return seen.to_owned();
    }
    let (Ok(listening), Ok(from)) = (advertised.parse::<SocketAddr>(), seen.parse::<SocketAddr>())
    else {
        return advertised.to_owned();
    };
    if !listening.ip().is_unspecified() {
        return advertised.to_owned();
    }
    SocketAddr::new(from.ip(), listening.port()).to_string()
}

/// The server's own address for its descriptor: empty, "where you see me", if it listens on every
/// address of its machine.
pub(super) fn own(bound: &str) -> String {
    let everywhere = bound
        .parse::<SocketAddr>()
        .is_ok_and(|address| address.ip().is_unspecified());
    if everywhere {
        String::new()
    } else {
        bound.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_does_not_know_its_address_gets_the_one_its_packets_come_from() {
        assert_eq!(reachable("", "192.0.2.1:7001"), "192.0.2.1:7001");
        let seen = "192.0.2.1:50000";
        assert_eq!(reachable("0.0.0.0:7000", seen), "192.0.2.1:7000");
        assert_eq!(reachable("[::]:7000", seen), "192.0.2.1:7000");
        assert_eq!(
            reachable("[::]:7000", "[2001:db8::1]:9"),
            "[2001:db8::1]:7000"
        );
        assert_eq!(reachable("shop.example:7000", seen), "shop.example:7000");
        assert_eq!(reachable("192.0.2.9:7000", seen), "192.0.2.9:7000");
    }

    #[test]
    fn a_server_on_every_address_names_none() {
        assert_eq!(own("[::]:7000"), "");
        assert_eq!(own("0.0.0.0:7000"), "");
        assert_eq!(own("127.0.0.1:7000"), "127.0.0.1:7000");
        assert_eq!(own("memory:1"), "memory:1");
    }
}

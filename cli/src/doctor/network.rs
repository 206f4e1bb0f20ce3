//! Whether directories can be reached, and whether they fit this machine.

use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

use quibus::bus::Observer;
use quibus::directory::PeerState;
use quibus_certs::{PeerCertificate, SpiffeId, certificates_in, check_chain};
use quibus_quic::{Presented, PresentedError};

use super::finding::Finding;
use crate::watching::Viewpoint;

const REACHED: &str = "directory";
const CLOCK: &str = "clock";
const VERSION: &str = "version";
const PEERS: &str = "peers";
/// Certificates are issued to be valid 5 minutes earlier: beyond that, fresh ones are refused.
const MOST_SKEW: Duration = Duration::from_secs(300);
/// Names of peers that are shown.
const SHOWN: usize = 5;

/// Who listens at an address, and whether our CA vouches for it.
/// And whether it is a directory of our environment, if it is known who we are.
pub(super) async fn reach(
    address: &str,
    from: &Viewpoint,
    us: Option<&SpiffeId>,
    now: SystemTime,
) -> Finding {
    let seen = match Presented::by(address, from.timeout).await {
        Ok(seen) => seen,
        Err(fault) => {
            let cure = match fault {
                PresentedError::Silent { .. } => why_silent(holder(address).await),
                PresentedError::Address { .. } => {
                    "correct the address, or see how this machine resolves names"
                }
                _ => "see that a directory of this version of Quibus listens there",
            };
            return Finding::problem(REACHED, fault.to_string(), cure);
        }
    };
    let vouched = certificates_in(&from.ca)
        .map_err(|fault| fault.to_string())
        .and_then(|roots| check_chain(&seen.chain, &roots, now));
    match vouched {
        Ok(()) => who(address, &seen, us),
        Err(reason) => Finding::problem(
            REACHED,
            format!("{address} answers, but our CA does not vouch for it: {reason}"),
            format!("compare both sides: quibus certs inspect {address}"),
        ),
    }
}

/// What there is to say about somebody for whom our CA vouches.
fn who(address: &str, seen: &Presented, us: Option<&SpiffeId>) -> Finding {
    let leaf = seen.chain.first().map(|leaf| PeerCertificate::read(leaf));
    let Some(Ok(them)) = leaf else {
        let found = format!("{address} answers, but its certificate is no identity");
        let cure = format!("see what it shows: quibus certs inspect {address}");
        return Finding::problem(REACHED, found, cure);
    };
    let id = them.id();
    let environment = id.environment();
    if !id.identity().is_directory() {
        let found = format!("{address} is {id}, which is no directory");
        return Finding::problem(REACHED, found, "correct the address");
    }
    match us {
        Some(us) if us.environment() != environment => Finding::problem(
            REACHED,
            format!("{address} is {id}, and our certificate is {us}: another environment"),
            format!(
                "use a certificate made by: quibus certs issue operator NAME --environment \
                 {environment}"
            ),
        ),
        _ => Finding::ok(
            REACHED,
            format!("{address} answers, and our CA vouches for it"),
        ),
    }
}

/// Who has a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Nobody,
    Somebody,
    /// It is a port of another machine.
    Unknown,
}

/// Finds out by trying to take it.
async fn holder(address: &str) -> Holder {
    let Ok(found) = tokio::net::lookup_host(address).await else {
        return Holder::Unknown;
    };
    let taken = found.map(|found| std::net::UdpSocket::bind(found).map_err(|error| error.kind()));
    let tried: Vec<_> = taken.collect();
    let is_taken = |tried: &Result<_, _>| matches!(tried, Err(ErrorKind::AddrInUse));
    match () {
        () if tried.iter().any(is_taken) => Holder::Somebody,
        () if tried.iter().any(Result::is_ok) => Holder::Nobody,
        () => Holder::Unknown,
    }
}

fn why_silent(holder: Holder) -> &'static str {
    match holder {
        Holder::Nobody => {
            "nothing listens there: start it (`quibus up` does it here), or correct the address"
        }
        Holder::Somebody => {
            "another program has this port (`ss -ulpn` names it): stop it, or put the directory on \
             another port; a directory that hangs is silent, too"
        }
        Holder::Unknown => {
            "start it, correct the address, or let UDP through every firewall on the way"
        }
    }
}

/// What somebody who looks is told: clock, version, and who is not well.
pub(super) fn judge(observer: &Observer, now: SystemTime) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(teller) = observer.teller() {
        let clock = SystemTime::UNIX_EPOCH + Duration::from_millis(teller.clock_ms);
        findings.push(skew(clock, teller.took, now));
        findings.push(versions(&teller.version, env!("CARGO_PKG_VERSION")));
    }
    let unwell: Vec<_> = observer
        .view()
        .iter()
        .filter(|peer| matches!(peer.state, PeerState::Silent | PeerState::Down))
        .map(|peer| format!("{} ({})", peer.peer, peer.state))
        .collect();
    let count = observer.view().len();
    findings.push(match unwell.len() {
        0 => Finding::ok(PEERS, format!("{count} known, none of them silent")),
        many => {
            let first = unwell[..many.min(SHOWN)].join(", ");
            let found = format!("{many} of {count} are not heard: {first}");
            let cure = "see whether they run and reach the directory; who is gone for good is \
                        forgotten after a while";
            Finding::warning(PEERS, found, cure)
        }
    });
    findings
}

fn skew(theirs: SystemTime, took: Duration, ours: SystemTime) -> Finding {
    let (apart, order) = match theirs.duration_since(ours) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    // The answer was on its way for some of the time it took.
    let apart = apart.saturating_sub(took);
    let found = format!(
        "the directory's clock is {:.1} s {order} ours",
        apart.as_secs_f64()
    );
    if apart <= Duration::from_secs(1) {
        return Finding::ok(CLOCK, "the directory's clock agrees with ours");
    }
    let cure = "set the clocks of both machines by the network (NTP)";
    match apart > MOST_SKEW {
        true => Finding::problem(CLOCK, format!("{found}: certificates are refused"), cure),
        false => Finding::warning(CLOCK, found, cure),
    }
}

fn versions(theirs: &str, ours: &str) -> Finding {
    let shown = theirs.escape_debug();
    match theirs == ours {
        true => Finding::ok(VERSION, format!("the directory and this tool are {ours}")),
        false => Finding::warning(
            VERSION,
            format!("the directory is {shown}, this tool {ours}"),
            "use the same version on both sides; nothing is promised between others yet",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Gravity;
    use super::*;

    #[test]
    fn clocks_that_differ_are_noticed_and_the_way_of_the_answer_is_not_counted() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let second = Duration::from_secs(1);
        for (theirs, took, gravity) in [
            (now, second, Gravity::Ok),
            (now + 3 * second, 2 * second, Gravity::Ok),
            (now + 30 * second, second, Gravity::Warning),
            (now - 30 * second, second, Gravity::Warning),
            (now - 400 * second, second, Gravity::Problem),
        ] {
            assert_eq!(skew(theirs, took, now).gravity, gravity);
        }
    }

    #[tokio::test]
    async fn a_port_of_this_machine_is_taken_or_free_and_others_are_not_known() {
        let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        assert_eq!(holder(&address).await, Holder::Somebody);
        // A free port at the moment of asking: port 0 is any.
        assert_eq!(holder("127.0.0.1:0").await, Holder::Nobody);
        assert_eq!(holder("192.0.2.1:7465").await, Holder::Unknown);
        assert_eq!(holder("no address").await, Holder::Unknown);
    }

    #[test]
    fn another_version_is_a_warning_that_cannot_play_with_the_terminal() {
        assert_eq!(versions("0.1.0", "0.1.0").gravity, Gravity::Ok);
        let other = versions("\u{1b}[2J", "0.1.0");
        assert_eq!(other.gravity, Gravity::Warning);
        assert!(!other.found.contains('\u{1b}'));
    }
}

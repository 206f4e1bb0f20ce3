//! Whether directories can be reached, and whether they fit this machine.

use std::time::{Duration, SystemTime};

use quibus::bus::Observer;
use quibus::directory::PeerState;
use quibus_certs::{certificates_in, check_chain};
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
pub(super) async fn reach(address: &str, from: &Viewpoint, now: SystemTime) -> Finding {
    let seen = match Presented::by(address, from.timeout).await {
        Ok(seen) => seen,
        Err(fault) => {
            let cure = match fault {
                PresentedError::Silent { .. } => {
                    "start it (`quibus up` here), correct the address, or let UDP through every \
                     firewall on the way"
                }
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
        Ok(()) => Finding::ok(
            REACHED,
            format!("{address} answers, and our CA vouches for it"),
        ),
        Err(reason) => Finding::problem(
            REACHED,
            format!("{address} answers, but our CA does not vouch for it: {reason}"),
            format!("compare both sides: quibus certs inspect {address}"),
        ),
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

    #[test]
    fn another_version_is_a_warning_that_cannot_play_with_the_terminal() {
        assert_eq!(versions("0.1.0", "0.1.0").gravity, Gravity::Ok);
        let other = versions("\u{1b}[2J", "0.1.0");
        assert_eq!(other.gravity, Gravity::Warning);
        assert!(!other.found.contains('\u{1b}'));
    }
}

//! What this machine grants.

use super::finding::Finding;

const CHECK: &str = "UDP buffers";
/// What the transport asks for; with less, bursts are lost.
const WANTED: usize = 4 << 20;

/// How large the socket buffers are that this system grants.
pub(super) fn look(granted: std::io::Result<(usize, usize)>) -> Finding {
    let cure = "sudo sysctl -w net.core.rmem_max=4194304 net.core.wmem_max=4194304 (on the host, \
                not in a container)";
    match granted {
        Ok((receive, send)) if receive.min(send) >= WANTED => {
            let (receive, send) = (receive >> 10, send >> 10);
            Finding::ok(
                CHECK,
                format!("{receive} KiB to receive, {send} KiB to send"),
            )
        }
        Ok((receive, send)) => {
            let (receive, send) = (receive >> 10, send >> 10);
            let found = format!(
                "{receive} KiB to receive and {send} KiB to send, 4096 KiB wanted: bursts are lost"
            );
            Finding::warning(CHECK, found, cure)
        }
        Err(fault) => Finding::problem(
            CHECK,
            format!("no UDP socket can be opened: {fault}"),
            "see if a sandbox or a limit of open files forbids it",
        ),
    }
}

//! Attackers with and without a certificate, against the endpoint that the product uses.

use std::error::Error;
use std::sync::LazyLock;

use quibus::id::PeerId;
use quibus::transport::Expected;
use quibus_quic::fuzzing::{Duel, Identities, Script};

use crate::identities::{ATTACKER, STRANGER, TRUSTED, VICTIM};

/// An attacker whose certificate the victim trusts.
pub(crate) fn authenticated(input: &[u8]) {
    DUEL.fight(true, Script::read(input));
}

/// An attacker who shows nothing, or a certificate from elsewhere.
pub(crate) fn unauthenticated(input: &[u8]) {
    DUEL.fight(false, Script::read(input));
}

static DUEL: LazyLock<Duel> = LazyLock::new(|| prepare().expect("the identities are checked in"));

fn prepare() -> Result<Duel, Box<dyn Error>> {
    let identities = Identities {
        victim: VICTIM.credentials()?,
        trusted: TRUSTED.credentials()?,
        stranger: STRANGER.credentials()?,
        expected: Expected::Peer(PeerId::new(ATTACKER)?),
    };
    Ok(Duel::new(&identities)?)
}

#[cfg(test)]
mod tests {
    use quibus_quic::fuzzing::{Deed, Outcome, Verb};

    use super::*;

    fn script(settings: u8, deeds: Vec<Deed>) -> Script {
        Script { settings, deeds }
    }

    /// Every combination of settings; of those with the fallback provider few, as it is slow
    /// without optimisation.
    fn all_settings() -> impl Iterator<Item = u8> {
        (0..64).filter(|settings| settings & Script::RUSTCRYPTO == 0 || *settings < 4)
    }

    #[test]
    fn who_is_trusted_and_says_the_truth_is_let_in() {
        for settings in all_settings() {
            let outcome = DUEL.fight(true, script(settings, Vec::new()));
            // Who is ignored tries again.
            let churn = Script::REFUSES_SECOND | Script::RETRY;
            let refused = settings & churn == Script::REFUSES_SECOND;
            let dials_twice = settings & (Script::TWICE | Script::IS_DIALLED) == Script::TWICE;
            let connected = 1 + usize::from(dials_twice && !refused);
            let lied = false;
            assert_eq!(outcome, Outcome { connected, lied }, "settings {settings}");
        }
    }

    #[test]
    fn who_is_not_trusted_is_never_let_in() {
        for settings in all_settings() {
            let outcome = DUEL.fight(false, script(settings, Vec::new()));
            assert_eq!(outcome.connected, 0, "settings {settings}");
        }
    }

    #[test]
    fn who_lies_in_the_handshake_is_not_let_in_whatever_the_certificate() {
        for settings in [0, Script::IS_DIALLED, Script::RUSTCRYPTO] {
            for (index, at) in [(0, 40), (0, 70), (1, 30), (1, 400)] {
                let lie = Deed {
                    verb: Verb::FlipFlight,
                    index,
                    at,
                    bytes: vec![1],
                };
                let outcome = DUEL.fight(true, script(settings, vec![lie]));
                assert_eq!(outcome.connected, 0, "settings {settings}, {index} at {at}");
                assert!(
                    outcome.lied,
                    "settings {settings}, {index} at {at}: not said"
                );
            }
        }
    }
}

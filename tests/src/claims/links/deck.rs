//! The faults of a trial, in a random order.

use super::fault::Fault;

/// As many faults as asked for, each kind by its share, shuffled.
pub(super) fn shuffled(hundreds: usize, random: &mut fastrand::Rng) -> Vec<Fault> {
    let mut deck = Vec::new();
    for fault in Fault::ALL {
        deck.extend(std::iter::repeat_n(fault, fault.share() * hundreds));
    }
    random.shuffle(&mut deck);
    deck
}

//! What packets of one direction go through.

use std::time::Duration;

use super::chance::Chance;
use super::rate::Rate;

/// What happens to packets of one direction. The default is a clear sky: everything passes at
/// once, unchanged.
///
/// In this order: a cut swallows everything; loss; the rate's queue; delay, jitter and reordering
/// add up; a copy is made behind the bottleneck; each of the two may be corrupted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Weather {
    /// Nothing passes. What is on its way already still arrives, as on a cable cut behind it.
    pub cut: bool,
    /// A packet vanishes.
    pub loss: Chance,
    /// Every packet takes this long.
    pub delay: Duration,
    /// And up to this much longer, evenly distributed: packets closer together than this overtake
    /// each other.
    pub jitter: Duration,
    /// A packet takes [`reorder_by`](Self::reorder_by) longer, so that later ones overtake it.
    pub reorder: Chance,
    /// How long a packet chosen for reordering is held back.
    pub reorder_by: Duration,
    /// A packet arrives twice, the copy with a jitter of its own.
    pub duplicate: Chance,
    /// One byte of a packet arrives changed.
    pub corrupt: Chance,
    /// What the direction carries; `None`: as much as the machine does.
    pub rate: Option<Rate>,
}

impl Weather {
    /// Everything passes at once.
    pub const CLEAR: Self = Self {
        cut: false,
        loss: Chance::NEVER,
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        reorder: Chance::NEVER,
        reorder_by: Duration::ZERO,
        duplicate: Chance::NEVER,
        corrupt: Chance::NEVER,
        rate: None,
    };
}

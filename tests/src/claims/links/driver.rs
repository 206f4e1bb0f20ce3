//! Does faults to two peers and counts what really happened.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::super::claim::Untried;
use super::dial_gate::DialGate;
use super::fault::{Fault, Fired};
use super::meddling_link::HelloCut;
use super::side::Side;
use super::traffic::Allowance;
use crate::worlds::{Stage, World, gone};

/// A link that is wanted is there again within this, whatever happened before.
const RELINK: Duration = Duration::from_secs(10);
/// A fault that needs a new link waits for it no longer than this.
const FIRES: Duration = Duration::from_secs(2);
/// A black hole is left open no longer than this.
const HOLE: Duration = Duration::from_millis(600);
/// Between two looks at whether something has happened.
const LOOK: Duration = Duration::from_millis(1);

/// Two peers in a world, and what is done to them.
pub(super) struct Driver<W> {
    pub(super) stage: Stage<W>,
    pub(super) sides: [Side; 2],
    pub(super) gate: Arc<DialGate>,
    pub(super) random: fastrand::Rng,
    pub(super) fired: Fired,
    /// What a black hole of this world swallowed.
    pub(super) swallowed: u64,
}

impl<W: World> Driver<W> {
    /// Breaks a link in the middle of what is `allowed`: `half` of it may be on its way. Returns
    /// whether there was a link to break.
    pub(super) async fn fault(
        &mut self,
        fault: Fault,
        half: Allowance,
        allowed: Allowance,
    ) -> Result<bool, Untried> {
        self.allow(half);
        self.linked(fault).await?;
        // The first messages arrive within a millisecond.
        sleep(Duration::from_micros(
            self.random.u64(..4) * self.random.u64(..1000),
        ))
        .await;
        let fired = match fault {
            Fault::BothSides => self.cut(&[0, 1]),
            Fault::OneSide => {
                let side = self.random.usize(..2);
                self.cut(&[side])
            }
            Fault::BlackHole => self.black_hole(allowed).await,
            Fault::DuringHello => self.cut_hello(allowed).await,
            Fault::CrossingDials => self.cross_dials(allowed).await,
            Fault::Restart => self.restart(allowed).await?,
        };
        self.allow(allowed);
        if fired {
            self.fired.count(fault);
        }
        Ok(fired)
    }

    /// Each side may have sent so much from now on.
    pub(super) fn allow(&self, allowed: Allowance) {
        for side in &self.sides {
            side.allowance.send_replace(allowed);
        }
    }

    /// Waits until both sides have a link in use; with nothing to send, none is wanted.
    async fn linked(&self, fault: Fault) -> Result<(), Untried> {
        let linked = async {
            while !(self.is_linked() || self.is_quiet()) {
                sleep(LOOK).await;
            }
        };
        let waited = timeout(RELINK, linked).await;
        waited.map_err(|_| {
            let state = self.sides.each_ref().map(Side::is_linked);
            format!("before a link could break {fault}: none within {RELINK:?}, {state:?}").into()
        })
    }

    fn is_linked(&self) -> bool {
        self.sides.iter().all(Side::is_linked)
    }

    /// Whether all that was allowed has been sent and has arrived.
    fn is_quiet(&self) -> bool {
        self.sides
            .iter()
            .zip(self.sides.iter().rev())
            .all(|(side, other)| {
                side.has_sent(*side.allowance.borrow()) && side.is_quiet(other.run)
            })
    }

    fn cut(&self, sides: &[usize]) -> bool {
        let links = sides.iter().map(|side| self.sides[*side].meddler.cut());
        links.max() > Some(0)
    }

    async fn black_hole(&mut self, allowed: Allowance) -> bool {
        let from = self.random.usize(..2);
        let (from, to) = (&self.sides[from].peer, &self.sides[1 - from].peer);
        let before = self.stage.world.swallowed();
        self.stage.world.black_hole(from.as_str(), to.as_str());
        self.allow(allowed);
        if self.random.u8(..4) == 0 {
            // Too short for anybody to give up.
            sleep(Duration::from_millis(self.random.u64(5..40))).await;
        } else {
            let given_up = async {
                while self.is_linked() {
                    sleep(LOOK).await;
                }
            };
            // Where nothing waits to be acknowledged nobody notices.
            let _ = timeout(HOLE, given_up).await;
            sleep(Duration::from_millis(self.random.u64(..60))).await;
        }
        self.stage.world.heal();
        let swallowed = self.stage.world.swallowed().saturating_sub(before);
        self.swallowed += swallowed;
        swallowed > 0
    }

    async fn cut_hello(&mut self, allowed: Allowance) -> bool {
        let side = self.random.usize(..2);
        let cut = HelloCut {
            after: self.random.usize(..240),
            linger: Duration::from_micros(self.random.u64(..3) * self.random.u64(..1500)),
        };
        let meddler = self.sides[side].meddler.clone();
        let before = meddler.hellos_cut();
        meddler.cut_next_hello(cut);
        self.cut(&[0, 1]);
        // Who has something to say dials.
        self.allow(allowed);
        let fired = async {
            while meddler.hellos_cut() == before && !self.is_quiet() {
                sleep(LOOK).await;
            }
        };
        let _ = timeout(FIRES, fired).await;
        meddler.spare_hellos();
        meddler.hellos_cut() > before
    }

    async fn cross_dials(&mut self, allowed: Allowance) -> bool {
        let before = self.gate.meetings();
        self.gate.arm();
        self.cut(&[0, 1]);
        // Who has something to say dials.
        self.allow(allowed);
        let crossed = async {
            while self.gate.meetings() < before + 2 && !self.is_quiet() {
                sleep(LOOK).await;
            }
        };
        let _ = timeout(FIRES, crossed).await;
        self.gate.disarm();
        self.gate.meetings() >= before + 2
    }

    async fn restart(&mut self, allowed: Allowance) -> Result<bool, Untried> {
        let at = self.random.usize(..2);
        let silently = self.random.bool();
        self.allow(allowed);
        let (side, other) = two(&mut self.sides, at);
        if silently {
            self.stage.world.silence(side.peer.as_str());
        }
        let transport = side.kill(&self.stage).await;
        if let Some(transport) = transport {
            gone(&transport).await?;
        }
        self.stage.world.heal();
        side.start(&self.stage).await?;
        self.stage.board.tell(&side.peer);
        other.is_known_to(side.run);
        side.begin_traffic();
        if self.random.bool() {
            // The other side may learn of the new run from a Hello first.
            sleep(Duration::from_millis(self.random.u64(..30))).await;
        }
        self.stage.board.tell(&other.peer);
        side.is_known_to(other.run);
        Ok(true)
    }
}

/// The side at this place, and the other one.
fn two(sides: &mut [Side; 2], at: usize) -> (&mut Side, &mut Side) {
    let [first, second] = sides;
    if at == 0 {
        (first, second)
    } else {
        (second, first)
    }
}

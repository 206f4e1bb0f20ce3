//! One world's trial: two peers, faults, the liveness phase, stopping.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use quibus::PeerId;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::super::claim::Untried;
use super::deck;
use super::dial_gate::DialGate;
use super::driver::Driver;
use super::fault::Fired;
use super::meddling_transport::Meddler;
use super::side::Side;
use super::traffic::Allowance;
use crate::history::{Faults, Recorder, Run, Verdict};
use crate::worlds::{Stage, World, gone};

/// Once the faults have stopped, everything has arrived within this.
const DRAINS: Duration = Duration::from_secs(20);
/// A stop may take this long; it then says what is left.
const STOPS: Duration = Duration::from_secs(10);
/// A stop that takes longer than its own deadline by this hangs.
const GRACE: Duration = Duration::from_secs(5);

/// How much a trial sends and breaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) seed: u64,
    /// Of each side.
    pub(super) total: Allowance,
    /// Two hundred faults, so many times.
    pub(super) decks: usize,
}

/// What a trial found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Where it was tried.
    pub(super) world: &'static str,
    pub(super) fired: Fired,
    pub(super) swallowed: u64,
    pub(super) verdict: Verdict,
    /// Events that buses counted as missed.
    pub(super) missed: u64,
    pub(super) under_fire: Duration,
    pub(super) drained_after: Duration,
    /// What else went wrong, in words.
    pub(super) problems: Vec<String>,
}

impl Found {
    /// Whether the claim holds, as far as this world goes.
    pub(super) fn holds(&self, plan: &Plan) -> bool {
        self.verdict.faults == Faults::default()
            && self.missed == 0
            && self.problems.is_empty()
            && self.fired.missing().is_empty()
            && self.verdict.events_accepted == 2 * plan.total.events
            && self.verdict.commands_begun == 2 * plan.total.commands
    }
}

/// Tries one world.
pub(super) async fn run<W: World>(world: W, plan: &Plan) -> Result<Found, Untried> {
    let mut driver = open(world, plan.seed).await?;
    let mut found = Found {
        world: driver.stage.world.name(),
        ..Found::default()
    };
    let begin = Instant::now();
    if let Err(problem) = fire(&mut driver, plan).await {
        found.problems.push(problem.to_string());
    }
    found.under_fire = begin.elapsed();
    let begin = Instant::now();
    driver.gate.disarm();
    driver.stage.world.heal();
    driver.allow(plan.total);
    if timeout(DRAINS, drain(&driver, plan)).await.is_err() {
        found.problems.push(format!(
            "not everything has arrived {DRAINS:?} after the last fault: {}",
            left(&driver)
        ));
    }
    found.drained_after = begin.elapsed();
    stop(&mut driver, &mut found).await;
    settle(&driver, &mut found);
    Ok(found)
}

/// The two peers, knowing each other.
async fn open<W: World>(world: W, seed: u64) -> Result<Driver<W>, Untried> {
    let mut random = fastrand::Rng::with_seed(seed);
    let gate = std::sync::Arc::new(DialGate::default());
    let history = Recorder::default();
    let names = [PeerId::new("A.0")?, PeerId::new("B.0")?];
    let side = |at: usize, random: &mut fastrand::Rng| Side {
        peer: names[at].clone(),
        other: names[1 - at].clone(),
        run: Run {
            peer: at as u8,
            number: 1,
        },
        meddler: Meddler::new(at, gate.clone()),
        history: history.clone(),
        allowance: watch::Sender::default(),
        random: random.fork(),
        alive: None,
    };
    let sides = [side(0, &mut random), side(1, &mut random)];
    let mut driver = Driver {
        stage: Stage::new(world),
        sides,
        gate,
        random,
        fired: Fired::default(),
        swallowed: 0,
    };
    for side in &mut driver.sides {
        side.start(&driver.stage).await?;
    }
    driver.stage.board.tell_all();
    let [a, b] = &mut driver.sides;
    a.is_known_to(b.run);
    b.is_known_to(a.run);
    a.begin_traffic();
    b.begin_traffic();
    Ok(driver)
}

/// All faults, each with its part of the traffic. What did not happen is tried again later, for
/// half as many attempts more.
async fn fire<W: World>(driver: &mut Driver<W>, plan: &Plan) -> Result<(), Untried> {
    let mut deck = VecDeque::from(deck::shuffled(plan.decks, &mut driver.random));
    let attempts = (deck.len() + deck.len() / 2) as u64;
    let part = |halves: u64| Allowance {
        events: plan.total.events * halves / (2 * attempts),
        commands: plan.total.commands * halves / (2 * attempts),
    };
    for at in 0..attempts {
        let Some(fault) = deck.pop_front() else {
            break;
        };
        let fired = driver.fault(fault, part(2 * at + 1), part(2 * at + 2));
        if !fired.await? {
            deck.push_back(fault);
        }
    }
    match deck.len() {
        0 => Ok(()),
        left => Err(format!("{left} links could not be broken in {attempts} attempts").into()),
    }
}

/// Waits until everything that is to be sent has arrived.
async fn drain<W: World>(driver: &Driver<W>, plan: &Plan) {
    let [a, b] = &driver.sides;
    let done = || {
        a.has_sent(plan.total) && b.has_sent(plan.total) && a.is_quiet(b.run) && b.is_quiet(a.run)
    };
    while !done() {
        sleep(Duration::from_millis(1)).await;
    }
}

/// What has not arrived, in words.
fn left<W: World>(driver: &Driver<W>) -> String {
    let [a, b] = &driver.sides;
    let of = |from: &Side, to: &Side| {
        let (published, begun) = from.history.sent(from.run.peer);
        let (events, outcomes) = from.history.outstanding(from.run, to.run);
        format!(
            "{} has published {published} and begun {begun} sends, {events} events and {outcomes} \
             outcomes are outstanding, linked: {}",
            from.peer,
            from.is_linked(),
        )
    };
    format!("{}; {}", of(a, b), of(b, a))
}

/// Stops both, one after the other; each has to leave nothing behind.
async fn stop<W: World>(driver: &mut Driver<W>, found: &mut Found) {
    for side in driver.sides.iter_mut().rev() {
        side.end_traffic().await;
        let Some(alive) = side.alive.take() else {
            continue;
        };
        found.missed += alive.bus.received().missed;
        let stopped = timeout(STOPS + GRACE, alive.bus.stop(STOPS)).await;
        match stopped {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => found
                .problems
                .push(format!("{}: {error}: {:?}", side.peer, error.0)),
            Err(_) => found
                .problems
                .push(format!("{}: a stop of {STOPS:?} hangs", side.peer)),
        }
        driver.stage.board.leave(&side.peer);
        let transport = alive.into_transport();
        if let Err(problem) = gone(&transport).await {
            found.problems.push(format!("{}: {problem}", side.peer));
        }
    }
}

/// What the history came to.
fn settle<W: World>(driver: &Driver<W>, found: &mut Found) {
    found.verdict = driver.sides[0].history.verdict();
    found.fired = driver.fired;
    found.swallowed = driver.swallowed;
    for kind in found.fired.missing() {
        found.problems.push(format!("no link ever broke {kind}"));
    }
    found.problems.extend(found.verdict.examples.clone());
}

//! Rolling restarts in one world.

use std::fmt;
use std::time::Duration;

use quibus::bus::Timings;
use quibus::{Identity, PeerId};
use quibus_directory::{DirectoryConfig, embed};
use tokio::time::{Instant, sleep, timeout};

use super::super::claim::Untried;
use super::service::{CLIENTS, SERVICES, Service};
use crate::history::{Entry, Faults, Recorder, Run, Verdict};
use crate::worlds::World;

/// A stop may take this long.
const STOPS: Duration = Duration::from_secs(20);
/// A stop that takes longer than its own deadline by this hangs.
const GRACE: Duration = Duration::from_secs(5);
/// Between two restarts.
const BETWEEN: Duration = Duration::from_millis(20);
/// What the last restart left is done within this.
const DRAINS: Duration = Duration::from_secs(20);
const DIRECTORY: &str = "Directory.0";

/// What rolling restarts came to.
#[derive(Debug, Default)]
pub(super) struct Rolled {
    pub(super) world: String,
    pub(super) restarts: u64,
    pub(super) clean: u64,
    pub(super) slowest: Duration,
    pub(super) took: Duration,
    pub(super) verdict: Verdict,
    pub(super) injected: String,
    pub(super) problems: Vec<String>,
}

impl Rolled {
    /// Whether every stop said Ok, and nothing was lost or unknown.
    pub(super) fn holds(&self) -> bool {
        self.verdict.faults == Faults::default()
            && self.verdict.outcomes.lost == 0
            && self.problems.is_empty()
            && self.clean == self.restarts
    }
}

/// Stops and starts services in turn, so many times.
pub(super) async fn run<W: World>(world: W, restarts: u64) -> Result<Rolled, Untried> {
    let history = Recorder::default();
    let peer = PeerId::new(DIRECTORY)?;
    let wire = world.transport_as(DIRECTORY, &Identity::Directory(peer))?;
    let mut config = DirectoryConfig::new(DIRECTORY, wire);
    config.timings = timings();
    let directory = embed(config).await?;
    let mut peers: Vec<_> = (0..SERVICES + CLIENTS)
        .map(|peer| Service::new(peer as u8))
        .collect();
    for peer in &mut peers {
        peer.start(&world, directory.address(), timings(), &history)
            .await?;
    }
    let runs: Vec<_> = peers.iter().map(|peer| peer.run).collect();
    for (who, whom) in pairs(&runs) {
        history.add(Entry::Knows(who, whom));
    }
    peers.iter_mut().for_each(|peer| peer.feed(&history));

    let begun = Instant::now();
    let mut rolled = Rolled {
        world: world.name().to_owned(),
        ..Rolled::default()
    };
    for at in 0..restarts {
        sleep(BETWEEN).await;
        let (service, others) = split(&mut peers, at as usize % SERVICES);
        rolled.stop(service, &history).await;
        service
            .start(&world, directory.address(), timings(), &history)
            .await?;
        for other in others {
            history.add(Entry::Knows(other, service.run));
            history.add(Entry::Knows(service.run, other));
        }
        history.add(Entry::Known(service.run.peer));
        service.feed(&history);
        rolled.restarts += 1;
        rolled.clean += 1;
    }
    // Each problem was a stop that was not clean.
    rolled.clean -= rolled.problems.len() as u64;
    world.calm();
    // Clients first: what they have sent is answered before the services go.
    for peer in peers.iter_mut().rev() {
        rolled.stop(peer, &history).await;
        let ended = async {
            while peer.feeds() > 0 {
                sleep(Duration::from_millis(1)).await;
            }
        };
        if timeout(DRAINS, ended).await.is_err() {
            rolled.problems.push("a feed does not end".to_owned());
        }
    }
    rolled.took = begun.elapsed();
    rolled.verdict = history.verdict();
    rolled.injected = world.injected();
    rolled.problems.extend(rolled.verdict.examples.clone());
    Ok(rolled)
}

impl Rolled {
    async fn stop(&mut self, service: &mut Service, history: &Recorder) {
        let begun = Instant::now();
        match timeout(STOPS + GRACE, service.stop(STOPS, history)).await {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => self.problems.push(problem),
            Err(_) => self.problems.push(format!("a stop of {STOPS:?} hangs")),
        }
        self.slowest = self.slowest.max(begun.elapsed());
    }
}

fn timings() -> Timings {
    Timings {
        redial: Duration::from_millis(5),
        redial_max: Duration::from_millis(500),
        ..Timings::default()
    }
}

/// Everybody and every service.
fn pairs(runs: &[Run]) -> impl Iterator<Item = (Run, Run)> {
    let services = &runs[..SERVICES];
    let pairs = runs
        .iter()
        .flat_map(move |who| services.iter().map(move |whom| (*who, *whom)));
    pairs.filter(|(who, whom)| who != whom)
}

/// One of them, and the runs of all others.
fn split(peers: &mut [Service], at: usize) -> (&mut Service, Vec<Run>) {
    let others = peers.iter().map(|peer| peer.run);
    let others: Vec<_> = others.filter(|run| usize::from(run.peer) != at).collect();
    (&mut peers[at], others)
}

impl fmt::Display for Rolled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            world,
            restarts,
            clean,
            slowest,
            took,
            verdict,
            injected,
            problems,
        } = self;
        writeln!(f, "over {world}:")?;
        writeln!(
            f,
            "  {restarts} restarts in {:.1} s, {clean} with an Ok, the slowest stop {:.2} s",
            took.as_secs_f64(),
            slowest.as_secs_f64()
        )?;
        writeln!(f, "  the network: {injected}")?;
        writeln!(
            f,
            "  {} events accepted, {} handled; {} commands: {}",
            verdict.events_accepted,
            verdict.events_handled,
            verdict.commands_begun,
            verdict.outcomes
        )?;
        write!(f, "  {}", verdict.faults)?;
        for problem in problems {
            write!(f, "\n  WRONG: {problem}")?;
        }
        Ok(())
    }
}

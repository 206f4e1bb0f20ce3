//! Unsequenced commands: now or never, whatever fills the other lanes, and told when their link
//! takes them along.

use std::sync::Arc;
use std::time::Duration;

use quibus::bus::SendError;
use quibus::prelude::*;
use quibus_tests::worlds::{Stage, World};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::contract::{Archived, Vote, Voted, WhoArchives};
use super::noticing_breaks_soon;

/// No scenario waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Lets a voter that has been asked go on.
#[derive(Clone)]
struct Gate(Arc<Semaphore>);

pub(crate) async fn run<W: World>(stage: Stage<W>) {
    let gate = Gate(Arc::new(Semaphore::new(0)));
    let timings = noticing_breaks_soon();
    let voter = Bus::builder("Voter.0").timings(timings.clone());
    let voter = voter
        .state(gate.clone())
        .handle(vote.concurrency(8))
        .handle(archives.queue("archives"));
    let _voter = stage.start("Voter.0", voter).await.unwrap();
    let asker = Bus::builder("Asker.0").timings(timings);
    let asker = stage.start("Asker.0", asker).await.unwrap();

    the_first_brings_the_link(&asker).await;
    past_a_full_lane(&asker, &gate).await;
    lost_with_its_link(&stage, &asker, &gate).await;
    the_first_brings_the_link(&asker).await;
}

async fn vote(vote: Vote, State(gate): State<Gate>) -> quibus::Result<Voted> {
    if vote.pause {
        gate.0.acquire().await?.forget();
    }
    Ok(Voted { term: vote.term })
}

async fn archives(
    _: WhoArchives,
    State(gate): State<Gate>,
) -> quibus::Result<Archived, super::contract::ArchiveError> {
    gate.0.acquire().await?.forget();
    Ok(Archived::default())
}

fn ask(term: u64) -> Vote {
    let pause = false;
    Vote { term, pause }
}

/// Asked again until there is a link, as whoever elects asks again.
async fn the_first_brings_the_link(asker: &Bus) {
    let linked = async {
        loop {
            match asker.send(ask(1)).await {
                Ok(voted) => return voted,
                Err(SendError::NoLink { .. } | SendError::LinkLost { .. }) => {}
                Err(other) => panic!("{other}"),
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let voted = timeout(PATIENCE, linked).await.expect("nothing hangs");
    assert_eq!(voted, Voted { term: 1 });
}

async fn past_a_full_lane(asker: &Bus, gate: &Gate) {
    // More than a lane holds, to a handler that stands still.
    let station = "x".repeat(256 << 10);
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let station = station.clone();
            tokio::spawn(asker.send(WhoArchives { station }))
        })
        .collect();
    sleep(Duration::from_millis(500)).await;
    for term in 0..50 {
        let asked = asker.send(ask(term)).timeout(Duration::from_secs(2));
        assert_eq!(asked.await, Ok(Voted { term }));
    }
    gate.0.add_permits(100);
    for send in waiting {
        let sent = timeout(PATIENCE, send).await.expect("nothing hangs");
        sent.unwrap().unwrap();
    }
}

async fn lost_with_its_link<W: World>(stage: &Stage<W>, asker: &Bus, gate: &Gate) {
    let pause = true;
    let asked = tokio::spawn(asker.send(Vote { term: 7, pause }));
    // Its handler has it.
    sleep(Duration::from_millis(300)).await;
    stage.world.black_hole("Asker.0", "Voter.0");
    stage.world.black_hole("Voter.0", "Asker.0");
    let ended = timeout(PATIENCE, asked).await.expect("nothing hangs");
    let ended = ended.unwrap();
    assert!(
        matches!(ended, Err(SendError::LinkLost { sent: true, .. })),
        "{ended:?}"
    );
    // The other side has to notice by itself.
    sleep(Duration::from_secs(2)).await;
    stage.world.heal();
    gate.0.add_permits(1);
}

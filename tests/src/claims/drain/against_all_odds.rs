//! Stops that can't be clean: against a peer that hears nothing, across a million sends.

use std::sync::Arc;
use std::time::Duration;

use quibus::bus::{Bus, SendError};
use quibus::prelude::*;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::super::claim::Untried;
use crate::worlds::{MemoryWorld, Stage, World};

/// How long a stop against a frozen peer may take.
const STOPS: Duration = Duration::from_secs(3);
/// It closes a moment later at the most.
const GRACE: Duration = Duration::from_secs(1);
/// Every send has ended within this, once its bus has stopped.
const ENDS: Duration = Duration::from_secs(60);

/// Waits for a permit.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Drain", reply = Passed)]
struct Pass {}

#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
struct Passed {}

async fn pass(_: Pass, State(gate): State<Arc<Semaphore>>) -> Passed {
    if let Ok(permit) = gate.acquire().await {
        permit.forget();
    }
    Passed {}
}

async fn pair<W: World>(stage: &Stage<W>, gate: &Arc<Semaphore>) -> Result<(Bus, Bus), Untried> {
    let desk = Bus::builder("Desk.0").state(gate.clone());
    let desk = desk.handle(pass.concurrency(1_000));
    let desk = stage.start("Desk.0", desk).await?;
    let clerk = stage.start("Clerk.0", Bus::builder("Clerk.0")).await?;
    Ok((desk, clerk))
}

/// Stops a service whose client hears nothing any more; what is wrong with that, in words.
pub(super) async fn frozen_peer<W: World>(world: W) -> Result<Vec<String>, Untried> {
    let gate = Arc::new(Semaphore::new(1));
    let stage = Stage::new(world);
    let (desk, clerk) = pair(&stage, &gate).await?;
    let mut problems = Vec::new();
    if let Err(error) = clerk.send(Pass {}).await {
        problems.push(format!("before the peer froze: {error}"));
    }
    stage.world.black_hole("Desk.0", "Clerk.0");
    let begun = Instant::now();
    let stopped = desk.stop(STOPS).await;
    let took = begun.elapsed();
    println!("  a stop of {STOPS:?} against a frozen peer took {took:?}: {stopped:?}");
    if took > STOPS + GRACE {
        problems.push(format!("a stop of {STOPS:?} took {took:?}"));
    }
    match stopped {
        Err(error) if error.0.unanswered == [clerk.peer().clone()] => {}
        other => problems.push(format!("the frozen peer is not named: {other:?}")),
    }
    Ok(problems)
}

/// Stops the sender, or else the receiver, of so many sends in progress.
pub(super) async fn sends_in_progress(
    world: MemoryWorld,
    sends: usize,
    of_receiver: bool,
) -> Result<Vec<String>, Untried> {
    let gate = Arc::new(Semaphore::new(0));
    let stage = Stage::new(world);
    let (desk, clerk) = pair(&stage, &gate).await?;
    let mut sending = JoinSet::new();
    for _ in 0..sends {
        sending.spawn(clerk.send(Pass {}).timeout(10 * ENDS));
    }
    while desk.received().handled == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let mut problems = Vec::new();
    if of_receiver {
        gate.add_permits(sends);
        if let Err(error) = desk.stop(ENDS).await {
            problems.push(format!("the receiver's stop: {error}"));
        }
    } else {
        let stopped = clerk.stop(STOPS).await;
        if stopped.is_ok() {
            problems.push("a stop that ended sends said Ok".to_owned());
        }
    }
    let ended = timeout(ENDS, sending.join_all()).await;
    let Ok(ended) = ended else {
        problems.push(format!("not every send had ended {ENDS:?} after the stop"));
        return Ok(problems);
    };
    let (mut replied, mut refused, mut stopped, mut other) = (0, 0, 0, 0);
    for outcome in &ended {
        match outcome {
            Ok(_) => replied += 1,
            Err(SendError::Draining { .. }) => refused += 1,
            Err(SendError::Stopped { .. }) => stopped += 1,
            Err(_) => other += 1,
        }
    }
    let whose = if of_receiver { "receiver" } else { "sender" };
    println!(
        "  {} sends in progress across a stop of their {whose}: {replied} replied, {refused} \
         not handled since it drains, {stopped} ended by the stop, {other} otherwise",
        ended.len()
    );
    if other > 0 || (of_receiver && replied != desk.received().handled) {
        problems.push(format!("{} were handled", desk.received().handled));
    }
    Ok(problems)
}

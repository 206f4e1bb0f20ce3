//! A seed repeats everything: which bytes came together, when, and how the links ended.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::pair::{Process, ms, open, read};
use crate::testing::{Faults, MemoryNetwork};
use crate::transport::{CloseReason, Incoming, Link, Priority};

const PEERS: [&str; 4] = ["A.0", "B.0", "C.0", "D.0"];

/// What happened, with the instant in microseconds.
#[derive(Clone)]
struct Trace {
    begun: Instant,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Trace {
    fn add(&self, line: String) {
        let at = self.begun.elapsed().as_micros();
        self.lines.lock().unwrap().push(format!("{at} {line}"));
    }
}

#[test]
fn two_runs_of_a_seed_are_the_same_and_two_seeds_are_not() {
    let mut before: Option<Vec<String>> = None;
    for seed in 0..8 {
        let (first, faults) = run(seed);
        let (second, again) = run(seed);
        assert_eq!(first.len(), second.len(), "seed {seed}");
        for (line, (first, second)) in first.iter().zip(&second).enumerate() {
            assert_eq!(first, second, "seed {seed}, line {line}");
        }
        assert_eq!(faults, again, "seed {seed}");
        let fired = [
            faults.links_cut,
            faults.links_killed,
            faults.bytes_lost,
            faults.bytes_held,
            faults.pieces_delayed,
            faults.chunks_split,
        ];
        assert!(
            fired.iter().all(|count| *count > 0),
            "seed {seed}: {faults:?}"
        );
        assert_ne!(
            before.as_ref(),
            Some(&first),
            "seed {seed} is the one before"
        );
        before = Some(first);
    }
}

fn run(seed: u64) -> (Vec<String>, Faults) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let net = MemoryNetwork::seeded(seed);
        let trace = Trace {
            begun: Instant::now(),
            lines: Arc::default(),
        };
        net.delay(Duration::ZERO..=ms(30));
        play(&net, &trace).await;
        let lines = std::mem::take(&mut *trace.lines.lock().unwrap());
        (lines, net.faults())
    })
}

/// Everybody dials everybody and sends on three lanes, while the net misbehaves.
async fn play(net: &MemoryNetwork, trace: &Trace) {
    let mut processes = Vec::new();
    for name in PEERS {
        processes.push(Process::bind(net, name).await);
    }
    let mut links = Vec::new();
    for from in 0..PEERS.len() {
        for to in 0..PEERS.len() {
            let link = processes[from]
                .dial(&processes[to].address, PEERS[to])
                .await;
            links.push((format!("{from}>{to}"), link.unwrap()));
            let accepted = processes[to].arrivals.recv().await.unwrap();
            links.push((format!("{to}<{from}"), accepted));
        }
    }
    let mut tasks = Vec::new();
    for (name, link) in &links {
        tasks.push(tokio::spawn(listen(
            name.clone(),
            link.clone(),
            trace.clone(),
        )));
        tasks.push(tokio::spawn(talk(link.clone())));
    }
    tokio::time::sleep(ms(20)).await;
    net.black_hole("A.0", "D.0");
    net.cut("A.0", "B.0");
    tokio::time::sleep(ms(15)).await;
    net.kill("C.0");
    tokio::time::sleep(ms(4000)).await;
    net.heal_all();
    tokio::time::sleep(ms(4000)).await;
    for (_, link) in &links {
        link.close(CloseReason::Stopping);
    }
    for task in tasks {
        task.await.unwrap();
    }
}

async fn talk(link: Arc<dyn Link>) {
    let priorities = [Priority::CONTROL, Priority::OUTCOMES, Priority::APPLICATION];
    let feeds = priorities.map(|priority| open(&*link, priority));
    for round in 0..20 {
        for (lane, feed) in feeds.iter().enumerate() {
            let bytes = Bytes::from(vec![round as u8; 100 + 1000 * lane * round]);
            // Refused once the link has ended.
            let _ = feed.send(bytes).await;
        }
        tokio::time::sleep(ms(3)).await;
    }
    link.closed().await;
}

async fn listen(name: String, link: Arc<dyn Link>, trace: Trace) {
    let mut readers = Vec::new();
    while let Ok(lane) = link.accept().await {
        let name = format!("{name}/{}", readers.len());
        trace.add(format!("{name} accepted"));
        readers.push(tokio::spawn(note(name, lane, trace.clone())));
    }
    trace.add(format!("{name} ended: {}", link.closed().await));
    for reader in readers {
        reader.await.unwrap();
    }
}

async fn note(name: String, mut lane: Box<dyn Incoming>, trace: Trace) {
    loop {
        match read(&mut *lane).await {
            Ok(chunks) => {
                let sizes: Vec<_> = chunks.iter().map(Bytes::len).collect();
                trace.add(format!("{name} {sizes:?}"));
            }
            Err(end) => return trace.add(format!("{name} {end}")),
        }
    }
}
